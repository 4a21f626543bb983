// What follows from constants is computed by the compiler, with the bits that a backend would give.
#include <cmath>
#include <functional>
#include <limits>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>
#include <asg/passes/passes.hpp>

#include "passes/differential.hpp"

namespace {

using namespace asg;
using namespace passes_test;

using Build = std::function<Tensor(Graph&)>;

// The graph after folding alone.
Traced folded(const Build& build, std::int64_t fuel = PassOptions::unlimited) {
  Graph graph;
  const Tensors outputs{build(graph)};
  PassOptions options = only({Pass::fold_constants});
  options.fuel = fuel;
  return optimize({graph, outputs}, *target_of(reference()), options);
}

std::size_t computed(const Traced& traced) {
  std::size_t count = 0;
  for (NodeId id = 0; id < traced.graph.size(); ++id) {
    const std::string_view name = traced.graph.node(id).op.name;
    count += name != "constant" && name != "copy";  // an output has memory of its own
  }
  return count;
}

Array evaluated(const Build& build, const PassOptions& options) {
  Case program;
  program.outputs = {build(program.graph)};
  return run(reference(), program, options, 1).outputs[0];
}

template <class T>
Tensor numbers(Graph& graph) {
  const T inf = std::numeric_limits<T>::infinity();
  return graph.constant(Array({8}, std::vector<T>{T(0), T(-0.0), T(0.1), T(-2.5), inf, -inf,
                                                  std::numeric_limits<T>::denorm_min(),
                                                  std::numeric_limits<T>::quiet_NaN()}));
}

template <class T>
void expect_folded(const char* name, const std::function<Tensor(const Tensor&)>& f) {
  const Build build = [&](Graph& graph) { return f(numbers<T>(graph)); };
  BOOST_TEST(computed(folded(build)) == 0u, name);
  const Array with = evaluated(build, only({Pass::fold_constants}));
  const Array without = evaluated(build, without_passes());
  const std::string difference = bit_difference({{with}, {}}, {{without}, {}});
  BOOST_TEST(difference.empty(), name << ": " << difference);
}

template <class T>
void expect_exact_ops() {
  const auto third = [](const Tensor& x) {
    return x.graph().constant(Array::full(x.dtype(), {8}, 1.0 / 3));
  };
  expect_folded<T>("add", [&](const Tensor& x) { return x + third(x); });
  expect_folded<T>("sub", [&](const Tensor& x) { return third(x) - x; });
  expect_folded<T>("mul", [&](const Tensor& x) { return x * third(x); });
  expect_folded<T>("div", [&](const Tensor& x) { return third(x) / x; });
  expect_folded<T>("neg", [](const Tensor& x) { return neg(x); });
  expect_folded<T>("abs", [](const Tensor& x) { return abs(x); });
  expect_folded<T>("sqrt", [](const Tensor& x) { return sqrt(x); });
  expect_folded<T>("floor", [](const Tensor& x) { return floor(x); });
  expect_folded<T>("ceil", [](const Tensor& x) { return ceil(x); });
  expect_folded<T>("reshape", [](const Tensor& x) { return reshape(x, {2, 4}); });
  expect_folded<T>("a chain", [&](const Tensor& x) { return sqrt(abs(x * third(x))) - x; });
}

BOOST_AUTO_TEST_CASE(ops_that_round_alike_everywhere_are_computed) {
  expect_exact_ops<float>();
  expect_exact_ops<double>();
}

BOOST_AUTO_TEST_CASE(conversions_to_floats_are_computed) {
  expect_folded<float>("f32 to f64", [](const Tensor& x) { return cast(x, f64); });
  expect_folded<double>("f64 to f32", [](const Tensor& x) { return cast(x, f32); });
}

// Libraries differ in the last bit of these, and integers may overflow: the backend computes them.
BOOST_AUTO_TEST_CASE(what_rounds_differently_is_left_alone) {
  const auto kept = [](const char* name, const Build& build) {
    BOOST_TEST(computed(folded(build)) > 0u, name);
  };
  kept("exp", [](Graph& g) { return exp(numbers<float>(g)); });
  kept("pow", [](Graph& g) { return pow(numbers<double>(g), numbers<double>(g)); });
  kept("i64", [](Graph& g) {
    const Tensor x = g.constant(Array({1}, std::vector<std::int64_t>{INT64_MAX}));
    return x + x;
  });
  kept("to an integer", [](Graph& g) { return cast(numbers<float>(g), i32); });
  kept("from i64", [](Graph& g) {
    return cast(g.constant(Array({1}, std::vector<std::int64_t>{INT64_MAX})), f64);
  });
}

// A large result would only move work from the device to the program.
BOOST_AUTO_TEST_CASE(large_constants_are_left_alone) {
  const auto negated = [](std::int64_t size) {
    return [size](Graph& g) { return neg(g.constant(Array::full(f32, {size}, 2))); };
  };
  BOOST_TEST(computed(folded(negated(64))) == 0u);
  BOOST_TEST(computed(folded(negated(65))) == 1u);
}

BOOST_AUTO_TEST_CASE(what_depends_on_an_input_is_left_alone) {
  const Build build = [](Graph& g) {
    const Tensor two = g.constant(Array::full(f32, {4}, 2));
    return g.input("x", f32, {4}) * sqrt(two * two);
  };
  const Traced traced = folded(build);
  BOOST_TEST(computed(traced) == 2u);  // the input and its product
}

BOOST_AUTO_TEST_CASE(each_folded_node_takes_one_unit_of_fuel) {
  const Build build = [](Graph& g) { return neg(sqrt(abs(numbers<float>(g)))); };
  for (std::int64_t fuel = 0; fuel <= 3; ++fuel)
    BOOST_TEST(computed(folded(build, fuel)) == static_cast<std::size_t>(3 - fuel));
}

// ---- every op ------------------------------------------------------------------

std::vector<std::string> sampled_ops() {
  std::vector<std::string> names;
  for (const OpDef& op : op_table())
    if (op.samples != nullptr) names.emplace_back(op.name);
  return names;
}

// The op of constants, and its gradients.
Case of_constants(const OpDef& op, const Sample& sample, DType dtype) {
  Case program;
  Graph& graph = program.graph;
  Tensors inputs, floats;
  for (const Array& input : sample.inputs) {
    inputs.push_back(graph.constant(input.dtype() == f64 ? input.to(dtype) : input));
    if (is_float(inputs.back().dtype())) floats.push_back(inputs.back());
  }
  program.outputs = graph.add(op, inputs, sample.attributes);
  Tensors results;
  for (const Tensor& output : program.outputs)
    if (is_float(output.dtype())) results.push_back(output);
  if (results.empty() || floats.empty() || !op.no_gradient.empty()) return program;
  Tensors weights;
  for (const Tensor& result : results)
    weights.push_back(graph.constant(spread(result.shape(), -1, 1, 3).to(result.dtype())));
  for (const Tensor& slope : gradients(results, floats, weights, {.allow_unused = true}))
    program.outputs.push_back(slope);
  return program;
}

BOOST_DATA_TEST_CASE(folding_changes_no_bit_of_any_op, boost::unit_test::data::make(sampled_ops()),
                     name) {
  const OpDef& op = find_op(name);
  for (const Sample& sample : op.samples())
    for (const DType dtype : {f32, f64}) {
      if (dtype == f32 && name == "bitcast") continue;  // of f64 to integers of its size
      const Case program = of_constants(op, sample, dtype);
      BOOST_TEST(bit_difference(run(reference(), program, only({Pass::fold_constants}), 1),
                                run(reference(), program, without_passes(), 1)) == "");
    }
}

// Operands of other types than the result's, which once were read as if they were of it.
BOOST_AUTO_TEST_CASE(positions_are_no_operands_to_compute_with) {
  const auto expect = [](const char* what, const Build& build, const Array& result) {
    const Array got = evaluated(build, {});
    BOOST_TEST(identical(got, result), what << ": " << to_string(got));
  };
  const Array positions({2}, std::vector<std::int32_t>{2, 0});
  const auto numbers = [](Graph& g) { return g.constant(Array({3}, {1.f, 2.f, 3.f})); };
  expect(
      "gather", [&](Graph& g) { return gather(numbers(g), g.constant(positions), 0); },
      Array({2}, {3.f, 1.f}));
  expect(
      "take_along_dim",
      [&](Graph& g) { return take_along_dim(numbers(g), g.constant(positions), 0); },
      Array({2}, {3.f, 1.f}));
  expect(
      "scatter's gradient",
      [&](Graph& g) {
        const Tensor x = numbers(g), updates = g.constant(Array({2}, {5.f, 7.f}));
        const Tensor y = scatter(x, g.constant(positions), updates, 0, "add");
        return gradients(sum(y * numbers(g)), {updates})[0];
      },
      Array({2}, {3.f, 1.f}));
}

// Nothing is made of a size that would not be kept.
BOOST_AUTO_TEST_CASE(a_constant_seen_as_a_large_tensor_takes_no_memory) {
  for (const std::int64_t size : {std::int64_t{1} << 34, std::int64_t{1} << 60}) {
    const Build build = [size](Graph& g) { return sum(sqrt(full(g, {size}, 4.0)) * 2); };
    Graph graph;
    const Tensors outputs{build(graph)};
    BOOST_TEST(computed(folded(build)) > 0u);
    BOOST_CHECK_NO_THROW(static_cast<void>(optimize({graph, outputs}, *target_of(reference()))));
  }
}

}  // namespace
