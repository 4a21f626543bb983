// How many elements fall where.
#pragma once
#include <asg/graph/tensor.hpp>

namespace asg {

/// How often each of the integers from 0 to length - 1 occurs, or the sum of its weights. The
/// length belongs to the program, so it is given (PyTorch finds it in the data).
/// Shapes   x [N], weights [N] -> [length].
/// Types    x i32 or i64; the result is i64, or as the weights.
/// Errors   an element that is negative or not below the length is a DeviceError when the program
///          runs.
[[nodiscard]] Tensor bincount(const Operand& x, std::int64_t length, const Tensor& weights = {});
/// How many elements lie in each of `bins` equal parts of [min, max]; max itself is in the last.
/// Others and NaN are not counted. When both are equal, the range is that of the elements.
/// Shapes   [...] -> [bins].
/// Types    float, the result as x; it has no gradient.
[[nodiscard]] Tensor histc(const Operand& x, std::int64_t bins = 100, double min = 0,
                           double max = 0);

}  // namespace asg
