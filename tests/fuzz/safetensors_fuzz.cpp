// Bytes as a safetensors file: refused with a FormatError, or read; what was read is written and
// read again as the same.
#include <cstdint>
#include <cstdlib>

#include <asg/graph/error.hpp>
#include <asg/io/safetensors.hpp>

using namespace asg;

namespace {

bool equal(const io::TensorFile& a, const io::TensorFile& b) {
  if (a.metadata != b.metadata || a.tensors.size() != b.tensors.size()) return false;
  for (const auto& [name, array] : a.tensors)
    if (!b.tensors.contains(name) || !identical(array, b.tensors.at(name))) return false;
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  io::TensorFile file;
  try {
    file = io::parse_safetensors({reinterpret_cast<const char*>(data), size}, "input");
  } catch (const FormatError&) {
    return 0;
  }
  if (!equal(io::parse_safetensors(io::serialize_safetensors(file), "copy"), file)) std::abort();
  return 0;
}
