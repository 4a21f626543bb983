#include "ops/channel_rules.hpp"

#include <fmt/format.h>

#include <asg/ops/movement.hpp>

#include "ops/operand_rules.hpp"

namespace asg {

TensorType channel::type(const Signature& call, std::size_t i) {
  call.require(call.shape(i).rank() >= 2, "needs the axes [N, C, ...]");
  return {call.dtype(i), {call.shape(i)[1]}};
}

void channel::require_parameter(const Signature& call, std::size_t i, std::size_t x) {
  if (call.shape(i) != Shape{call.shape(x)[1]})
    call.fail(fmt::format("{} must have one value for each channel", call.op.inputs[i].name));
}

Axes channel::others(int rank) {
  Axes axes = {0};
  for (int axis = 2; axis < rank; ++axis) axes.push_back(axis);
  return axes;
}

double channel::count(const Shape& shape) {
  double count = static_cast<double>(shape[0]);
  for (int axis = 2; axis < shape.rank(); ++axis) count *= static_cast<double>(shape[axis]);
  return count;
}

Tensor channel::over(const Tensor& channels, int rank) {
  Shape shape = {1};
  shape.push_back(channels.size(0));
  for (int axis = 2; axis < rank; ++axis) shape.push_back(1);
  return reshape(channels, shape);
}

void channel::require(const Call& call, const Tensor& x) {
  if (x.rank() < 2)
    call.fail(fmt::format("x has shape {}; it needs the axes [N, C, ...]", to_string(x.shape())));
}

void channel::require_like(std::string_view function, const Call& call, const Tensor& channels,
                           std::string_view name, const Tensor& x) {
  (void)operands::of_one_float(function, call, {x, channels});
  if (channels.shape() != Shape{x.size(1)})
    call.fail(fmt::format("{} has shape {}; x of shape {} has {} channels", name,
                          to_string(channels.shape()), to_string(x.shape()), x.size(1)));
}

}  // namespace asg
