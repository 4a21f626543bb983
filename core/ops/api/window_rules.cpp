#include "ops/window_rules.hpp"

#include <fmt/format.h>

namespace asg {

Window windows::window(const Attributes& attributes, const Ints& size) {
  const Ints& padding = attributes.integers("padding");
  return {size, attributes.integers("stride"),
          attributes.has("dilation") ? attributes.integers("dilation") : Ints{1, 1}, padding,
          padding};
}

Ints windows::positions(const Signature& call, const Shape& x, const Ints& size) {
  const Window w = window(call.attributes, size);
  call.require(
      size.size() == 2 && w.stride.size() == 2 && w.dilation.size() == 2 && w.pad_low.size() == 2,
      "kernel, stride, padding and dilation need a height and a width");
  const Ints sides = image(x);
  Ints result;
  for (std::size_t i = 0; i < 2; ++i) {
    call.require(w.size[i] >= 1 && w.stride[i] >= 1 && w.dilation[i] >= 1 && w.pad_low[i] >= 0,
                 "kernel, stride and dilation must be at least 1, padding at least 0");
    const std::int64_t reach = w.dilation[i] * (w.size[i] - 1) + 1;
    const std::int64_t room = sides[i] + 2 * w.pad_low[i];
    if (reach > room)
      call.fail(fmt::format("the kernel covers {} elements of {}, but x has {}, padding included",
                            reach, i == 0 ? "the height" : "the width", room));
    result.push_back((room - reach) / w.stride[i] + 1);
  }
  return result;
}

Shape windows::resized(const Shape& x, const Ints& last) {
  Shape shape = x;
  shape[x.rank() - 2] = last[0];
  shape[x.rank() - 1] = last[1];
  return shape;
}

Ints windows::image(const Shape& x) { return {x.at(-2), x.at(-1)}; }

}  // namespace asg
