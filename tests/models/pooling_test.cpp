// Pooling against loops over all options, and its gradients.
#include <algorithm>
#include <limits>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/ops/pooling.hpp>

#include "models/support.hpp"
#include "support/messages.hpp"

namespace {

using namespace asg;
using namespace models_test;
using test_support::contains;
using test_support::message_of;

struct Case {
  Shape x;
  Pair kernel, stride, padding, dilation;
};

std::vector<Case> cases() {
  std::vector<Case> result;
  for (const Pair stride : {Pair(1), Pair(2, 3)})
    for (const Pair padding : {Pair(0), Pair(1), Pair(0, 1)})
      for (const Pair dilation : {Pair(1), Pair(2, 1)})
        result.push_back({{2, 3, 6, 7}, {2, 3}, stride, padding, dilation});
  result.push_back({{1, 1}, 1, 1, 0, 1});
  result.push_back({{3, 5, 4}, {5, 4}, 1, 0, 1});
  return result;
}

// Applies f to the elements of x that each window meets, row by row.
template <class F>
Array over_windows(const Array& x, const Case& c, F f) {
  const Shape& s = x.shape();
  const std::int64_t h = s.at(-2), w = s.at(-1);
  const auto out = [](std::int64_t size, std::int64_t k, std::int64_t stride, std::int64_t pad,
                      std::int64_t dilation) {
    return (size + 2 * pad - dilation * (k - 1) - 1) / stride + 1;
  };
  Shape shape = s;
  const std::int64_t oh = shape[s.rank() - 2] =
      out(h, c.kernel.height, c.stride.height, c.padding.height, c.dilation.height);
  const std::int64_t ow = shape[s.rank() - 1] =
      out(w, c.kernel.width, c.stride.width, c.padding.width, c.dilation.width);
  Array y(f64, shape);
  for (std::int64_t at = 0; at < y.numel(); ++at) {
    std::vector<double> met;
    for (std::int64_t a = 0; a < c.kernel.height; ++a)
      for (std::int64_t b = 0; b < c.kernel.width; ++b) {
        const std::int64_t row =
            at / ow % oh * c.stride.height - c.padding.height + a * c.dilation.height;
        const std::int64_t column =
            at % ow * c.stride.width - c.padding.width + b * c.dilation.width;
        if (row >= 0 && row < h && column >= 0 && column < w)
          met.push_back(x.get((at / (oh * ow) * h + row) * w + column));
      }
    y.set(at, f(met));
  }
  return y;
}

BOOST_AUTO_TEST_CASE(max_as_loops_give) {
  for (const Case& c : cases()) {
    const Array x = spread(c.x, -3, -1);  // below the zero of a padding that must not win
    const Array y = run(
        [&](Graph&, const Tensors& t) {
          return Tensors{max_pool2d(
              t[0], c.kernel, {.stride = c.stride, .padding = c.padding, .dilation = c.dilation})};
        },
        {x})[0];
    BOOST_TEST(difference(y,
                          over_windows(x, c,
                                       [](const std::vector<double>& met) {
                                         return *std::max_element(met.begin(), met.end());
                                       }),
                          0) == "");
  }
}

BOOST_AUTO_TEST_CASE(average_as_loops_give) {
  for (const Case& c : cases()) {
    if (c.dilation.height != 1) continue;
    const Array x = spread(c.x, -3, 5);
    for (const bool include : {true, false}) {
      const Array y = run(
          [&](Graph&, const Tensors& t) {
            return Tensors{avg_pool2d(
                t[0], c.kernel,
                {.stride = c.stride, .padding = c.padding, .count_include_pad = include})};
          },
          {x})[0];
      const Array expected = over_windows(x, c, [&](const std::vector<double>& met) {
        double total = 0;
        for (const double value : met) total += value;
        return total / static_cast<double>(include ? c.kernel.height * c.kernel.width
                                                   : static_cast<std::int64_t>(met.size()));
      });
      BOOST_TEST(difference(y, expected, 1e-12) == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(the_stride_is_the_kernel_by_default) {
  const Arrays y = run(
      [](Graph&, const Tensors& t) {
        return Tensors{max_pool2d(t[0], {2, 3}), avg_pool2d(t[0], {2, 3})};
      },
      {spread({1, 1, 4, 6})});
  BOOST_TEST((y[0].shape() == Shape{1, 1, 2, 2}));
  BOOST_TEST((y[1].shape() == Shape{1, 1, 2, 2}));
}

BOOST_AUTO_TEST_CASE(gradients_as_differences_give) {
  for (const Pair padding : {Pair(0), Pair(1, 0)})
    for (const Pair stride : {Pair(1), Pair(2)}) {
      const Arrays x = {spread({2, 4, 3}, -2, 2)};
      BOOST_TEST(check_both(
                     [&](Graph&, const Tensors& t) {
                       return Tensors{
                           square(max_pool2d(t[0], 2, {.stride = stride, .padding = padding}))};
                     },
                     x) == "");
      for (const bool include : {true, false})
        BOOST_TEST(
            check_both(
                [&](Graph&, const Tensors& t) {
                  return Tensors{square(avg_pool2d(
                      t[0], 2,
                      {.stride = stride, .padding = padding, .count_include_pad = include}))};
                },
                x) == "");
    }
  BOOST_TEST(check_both(
                 [](Graph&, const Tensors& t) {
                   return Tensors{square(adaptive_avg_pool2d(t[0], {3, 2}))};
                 },
                 {spread({2, 4, 5}, -2, 2)}) == "");
}

// Overlapping windows may share their winner, and of equal elements the first one wins.
BOOST_AUTO_TEST_CASE(the_gradient_goes_to_the_first_of_the_largest) {
  const Build pool = [](Graph&, const Tensors& t) {
    return Tensors{max_pool2d(t[0], 2, {.stride = Pair(1)})};
  };
  BOOST_TEST(
      differs(slopes(pool, {Array({3, 3}, {1.0, 1.0, 1.0, 1.0, 9.0, 1.0, 1.0, 1.0, 1.0})})[0],
              {0, 0, 0, 0, 4, 0, 0, 0, 0}) == "");
  BOOST_TEST(differs(slopes(pool, {Array::full(f64, {3, 3}, 1)})[0], {1, 1, 0, 1, 1, 0, 0, 0, 0}) ==
             "");
}

BOOST_AUTO_TEST_CASE(errors_name_the_rule) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {1, 4, 4});
  const auto message = [](const auto& call) { return message_of<ShapeError>(call); };
  const auto has = [](const std::string& text, const char* part) {
    return contains(text, part, "pooling_test.cpp:");
  };
  BOOST_TEST(has(message([&] { return max_pool2d(x, 5); }), "the kernel covers 5 elements"));
  BOOST_TEST(has(message([&] { return avg_pool2d(x, 2, {.padding = 2}); }), "half of the kernel"));
  BOOST_TEST(has(message([&] { return adaptive_avg_pool2d(x, 0); }), "at least 1"));
  const Tensor v = graph.input("v", f32, {4});
  BOOST_TEST(has(message([&] { return max_pool2d(v, 2); }), "[..., H, W]"));
  BOOST_TEST(has(message([&] { return avg_pool3d(v, 2); }), "[..., D, H, W]"));
  BOOST_TEST(has(message([&] { return max_pool1d(v, 5); }), "5 elements of the length"));
  BOOST_TEST(has(message([&] { return max_pool1d(v, 2, {.stride = 0}); }), "at least 1"));
  BOOST_TEST(has(message([&] { return avg_pool1d(v, 2, {.divisor_override = -1}); }),
                 "divisor_override must be above 0"));
  BOOST_TEST(has(message([&] { return lp_pool1d(v, 0, 2); }), "p must be a number above 0"));
  BOOST_TEST(has(message([&] { return adaptive_max_pool1d(v, -1); }), "at least 1"));
  const Tensor scalar = graph.input("scalar", f32, {});
  BOOST_TEST(has(message([&] { return adaptive_avg_pool1d(scalar, 1); }), "x must be [..., L]"));
  const Tensor empty = graph.input("empty", f32, {2, 0});
  BOOST_TEST(has(message([&] { return adaptive_max_pool1d(empty, 1); }), "must not be empty"));
  const Tensor at = graph.input("at", i64, {3});
  BOOST_TEST(has(message([&] { return max_unpool1d(v, at, 2); }), "must have the shape of x"));
  BOOST_TEST(
      has(message([&] { return max_unpool1d(at, at, 2, {.padding = 4}); }), "nothing is left"));
}

}  // namespace
