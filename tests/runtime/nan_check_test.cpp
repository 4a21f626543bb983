// ASG_CHECK_NAN: the node that makes the first NaN is named, and nothing is changed.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <asg/asg.hpp>
#include <asg/graph/error.hpp>
#include <asg/passes/passes.hpp>
#include <asg/runtime/gradcheck.hpp>

#include "support/messages.hpp"

namespace {

using namespace asg;
using test_support::contains;

constexpr double infinity = std::numeric_limits<double>::infinity();

const Device& device() {
  static const Device opened = open_device("reference");
  return opened;
}

CompiledGraph checked(const Graph& graph, const Tensors& outputs) {
  PassOptions options;
  options.check_nan = true;
  return compile(device(), graph, outputs, "step", options);
}

// What the run says of a NaN or an infinity; empty when it runs.
std::string complaint(CompiledGraph program, State& state, const std::vector<Array>& inputs) {
  try {
    program.run(state, inputs);
  } catch (const NumericError& error) {
    return error.what();
  }
  return {};
}
std::string complaint(CompiledGraph program, const std::vector<Array>& inputs) {
  State none(device());
  return complaint(std::move(program), none, inputs);
}

void check_says(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts)
    BOOST_TEST(contains(text, part), "no '" << part << "' in:\n" << text);
}

BOOST_AUTO_TEST_CASE(finite_runs_are_as_without_the_check) {
  Graph graph;
  const Tensor x = graph.input("x", f64, {3});
  const Array values({3}, {1.0, 2.0, 3.0});
  const auto outputs = checked(graph, {exp(x), sum(x)}).run({values});
  BOOST_TEST(identical(outputs[0], compile(device(), graph, {exp(x)}).run({values})[0]));
  BOOST_TEST(outputs[1].item<double>() == 6.0);
}

BOOST_AUTO_TEST_CASE(the_node_that_makes_a_nan_is_named_with_what_it_was_given) {
  Graph graph;
  const Tensor x = graph.input("x", f64, {3});
  const Tensor y = log(x);  // the line to be named
  const int line = __LINE__ - 1;
  check_says(complaint(checked(graph, {sum(exp(y) * 2)}), {Array({3}, {1.0, -2.0, 3.0})}),
             {"step: output 0 would hold NaN", "= log(%x)",
              fmt::format("nan_check_test.cpp:{}", line), "x: f64[3], -2 to 3"});
}

BOOST_AUTO_TEST_CASE(the_infinity_behind_a_nan_is_named_too) {
  Graph graph;
  const Tensor x = graph.input("x", f64, {2});
  const Tensor large = exp(x);
  check_says(complaint(checked(graph, {large - large}), {Array({2}, {1.0, 1000.0})}),
             {"output 0 would hold NaN; first in\n  %2: f64[2] = sub",
              "1 of 2 infinite, first in %1", "= exp(%x)"});
}

BOOST_AUTO_TEST_CASE(infinities_in_results_are_found_without_a_nan) {
  Graph graph;
  const Tensor x = graph.input("x", f64, {2});
  check_says(complaint(checked(graph, {x + 1, 1.0 / x}), {Array({2}, {1.0, 0.0})}),
             {"output 1 would hold infinities", "= div("});
}

BOOST_AUTO_TEST_CASE(what_reaches_no_result_is_no_fault) {
  Graph graph;
  const Tensor x = graph.input("x", f64, {3});
  const Tensor y = where(x > 0, log(x), 0) + exp(-1.0 / abs(x * 0));  // NaN not chosen; exp(-inf)
  BOOST_TEST(complaint(checked(graph, {y}), {Array({3}, {1.0, -2.0, 3.0})}) == "");
}

BOOST_AUTO_TEST_CASE(a_nan_that_was_given_is_said_to_be_given) {
  Graph graph;
  const Tensor x = graph.input("x", f64, {2}), w = graph.variable("w", f64, {2});
  const CompiledGraph program = checked(graph, {x * w});
  State state(device());
  state.set("w", Array({2}, {1.0, std::nan("")}));
  check_says(complaint(program, state, {Array({2}, {1.0, 2.0})}), {"%w", "given to the program"});
  state.set("w", Array({2}, {1.0, 2.0}));
  check_says(complaint(program, state, {Array({2}, {infinity, 2.0})}),
             {"infinities", "%x", "given to the program"});
}

BOOST_AUTO_TEST_CASE(the_state_is_as_it_was_before_the_run_that_failed) {
  Graph graph;
  const Tensor w = graph.variable("w", f64, {2}), b = graph.variable("b", f64, {2});
  graph.assign(w, w + 1);
  graph.assign(b, sqrt(b - 1));
  State state(device());
  state.set("w", Array({2}, {1.0, 2.0}));
  state.set("b", Array({2}, {1.0, 0.5}));
  check_says(complaint(checked(graph, {}), state, {}), {"step: b would hold NaN", "= sqrt("});
  BOOST_TEST(identical(state.get("w"), Array({2}, {1.0, 2.0})));
  BOOST_TEST(identical(state.get("b"), Array({2}, {1.0, 0.5})));
}

BOOST_AUTO_TEST_CASE(
    an_unchosen_branch_with_an_infinite_slope_is_named_and_the_way_round_it_works) {
  Graph graph;
  const Tensor x = graph.input("x", f64, {3});
  const Tensor trap = sum(where(x > 0, sqrt(x), 0));
  const Tensor round = sum(where(x > 0, sqrt(where(x > 0, x, 1)), 0));
  const Array at({3}, {0.0, 1.0, 4.0});
  check_says(complaint(checked(graph, gradients(trap, {x})), {at}),
             {"would hold NaN", "(backward)", "infinite", "where(c, f(where(c, x, 1)), 0)"});
  const auto dx = checked(graph, gradients(round, {x})).run({at});
  BOOST_TEST(identical(dx[0], Array({3}, {0.0, 0.5, 0.25})));
}

BOOST_AUTO_TEST_CASE(gradcheck_names_the_node_that_makes_a_nan) {
  const GradcheckResult result =
      gradcheck(device(), [](const Tensors& in) { return where(in[0] > 0, sqrt(in[0]), 0); },
                {Array({2}, {0.0, 1.0})});
  BOOST_TEST(!result.ok);
  check_says(result.message, {"element 0: the gradient is", "nan_check_test.cpp", "(backward)"});
}

BOOST_AUTO_TEST_CASE(many_values_are_looked_at) {
  Graph graph;
  Tensor x = graph.input("x", f32, {8});
  for (int i = 0; i < 3000; ++i) x = x * 1.5f + 1.0f;
  check_says(complaint(checked(graph, {x}), {Array::full(f32, {8}, 1)}),
             {"infinities; first in\n  %", "e+38 to 3.", "b: f32[8], 1.5 to 1.5"});
}

BOOST_AUTO_TEST_CASE(the_environment_asks_for_it) {
  setenv("ASG_CHECK_NAN", "1", 1);
  BOOST_TEST(PassOptions::from_environment().check_nan);
  for (const char* off : {"0", ""}) {
    setenv("ASG_CHECK_NAN", off, 1);
    BOOST_TEST(!PassOptions::from_environment().check_nan);
  }
  unsetenv("ASG_CHECK_NAN");
  BOOST_TEST(!PassOptions::from_environment().check_nan);
}

}  // namespace
