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
  BOOST_TEST(has(message({2, 4, 3, 3}, {.stride = 2, .padding = "same"}), "a stride of 1"));
  BOOST_TEST(has(message({2, 4, 3, 3}, {.dilation = std::int64_t{1} << 62}), "64 bits"));
  BOOST_TEST(has(message_of<TypeError>([&] { return Conv2dOptions{.padding = "full"}.groups; }),
                 "no rule 'full'"));
}

BOOST_AUTO_TEST_CASE(errors_along_other_numbers_of_axes) {
  Graph graph;
  const Tensor signal = graph.input("signal", f32, {2, 4, 5});
  const Tensor volume = graph.input("volume", f32, {2, 4, 2, 3, 5});
  const Tensor taps = graph.input("taps", f32, {3, 4, 6});
  const Tensor bias = graph.input("bias", f32, {2});
  const auto has = [](const auto& call, const char* op, const char* part) {
    const std::string text = message_of<ShapeError>(call);
    return contains(text, op, part, "convolution_test.cpp:");
  };
  BOOST_TEST(has([&] { return conv1d(signal, taps); }, "conv1d",
                 "the kernel covers 6 elements of the length"));
  BOOST_TEST(has([&] { return conv1d(volume, taps); }, "conv1d", "x must be [N, C, L]"));
  BOOST_TEST(has([&] { return conv3d(volume, taps); }, "conv3d",
                 "the weight must be [O, C / groups, KD, KH, KW]"));
  BOOST_TEST(has([&] { return conv1d(signal, taps, bias, {.padding = 1}); }, "conv1d",
                 "the bias must be [O]"));
  const Tensor deep = graph.input("deep", f32, {3, 4, 4, 1, 1});
  BOOST_TEST(has([&] { return conv3d(volume, deep); }, "conv3d", "the depth"));
}

BOOST_AUTO_TEST_CASE(errors_of_transposed_convolutions) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {2, 4, 5});
  const Tensor weight = graph.input("weight", f32, {4, 3, 2});
  const Tensor bias = graph.input("bias", f32, {2});
  const auto message = [&](const ConvTranspose1dOptions& options) {
    return message_of<ShapeError>([&] { return conv_transpose1d(x, weight, options); });
  };
  const auto has = [](const std::string& text, const char* part) {
    return contains(text, "conv_transpose1d", part, "convolution_test.cpp:");
  };
  BOOST_TEST(has(message({.output_padding = 1}), "below the stride or the dilation"));
  BOOST_TEST(has(message({.padding = 3}), "nothing is left of y: its size would be 0"));
  BOOST_TEST(has(message({.stride = std::int64_t{1} << 62}), "64 bits"));
  BOOST_TEST(has(message({.groups = 3}), "groups must divide the channels of x"));
  BOOST_TEST(has(message({.padding = -1}), "at least 0"));
  BOOST_TEST(has(message_of<ShapeError>([&] { return conv_transpose1d(x, weight, bias); }),
                 "the bias must be [O]"));
  const Tensor other = graph.input("other", f32, {3, 3, 2});
  BOOST_TEST(has(message_of<ShapeError>([&] { return conv_transpose1d(x, other); }),
                 "the weight's first axis must be the channels of x"));
  const Tensor none = graph.input("none", f32, {2, 4, 0});
  BOOST_TEST(has(message_of<ShapeError>([&] { return conv_transpose1d(none, weight); }),
                 "must not be empty"));
}

}  // namespace
