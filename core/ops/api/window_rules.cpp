#include "ops/window_rules.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/reduction.hpp>

namespace asg {
namespace {

struct WindowedAxis {
  std::int64_t size, kernel, stride, padding, dilation;
  bool ceil;

  [[nodiscard]] std::int64_t reach() const { return dilation * (kernel - 1) + 1; }
  [[nodiscard]] std::int64_t room() const { return size + 2 * padding; }
  [[nodiscard]] bool countable() const {
    std::int64_t twice = 0, all = 0;
    return !__builtin_mul_overflow(dilation, kernel - 1, &all) &&
           !__builtin_add_overflow(all, 1, &all) && !__builtin_mul_overflow(padding, 2, &twice) &&
           !__builtin_add_overflow(twice, size, &all) && !__builtin_add_overflow(all, stride, &all);
  }
  [[nodiscard]] std::int64_t positions() const {
    const std::int64_t whole = (room() - reach()) / stride + 1;
    const bool more = ceil && (room() - reach()) % stride != 0 && whole * stride < size + padding;
    return more ? whole + 1 : whole;
  }
  /// Padding behind the axis, for the last position to fit.
  [[nodiscard]] std::int64_t behind() const {
    return padding + std::max<std::int64_t>(0, (positions() - 1) * stride + reach() - room());
  }
};

WindowedAxis windowed_axis(const Attributes& how, const Shape& x, const Ints& kernel,
                           std::size_t i) {
  const int axis = x.rank() - static_cast<int>(kernel.size() - i);
  return {x[axis],
          kernel[i],
          how.integers("stride")[i],
          how.integers("padding")[i],
          how.has("dilation") ? how.integers("dilation")[i] : 1,
          how.has("ceil_mode") && how.flag("ceil_mode")};
}

std::string_view windowed_axis_name(std::size_t i, std::size_t axes) {
  constexpr std::array<std::string_view, 3> names = {"the depth", "the height", "the width"};
  return axes == 1 ? "the length" : names[i + 3 - axes];
}

}  // namespace

Window windows::window(const Attributes& attributes, const Shape& x, const Ints& size) {
  Window result{size, attributes.integers("stride"), Ints(size.size(), 1),
                attributes.integers("padding"), attributes.integers("padding")};
  if (attributes.has("dilation")) result.dilation = attributes.integers("dilation");
  for (std::size_t i = 0; i < size.size(); ++i)
    result.pad_high[i] = windowed_axis(attributes, x, size, i).behind();
  return result;
}

Ints windows::positions(const Signature& call, const Shape& x, const Ints& size) {
  const Attributes& how = call.attributes;
  for (const char* name : {"stride", "padding", "dilation"})
    call.require(!how.has(name) || how.integers(name).size() == size.size(),
                 "stride, padding and dilation need one entry for each axis of the kernel");
  Ints result;
  for (std::size_t i = 0; i < size.size(); ++i) {
    const WindowedAxis axis = windowed_axis(how, x, size, i);
    call.require(axis.kernel >= 1 && axis.stride >= 1 && axis.dilation >= 1 && axis.padding >= 0,
                 "kernel, stride and dilation must be at least 1, padding at least 0");
    call.require(axis.countable(), "the window is larger than 64 bits can count");
    if (axis.reach() > axis.room())
      call.fail(fmt::format("the kernel covers {} elements of {}, but x has {}, padding included",
                            axis.reach(), windowed_axis_name(i, size.size()), axis.room()));
    result.push_back(axis.positions());
  }
  return result;
}

// With padding of at most half a window each window meets x.
Shape windows::pooled(const Signature& call, const Shape& x, std::size_t axes) {
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  if (x.rank() < static_cast<int>(axes))
    call.fail(fmt::format("x must be {}", described("...", axes)));
  const Ints& kernel = call.attributes.integers("kernel");
  call.require(kernel.size() == axes, "the kernel needs one entry for each axis of the window");
  call.require(
      !call.attributes.has("divisor_override") || call.attributes.integer("divisor_override") >= 0,
      "divisor_override must be above 0, or 0 for none");
  const Ints sides = positions(call, x, kernel);
  const Ints& padding = call.attributes.integers("padding");
  for (std::size_t i = 0; i < axes; ++i)
    call.require(padding[i] <= kernel[i] / 2, "padding must be at most half of the kernel");
  return resized(x, sides);
}

Shape windows::resized(const Shape& x, const Ints& last) {
  Shape shape = x;
  std::copy(last.begin(), last.end(), shape.end() - last.size());
  return shape;
}

Ints windows::image(const Shape& x, std::size_t axes) { return {x.end() - axes, x.end()}; }

std::string windows::described(std::string_view leading, std::size_t axes,
                               std::string_view prefix) {
  constexpr std::array<std::string_view, 3> letters = {"D", "H", "W"};
  std::string text = fmt::format("[{}", leading);
  for (std::size_t i = 0; i < axes; ++i)
    text += fmt::format(", {}{}", prefix, axes == 1 ? "L" : letters[i + 3 - axes]);
  return text + "]";
}

Attributes windows::over_two_axes(const Attributes& attributes) {
  Attributes result;
  for (const auto& [name, value] : attributes) {
    const Ints* sizes = std::get_if<Ints>(&value);
    if (sizes == nullptr)
      result.set(name, value);
    else
      result.set(name, Ints{name.ends_with("padding") ? 0 : 1, sizes->at(0)});
  }
  return result;
}

std::vector<AttributeDef> windows::max_pool_attributes() {
  return {{"kernel", AttributeType::integers, "size of the window along each axis"},
          {"stride", AttributeType::integers, "steps of the window along each axis"},
          {"padding", AttributeType::integers,
           "elements on both sides of each axis that are never the largest"},
          {"dilation", AttributeType::integers, "distance of the window's elements on each axis"},
          {"ceil_mode", AttributeType::integer, "1: a last window may reach beyond x"}};
}

std::vector<AttributeDef> windows::avg_pool_attributes() {
  return {{"kernel", AttributeType::integers, "size of the window along each axis"},
          {"stride", AttributeType::integers, "steps of the window along each axis"},
          {"padding", AttributeType::integers, "zeros on both sides of each axis"},
          {"ceil_mode", AttributeType::integer, "1: a last window may reach beyond x"},
          {"count_include_pad", AttributeType::integer,
           "1: divide by the window's size; 0: by the elements inside x"},
          {"divisor_override", AttributeType::integer, "what is divided by, unless it is 0"}};
}

Tensor windows::over_rows(std::string_view op, const Tensor& x, const Attributes& attributes) {
  return squeeze(apply(find_op(op), {unsqueeze(x, -2)}, over_two_axes(attributes)), -2);
}

// An op over three axes does its work over slices, and then along the depth, where a slice is a
// row.
namespace {

Attributes over_slice(const Attributes& attributes) {
  Attributes result = attributes;
  for (const auto& [name, value] : attributes)
    if (const Ints* sizes = std::get_if<Ints>(&value))
      result.set(name, Ints{sizes->at(1), sizes->at(2)});
  return result;
}

Attributes along_depth(const Attributes& attributes, std::int64_t row) {
  Attributes result = attributes;
  for (const auto& [name, value] : attributes)
    if (const Ints* sizes = std::get_if<Ints>(&value))
      result.set(name, Ints{sizes->at(0), name == "padding" ? 0 : name == "output" ? row : 1});
  return result;
}

}  // namespace

Tensor windows::over_slices(std::string_view op, const Tensor& x, const Attributes& attributes) {
  const Tensor slices = apply(find_op(op), {x}, over_slice(attributes));
  const Ints sides = image(slices.shape());
  const Tensor rows = flatten(slices, -2, -1);
  const Tensor y = apply(find_op(op), {rows}, along_depth(attributes, rows.size(-1)));
  return reshape(y, resized(slices.shape(), {y.size(-2), sides[0], sides[1]}));
}

Tensor windows::places_over_slices(std::string_view op, std::string_view indices, const Tensor& x,
                                   const Attributes& attributes) {
  const Attributes inner = over_slice(attributes);
  const Tensor rows = flatten(apply(find_op(op), {x}, inner), -2, -1);
  const Tensor winners = apply(find_op(indices), {rows}, along_depth(attributes, rows.size(-1)));
  // Of each slice, what stands at a place of y stood there in the volume.
  const Tensor in_slices = apply(find_op(indices), {x}, inner);
  const Tensor first =
      unsqueeze(unsqueeze(arange(x.graph(), 0, x.size(-3)) * (x.size(-2) * x.size(-1)), -1), -1);
  const Tensor places = flatten(in_slices + first, -3, -1);
  const Tensor taken = take_along_dim(places, flatten(winners, -2, -1), -1);
  return reshape(taken, resized(in_slices.shape(),
                                {winners.size(-2), in_slices.size(-2), in_slices.size(-1)}));
}

void windows::require_countable(const Signature& call, std::size_t axes) {
  std::int64_t count = 1;
  for (const std::int64_t size : image(call.shape(0), axes))
    call.require(!__builtin_mul_overflow(count, size, &count) && count < INT64_MAX / 2,
                 "the image has more elements than 64 bits can count");
}

Types windows::infer_adaptive(const Signature& call, std::size_t axes) {
  const Ints& output = call.attributes.integers("output");
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  if (call.shape(0).rank() < static_cast<int>(axes))
    call.fail(fmt::format("x must be {}", described("...", axes)));
  call.require(call.shape(0).rank() <= max_rank - 2, "x has no room for two more axes");
  call.require(output.size() == axes, "output needs one entry for each axis of the image");
  const Ints sides = image(call.shape(0), axes);
  for (std::size_t i = 0; i < axes; ++i) {
    call.require(output[i] >= 1, "output must be at least 1 along each axis");
    call.require(sides[i] >= 1, "the image must not be empty");
    std::int64_t last = 0;
    call.require(!__builtin_mul_overflow(output[i], sides[i], &last) &&
                     !__builtin_add_overflow(last, output[i], &last),
                 "the output is larger than 64 bits can count");
  }
  return {{call.dtype(0), resized(call.shape(0), output)}};
}

// Along one axis the windows stand side by side, or they overlap or differ by one element in
// length.
Tensor windows::adaptive_windows(const Tensor& x, const Ints& output) {
  const auto split = [](const Tensor& from, int axis, std::int64_t n) {
    const std::int64_t size = from.size(axis);
    Shape wide = from.shape();
    if (size % n == 0) {
      wide[axis] = n;
      wide.insert(axis + 1, size / n);
      return reshape(from, wide);
    }
    std::int64_t longest = 0;
    for (std::int64_t i = 0; i < n; ++i)
      longest = std::max(longest, part(i, n, size).end - part(i, n, size).first);
    Ints places;
    for (std::int64_t i = 0; i < n; ++i)
      for (std::int64_t k = 0; k < longest; ++k)
        places.push_back(std::min(part(i, n, size).first + k, part(i, n, size).end - 1));
    return gather(from, from.graph().constant(Array({n, longest}, places)), axis);
  };
  return split(split(x, x.rank() - 2, output[0]), x.rank(), output[1]);
}

Tensor windows::first_largest(const Tensor& seen, const Tensor& place, std::int64_t count,
                              const Axes& axes) {
  const Tensor nan = ne(seen, seen);
  const Tensor largest = logical_and(eq(seen, max(seen, axes, true)), place >= 0);
  const Tensor claim = where(nan, place + count, where(largest, count - 1 - place, -1));
  const Tensor best = max(claim, axes);
  return where(best >= count, best - count, where(best >= 0, count - 1 - best, -1));
}

windows::Seen windows::seen(const Attributes& how, const Ints& sizes, const Ints& kernel,
                            const Ints& sides, std::int64_t place) {
  const auto position = [](std::int64_t at, const Ints& of) {
    Ints result(of.size());
    for (std::size_t i = of.size(); i-- > 0; at /= of[i]) result[i] = at % of[i];
    return result;
  };
  const Ints p = position(place, sides);
  Seen result;
  for (std::int64_t tap = 0; tap < Shape(kernel).numel(); ++tap) {
    const Ints k = position(tap, kernel);
    std::int64_t at = 0;
    bool inside = true, within = true;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      const std::int64_t padding = how.integers("padding")[i];
      const std::int64_t s = p[i] * how.integers("stride")[i] - padding +
                             k[i] * (how.has("dilation") ? how.integers("dilation")[i] : 1);
      inside = inside && s >= 0 && s < sizes[i];
      within = within && s < sizes[i] + padding;
      at = at * sizes[i] + s;
    }
    result.elements.push_back(inside ? at : -1);
    result.within += within ? 1 : 0;
  }
  return result;
}

Array windows::by_loops(const Array& x, const Ints& sides, const Attributes& how,
                        double (*f)(const Array& x, std::int64_t first, const Seen& seen)) {
  const Ints sizes = image(x.shape(), sides.size());
  const std::int64_t places = Shape(sides).numel();
  Array y(f64, resized(x.shape(), sides));
  for (std::int64_t at = 0; at < y.numel(); ++at)
    y.set(at, f(x, at / places * Shape(sizes).numel(),
                seen(how, sizes, how.integers("kernel"), sides, at % places)));
  return y;
}

double windows::largest_seen(const Array& x, std::int64_t first, const Seen& seen) {
  double largest = -std::numeric_limits<double>::infinity();
  for (const std::int64_t element : seen.elements)
    if (element >= 0) largest = std::max(largest, x.get(first + element));
  return largest;
}

double windows::sum_seen(const Array& x, std::int64_t first, const Seen& seen) {
  double sum = 0;
  for (const std::int64_t element : seen.elements)
    if (element >= 0) sum += x.get(first + element);
  return sum;
}

}  // namespace asg
