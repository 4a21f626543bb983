// conv2d against loops over all of its options, and its gradients against differences.
#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/ops/convolution.hpp>

#include "models/support.hpp"
#include "support/messages.hpp"

namespace {

using namespace asg;
using namespace models_test;
using test_support::contains;
using test_support::message_of;

Array naive(const Array& x, const Array& w, const Array* bias, const Conv2dOptions& o) {
  const Shape &xs = x.shape(), &ws = w.shape();
  const auto out = [](std::int64_t size, std::int64_t k, std::int64_t stride, std::int64_t pad,
                      std::int64_t dilation) {
    return (size + 2 * pad - dilation * (k - 1) - 1) / stride + 1;
  };
  const std::int64_t oh = out(xs[2], ws[2], o.stride.height, o.padding.height, o.dilation.height);
  const std::int64_t ow = out(xs[3], ws[3], o.stride.width, o.padding.width, o.dilation.width);
  const std::int64_t filters = ws[0] / o.groups;
  Array y(f64, {xs[0], ws[0], oh, ow});
  std::int64_t at = 0;
  for (std::int64_t n = 0; n < xs[0]; ++n)
    for (std::int64_t f = 0; f < ws[0]; ++f)
      for (std::int64_t i = 0; i < oh; ++i)
        for (std::int64_t j = 0; j < ow; ++j) {
          double total = bias == nullptr ? 0 : bias->get(f);
          for (std::int64_t c = 0; c < ws[1]; ++c)
            for (std::int64_t a = 0; a < ws[2]; ++a)
              for (std::int64_t b = 0; b < ws[3]; ++b) {
                const std::int64_t row =
                    i * o.stride.height - o.padding.height + a * o.dilation.height;
                const std::int64_t column =
                    j * o.stride.width - o.padding.width + b * o.dilation.width;
                if (row < 0 || row >= xs[2] || column < 0 || column >= xs[3]) continue;
                const std::int64_t channel = f / filters * ws[1] + c;
                total += x.get(((n * xs[1] + channel) * xs[2] + row) * xs[3] + column) *
                         w.get(((f * ws[1] + c) * ws[2] + a) * ws[3] + b);
              }
          y.set(at++, total);
        }
  return y;
}

struct Case {
  Shape x, weight;
  Conv2dOptions options;
};

std::vector<Case> cases() {
  std::vector<Case> result;
  for (const Pair stride : {Pair(1), Pair(2, 3)})
    for (const Pair padding : {Pair(0), Pair(2, 1)})
      for (const Pair dilation : {Pair(1), Pair(1, 2)})
        for (const std::int64_t groups : {1, 2, 4})
          result.push_back(
              {{2, 4, 6, 7}, {8, 4 / groups, 3, 2}, {stride, padding, dilation, groups}});
  result.push_back({{1, 1, 1, 1}, {1, 1, 1, 1}, {}});
  result.push_back({{1, 2, 1, 9}, {3, 2, 1, 4}, {.stride = {1, 2}}});
  result.push_back({{3, 1, 2, 2}, {2, 1, 4, 4}, {.padding = 1}});
  return result;
}

Build build(const Conv2dOptions& options) {
  return [options](Graph&, const Tensors& t) {
    return Tensors{t.size() > 2 ? conv2d(t[0], t[1], t[2], options) : conv2d(t[0], t[1], options)};
  };
}

BOOST_AUTO_TEST_CASE(as_loops_give) {
  for (const Case& c : cases()) BOOST_TEST_CONTEXT(to_string(c.x) << to_string(c.weight)) {
      const Array x = spread(c.x, -1, 1, 1), w = spread(c.weight, -1, 1, 2);
      const Array bias = spread({c.weight[0]}, -1, 1, 3);
      BOOST_TEST(difference(run(build(c.options), {x, w})[0], naive(x, w, nullptr, c.options),
                            1e-12) == "");
      BOOST_TEST(difference(run(build(c.options), {x, w, bias})[0], naive(x, w, &bias, c.options),
                            1e-12) == "");
    }
}

// By x, by the weight and by a bias of several filters.
BOOST_AUTO_TEST_CASE(gradients_as_differences_give) {
  for (const auto& [x, weight, options] : std::vector<Case>{
           {{2, 2, 3, 3}, {3, 2, 2, 2}, {}},
           {{1, 2, 4, 5}, {2, 2, 2, 3}, {.stride = {2, 1}, .padding = {1, 0}}},
           {{1, 2, 5, 3}, {4, 1, 2, 2}, {.padding = 1, .dilation = {2, 1}, .groups = 2}}})
    BOOST_TEST(check_both(build(options), {spread(x, -1, 1, 1), spread(weight, -1, 1, 2),
                                           spread({weight[0]}, -1, 1, 3)}) == "");
}

BOOST_AUTO_TEST_CASE(errors_name_the_rule) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {1, 4, 5, 5});
  const auto message = [&](const Shape& weight, const Conv2dOptions& options) {
    static int count = 0;
    return message_of<ShapeError>([&] {
      return conv2d(x, graph.input("w" + std::to_string(count++), f32, weight), options);
    });
  };
  const auto has = [](const std::string& text, const char* part) {
    return contains(text, part, "convolution_test.cpp:");
  };
  BOOST_TEST(has(message({2, 4, 6, 1}, {}), "the kernel covers 6 elements of the height"));
  BOOST_TEST(has(message({2, 3, 1, 1}, {}), "second axis must be the channels"));
  BOOST_TEST(has(message({2, 1, 1, 1}, {.groups = 3}), "groups must divide"));
  BOOST_TEST(has(message({2, 4, 1}, {}), "the weight must be"));
  BOOST_TEST(has(message({2, 4, 1, 1}, {.stride = 0}), "at least 1"));
}

}  // namespace
