#include <asg/data/images.hpp>

#include <algorithm>
#include <cmath>
#include <new>
#include <numeric>

#include <fmt/format.h>

#include <asg/data/random.hpp>
#include <asg/graph/error.hpp>

#include "data/idx.hpp"
#include "data/mnist.hpp"

namespace asg::data {
namespace {

constexpr std::int64_t side = 28;
constexpr unsigned classes = 10;

// Digits on a grid of 5 x 7, one bit a dot, the leftmost dot in bit 4.
constexpr std::uint8_t digits[10][7] = {
    {0x0e, 0x11, 0x13, 0x15, 0x19, 0x11, 0x0e}, {0x04, 0x0c, 0x04, 0x04, 0x04, 0x04, 0x0e},
    {0x0e, 0x11, 0x01, 0x06, 0x08, 0x10, 0x1f}, {0x0e, 0x11, 0x01, 0x06, 0x01, 0x11, 0x0e},
    {0x02, 0x06, 0x0a, 0x12, 0x1f, 0x02, 0x02}, {0x1f, 0x10, 0x1e, 0x01, 0x01, 0x11, 0x0e},
    {0x06, 0x08, 0x10, 0x1e, 0x11, 0x11, 0x0e}, {0x1f, 0x01, 0x02, 0x04, 0x08, 0x08, 0x08},
    {0x0e, 0x11, 0x11, 0x0e, 0x11, 0x11, 0x0e}, {0x0e, 0x11, 0x11, 0x0f, 0x01, 0x02, 0x0c}};

// The ink at a point of the grid, interpolated between dots.
double ink(int digit, double x, double y) {
  const auto dot = [&](int column, int row) {
    if (column < 0 || column > 4 || row < 0 || row > 6) return 0.0;
    return digits[digit][row] >> (4 - column) & 1 ? 1.0 : 0.0;
  };
  const int column = static_cast<int>(std::floor(x)), row = static_cast<int>(std::floor(y));
  const double fx = x - column, fy = y - row;
  return dot(column, row) * (1 - fx) * (1 - fy) + dot(column + 1, row) * fx * (1 - fy) +
         dot(column, row + 1) * (1 - fx) * fy + dot(column + 1, row + 1) * fx * fy;
}

Array read_images(const Idx& file) {
  const std::int64_t count = file.sizes()[0];
  if (file.sizes()[1] != side || file.sizes()[2] != side)
    file.fail(fmt::format("its images are {}x{}; MNIST's are {}x{}", file.sizes()[1],
                          file.sizes()[2], side, side));
  Array images(f32, {count, 1, side, side});
  auto* pixel = images.data<float>();
  unsigned char bytes[side * side];
  for (std::int64_t i = 0; i < count; ++i) {
    file.read(bytes, static_cast<std::uint64_t>(i) * sizeof bytes, sizeof bytes);
    for (const unsigned char byte : bytes) *pixel++ = static_cast<float>(byte) / 255;
  }
  return images;
}

Array read_labels(const Idx& file) {
  std::vector<unsigned char> bytes(static_cast<std::size_t>(file.sizes()[0]));
  file.read(bytes.data(), 0, bytes.size());
  Array labels(i32, {file.sizes()[0]});
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] >= classes)
      file.fail(fmt::format("label {} is {}; MNIST's are 0 to {}", i, bytes[i], classes - 1));
    labels.data<std::int32_t>()[i] = bytes[i];
  }
  return labels;
}

}  // namespace

