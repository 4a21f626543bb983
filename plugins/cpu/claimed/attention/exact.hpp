// Attention pair by pair: only what a query sees is read.  The blocks multiply what is masked out
// with 0, which is right unless NaN or infinity stands there; then their results are no finite
// numbers, and are computed once more here.
#pragma once

#include "claimed/attention/attention.hpp"

namespace asg::cpu::attention {

/// Whether something may be hidden from a query.
inline bool hides(const Sizes& sizes, const Mask& mask) {
  return sizes.causal || mask.kind != Mask::Kind::none;
}

/// Whether all of the rows are finite.
bool all_finite(const float* rows, int64_t count, int64_t size, int64_t row);

/// Queries [first, end).
void exact_forward(const Sizes& sizes, const ForwardHead& head, int64_t first, int64_t end);
/// Queries [first, end): their dquery, and their share of dkey and dvalue.
void exact_backward(const Sizes& sizes, const BackwardHead& head, int64_t first, int64_t end);

}  // namespace asg::cpu::attention
