// Windows element by element. Tap k of all windows is a view of x, so what few taps make is one
// region of plain loads, in which nothing is reduced across a row; longer windows, which are
// products of axes, go along one axis after the other.
#pragma once
#include <functional>

#include <asg/ops/movement.hpp>

#include "ops/rules.hpp"

namespace asg::windows {

/// Of unfold's result, the element of all windows at one place in them.
Tensor tap_at(const Tensor& unfolded, const Ints& at);
/// One place after the other, in row-major order.
using VisitTap = std::function<void(const Ints& at, const Tensor& tap)>;
void for_each_tap(const Tensor& unfolded, const Ints& size, const VisitTap& visit);

/// Whether the windows, so many along each axis, do not overlap and have no gaps.
bool stand_apart(const Window& window, const Ints& sides);
/// A number of each window, as often as it has elements: [..., O1..On] -> [..., O1, K1..On, Kn].
Tensor repeated(const Tensor& y, const Window& window);
/// Elements of windows that stand apart, back where they came from: [..., S1..Sn] of the given
/// sizes, 0 where no window was.
Tensor side_by_side(const Tensor& parts, const Window& window, const Ints& image);

/// The sum of each window of the trailing axes: [..., S1..Sn] -> [..., O1..On].
Tensor sums(const Tensor& x, const Window& window);
/// The adjoint: dy of sums, added to what it came from, the trailing axes of the given sizes.
Tensor spread_sums(const Tensor& dy, const Window& window, const Ints& image);
/// The largest element of each window, or its NaN. The padding is -inf.
Tensor maxima(const Tensor& x, const Window& window);

/// The best of what was seen, and its place: the first of equals, the last NaN.
struct Best {
  Tensor value, place;

  /// Something seen later.
  void meet(const Tensor& other, const Operand& its_place);
};
/// Where the largest element of each window over the last two axes stands in its image, h * W + w;
/// -1 of windows that see nothing, which there may be where they are dilated.
Tensor first_maxima(const Tensor& x, const Window& window);
/// dy, added to where first_maxima found the largest elements of an image of the given size. What
/// windows that see nothing get is lost.
Tensor spread_maxima(const Tensor& dy, const Tensor& places, const Window& window,
                     const Ints& image);
/// The same for places that are all within.
Tensor added_at(const Tensor& dy, const Tensor& places, const Ints& image);

}  // namespace asg::windows
