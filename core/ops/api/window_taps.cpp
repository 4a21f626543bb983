#include "ops/window_taps.hpp"

#include <algorithm>
#include <limits>

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/window_rules.hpp"

namespace asg {
namespace {

constexpr std::int64_t most_taps_of_all = 9;       // loads of one region, all axes at once
constexpr std::int64_t most_taps_of_an_axis = 32;  // along one axis

struct Joining {
  Tensor two(const Tensor& a, const Tensor& b) const { return adds ? a + b : maximum(a, b); }
  Tensor over(const Tensor& x, const Axes& axes, bool keepdims) const {
    return adds ? sum(x, axes, keepdims) : max(x, axes, keepdims);
  }
  bool adds;
  double nothing;  // the padding
};
constexpr Joining adding{true, 0}, choosing{false, -std::numeric_limits<double>::infinity()};

std::int64_t reach_of(const Window& w, std::size_t i) {
  return (w.size[i] - 1) * w.dilation[i] + 1;
}
bool moves_along(const Window& w, std::size_t i) {
  return w.size[i] != 1 || w.stride[i] != 1 || w.pad_low[i] != 0 || w.pad_high[i] != 0;
}
Window only_along(const Window& w, std::size_t axis) {
  const std::size_t n = w.size.size();
  Window result{Ints(n, 1), Ints(n, 1), Ints(n, 1), Ints(n, 0), Ints(n, 0)};
  result.size[axis] = w.size[axis];
  result.stride[axis] = w.stride[axis];
  result.dilation[axis] = w.dilation[axis];
  result.pad_low[axis] = w.pad_low[axis];
  result.pad_high[axis] = w.pad_high[axis];
  return result;
}
int long_axes(const Window& w) {
  return static_cast<int>(
      std::count_if(w.size.begin(), w.size.end(), [](std::int64_t size) { return size > 1; }));
}
bool has_taps_up_to(const Window& w, std::int64_t most) {
  std::int64_t taps = 1;  // an empty x may have windows that 64 bits cannot count
  return std::all_of(w.size.begin(), w.size.end(),
                     [&](std::int64_t size) { return size <= most && (taps *= size) <= most; });
}
bool few_taps(const Window& w) {
  return has_taps_up_to(w, long_axes(w) > 1 ? most_taps_of_all : most_taps_of_an_axis);
}

Tensor joined_taps(const Tensor& x, const Window& w, const Joining& how) {
  Tensor y;
  windows::for_each_tap(unfold(x, w, how.nothing), w.size, [&](const Ints&, const Tensor& tap) {
    y = y.defined() ? how.two(y, tap) : tap;
  });
  return y;
}

// One long axis. Its elements stand before the axes behind it, so that whole rows are put together.
Tensor joined_axis(const Tensor& x, const Window& w, const Joining& how) {
  const int n = static_cast<int>(w.size.size()), lead = x.rank() - n;
  Tensor all = unfold(x, w, how.nothing);
  int axis = 0;
  for (int i = n; i-- > 0;) {
    if (w.size[static_cast<std::size_t>(i)] == 1)
      all = squeeze(all, lead + n + i);
    else
      axis = lead + i + 1;
  }
  return how.over(movedim(all, -1, axis), {axis}, false);
}

Tensor joined_windows(const Tensor& x, const Window& w, const Joining& how) {
  const std::size_t n = w.size.size();
  const int lead = x.rank() - static_cast<int>(n);
  Ints moving, whole;
  for (std::size_t i = 0; i < n; ++i) {
    if (!moves_along(w, i)) continue;
    moving.push_back(lead + static_cast<int>(i));
    if (w.size[i] == x.size(moving.back()) && w.pad_low[i] == 0 && w.pad_high[i] == 0)
      whole.push_back(moving.back());
  }
  if (moving.empty()) return x;
  if (whole.size() == moving.size()) return how.over(x, Axes(whole), true);
  if (few_taps(w)) return joined_taps(x, w, how);
  if (long_axes(w) <= 1) return joined_axis(x, w, how);
  Tensor y = x;
  for (std::size_t i = 0; i < n; ++i) y = joined_windows(y, only_along(w, i), how);
  return y;
}

// What a window of steps of 1 takes from dy: turned around, which a sum does not show.
Window taken_back(const Window& w) {
  Window back = w;
  for (std::size_t i = 0; i < w.size.size(); ++i) {
    back.pad_low[i] = reach_of(w, i) - 1 - w.pad_low[i];
    back.pad_high[i] = reach_of(w, i) - 1 - w.pad_high[i];
  }
  return back;
}

Tensor spread_by_fold(const Tensor& dy, const Window& w, const Ints& image) {
  Tensor parts = dy;
  Shape spread = dy.shape();
  for (const std::int64_t size : w.size) {
    parts = unsqueeze(parts, -1);
    spread.push_back(size);
  }
  return fold(broadcast_to(parts, spread), w, Shape(image));
}

}  // namespace

Tensor windows::tap_at(const Tensor& unfolded, const Ints& at) {
  Tensor tap = unfolded;
  for (std::size_t i = at.size(); i-- > 0;) tap = select(tap, -1, at[i]);
  return tap;
}

void windows::for_each_tap(const Tensor& unfolded, const Ints& size, const VisitTap& visit) {
  const std::int64_t taps = Shape(size).numel();
  for (std::int64_t number = 0; number < taps; ++number) {
    Ints at(size.size());
    std::int64_t rest = number;
    for (std::size_t i = at.size(); i-- > 0; rest /= size[i]) at[i] = rest % size[i];
    visit(at, tap_at(unfolded, at));
  }
}

bool windows::stand_apart(const Window& w, const Ints& sides) {
  for (std::size_t i = 0; i < w.size.size(); ++i)
    if (reach_of(w, i) != w.size[i] || (sides[i] != 1 && w.stride[i] < w.size[i])) return false;
  return true;
}

Tensor windows::repeated(const Tensor& y, const Window& w) {
  const std::size_t n = w.size.size();
  const int lead = y.rank() - static_cast<int>(n);
  Tensor parts = y;
  for (std::size_t i = n; i-- > 0;) parts = unsqueeze(parts, lead + static_cast<int>(i) + 1);
  Shape shape = parts.shape();
  for (std::size_t i = 0; i < n; ++i) shape[lead + 2 * static_cast<int>(i) + 1] = w.size[i];
  return broadcast_to(parts, shape);
}

Tensor windows::side_by_side(const Tensor& parts, const Window& w, const Ints& image) {
  const std::size_t n = w.size.size();
  const int lead = parts.rank() - 2 * static_cast<int>(n);
  Shape joined = parts.shape().slice(0, lead);
  Ints none(static_cast<std::size_t>(parts.rank()), 0), behind = none;
  for (std::size_t i = 0; i < n; ++i) {
    const int axis = lead + 2 * static_cast<int>(i);
    const std::int64_t step = parts.size(axis) == 1 ? w.size[i] : w.stride[i];
    behind[static_cast<std::size_t>(axis) + 1] = step - w.size[i];
    joined.push_back(parts.size(axis) * step);
  }
  Tensor dx = reshape(behind == none ? parts : pad(parts, none, behind), joined);
  none.resize(static_cast<std::size_t>(dx.rank()));
  behind = none;
  for (std::size_t i = 0; i < n; ++i) {
    const int axis = lead + static_cast<int>(i);
    const std::int64_t end = std::min(dx.size(axis), w.pad_low[i] + image[i]);
    behind[static_cast<std::size_t>(axis)] = w.pad_low[i] + image[i] - end;
    if (w.pad_low[i] != 0 || end != dx.size(axis)) dx = slice(dx, axis, w.pad_low[i], end);
  }
  return behind == none ? dx : pad(dx, none, behind);
}

Tensor windows::sums(const Tensor& x, const Window& window) {
  return joined_windows(x, window, adding);
}

Tensor windows::maxima(const Tensor& x, const Window& window) {
  return joined_windows(x, window, choosing);
}

Tensor windows::spread_sums(const Tensor& dy, const Window& w, const Ints& sizes) {
  const std::size_t n = w.size.size();
  if (stand_apart(w, image(dy.shape(), n))) return side_by_side(repeated(dy, w), w, sizes);
  bool dense = true;
  for (std::size_t i = 0; i < n; ++i)
    dense = dense && w.stride[i] == 1 && w.pad_low[i] < reach_of(w, i) &&
            w.pad_high[i] < reach_of(w, i);
  if (dense) return sums(dy, taken_back(w));
  if (long_axes(w) <= 1 || has_taps_up_to(w, most_taps_of_all)) return spread_by_fold(dy, w, sizes);
  Tensor dx = dy;
  Ints now = image(dy.shape(), n);
  for (std::size_t i = 0; i < n; ++i) {
    now[i] = sizes[i];
    dx = spread_sums(dx, only_along(w, i), now);
  }
  return dx;
}

}  // namespace asg
