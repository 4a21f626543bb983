// The measure by which backends are compared: what it lets through and what not.
#include <boost/test/unit_test.hpp>

#include <asg/ops/linalg.hpp>

#include "ops/rounding.hpp"

namespace {

using namespace asg;
using namespace ops_test;

/// Whether f32 results in the place of the program's own would pass.
struct Judge {
  Array value, allowed;

  Judge(const Build& build, const Arrays& inputs) {
    Graph graph;
    const Tensors outputs = build(graph, inputs_for(graph, inputs));
    const std::optional<Truth> truth = truth_of(graph, outputs, inputs);
    BOOST_TEST_REQUIRE(truth.has_value());
    value = truth->values[0];
    allowed = truth->allowed[0];
  }
  bool passes(std::vector<float> got) const {
    return beyond_rounding(Array(value.shape(), got), value, allowed).empty();
  }
};

Build unary(Tensor (*f)(const Operand&)) {
  return [f](Graph&, const Tensors& x) { return Tensors{f(x[0])}; };
}

BOOST_AUTO_TEST_CASE(a_large_neighbour_excuses_nothing) {
  const Judge judge([](Graph&, const Tensors& x) { return Tensors{x[0] * x[0]}; },
                    {Array({3}, {1e15f, 1.5f, 1e-3f})});
  BOOST_TEST(judge.passes({1e30f, 2.25f, 1e-6f}));
  BOOST_TEST(!judge.passes({1e30f, 2.251f, 1e-6f}));
  BOOST_TEST(!judge.passes({1e30f, 2.25f, 1.001e-6f}));
  BOOST_TEST(!judge.passes({1e30f, 2.25f, 0}));
}

BOOST_AUTO_TEST_CASE(the_allowance_grows_no_faster_than_the_element) {
  const Judge judge(unary(exp), {Array({2}, {7.0f, -14.0f})});
  const float large = std::exp(7.0f), small = std::exp(-14.0f);
  BOOST_TEST(judge.passes({large, small}));
  BOOST_TEST(judge.passes({std::nextafter(large, 2 * large), std::nextafter(small, 0.0f)}));
  BOOST_TEST(!judge.passes({large * 1.00001f, small}));
  BOOST_TEST(!judge.passes({large, small * 1.00001f}));
}

BOOST_AUTO_TEST_CASE(a_sum_that_cancels_is_as_right_as_its_terms) {
  const Judge judge([](Graph&, const Tensors& x) { return Tensors{sum(x[0], 1)}; },
                    {Array({2, 3}, {1e8f, 1.0f, -1e8f, 1.0f, 2.0f, -3.0f})});
  BOOST_TEST(judge.passes({1, 0}));
  BOOST_TEST(judge.passes({0, 0}));  // 1e8 + 1 is 1e8
  BOOST_TEST(!judge.passes({10000, 0}));
  BOOST_TEST(!judge.passes({1, 1e-4f}));
}

BOOST_AUTO_TEST_CASE(a_product_is_as_right_as_its_terms) {
  const Judge judge([](Graph&, const Tensors& x) { return Tensors{matmul(x[0], x[1])}; },
                    {Array({1, 2}, {1e6f, 1.0f}), Array({2, 2}, {1.0f, 0.0f, -1.0f, 1e-3f})});
  BOOST_TEST(judge.passes({999999, 1e-3f}));
  BOOST_TEST(!judge.passes({999900, 1e-3f}));
  BOOST_TEST(!judge.passes({999999, 1.0001e-3f}));
}

BOOST_AUTO_TEST_CASE(what_rounds_nothing_has_to_be_the_same) {
  const Judge judge([](Graph&, const Tensors& x) { return Tensors{maximum(x[0], -x[1])}; },
                    {Array({2}, {1.0f, -5.0f}), Array({2}, {0.5f, 4.0f})});
  BOOST_TEST(judge.passes({1, -4}));
  BOOST_TEST(!judge.passes({std::nextafter(1.0f, 2.0f), -4}));
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_has_to_be_the_same) {
  const float inf = std::numeric_limits<float>::infinity();
  const Judge judge(unary(log), {Array({3}, {0.0f, -1.0f, inf})});
  BOOST_TEST(judge.passes({-inf, std::nanf(""), inf}));
  BOOST_TEST(!judge.passes({-3e38f, std::nanf(""), inf}));
  BOOST_TEST(!judge.passes({-inf, 0, inf}));
  BOOST_TEST(!judge.passes({-inf, std::nanf(""), -inf}));
}

// The derivative of a small weight in f32, all wrong below 1e-5 for an absolute tolerance.
BOOST_AUTO_TEST_CASE(a_small_gradient_is_compared_by_its_own_size) {
  const Judge judge(
      [](Graph&, const Tensors& x) { return gradients(sum(x[0] * x[1]), {x[0]}); },
      {Array({2}, {1.0f, 2.0f}), Array({2}, {1e-6f, -3e-6f})});
  BOOST_TEST(judge.passes({1e-6f, -3e-6f}));
  BOOST_TEST(!judge.passes({1e-6f, 3e-6f}));
  BOOST_TEST(!judge.passes({1.00001e-6f, -3e-6f}));
}

}  // namespace
