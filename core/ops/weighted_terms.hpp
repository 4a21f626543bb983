// New elements of an axis as sums of old ones, for resampling and adaptive pooling: which elements,
// and how much of each, is known when the graph is built.
#pragma once
#include <cstdint>
#include <vector>

#include <asg/graph/tensor.hpp>

namespace asg::terms {

struct Term {
  std::int64_t element;
  double weight;
};
/// The terms of each new element.
using Terms = std::vector<std::vector<Term>>;

/// x with new elements along an axis, which is not empty. A gather and one region, where the
/// elements do not differ much in their number of terms.
Tensor sums(const Tensor& x, int axis, const Terms& terms);
/// The adjoint of sums over an axis of so many elements, as terms.
Terms adjoint(const Terms& terms, std::int64_t elements);

}  // namespace asg::terms
