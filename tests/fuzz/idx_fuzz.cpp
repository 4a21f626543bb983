// Bytes as MNIST's two files; the first two say how long the images' is.
#include <cstdint>
#include <cstdlib>

#include <asg/graph/error.hpp>

#include "data/mnist.hpp"

using namespace asg;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t cut = std::size_t{data[0]} << 8 | data[1];
  if (cut > bytes.size()) return 0;
  try {
    const io::Input images(bytes.substr(0, cut), "images"), labels(bytes.substr(cut), "labels");
    const auto read = data::read_mnist(images, labels);
    if (read.images.shape() != Shape{read.labels.numel(), 1, 28, 28}) std::abort();
    for (const float pixel : read.images.values<float>())
      if (!(pixel >= 0 && pixel <= 1)) std::abort();
    for (const std::int32_t label : read.labels.values<std::int32_t>())
      if (label < 0 || label > 9) std::abort();
  } catch (const FormatError&) {
  }
  return 0;
}
