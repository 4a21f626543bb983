// Where the largest elements of windows stand.
#include <algorithm>
#include <limits>

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>

#include "ops/window_rules.hpp"
#include "ops/window_taps.hpp"

namespace asg {
namespace {

constexpr double lowest_of_all = -std::numeric_limits<double>::infinity();
constexpr std::int64_t most_best_taps = 9;  // of an axis, or of both; each is five instructions

// The windows along one axis: where their first element is, that of padding included, and how far
// behind it the first one is that is no padding. -1: there is none.
struct WindowStarts {
  Ints origin, ahead;
};
WindowStarts window_starts(const Window& w, std::size_t axis, std::int64_t size) {
  const std::int64_t reach = (w.size[axis] - 1) * w.dilation[axis] + 1;
  WindowStarts starts;
  for (std::int64_t first = -w.pad_low[axis]; first + reach <= size + w.pad_high[axis];
       first += w.stride[axis]) {
    const std::int64_t skipped =
        first >= 0 ? 0 : (-first + w.dilation[axis] - 1) / w.dilation[axis];
    const bool sees = skipped < w.size[axis] && first + skipped * w.dilation[axis] < size;
    starts.origin.push_back(first);
    starts.ahead.push_back(sees ? skipped * w.dilation[axis] : -1);
  }
  return starts;
}
bool starts_within(const WindowStarts& starts) {
  return std::all_of(starts.ahead.begin(), starts.ahead.end(),
                     [](std::int64_t ahead) { return ahead == 0; });
}
bool sees_all(const WindowStarts& starts) {
  return std::find(starts.ahead.begin(), starts.ahead.end(), -1) == starts.ahead.end();
}

// The numbers rows[i] * row + columns[j] of all windows.
Ints of_windows(const Ints& rows, const Ints& columns, std::int64_t row) {
  Ints numbers;
  for (const std::int64_t i : rows)
    for (const std::int64_t j : columns) numbers.push_back(i * row + j);
  return numbers;
}

// The number of each element of an image under the windows, -1 in the padding.
Tensor window_places(Graph& graph, const Ints& image, const Window& w) {
  const Shape shape(image);
  return unfold(reshape(arange(graph, 0, shape.numel()), shape), w, -1);
}

// For windows of many elements.
Tensor first_maxima_by_reduction(const Tensor& x, const Window& w) {
  const Ints image = windows::image(x.shape());
  return windows::first_largest(unfold(x, w, lowest_of_all), window_places(x.graph(), image, w),
                                Shape(image).numel(), {-2, -1});
}

// -1 for windows that see nothing.
Tensor or_nowhere(const Tensor& places, const WindowStarts& rows, const WindowStarts& columns) {
  if (sees_all(rows) && sees_all(columns)) return places;
  Array sees(boolean, {std::ssize(rows.ahead), std::ssize(columns.ahead)});
  std::int64_t at = 0;
  for (const std::int64_t i : rows.ahead)
    for (const std::int64_t j : columns.ahead) sees.set(at++, i >= 0 && j >= 0 ? 1 : 0);
  return where(places.graph().constant(sees), places, -1);
}

Window one_axis(Window w, std::size_t without) {
  w.size[without] = w.stride[without] = w.dilation[without] = 1;
  w.pad_low[without] = w.pad_high[without] = 0;
  return w;
}

}  // namespace

void windows::Best::meet(const Tensor& other, const Operand& its_place) {
  const Tensor beats = logical_or(other > value, ne(other, other));
  value = where(beats, other, value);
  place = where(beats, its_place, place);
}

Tensor windows::first_maxima(const Tensor& x, const Window& w) {
  if (w.size[0] > most_best_taps || w.size[1] > most_best_taps)
    return first_maxima_by_reduction(x, w);
  Graph& graph = x.graph();
  if (x.numel() == 0) return zeros(graph, unfold(x, w).shape().slice(0, x.rank()), i64);
  const std::int64_t row = x.size(-1);
  const WindowStarts rows = window_starts(w, 0, x.size(-2)), columns = window_starts(w, 1, row);
  const auto of_tap = [&](const Ints& at) {
    return at[0] * w.dilation[0] * row + at[1] * w.dilation[1];
  };
  const std::int64_t farthest = of_tap({w.size[0] - 1, w.size[1] - 1});
  const DType narrow = farthest < std::numeric_limits<std::int32_t>::max() ? i32 : i64;
  const auto number = [&](std::int64_t n) {
    return full(graph, {}, static_cast<double>(n), narrow);
  };
  const Tensor nothing = full(graph, {}, lowest_of_all, x.dtype());
  // Places behind the windows' origins. Where all is -inf, nothing beats the first.
  const Shape sides = {std::ssize(rows.ahead), std::ssize(columns.ahead)};
  const bool padded = !starts_within(rows) || !starts_within(columns);
  Best best{
      nothing,
      padded ? graph.constant(Array(sides, of_windows(rows.ahead, columns.ahead, row)).to(narrow))
             : number(0)};
  if (w.size[0] * w.size[1] <= most_best_taps) {
    for_each_tap(unfold(x, w, lowest_of_all), w.size,
                 [&](const Ints& at, const Tensor& tap) { best.meet(tap, number(of_tap(at))); });
  } else {
    const Window across = one_axis(w, 0), down = one_axis(w, 1);
    Best of_row{nothing, number(0)};
    for_each_tap(unfold(x, across, lowest_of_all), across.size,
                 [&](const Ints& at, const Tensor& tap) { of_row.meet(tap, number(of_tap(at))); });
    const Tensor places = unfold(of_row.place, down);
    for_each_tap(unfold(of_row.value, down, lowest_of_all), down.size,
                 [&](const Ints& at, const Tensor& tap) {
                   best.meet(tap, tap_at(places, at) + number(of_tap(at)));
                 });
  }
  const Tensor place = cast(best.place, i64) +
                       graph.constant(Array(sides, of_windows(rows.origin, columns.origin, row)));
  return or_nowhere(place, rows, columns);
}

Tensor windows::added_at(const Tensor& dy, const Tensor& places, const Ints& image) {
  const int lead = dy.rank() - 2;
  Shape flat = dy.shape().slice(0, lead);
  flat.push_back(Shape(image).numel());
  const Tensor dx = scatter(zeros(dy.graph(), flat, dy.dtype()), flatten(places, -2, -1),
                            flatten(dy, -2, -1), lead, "add", lead);
  return reshape(dx, resized(dy.shape(), image));
}

Tensor windows::spread_maxima(const Tensor& dy, const Tensor& places, const Window& w,
                              const Ints& image) {
  if (stand_apart(w, windows::image(dy.shape()))) {
    // Where a window is, each of its elements looks whether it is the one.
    const Tensor own = permute(window_places(dy.graph(), image, w), {0, 2, 1, 3});
    return side_by_side(where(eq(repeated(places, w), own), repeated(dy, w), 0), w, image);
  }
  const WindowStarts rows = window_starts(w, 0, image[0]), columns = window_starts(w, 1, image[1]);
  if (sees_all(rows) && sees_all(columns)) return added_at(dy, places, image);
  const Tensor nowhere = places < 0;
  return added_at(where(nowhere, 0, dy), where(nowhere, 0, places), image);
}

}  // namespace asg
