// The target is asked once for each composite, and what it answers is known to all later passes.
#include <map>
#include <string>

#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>

#include "passes/wrapped_target.hpp"

namespace {

using namespace asg;
using namespace passes_test;

// Takes softmax as it is, and counts the questions.
class AskedTarget final : public WrappedTarget {
 public:
  std::optional<Claim> claim(const Node& node, const Graph&) const override {
    const std::string op(node.op.name);
    ++asked[op];
    if (op != "softmax") return {};
    Claim claim;
    claim.scratch_bytes = 96;
    return claim;
  }
  mutable std::map<std::string, int> asked;
};

// Steps that run softmax with the memory that was claimed for it.
int claimed_steps(const Program& program) {
  int count = 0;
  for (const Step& step : program.steps) {
    if (step.op != ASG_OP_CLAIMED || step.name != "softmax" || step.scratch < 0) continue;
    const Placed& scratch = program.values[static_cast<std::size_t>(step.scratch)];
    count += scratch.extent_end - scratch.extent_begin == 96;
  }
  return count;
}

BOOST_AUTO_TEST_CASE(each_composite_is_asked_about_once) {
  const AskedTarget target;
  Graph graph;
  const Tensor x = graph.input("x", f32, {4, 8});
  const Tensor first = softmax(silu(x), -1);
  const Tensor second = softmax(transpose(first) * 1.0, -1);
  const Program program = compile_program({graph, {second}}, target);
  BOOST_TEST(claimed_steps(program) == 2);
  BOOST_TEST(target.asked.at("softmax") == 2);
  BOOST_TEST(target.asked.at("silu") == 1);
}

// In bodies, what reads an opened composite is written again: the same question has an answer.
BOOST_AUTO_TEST_CASE(what_is_written_again_is_not_asked_about_again) {
  OpDef op{.name = "softmax_of_silu",
           .summary = "",
           .inputs = {{"x", "[...]", "float"}},
           .outputs = {{"y", "as x", "as x"}}};
  op.decompose = [](const OpCall& call) -> Tensors {
    return {softmax(silu(silu(call.in(0))), -1)};
  };
  const AskedTarget target;
  Graph graph;
  const Tensor y = graph.add(op, std::vector<Tensor>{graph.input("x", f32, {4, 8})})[0];
  const Program program = compile_program({graph, {y}}, target);
  BOOST_TEST(claimed_steps(program) == 1);
  BOOST_TEST(target.asked.at("softmax") == 1);
  BOOST_TEST(target.asked.at("silu") == 2);
  BOOST_TEST(target.asked.at("softmax_of_silu") == 1);
}

// The forward and the backward pass, with everything that passes rewrite in between.
BOOST_AUTO_TEST_CASE(a_training_step_asks_once) {
  const AskedTarget target;
  const auto build = [](Graph& graph, const Tensors& in) -> Tensors {
    const Tensor w = graph.variable("w", f32, {8, 8});
    const Tensor loss = mean(square(softmax(matmul(softmax(matmul(in[0], w), -1), w), -1)));
    (void)optim::SGD().minimize(loss, in[1]);
    return {loss};
  };
  const TracedFunction traced = trace(build, {{f32, {4, 8}}, {f32, {}}});
  const Program program = compile_program({traced.graph, traced.outputs}, target);
  BOOST_TEST(claimed_steps(program) == target.asked.at("softmax"));
  BOOST_TEST(target.asked.at("softmax") >= 2);
}

// Whoever was asked before, each compilation asks its own target.
BOOST_AUTO_TEST_CASE(claims_of_another_target_do_not_count) {
  const AskedTarget taking;
  Graph graph;
  const Tensors outputs{softmax(graph.input("x", f32, {4, 8}), -1)};
  const Traced claimed = optimize({graph, outputs}, taking);
  BOOST_TEST(claimed.claims.size() == 1u);
  const auto plain = target_of(reference());
  const Traced opened = optimize(claimed, *plain);
  BOOST_TEST(opened.claims.empty());
  for (NodeId id = 0; id < opened.graph.size(); ++id)
    BOOST_TEST(!opened.graph.node(id).op.is_composite());
}

}  // namespace
