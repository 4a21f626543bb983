#include "ops/norm_rules.hpp"

#include <fmt/format.h>

#include <asg/ops/movement.hpp>

namespace asg {

int norm::rank(const Signature& call, const Shape& x) {
  const std::int64_t rank = call.attributes.integer("normalized_rank");
  call.require(rank >= 1 && rank <= x.rank(), "normalized_rank must name 1 to rank(x) axes");
  return static_cast<int>(rank);
}

Axes norm::trailing(int rank, int normalized_rank) {
  Axes axes;
  for (int axis = rank - normalized_rank; axis < rank; ++axis) axes.push_back(axis);
  return axes;
}

TensorType norm::row(const TensorType& x, int normalized_rank) {
  return {x.dtype, x.shape.slice(0, x.shape.rank() - normalized_rank)};
}

void norm::require_parameter(const Signature& call, std::size_t i, const Shape& x,
                             int normalized_rank) {
  if (call.shape(i) != x.slice(x.rank() - normalized_rank, x.rank()))
    call.fail(fmt::format("{} must have the shape of the last {} axes of x", call.op.inputs[i].name,
                          normalized_rank));
}

Tensor norm::over_rows(const Tensor& statistic, int normalized_rank) {
  Shape shape = statistic.shape();
  for (int i = 0; i < normalized_rank; ++i) shape.push_back(1);
  return reshape(statistic, shape);
}

Tensor norm::sum_rows(const Tensor& x, int normalized_rank) {
  Axes leading;
  for (int axis = 0; axis < x.rank() - normalized_rank; ++axis) leading.push_back(axis);
  return leading.empty() ? x : sum(x, leading);
}

int norm::checked_rank(const Call& call, const Tensor& x, const Shape& normalized_shape) {
  const int rank = normalized_shape.rank();
  call.require(rank >= 1, "the normalized shape needs at least one axis");
  const Shape shape = x.shape();
  if (shape.rank() < rank || shape.slice(shape.rank() - rank, shape.rank()) != normalized_shape)
    call.fail(fmt::format("x has shape {}, which does not end in the normalized shape {}",
                          to_string(shape), to_string(normalized_shape)));
  return rank;
}

}  // namespace asg
