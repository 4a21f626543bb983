// One view of a value: another shape or order of the same elements, or some of them.
#include <algorithm>

#include <asg/asg.hpp>

#include "passes/random_graph.hpp"

namespace passes_test {

using namespace asg;
using Ints = std::vector<std::int64_t>;

namespace {

// The same number of elements on other axes.
Shape refactored(Random& random, const Shape& from) {
  Shape result;
  std::int64_t left = from.numel();
  if (left == 0) return from;
  while (left > 1 && result.rank() < 3) {
    std::int64_t size = 1 + random.below(std::min<std::int64_t>(left, 12));
    while (left % size != 0) --size;
    result.push_back(size);
    left /= size;
  }
  if (left > 1 || random.one_in(4)) result.push_back(left);
  return result;
}

}  // namespace

Tensor random_view(Random& random, const Tensor& x, const Shape& target) {
  const int rank = x.rank();
  if (rank == 0) return random.one_in(2) ? broadcast_to(x, target) : unsqueeze(x, 0);
  const int axis = static_cast<int>(random.below(x.rank()));
  switch (random.below(9)) {
    case 0:
      return reshape(x, refactored(random, x.shape()));
    case 1: {
      Axes order;
      for (int d = 0; d < rank; ++d) order.push_back(d);
      for (std::size_t i = order.size(); i > 1; --i)
        std::swap(order[i - 1], order[static_cast<std::size_t>(random.below(std::ssize(order)))]);
      return permute(x, order);
    }
    case 2: {
      const std::int64_t start = random.below(x.size(axis) + 1);
      const std::int64_t end = start + random.below(x.size(axis) - start + 1);
      if (start == end && !random.one_in(12)) return slice(x, axis, 0, x.size(axis), 2);
      return slice(x, axis, start, end, 1 + random.below(3));
    }
    case 3:
      return flip(x, axis);
    case 4: {
      Ints low, high;
      for (int d = 0; d < rank; ++d) {
        low.push_back(random.below(3));
        high.push_back(random.below(2));
      }
      const Tensor result = pad(x, low, high, x.dtype() == boolean || random.one_in(2) ? 0 : 1);
      return result.numel() <= most_elements ? result : x;
    }
    case 5: {
      Shape wide = x.shape();
      for (auto& size : wide)
        if (size == 1) size = 1 + random.below(4);
      if (rank < 4 && random.one_in(2)) wide.insert(0, 1 + random.below(3));
      return wide.numel() <= most_elements ? broadcast_to(x, wide) : x;
    }
    case 6:
      return rank < 6 ? unsqueeze(x, axis) : x;
    case 7:
      return x.size(axis) > 0 ? select(x, axis, random.below(x.size(axis))) : x;
    default:
      return rank >= 2 ? transpose(x, axis, static_cast<int>(random.below(x.rank()))) : flip(x, {});
  }
}

}  // namespace passes_test
