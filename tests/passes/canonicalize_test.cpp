// Rules of canonicalisation, one by one, on the values where careless ones go wrong.
#include <cmath>
#include <functional>

#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>
#include <asg/passes/passes.hpp>
#include <asg/passes/program.hpp>
#include <asg/runtime/target.hpp>

namespace {

using namespace asg;

using Build = std::function<Tensor(const Tensor&)>;

struct Rule {
  const char* name;
  const char* gone;  // the op that the rule takes out
  Build build;
};

const Device& reference() {
  static const Device device = open_device("reference");
  return device;
}

bool has_op(const Graph& graph, std::string_view name) {
  for (NodeId id = 0; id < graph.size(); ++id)
    if (graph.node(id).op.name == name) return true;
  return false;
}

Array special_values() {
  const double inf = INFINITY;
  return Array({12},
               {0.0, -0.0, 1.0, -1.5, inf, -inf, std::nan(""), 5e-324, -5e-324, 1e308, 3.0, 0.1});
}

Array run(const Graph& graph, const Tensor& output, const PassOptions& options) {
  return compile(reference(), graph, {output}, "rule", options).run({special_values()})[0];
}

const Rule exact[] = {
    {"-(-x)", "neg", [](const Tensor& x) { return neg(neg(x)); }},
    {"|-x|", "neg", [](const Tensor& x) { return abs(neg(x)); }},
    {"x + -0", "add", [](const Tensor& x) { return x + -0.0; }},
    {"x - 0", "sub", [](const Tensor& x) { return x - 0.0; }},
    {"x * 1", "mul", [](const Tensor& x) { return x * 1.0; }},
    {"x / 1", "div", [](const Tensor& x) { return x / 1.0; }},
    {"x / 8", "div", [](const Tensor& x) { return x / 8.0; }},
    {"max(x, x)", "maximum", [](const Tensor& x) { return maximum(x, x); }},
    {"where(c, x, x)", "where", [](const Tensor& x) { return where(x > 0, x, x); }},
    {"permutes", "permute",
     [](const Tensor& x) {
       return transpose(transpose(reshape(x, {3, 4}))) + 1;
     }},
};

BOOST_AUTO_TEST_CASE(exact_rules_change_no_bit) {
  PassOptions without;
  without.disabled = {Pass::canonicalize};
  for (const Rule& rule : exact) {
    BOOST_TEST_CONTEXT(rule.name) {
      Graph graph;
      const Tensor y = rule.build(graph.input("x", f64, {12}));
      BOOST_TEST(identical(run(graph, y, {}), run(graph, y, without)));
      BOOST_TEST(!has_op(optimize({graph, {y}}, *target_of(reference())).graph, rule.gone));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_flipped_product_is_not_stored) {
  PassOptions without;
  without.disabled = {Pass::canonicalize};
  Graph graph;
  const Tensor x = graph.input("x", f64, {12});
  const Tensor factors = graph.constant(Array::full(f64, {12}, 3.0));
  const Tensor y = x + flip(x * factors, 0);
  BOOST_TEST(identical(run(graph, y, {}), run(graph, y, without)));
  const auto kernels = [&](const PassOptions& options) {
    return compile(reference(), graph, {y}, "rule", options).program().steps.size();
  };
  BOOST_TEST(kernels({}) == 1U);
  BOOST_TEST(kernels(without) == 2U);
}

BOOST_AUTO_TEST_CASE(rounding_twice_is_rounding_once) {
  Graph graph;
  const Tensor y = floor(floor(graph.input("x", f64, {12})));
  const Traced simpler = optimize({graph, {y}}, *target_of(reference()));
  BOOST_TEST(has_op(simpler.graph, "floor"));
  BOOST_TEST(simpler.graph.node(simpler.outputs[0].value().node).operands[0].node ==
             simpler.graph.inputs()[0]);
}

// What looks like a rule and is none: the sign of zero, NaN and infinity say why.
BOOST_AUTO_TEST_CASE(inexact_ones_are_left_alone) {
  const Rule kept[] = {
      {"x + 0", "add", [](const Tensor& x) { return x + 0.0; }},
      {"x * 0", "mul", [](const Tensor& x) { return x * 0.0; }},
      {"x - x", "sub", [](const Tensor& x) { return x - x; }},
      {"x / 3", "div", [](const Tensor& x) { return x / 3.0; }},
  };
  for (const Rule& rule : kept) {
    Graph graph;
    const Tensor y = rule.build(graph.input("x", f64, {12}));
    BOOST_TEST(has_op(optimize({graph, {y}}, *target_of(reference())).graph, rule.gone), rule.name);
  }
}

BOOST_AUTO_TEST_CASE(relaxed_rules_are_used_when_asked_for) {
  const Rule relaxed[] = {
      {"x + 0", "add", [](const Tensor& x) { return x + 0.0; }},
      {"x / 3", "div", [](const Tensor& x) { return x / 3.0; }},
      {"1 / sqrt(x)", "sqrt", [](const Tensor& x) { return 1.0 / sqrt(x); }},
  };
  PassOptions options;
  options.relaxed = true;
  for (const Rule& rule : relaxed) {
    BOOST_TEST_CONTEXT(rule.name) {
      Graph graph;
      const Tensor y = rule.build(graph.input("x", f64, {12}));
      BOOST_TEST(
          !has_op(optimize({graph, {y}}, *target_of(reference()), options).graph, rule.gone));
      const Array got = run(graph, y, options), expected = run(graph, y, {});
      for (std::int64_t i = 0; i < got.numel(); ++i) {
        const double a = got.get(i), b = expected.get(i);
        BOOST_TEST((a == b || (std::isnan(a) && std::isnan(b)) ||
                    std::abs(a - b) <= 1e-15 * std::abs(b) + 5e-324));
      }
    }
  }
}

}  // namespace
