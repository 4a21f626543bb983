// Gradients where central differences say nothing: ties, zeros, masks; and the broadcasts that a
// gradient must sum over.
#include <cmath>
#include <limits>

#include <boost/test/unit_test.hpp>

#include <asg/ops/indexing.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/ordering.hpp>

#include "ops/support.hpp"

namespace {

using namespace asg;
using namespace ops_test;

const double inf = std::numeric_limits<double>::infinity();

// The gradients of the sum of what `build` makes, after `order` earlier ones.
Arrays slopes(const Build& build, const Arrays& arrays, int order = 0) {
  return run(
      [&](Graph& graph, const Tensors& x) {
        Tensors wrt;
        for (const Tensor& t : x)
          if (is_float(t.dtype())) wrt.push_back(t);
        Tensor total = sum(build(graph, x)[0]);
        for (int k = 0; k < order; ++k)
          total = sum(gradients(total, {wrt[0]}, {}, {.allow_unused = true})[0]);
        return gradients(total, wrt, {}, {.allow_unused = true});
      },
      arrays);
}

void expect(const Array& got, std::initializer_list<double> values) {
  BOOST_TEST(difference(got, Array(got.shape(), std::vector<double>(values)), 1e-12) == "");
}

Build unary(Tensor (*f)(const Operand&)) {
  return [f](Graph&, const Tensors& x) { return Tensors{f(x[0])}; };
}
Build binary(Tensor (*f)(const Operand&, const Operand&)) {
  return [f](Graph&, const Tensors& x) { return Tensors{f(x[0], x[1])}; };
}

BOOST_AUTO_TEST_CASE(at_zero) {
  expect(slopes(unary(abs), {Array({3}, {-0.0, 0.0, -2.0})})[0], {0, 0, -1});
  expect(slopes(unary(sqrt), {Array(0.0)})[0], {inf});
  expect(slopes(unary(log), {Array(0.0)})[0], {inf});
  // An infinite sum has no share of a finite element in it.
  const Array ends({3, 2}, {inf, 0.0, -inf, -inf, -inf, 1.0});
  const Array shares =
      slopes([](Graph&, const Tensors& x) { return Tensors{logsumexp(x[0], 1)}; }, {ends})[0];
  BOOST_TEST(std::isnan(shares.get(0)));
  for (std::int64_t i = 1; i < 6; ++i) BOOST_TEST(shares.get(i) == (i == 5 ? 1 : 0));
}

BOOST_AUTO_TEST_CASE(power) {
  // x^2 at 0, with the exponent as a tensor: 0, 2, 0.
  const Arrays square = {Array(0.0), Array(2.0)};
  expect(slopes(binary(pow), square)[0], {0});
  expect(slopes(binary(pow), square, 1)[0], {2});
  expect(slopes(binary(pow), square, 2)[0], {0});
  expect(slopes(binary(pow), square)[1], {0});
  // x^0 is 1 everywhere, x^1 is x.
  expect(slopes(binary(pow), {Array(0.0), Array(0.0)})[0], {0});
  expect(slopes(binary(pow), {Array(0.0), Array(1.0)})[0], {1});
  expect(slopes(binary(pow), {Array(0.0), Array(1.0)}, 1)[0], {0});
  // A negative base has powers of whole numbers.
  expect(slopes(binary(pow), {Array(-2.0), Array(3.0)})[0], {12});
  BOOST_TEST(std::isnan(slopes(binary(pow), {Array(-2.0), Array(3.0)})[1].get(0)));
  // The mixed derivative at exponent 0 is 1 / x.
  const Build slope = [](Graph&, const Tensors& x) {
    return Tensors{gradients(pow(x[0], x[1]), {x[0]})[0]};
  };
  expect(slopes(slope, {Array(4.0), Array(0.0)})[1], {0.25});
  // Numbers as exponents.
  for (const double n : {2.0, 3.0, 1.0, 0.0, 4.0, 0.5, -1.0})
    BOOST_TEST(check_derivative([n](Graph&, const Tensors& x) { return Tensors{pow(x[0], n)}; },
                                {spread({2, 2}, 0.5, 2)}, 1) == "");
}

BOOST_AUTO_TEST_CASE(ties) {
  const Arrays equal = {Array({3}, {1.0, 2.0, 3.0}), Array({3}, {1.0, 5.0, 2.0})};
  expect(slopes(binary(maximum), equal)[0], {0.5, 0, 1});
  expect(slopes(binary(maximum), equal)[1], {0.5, 1, 0});
  expect(slopes(binary(minimum), equal)[0], {0.5, 1, 0});
  expect(slopes(binary(minimum), equal)[1], {0.5, 0, 1});
  const Arrays x = {Array({2, 3}, {4.0, 4.0, 1.0, 2.0, 2.0, 2.0})};
  expect(slopes([](Graph&, const Tensors& t) { return Tensors{max(t[0], 1)}; }, x)[0],
         {0.5, 0.5, 0, 1.0 / 3, 1.0 / 3, 1.0 / 3});
  expect(slopes([](Graph&, const Tensors& t) { return Tensors{min(t[0])}; }, x)[0],
         {0, 0, 1, 0, 0, 0});
  expect(slopes([](Graph&, const Tensors& t) { return Tensors{clamp(t[0], 2, 3)}; },
                {Array({4}, {1.0, 2.0, 2.5, 7.0})})[0],
         {0, 1, 1, 0});
  // The latest of equals.
  expect(slopes([](Graph&, const Tensors& t) { return Tensors{cummax(t[0], 0)}; },
                {Array({4}, {1.0, 3.0, 3.0, 2.0})})[0],
         {1, 1, 2, 0});
}

BOOST_AUTO_TEST_CASE(products_with_zeros) {
  const Build product = [](Graph&, const Tensors& x) { return Tensors{prod(x[0], 0)}; };
  expect(slopes(product, {Array({3}, {2.0, 0.0, 5.0})})[0], {0, 10, 0});
  expect(slopes(product, {Array({3}, {2.0, 0.0, 0.0})})[0], {0, 0, 0});
  // d/dx of the sum of products of pairs: x1 + x2 and so on.
  expect(slopes(product, {Array({3}, {2.0, 0.0, 5.0})}, 1)[0], {5, 7, 2});
  expect(slopes(product, {Array({3}, {0.0, 0.0, 0.0})}, 2)[0], {2, 2, 2});
}

BOOST_AUTO_TEST_CASE(masked_branches) {
  // What where does not choose sends nothing back, whatever it is.
  const Build guarded = [](Graph&, const Tensors& x) {
    const Tensor positive = x[0] > 0;
    return Tensors{where(positive, log(where(positive, x[0], 1.0)), 0.0)};
  };
  expect(slopes(guarded, {Array({3}, {-1.0, 0.0, 2.0})})[0], {0, 0, 0.5});
  expect(slopes([](Graph&, const Tensors& x) { return Tensors{maximum(x[0], 0.0)}; },
                {Array({2}, {-inf, inf})})[0],
         {0, 1});
}

BOOST_AUTO_TEST_CASE(gradients_stop) {
  const Arrays x = {Array({2}, {1.5, -2.5})};
  expect(slopes(unary(floor), x)[0], {0, 0});
  expect(slopes([](Graph&, const Tensors& t) { return Tensors{t[0] * stop_gradient(t[0])}; }, x)[0],
         {1.5, -2.5});
  expect(slopes([](Graph&, const Tensors& t) { return Tensors{cast(cast(t[0], f32), f64) * 3}; },
                x)[0],
         {3, 3});
}

// Of several writes to one place only the last has a gradient.
BOOST_AUTO_TEST_CASE(scattered) {
  const auto write = [](std::string_view mode) {
    return [mode](Graph&, const Tensors& x) { return Tensors{scatter(x[0], x[1], x[2], 0, mode)}; };
  };
  const Arrays arrays = {Array({3}, {1.0, 2.0, 9.0}),
                         Array({4}, std::vector<std::int64_t>{0, 2, 0, 2}),
                         Array({4}, {5.0, 9.0, 5.0, 9.0})};
  expect(slopes(write("set"), arrays)[0], {0, 1, 0});
  expect(slopes(write("set"), arrays)[1], {0, 0, 1, 1});
  expect(slopes(write("add"), arrays)[0], {1, 1, 1});
  expect(slopes(write("max"), arrays)[0], {0, 1, 1.0 / 3});
  expect(slopes(write("max"), arrays)[1], {0.5, 1.0 / 3, 0.5, 1.0 / 3});
  // Along with batch axes and axes around the indexed one.
  const Build batched = [](Graph&, const Tensors& x) {
    return Tensors{scatter(x[0], x[1], x[2], 2, "set", 1) * x[0]};
  };
  const Arrays many = {spread({2, 2, 3, 2}, -1, 1, 1),
                       Array({2, 4}, std::vector<std::int64_t>{2, 0, 2, 2, 1, 1, 1, 0}),
                       spread({2, 2, 4, 2}, -1, 1, 2)};
  for (const int order : {0, 1}) BOOST_TEST(check_derivative(batched, many, order) == "");
}

Tensor mean_of(const Tensor& x, int axis) {
  return sum(x, axis, true) / static_cast<double>(x.size(axis));
}

// The broadcasts that hand-written code is full of.
BOOST_AUTO_TEST_CASE(broadcast_then_reduced) {
  const auto check = [](const char* what, const Build& build, const Arrays& arrays) {
    BOOST_TEST_CONTEXT(what)
    for (const int order : {0, 1}) BOOST_TEST(check_derivative(build, arrays, order) == "");
  };
  const Arrays x = {spread({3, 4}, -2, 2, 1)};
  check(
      "x - mean", [](Graph&, const Tensors& t) { return Tensors{t[0] - mean_of(t[0], 1)}; }, x);
  check(
      "x * mean", [](Graph&, const Tensors& t) { return Tensors{t[0] * mean_of(t[0], 1)}; }, x);
  check("layer norm",
        [](Graph&, const Tensors& t) {
          const Tensor centered = t[0] - mean_of(t[0], 1);
          const Tensor variance = mean_of(square(centered), 1);
          return Tensors{centered / sqrt(variance + 1e-5) * t[1] + t[2]};
        },
        {spread({3, 4}, -2, 2, 1), spread({4}, 0.5, 1.5, 2), spread({4}, -1, 1, 3)});
  check(
      "rms norm",
      [](Graph&, const Tensors& t) {
        return Tensors{t[0] * rsqrt(mean_of(square(t[0]), 1) + 1e-5)};
      },
      x);
  check("a bias at two shapes",
        [](Graph&, const Tensors& t) {
          return Tensors{(t[0] + t[1]) * 2 * t[0], exp(slice(t[0], 0, 0, 1) + t[1])};
        },
        {spread({4, 3}, -1, 1, 1), spread({3}, -1, 1, 2)});
  check("a broadcast divisor", [](Graph&, const Tensors& t) { return Tensors{t[0] / t[1]}; },
        {spread({2, 3, 4}, -2, 2, 1), spread({3, 1}, 0.5, 2, 2)});
  check(
      "softmax",
      [](Graph&, const Tensors& t) {
        const Tensor e = exp(t[0] - stop_gradient(max(t[0], 1, true)));
        return Tensors{e / sum(e, 1, true)};
      },
      x);
}

BOOST_AUTO_TEST_CASE(matmul_of_all_ranks) {
  struct Case {
    Shape a, b, y;
  };
  for (const auto& [a, b, y] : std::vector<Case>{{{3}, {3}, {}},
                                                 {{3}, {3, 2}, {2}},
                                                 {{2, 3}, {3}, {2}},
                                                 {{2, 3}, {3, 4}, {2, 4}},
                                                 {{5, 2, 3}, {3, 4}, {5, 2, 4}},
                                                 {{2, 3}, {5, 3, 4}, {5, 2, 4}},
                                                 {{5, 1, 2, 3}, {4, 3, 2}, {5, 4, 2, 2}},
                                                 {{3}, {5, 3, 2}, {5, 2}},
                                                 {{5, 2, 3}, {3}, {5, 2}},
                                                 {{2, 0, 3}, {3, 2}, {2, 0, 2}}}) {
    const Arrays arrays = {spread(a, -1, 1, 1), spread(b, -1, 1, 2)};
    BOOST_TEST_CONTEXT(to_string(a) << " by " << to_string(b)) {
      BOOST_TEST((run(binary(matmul), arrays)[0].shape() == y));
      for (const int order : {0, 1})
        BOOST_TEST(check_derivative(binary(matmul), arrays, order) == "");
    }
  }
}

}  // namespace
