// Axes longer than llvmpipe's loops, as programs have them: graphs and their gradients beside the
// CPU backend.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <vector>

#include <asg/asg.hpp>

namespace asg {
namespace {

using Build = std::function<Tensors(const Tensors&)>;

/// Numbers of [-1, 1], the same ones every time.
Array numbers(const Shape& shape, double factor = 1) {
  Array array(f32, shape);
  uint32_t state = 1;
  for (float& x : array.values<float>()) {
    state = state * 1664525u + 1013904223u;
    x = static_cast<float>(factor * (state >> 8) / 0x1p23 - factor);
  }
  return array;
}

std::vector<Array> run(const char* backend, const Build& build, const std::vector<Array>& inputs) {
  const Device device = open_device(backend);
  Graph graph;
  Tensors x;
  for (const Array& array : inputs)
    x.push_back(graph.input("x" + std::to_string(x.size()), array.dtype(), array.shape()));
  return compile(device, graph, build(x)).run(inputs);
}

/// The worst difference of an element, relative to the largest one of the result.
double off(const Build& build, const std::vector<Array>& inputs) {
  const std::vector<Array> got = run("vulkan", build, inputs), expected = run("cpu", build, inputs);
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    double most = 0, difference = 0;
    for (std::int64_t k = 0; k < got[i].numel(); ++k) {
      most = std::max(most, std::abs(expected[i].get(k)));
      const double apart = std::abs(got[i].get(k) - expected[i].get(k));
      difference = std::isfinite(apart) ? std::max(difference, apart) : INFINITY;
    }
    worst = std::max(worst, most == 0 ? difference : difference / most);
  }
  return worst;
}

/// A function and its gradients.
Build with_gradients(std::function<Tensor(const Tensors&)> function, std::size_t differentiated) {
  return [=](const Tensors& x) {
    const Tensor y = function(x);
    Tensors results = gradients(
        sum(y * y), Tensors(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(differentiated)));
    results.push_back(y);
    return results;
  };
}

constexpr std::int64_t length = 70'001;

BOOST_AUTO_TEST_CASE(running_results_and_their_gradients) {
  const Array input = numbers({length}, 0.01);
  BOOST_TEST(off(with_gradients([](const Tensors& x) { return cumsum(x[0], 0); }, 1), {input}) <
             1e-6);
  // The gradient of cumprod has a table of all pairs.
  BOOST_TEST(off([](const Tensors& x) { return Tensors{cumprod(x[0] + 1, 0)}; }, {input}) < 1e-5);
  BOOST_TEST(off(with_gradients([](const Tensors& x) { return cummax(x[0], 0); }, 1), {input}) <
             1e-6);
}

BOOST_AUTO_TEST_CASE(a_product_of_all_and_its_gradient) {
  const Build product = with_gradients([](const Tensors& x) { return prod(x[0] + 1); }, 1);
  BOOST_TEST(off(product, {numbers({length}, 0.001)}) < 1e-5);
}

BOOST_AUTO_TEST_CASE(one_token_many_times) {
  Array tokens(i64, {66'000});
  for (std::int64_t& token : tokens.values<std::int64_t>()) token = 1;
  const Build look_up = [](const Tensors& x) {
    return gradients(sum(embedding(x[1], x[0])), {x[0]});
  };
  const std::vector<Array> got = run("vulkan", look_up, {numbers({3, 2}), tokens});
  for (std::int64_t i = 0; i < 6; ++i) BOOST_TEST(got[0].get(i) == (i / 2 == 1 ? 66'000 : 0));
}

BOOST_AUTO_TEST_CASE(places_of_extremes_and_order) {
  const Array input = numbers({1'100'000});
  BOOST_TEST(off(
                 [](const Tensors& x) {
                   return Tensors{argmax(x[0], 0), argmin(x[0], 0)};
                 },
                 {input}) == 0);
  BOOST_TEST(off(
                 [](const Tensors& x) {
                   const Positioned all = sort(x[0]);
                   return Tensors{all.values, all.positions};
                 },
                 {input}) == 0);
}

BOOST_AUTO_TEST_CASE(statistics_of_long_rows) {
  const Build statistics = with_gradients(
      [](const Tensors& x) {
        return softmax(x[0], 1) * 1000 + mean(x[0], {1}, true) + var(x[0], {1}, 1, true);
      },
      1);
  BOOST_TEST(off(statistics, {numbers({3, 1'100'000})}) < 1e-5);
}

BOOST_AUTO_TEST_CASE(products_with_long_sums) {
  const Build product = with_gradients([](const Tensors& x) { return matmul(x[0], x[1]); }, 2);
  BOOST_TEST(off(product, {numbers({2, 1'100'000}), numbers({1'100'000, 3})}) < 1e-5);
}

// The gradient of its weight is a sum over the positions.
BOOST_AUTO_TEST_CASE(a_convolution_over_a_million_positions) {
  const Build convolution = with_gradients([](const Tensors& x) { return conv2d(x[0], x[1]); }, 2);
  BOOST_TEST(off(convolution, {numbers({1, 1, 1100, 1000}), numbers({1, 1, 1, 1})}) < 1e-5);
}

BOOST_AUTO_TEST_CASE(attention_to_many_keys) {
  const Build attention = with_gradients(
      [](const Tensors& x) { return scaled_dot_product_attention(x[0], x[1], x[2]); }, 3);
  BOOST_TEST(off(attention,
                 {numbers({1, 130, 8}), numbers({1, length, 8}), numbers({1, length, 8})}) < 1e-4);
}

}  // namespace
}  // namespace asg
