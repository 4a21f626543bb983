// Convolution and pooling as the CPU backend claims them, against their bodies.
#include <functional>

#include <boost/test/unit_test.hpp>

#include <asg/graph/build.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>

#include "cpu/claims.hpp"

namespace {

using namespace asg;
using namespace claims_test;

using Ints = std::vector<std::int64_t>;

struct Sliding {
  Ints kernel, stride, padding, dilation;
};

std::int64_t positions(std::int64_t size, const Sliding& w, std::size_t axis) {
  return (size + 2 * w.padding[axis] - w.dilation[axis] * (w.kernel[axis] - 1) - 1) /
             w.stride[axis] +
         1;
}

Attributes attributes_of(const Sliding& w) {
  return {{"stride", w.stride}, {"padding", w.padding}, {"dilation", w.dilation}};
}

struct Convolution {
  std::int64_t images, channels, height, width, filters, groups;
  Sliding window;

  Shape x() const { return {images, channels, height, width}; }
  Shape weight() const { return {filters, channels / groups, window.kernel[0], window.kernel[1]}; }
  Shape y() const {
    return {images, filters, positions(height, window, 0), positions(width, window, 1)};
  }
  Attributes attributes() const {
    Attributes result = attributes_of(window);
    result.set("groups", groups);
    return result;
  }
};

std::vector<Convolution> convolutions() {
  return {{1, 1, 1, 1, 1, 1, {{1, 1}, {1, 1}, {0, 0}, {1, 1}}},
          {2, 1, 28, 28, 32, 1, {{3, 3}, {1, 1}, {1, 1}, {1, 1}}},
          {3, 32, 14, 14, 64, 1, {{3, 3}, {1, 1}, {1, 1}, {1, 1}}},
          {2, 3, 11, 9, 5, 1, {{3, 2}, {2, 1}, {1, 0}, {1, 1}}},
          {1, 4, 13, 16, 6, 2, {{2, 3}, {1, 1}, {2, 1}, {1, 2}}},
          {2, 6, 17, 19, 12, 3, {{3, 3}, {2, 3}, {1, 2}, {2, 1}}},
          {1, 5, 8, 7, 5, 5, {{3, 3}, {1, 1}, {1, 1}, {1, 1}}},
          {2, 2, 6, 6, 3, 1, {{1, 1}, {2, 2}, {0, 0}, {1, 1}}},
          // More padding than the kernel reaches: the gradient of the images is cut.
          {1, 2, 5, 5, 3, 1, {{2, 2}, {1, 1}, {3, 2}, {1, 1}}},
          // Rows longer than a block, planes larger than the cache.
          {1, 20, 150, 90, 3, 1, {{3, 3}, {1, 1}, {0, 0}, {3, 3}}},
          {1, 3, 40, 70, 33, 1, {{7, 7}, {2, 2}, {3, 3}, {1, 1}}},
          {33, 1, 5, 3, 1, 1, {{5, 3}, {1, 1}, {0, 0}, {1, 1}}},
          // Small images, which stand side by side: as many as fit, or as evenly as they can.
          {8, 48, 4, 4, 40, 1, {{3, 3}, {1, 1}, {1, 1}, {1, 1}}},
          {9, 20, 8, 8, 24, 1, {{3, 3}, {1, 1}, {1, 1}, {1, 1}}},
          {40, 2, 3, 3, 3, 1, {{3, 3}, {1, 1}, {1, 1}, {1, 1}}},
          {7, 6, 5, 4, 10, 2, {{3, 2}, {1, 1}, {2, 1}, {1, 1}}},
          {5, 12, 4, 5, 7, 1, {{3, 3}, {2, 2}, {1, 1}, {1, 1}}},
          {6, 9, 9, 7, 13, 1, {{5, 5}, {2, 1}, {2, 2}, {1, 1}}},
          // Phases of the stride that no element of the kernel meets, and that several meet.
          {3, 3, 7, 9, 4, 1, {{1, 1}, {3, 2}, {0, 0}, {1, 1}}},
          {4, 3, 6, 6, 5, 1, {{2, 2}, {4, 5}, {1, 0}, {1, 1}}},
          {2, 4, 9, 8, 5, 1, {{3, 3}, {2, 2}, {3, 4}, {2, 1}}},
          {2, 4, 10, 11, 6, 2, {{4, 5}, {2, 3}, {3, 1}, {1, 2}}},
          {1, 2, 3, 3, 2, 1, {{3, 3}, {7, 9}, {1, 1}, {1, 1}}},
          // Large enough for Winograd's transforms, with tiles that reach beyond the results.
          {3, 65, 13, 14, 79, 1, {{3, 3}, {1, 1}, {1, 1}, {1, 1}}},
          {5, 128, 7, 10, 152, 2, {{3, 3}, {1, 1}, {0, 0}, {1, 1}}},
          {9, 72, 4, 4, 100, 1, {{3, 3}, {1, 1}, {1, 1}, {1, 1}}},
          {2, 64, 9, 8, 64, 1, {{3, 3}, {1, 1}, {3, 2}, {1, 1}}},
          {1, 68, 8, 230, 72, 1, {{3, 3}, {1, 1}, {0, 1}, {1, 1}}},
          {8, 80, 16, 15, 80, 1, {{3, 3}, {1, 1}, {1, 1}, {1, 1}}},
          // Strides with planes in several blocks.
          {1, 40, 120, 60, 3, 1, {{3, 3}, {2, 2}, {1, 1}, {1, 1}}}};
}

std::string text(const Convolution& c) {
  return fmt::format("x {} weight {} groups {} stride {} {}", to_string(c.x()),
                     to_string(c.weight()), c.groups, c.window.stride[0], c.window.stride[1]);
}

BOOST_AUTO_TEST_CASE(convolutions_as_their_bodies) {
  for (const Convolution& c : convolutions()) BOOST_TEST_CONTEXT(text(c)) {
      const Array x = spread(c.x(), -1, 1, 1), weight = spread(c.weight(), -1, 1, 2);
      const Array bias = spread({c.filters}, -1, 1, 3), dy = spread(c.y(), -1, 1, 4);
      Case forward{.op = "conv2d", .attributes = c.attributes(), .inputs = {x, weight}};
      BOOST_TEST(check(forward) == "");
      forward.inputs.push_back(bias);
      BOOST_TEST(check(forward) == "");
      Case input{
          .op = "conv2d_input_backward", .attributes = c.attributes(), .inputs = {dy, weight}};
      input.attributes.set("image", Ints{c.height, c.width});
      BOOST_TEST(check(input) == "");
      Case by_weight{
          .op = "conv2d_weight_backward", .attributes = c.attributes(), .inputs = {dy, x}};
      by_weight.attributes.set("kernel", c.window.kernel);
      BOOST_TEST(check(by_weight) == "");
    }
}

// Operands whose channels come last, and a weight that is a part of another one.
BOOST_AUTO_TEST_CASE(convolutions_of_any_strides) {
  const Convolution c = {3, 6, 10, 21, 8, 2, {{3, 3}, {1, 1}, {1, 1}, {1, 1}}};
  const auto turned = [](const Tensor& t) { return permute(t, {0, 3, 1, 2}); };
  const Array x = spread({3, 10, 21, 6}, -1, 1, 1), dy = spread({3, 10, 21, 8}, -1, 1, 4);
  const Array weight = spread({8, 3, 3, 6}, -1, 1, 2), bias = spread({8, 2}, -1, 1, 3);
  const auto part = [](const Tensor& t) { return slice(t, 3, 0, 6, 2); };
  Case forward{.op = "conv2d", .attributes = c.attributes(), .inputs = {x, weight, bias}};
  forward.operands = [=](const Tensors& in) {
    return Tensors{turned(in[0]), part(in[1]), squeeze(slice(in[2], 1, 0, 1), 1)};
  };
  BOOST_TEST(check(forward) == "");
  Case input{.op = "conv2d_input_backward", .attributes = c.attributes(), .inputs = {dy, weight}};
  input.attributes.set("image", Ints{c.height, c.width});
  input.operands = [=](const Tensors& in) { return Tensors{turned(in[0]), part(in[1])}; };
  BOOST_TEST(check(input) == "");
  Case by_weight{.op = "conv2d_weight_backward", .attributes = c.attributes(), .inputs = {dy, x}};
  by_weight.attributes.set("kernel", c.window.kernel);
  by_weight.operands = [=](const Tensors& in) { return Tensors{turned(in[0]), turned(in[1])}; };
  BOOST_TEST(check(by_weight) == "");
}

using View = std::function<Tensor(const Tensor&)>;

// All directions of a convolution, of views of other arrays.
void check_views(const Convolution& c, const Array& x, const Array& weight, const Array& dy,
                 const View& of_images, const View& of_weight) {
  Case forward{.op = "conv2d", .attributes = c.attributes(), .inputs = {x, weight}};
  forward.operands = [=](const Tensors& in) { return Tensors{of_images(in[0]), of_weight(in[1])}; };
  BOOST_TEST(check(forward) == "");
  Case input{.op = "conv2d_input_backward", .attributes = c.attributes(), .inputs = {dy, weight}};
  input.attributes.set("image", Ints{c.height, c.width});
  input.operands = forward.operands;
  BOOST_TEST(check(input) == "");
  Case by_weight{.op = "conv2d_weight_backward", .attributes = c.attributes(), .inputs = {dy, x}};
  by_weight.attributes.set("kernel", c.window.kernel);
  by_weight.operands = [=](const Tensors& in) {
    return Tensors{of_images(in[0]), of_images(in[1])};
  };
  BOOST_TEST(check(by_weight) == "");
}

// The same with images side by side, a stride and whatever the padding's sign.
BOOST_AUTO_TEST_CASE(small_images_of_any_strides) {
  const auto turned = [](const Tensor& t) { return permute(t, {3, 0, 2, 1}); };
  for (const std::int64_t stride : {1, 2})
    for (const std::int64_t images : {1, 2, 3, 5, 9}) BOOST_TEST_CONTEXT(images << " " << stride) {
        const Convolution c = {images, 8, 6, 5, 14, 2, {{3, 3}, {stride, stride}, {2, 1}, {1, 1}}};
        const Shape y = c.y();
        const Array x = spread({8, 5, 6, images}, -1, 1, 1), weight = spread(c.weight(), -1, 1, 2);
        const Array dy = spread({y[1], y[3], y[2], images}, -1, 1, 4);
        check_views(c, x, weight, dy, turned, [](const Tensor& t) { return t; });
      }
}

Array with_some(Array x, double value, std::int64_t from, std::int64_t every) {
  for (std::int64_t i = from; i < x.numel(); i += every) x.set(i, value);
  return x;
}

// By Winograd's transforms, for small numbers of images.
BOOST_AUTO_TEST_CASE(tiles_of_any_strides) {
  for (const std::int64_t images : {1, 2, 3, 4, 5, 6, 7, 8, 9}) BOOST_TEST_CONTEXT(images) {
      const Convolution c = {images, 80, 12, 9, 76, 1, {{3, 3}, {1, 1}, {1, 1}, {1, 1}}};
      const auto last = [](const Tensor& t) { return permute(t, {0, 3, 1, 2}); };
      const Array x = spread({images, 12, 9, 80}, -1, 1, 1);
      const Array dy = spread({images, 12, 9, 76}, -1, 1, 4);
      // The kernel's axes come first, and a part of them is taken.
      const Array weight = spread({3, 5, 76, 80}, -1, 1, 2);
      const auto kernels = [](const Tensor& t) {
        return permute(slice(t, 1, 1, 4, 1), {2, 3, 0, 1});
      };
      check_views(c, x, weight, dy, last, kernels);
    }
}

// They reach the results that they are part of, and no others: the neighbours in a plane, in the
// other images or in a tile stay what they are.
BOOST_AUTO_TEST_CASE(what_is_no_number_stays_where_it_belongs) {
  for (const Convolution& c : {Convolution{5, 16, 4, 4, 20, 1, {{3, 3}, {1, 1}, {1, 1}, {1, 1}}},
                               Convolution{2, 8, 9, 7, 12, 1, {{3, 3}, {2, 2}, {1, 1}, {1, 1}}},
                               Convolution{3, 64, 12, 13, 64, 1, {{3, 3}, {1, 1}, {1, 1}, {1, 1}}},
                               Convolution{4, 128, 8, 8, 128, 2, {{3, 3}, {1, 1}, {1, 1}, {1, 1}}}})
    for (const double value : {double{INFINITY}, -double{INFINITY}, double{NAN}})
      BOOST_TEST_CONTEXT(text(c) << " " << value) {
        const Array weight = spread(c.weight(), -1, 1, 2);
        const Array x = with_some(spread(c.x(), -1, 1, 1), value, 7, 379);
        const Array dy = with_some(spread(c.y(), -1, 1, 4), value, 5, 431);
        BOOST_TEST(check({.op = "conv2d", .attributes = c.attributes(), .inputs = {x, weight}}) ==
                   "");
        Case input{
            .op = "conv2d_input_backward", .attributes = c.attributes(), .inputs = {dy, weight}};
        input.attributes.set("image", Ints{c.height, c.width});
        BOOST_TEST(check(input) == "");
        Case by_weight{.op = "conv2d_weight_backward",
                       .attributes = c.attributes(),
                       .inputs = {spread(c.y(), -1, 1, 4), x}};
        by_weight.attributes.set("kernel", c.window.kernel);
        BOOST_TEST(check(by_weight) == "");
        by_weight.inputs = {with_some(spread(c.y(), -1, 1, 4), value, 3, c.y().numel()),
                            spread(c.x(), -1, 1, 1)};
        BOOST_TEST(check(by_weight) == "");
      }
}

BOOST_AUTO_TEST_CASE(nothing_to_convolve_is_left_to_the_body) {
  const Convolution c = {0, 2, 3, 3, 1, 1, {{2, 2}, {1, 1}, {0, 0}, {1, 1}}};
  Case forward{.op = "conv2d",
               .attributes = c.attributes(),
               .inputs = {Array(f64, c.x()), spread(c.weight(), -1, 1, 2)}};
  forward.claimed = false;
  BOOST_TEST(check(forward) == "");
}

struct Pooling {
  Shape x;
  Sliding window;
};

std::vector<Pooling> poolings() {
  return {{{1, 1}, {{1, 1}, {1, 1}, {0, 0}, {1, 1}}},
          {{2, 3, 28, 28}, {{2, 2}, {2, 2}, {0, 0}, {1, 1}}},
          {{2, 3, 14, 14}, {{2, 2}, {2, 2}, {0, 0}, {1, 1}}},
          {{4, 15, 9}, {{2, 2}, {2, 2}, {0, 0}, {1, 1}}},
          {{3, 6, 5}, {{2, 2}, {2, 2}, {0, 0}, {1, 1}}},
          {{2, 2, 75, 83}, {{2, 2}, {2, 2}, {0, 0}, {1, 1}}},
          {{2, 4, 9, 11}, {{3, 3}, {2, 2}, {1, 1}, {1, 1}}},
          {{2, 9, 11}, {{3, 2}, {1, 1}, {1, 0}, {1, 2}}},
          {{2, 8, 8}, {{2, 2}, {3, 1}, {1, 1}, {2, 2}}},
          // Windows that lie in the padding alone.
          {{1, 1, 4}, {{2, 2}, {1, 1}, {1, 1}, {2, 2}}},
          {{5, 1, 1}, {{2, 2}, {1, 1}, {1, 1}, {2, 2}}}};
}

// Equal numbers, infinities and what is no number, beside others.
Array uneven(const Shape& shape) {
  Array x = spread(shape, -3, 3, 1);
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    x.set(i, std::round(x.get(i)));
    if (i % 31 == 5) x.set(i, -INFINITY);
    if (i % 37 == 7) x.set(i, INFINITY);
    if (i % 41 == 11) x.set(i, NAN);
  }
  return x;
}

