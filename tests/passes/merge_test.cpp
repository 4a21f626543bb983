// Equal nodes become one, what nobody needs is dropped, and doing so again changes nothing.
#include <algorithm>

#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>
#include <asg/passes/program.hpp>
#include <asg/runtime/target.hpp>

#include "passes/differential.hpp"

namespace {

using namespace asg;
using namespace passes_test;

std::size_t count(const Graph& graph, std::string_view op) {
  std::size_t found = 0;
  for (NodeId id = 0; id < graph.size(); ++id) found += graph.node(id).op.name == op;
  return found;
}

BOOST_AUTO_TEST_CASE(equal_nodes_become_one_and_unused_ones_none) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {4});
  const Tensor unused = log(x);
  const Tensor y = exp(x) * exp(x);
  BOOST_TEST(unused.defined());
  const Traced optimized = optimize({graph, {y}}, *target_of(reference()));
  BOOST_TEST(count(optimized.graph, "exp") == 1u);
  BOOST_TEST(count(optimized.graph, "log") == 0u);
  const Program program = compile_program({graph, {y}}, *target_of(reference()));
  BOOST_TEST(program.steps.size() == 1u);  // both nodes are one region
}

BOOST_AUTO_TEST_CASE(nodes_with_other_attributes_or_operands_stay_apart) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {4, 4});
  const Tensor y = sum(x, 0) + sum(x, 1);
  const Tensor z = sub(y, 1) - sub(1, y);
  const Traced optimized = optimize({graph, {z}}, *target_of(reference()));
  BOOST_TEST(count(optimized.graph, "reduce") == 2u);
  BOOST_TEST(count(optimized.graph, "sub") == 3u);
}

// Draws differ by their stream, whatever else is equal.
BOOST_AUTO_TEST_CASE(draws_of_different_streams_stay_apart) {
  Graph graph;
  const RandomKey key = random_key(graph);
  const Tensor same = random_bits(key.seed, key.step, {4}, 3);
  const Tensor other = random_bits(key.seed, key.step, {4}, 4);
  const Tensor again = random_bits(key.seed, key.step, {4}, 3);
  const Traced optimized =
      optimize({graph, {bit_xor(bit_xor(same, other), again)}}, *target_of(reference()));
  BOOST_TEST(count(optimized.graph, "random_bits") == 2u);
}

std::string text(const Traced& traced) {
  std::vector<Value> outputs;
  for (const Tensor& t : traced.outputs) outputs.push_back(t.value());
  return asg::to_text(traced.graph, outputs);
}

// Without what nobody needs any more, which passes may leave to the next merge.
std::string needed(const Traced& traced, const PassContext& context) {
  for (const GraphPass& pass : graph_passes())
    if (pass.optional == Pass::merge) return text(pass.run(traced, context));
  return "there is no merge";
}

BOOST_AUTO_TEST_CASE(a_pass_finds_nothing_more_the_second_time) {
  const auto target = target_of(reference());
  const PassOptions options;
  Report report;
  std::int64_t fuel = options.fuel;
  const PassContext context{*target, options, report, fuel};
  for (const std::uint64_t seed : seeds(60)) {
    const Case program = random_case(seed);
    Traced current;
    bool first = true;
    for (const GraphPass& pass : graph_passes()) {
      Traced once =
          first ? pass.run({program.graph, program.outputs}, context) : pass.run(current, context);
      first = false;
      // Rules may make room for each other; merging, opening and copying come to an end at once.
      if (!pass.optional || pass.name.starts_with("merge")) {
        const Traced twice = pass.run(once, context);
        BOOST_TEST(needed(once, context) == needed(twice, context),
                   "seed " << seed << ", " << pass.name << "\n"
                           << text(once) << text(twice));
      }
      current = std::move(once);
    }
  }
}

}  // namespace
