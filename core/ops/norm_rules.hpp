// What the normalisations over trailing axes share.
#pragma once
#include <asg/graph/build.hpp>
#include <asg/graph/op.hpp>
#include <asg/ops/reduction.hpp>

namespace asg::norm {

/// The attribute normalized_rank: how many trailing axes are normalised.
int rank(const Signature& call, const Shape& x);
/// Those axes of a tensor of the given rank.
Axes trailing(int rank, int normalized_rank);
/// The type of one statistic for each row.
TensorType row(const TensorType& x, int normalized_rank);
/// Requires input i to have the normalised part of x's shape.
void require_parameter(const Signature& call, std::size_t i, const Shape& x, int normalized_rank);
/// Row statistics in the shape that meets x: with sizes of 1 behind.
Tensor over_rows(const Tensor& statistic, int normalized_rank);
/// The sum over all but the trailing axes.
Tensor sum_rows(const Tensor& x, int normalized_rank);
/// Checks that x ends in the normalized shape and returns its rank.
int checked_rank(const Call& call, const Tensor& x, const Shape& normalized_shape);

}  // namespace asg::norm