Shape pooled(const Shape& x, const Attributes& attributes) {
  Graph graph;
  return apply(find_op("max_pool2d"), {graph.input("x", f32, x)}, attributes).shape();
}

// What the backend takes: windows of 2 by 2, side by side and within.
bool is_claimed(const Pooling& p, const Shape& y) {
  const Sliding& w = p.window;
  return w.kernel == Ints{2, 2} && w.stride == Ints{2, 2} && w.padding == Ints{0, 0} &&
         w.dilation == Ints{1, 1} && 2 * y.at(-2) <= p.x.at(-2) && 2 * y.at(-1) <= p.x.at(-1);
}

BOOST_AUTO_TEST_CASE(poolings_as_their_bodies) {
  for (const Pooling& p : poolings())
    for (const bool ceil_mode : {false, true})
      for (const Array& x : {spread(p.x, -1, 1, 1), uneven(p.x)})
        BOOST_TEST_CONTEXT(to_string(p.x) << " kernel " << p.window.kernel[0] << " stride "
                                          << p.window.stride[0] << " ceil_mode " << ceil_mode) {
          Attributes attributes = attributes_of(p.window);
          attributes.set("kernel", p.window.kernel);
          attributes.set("ceil_mode", std::int64_t{ceil_mode});
          const Shape y = pooled(p.x, attributes);
          Case forward{.op = "max_pool2d", .attributes = attributes, .inputs = {x}, .tolerance = 0};
          forward.claimed = is_claimed(p, y);
          BOOST_TEST(check(forward) == "");
          Case backward{.op = "max_pool2d_backward",
                        .attributes = attributes,
                        .inputs = {spread(y, -1, 1, 2), x}};
          backward.claimed = forward.claimed;
          BOOST_TEST(check(backward) == "");
          backward.operands = [](const Tensors& in) {
            return Tensors{transpose(transpose(in[0], -1, -2) * 1.0f, -1, -2), in[1]};
          };
          BOOST_TEST(check(backward) == "");
        }
}

}  // namespace
