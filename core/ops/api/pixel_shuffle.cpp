#include <fmt/format.h>

#include <asg/graph/build.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/resize.hpp>

namespace asg {
namespace {

// x without its last three axes, which get other sizes.
Shape with_image(const Shape& x, std::int64_t channels, std::int64_t height, std::int64_t width) {
  Shape shape = x.slice(0, x.rank() - 3);
  for (const std::int64_t size : {channels, height, width}) shape.push_back(size);
  return shape;
}

void require_image(const Call& call, const Shape& x, std::int64_t factor) {
  call.require(x.rank() >= 3, "x needs channels, a height and a width");
  call.require(factor >= 1 && factor < (std::int64_t{1} << 31), "the factor must be at least 1");
}

}  // namespace

Tensor pixel_shuffle(const Operand& x, std::int64_t factor) {
  const Call call("pixel_shuffle", {x});
  const Shape shape = x.tensor().shape();
  require_image(call, shape, factor);
  const std::int64_t channels = shape.at(-3), height = shape.at(-2), width = shape.at(-1);
  if (channels % (factor * factor) != 0)
    call.fail(
        fmt::format("{} channels cannot be cut into squares of {} x {}", channels, factor, factor));
  const std::int64_t rest = channels / (factor * factor);
  const std::int64_t batch = shape.slice(0, shape.rank() - 3).numel();
  const Tensor squares = reshape(x, {batch * rest, factor, factor, height, width});
  return reshape(permute(squares, {0, 3, 1, 4, 2}),
                 with_image(shape, rest, height * factor, width * factor));
}

Tensor pixel_unshuffle(const Operand& x, std::int64_t factor) {
  const Call call("pixel_unshuffle", {x});
  const Shape shape = x.tensor().shape();
  require_image(call, shape, factor);
  const std::int64_t channels = shape.at(-3), height = shape.at(-2), width = shape.at(-1);
  if (height % factor != 0 || width % factor != 0)
    call.fail(fmt::format("an image of {} x {} cannot be cut into squares of {} x {}", height,
                          width, factor, factor));
  const std::int64_t batch = shape.slice(0, shape.rank() - 3).numel();
  const Tensor squares =
      reshape(x, {batch * channels, height / factor, factor, width / factor, factor});
  return reshape(permute(squares, {0, 2, 4, 1, 3}),
                 with_image(shape, channels * factor * factor, height / factor, width / factor));
}

}  // namespace asg
