// What ops share whose axis 1 is that of channels: [N, C, ...].
#pragma once
#include <string_view>

#include <asg/graph/build.hpp>
#include <asg/graph/op.hpp>

namespace asg::channel {

/// One value for each channel of input i, which must have two axes or more.
TensorType type(const Signature& call, std::size_t i);
/// Requires input i to have one value for each channel of input x.
void require_parameter(const Signature& call, std::size_t i, std::size_t x);
/// All axes but 1.
Axes others(int rank);
/// How many elements a channel has.
double count(const Shape& shape);
/// Values of channels in the shape that meets tensors of the given rank: [1, C, 1, ...].
Tensor over(const Tensor& channels, int rank);

/// For functions that users call.
/// Errors   ShapeError when x has no axis of channels; ShapeError or TypeError when a tensor has
/// not
///          one value of x's type for each of them.
void require(const Call& call, const Tensor& x);
void require_like(std::string_view function, const Call& call, const Tensor& channels,
                  std::string_view name, const Tensor& x);

}  // namespace asg::channel
