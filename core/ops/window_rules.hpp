// What the ops that slide a window over the last one, two or three axes share: the attributes
// stride, padding and dilation, one entry for each of these axes, and how many places a window has.
#pragma once
#include <algorithm>

#include <asg/graph/op.hpp>
#include <asg/ops/convolution.hpp>
#include <asg/ops/movement.hpp>

#include "ops/rules.hpp"

namespace asg::windows {

inline Ints list(Single size) { return {size.length}; }
inline Ints list(Pair size) { return {size.height, size.width}; }
inline Ints list(Triple size) { return {size.depth, size.height, size.width}; }

/// The window of the given size over x; dilation is 1 and ceil_mode off where the op has no such
/// attribute.
Window window(const Attributes& attributes, const Shape& x, const Ints& size);
/// How many positions the window has along each of the last axes of x; checks the attributes. In
/// ceil_mode there is one more where the last step reaches beyond x, unless it begins there.
Ints positions(const Signature& call, const Shape& x, const Ints& size);
/// The shape of x pooled by a window over the last `axes` axes, the attribute kernel.
Shape pooled(const Signature& call, const Shape& x, std::size_t axes);
/// x with other last axes.
Shape resized(const Shape& x, const Ints& last);
/// The last axes.
Ints image(const Shape& x, std::size_t axes = 2);
/// "[N, C, H, W]": shapes in messages, "L", "H, W" or "D, H, W" behind what is given.
std::string described(std::string_view leading, std::size_t axes, std::string_view prefix = {});

std::vector<AttributeDef> max_pool_attributes();
std::vector<AttributeDef> avg_pool_attributes();

/// Attributes of an op over one axis as those of an op over two, {1, size} and {0, padding}.
Attributes over_two_axes(const Attributes& attributes);

/// Of an op over one axis: `op`, which works on two.
Tensor over_rows(std::string_view op, const Tensor& x, const Attributes& attributes);
/// Of an op over three axes: `op` on the last two, then along the depth.
Tensor over_slices(std::string_view op, const Tensor& x, const Attributes& attributes);
/// Where its elements stand in their volume, of `op` and of `indices`, that of places in images.
Tensor places_over_slices(std::string_view op, std::string_view indices, const Tensor& x,
                          const Attributes& attributes);
/// Errors   ShapeError when the last axes have more elements than can be numbered.
void require_countable(const Signature& call, std::size_t axes);

/// Which elements adaptive pooling puts together: window i of n along an axis of `size` elements.
struct Part {
  std::int64_t first, end;
};
inline Part part(std::int64_t i, std::int64_t n, std::int64_t size) {
  return {i * size / n, ((i + 1) * size + n - 1) / n};
}
/// What adaptive pooling along so many axes asks for: the attribute output, and an image that is
/// not empty.
Types infer_adaptive(const Signature& call, std::size_t axes);
/// The windows of adaptive pooling, [..., OH, KH, OW, KW]; shorter ones repeat their last element.
Tensor adaptive_windows(const Tensor& x, const Ints& output);

/// Where the largest element of each window stands, the first of equals, the last NaN; -1 of
/// windows that see nothing. `place` has for each element its number below `count`, or -1 if it is
/// padding, and broadcasts to `seen`; `axes` are those of a window.
Tensor first_largest(const Tensor& seen, const Tensor& place, std::int64_t count, const Axes& axes);

/// For samples, which loop over windows: the elements of an image that the window at a place of the
/// result sees, in its order, -1 for padding, and how many lie within the padded image.
struct Seen {
  Ints elements;
  std::int64_t within = 0;
};
Seen seen(const Attributes& how, const Ints& image, const Ints& kernel, const Ints& sides,
          std::int64_t place);
/// What f makes of each window of x, of the attribute kernel.
Array by_loops(const Array& x, const Ints& sides, const Attributes& how,
               double (*f)(const Array& x, std::int64_t first, const Seen& seen));
double largest_seen(const Array& x, std::int64_t first, const Seen& seen);
double sum_seen(const Array& x, std::int64_t first, const Seen& seen);
/// The sum by a fixed divisor; by how many lie within the padded image (0) or the image (-1).
template <int divisor>
double sum_seen(const Array& x, std::int64_t first, const Seen& seen) {
  const std::int64_t inside = std::count_if(seen.elements.begin(), seen.elements.end(),
                                            [](std::int64_t element) { return element >= 0; });
  return sum_seen(x, first, seen) / static_cast<double>(divisor > 0    ? divisor
                                                        : divisor == 0 ? seen.within
                                                                       : inside);
}

}  // namespace asg::windows
