#include <asg/data/images.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include <fmt/format.h>

#include <asg/data/random.hpp>
#include <asg/graph/error.hpp>
#include <asg/io/file.hpp>

namespace asg::data {
namespace {

constexpr std::int64_t side = 28;

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

std::uint32_t big_endian(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// The sizes of an IDX file of bytes; checks that the data is all there.
std::vector<std::int64_t> idx_sizes(const std::string& bytes, std::size_t rank,
                                    const std::filesystem::path& path) {
  const auto fail = [&](const std::string& why) {
    throw FormatError(fmt::format("{}: {}", path.string(), why));
  };
  if (bytes.size() < 4 + 4 * rank) fail("cut off in its header");
  if (big_endian(bytes, 0) != (0x0800u | rank))
    fail(fmt::format("not an IDX file of bytes with {} axes (is it still compressed?)", rank));
  std::vector<std::int64_t> sizes;
  std::size_t total = 4 + 4 * rank;
  std::size_t count = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    sizes.push_back(big_endian(bytes, 4 + 4 * i));
    count *= static_cast<std::size_t>(sizes.back());
    if (count > bytes.size()) fail("its header promises more than the file holds");
  }
  total += count;
  if (bytes.size() != total)
    fail(fmt::format("should have {} bytes by its header, has {}", total, bytes.size()));
  return sizes;
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

LabelledImages load_mnist(const std::filesystem::path& folder, bool train) {
  const std::string prefix = train ? "train" : "t10k";
  const auto image_path = folder / (prefix + "-images-idx3-ubyte");
  const auto label_path = folder / (prefix + "-labels-idx1-ubyte");
  const std::string image_bytes = io::read_file(image_path);
  const std::string label_bytes = io::read_file(label_path);
  const auto sizes = idx_sizes(image_bytes, 3, image_path);
  const auto labels = idx_sizes(label_bytes, 1, label_path);
  if (sizes[0] != labels[0])
    throw FormatError(fmt::format("{} has {} images, {} has {} labels", image_path.string(),
                                  sizes[0], label_path.string(), labels[0]));
  LabelledImages result{Array(f32, {sizes[0], 1, sizes[1], sizes[2]}), Array(i32, {sizes[0]})};
  for (std::int64_t i = 0; i < result.images.numel(); ++i)
    result.images.data<float>()[i] = static_cast<float>(static_cast<unsigned char>(
                                         image_bytes[static_cast<std::size_t>(i) + 16])) /
                                     255;
  for (std::int64_t i = 0; i < sizes[0]; ++i)
    result.labels.data<std::int32_t>()[i] =
        static_cast<unsigned char>(label_bytes[static_cast<std::size_t>(i) + 8]);
  return result;
}

ImageBatches::ImageBatches(LabelledImages data, std::int64_t batch, std::uint64_t seed)
    : data_(std::move(data)),
      batch_(batch),
      seed_(seed),
      order_(static_cast<std::size_t>(data_.labels.numel())) {
  if (batch_ < 1 || data_.labels.numel() < batch_)
    throw FormatError(
        fmt::format("{} images are too few for a batch of {}", data_.labels.numel(), batch_));
}

std::int64_t ImageBatches::batches_per_epoch() const { return data_.labels.numel() / batch_; }

void ImageBatches::shuffle(std::int64_t epoch) {
  Random random(seed_, static_cast<std::uint64_t>(epoch));
  std::iota(order_.begin(), order_.end(), 0);
  for (std::size_t i = order_.size(); i > 1; --i)
    std::swap(order_[i - 1], order_[random.below(static_cast<std::uint32_t>(i))]);
  epoch_ = epoch;
}

LabelledImages ImageBatches::batch(std::int64_t index) {
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