LabelledImages glyphs(std::int64_t count, std::uint64_t seed) {
  LabelledImages result{Array(f32, {count, 1, side, side}), Array(i32, {count})};
  Random random(seed, 0x676c79);
  const auto between = [&](double low, double high) {
    return low + (high - low) * random.uniform();
  };
  for (std::int64_t n = 0; n < count; ++n) {
    const auto digit = static_cast<int>(random.below(10));
    result.labels.data<std::int32_t>()[n] = digit;
    const double scale = between(0.24, 0.38), slant = between(-0.25, 0.25);
    const double center_x = between(11, 17), center_y = between(11, 17);
    const double strength = between(0.7, 1.0), noise = between(0.0, 0.15);
    float* image = result.images.data<float>() + n * side * side;
    for (std::int64_t row = 0; row < side; ++row)
      for (std::int64_t column = 0; column < side; ++column) {
        const double dy = (static_cast<double>(row) - center_y) * scale;
        const double dx = (static_cast<double>(column) - center_x) * scale + slant * dy;
        const double value = strength * ink(digit, dx + 2, dy + 3) + between(-noise, noise);
        image[row * side + column] = static_cast<float>(std::clamp(value, 0.0, 1.0));
      }
  }
  return result;
}

LabelledImages read_mnist(const io::Input& images, const io::Input& labels) {
  const Idx image_file(images, 3), label_file(labels, 1);
  if (image_file.sizes()[0] != label_file.sizes()[0])
    throw FormatError(fmt::format("{} has {} images, {} has {} labels", images.name(),
                                  image_file.sizes()[0], labels.name(), label_file.sizes()[0]));
  images.check_room(static_cast<std::uint64_t>(image_file.sizes()[0]) * side * side *
                    sizeof(float));
  try {
    return {read_images(image_file), read_labels(label_file)};
  } catch (const std::bad_alloc&) {
    image_file.fail(fmt::format("there is no memory for {} images", image_file.sizes()[0]));
  }
}

LabelledImages load_mnist(const std::filesystem::path& folder, bool train) {
  const std::string prefix = train ? "train" : "t10k";
  const io::Input images(folder / (prefix + "-images-idx3-ubyte"));
  const io::Input labels(folder / (prefix + "-labels-idx1-ubyte"));
  return read_mnist(images, labels);
}

ImageBatches::ImageBatches(LabelledImages data, std::int64_t batch, std::uint64_t seed)
    : data_(std::move(data)),
      batch_(batch),
      seed_(seed),
      order_(static_cast<std::size_t>(data_.labels.numel())) {
  const Shape& shape = data_.images.shape();
  if (data_.images.dtype() != f32 || shape.rank() < 1 ||
      data_.labels.type() != TensorType{i32, {shape[0]}})
    throw FormatError(fmt::format("images {} and labels {}: f32 [N, ...] and i32 [N] were expected",
                                  to_string(data_.images.type()), to_string(data_.labels.type())));
  if (batch_ < 1 || data_.labels.numel() < batch_)
    throw FormatError(
        fmt::format("{} images are too few for a batch of {}", data_.labels.numel(), batch_));
}

std::int64_t ImageBatches::batches_per_epoch() const { return data_.labels.numel() / batch_; }

void ImageBatches::shuffle(std::int64_t epoch) {
  Random random(seed_, static_cast<std::uint64_t>(epoch));
  std::iota(order_.begin(), order_.end(), 0);
  for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random.below(i)]);
  epoch_ = epoch;
}

LabelledImages ImageBatches::batch(std::int64_t index) {
  if (index < 0) throw FormatError(fmt::format("batch {} of images: the first is 0", index));
  if (index / batches_per_epoch() != epoch_) shuffle(index / batches_per_epoch());
  Shape shape = data_.images.shape();
  shape[0] = batch_;
  LabelledImages result{Array(f32, shape), Array(i32, {batch_})};
  const std::int64_t pixels = shape.numel() / batch_;
  const std::int64_t first = index % batches_per_epoch() * batch_;
  for (std::int64_t i = 0; i < batch_; ++i) {
    const std::int64_t from = order_[static_cast<std::size_t>(first + i)];
    std::copy_n(data_.images.data<float>() + from * pixels, pixels,
                result.images.data<float>() + i * pixels);
    result.labels.data<std::int32_t>()[i] = data_.labels.data<std::int32_t>()[from];
  }
  return result;
}

}  // namespace asg::data
