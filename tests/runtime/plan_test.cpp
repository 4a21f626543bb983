// What the passes leave: equal nodes merged, nobody's nodes dropped, memory shared but never at
// once.
#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>
#include <asg/passes/program.hpp>

namespace {

using namespace asg;

// A training step with everything that shares memory: views, reductions, matrix products, assigns.
const Program& training_program(CompiledGraph& keep) {
  static const Device device = open_device("reference");
  const nn::GPT model({.vocab = 11, .block = 6, .layers = 2, .heads = 2, .embd = 8, .tied = true});
  const optim::AdamW adamw;
  const auto build = [&](Graph&, const Tensors& in) -> Tensors {
    const Tensor loss = cross_entropy(reshape(model(in[0]), {-1, 11}), reshape(in[1], {-1}));
    adamw.minimize(loss, in[2]);
    return {loss};
  };
  const TensorType tokens{i32, {3, 6}};
  const TracedFunction traced = trace(build, {tokens, tokens, {f32, {}}});
  keep = compile(device, traced.graph, traced.outputs);
  return keep.program();
}

BOOST_AUTO_TEST_CASE(reads_follow_writes_and_no_step_overwrites_its_operands) {
  CompiledGraph keep;
  const Program& program = training_program(keep);
  // Replays the program over the arena: each byte remembers the step that wrote it last.
  std::vector<int> writer(program.slots[0].size_bytes, -1);
  for (int s = 0; s < static_cast<int>(program.steps.size()); ++s) {
    const Step& step = program.steps[static_cast<std::size_t>(s)];
    for (const std::uint32_t v : step.inputs) {
      const Placed& value = program.values[v];
      if (value.slot != 0) continue;
      for (std::uint64_t byte = value.extent_begin; byte < value.extent_end; ++byte)
        BOOST_REQUIRE_MESSAGE(writer[byte] >= 0 && writer[byte] < s,
                              step.name << " reads what nobody wrote");
    }
    for (const std::uint32_t out : step.outputs) {
      const Placed& value = program.values[out];
      if (value.slot != 0) continue;
      // A step may only write over its own operands when they are the same value.
      for (const std::uint32_t in : step.inputs) {
        const Placed& operand = program.values[in];
        const bool apart = operand.slot != 0 || operand.extent_end <= value.extent_begin ||
                           value.extent_end <= operand.extent_begin;
        BOOST_REQUIRE_MESSAGE(apart || in == out, step.name << " overwrites its operand");
      }
      for (std::uint64_t byte = value.extent_begin; byte < value.extent_end; ++byte)
        writer[byte] = s;
    }
  }
}

BOOST_AUTO_TEST_CASE(the_arena_is_close_to_what_must_be_alive) {
  CompiledGraph keep;
  const Program& program = training_program(keep);
  BOOST_TEST(program.slots[0].size_bytes >= program.liveness_bound_bytes);
  BOOST_TEST(static_cast<double>(program.slots[0].size_bytes) <=
             1.5 * static_cast<double>(program.liveness_bound_bytes));
}

BOOST_AUTO_TEST_CASE(steps_of_one_stage_do_not_touch_what_another_writes) {
  CompiledGraph keep;
  const Program& program = training_program(keep);
  for (std::size_t a = 0; a < program.steps.size(); ++a)
    for (std::size_t b = a + 1; b < program.steps.size(); ++b) {
      if (program.steps[a].stage != program.steps[b].stage) break;
      for (const std::uint32_t w : program.steps[a].outputs)
        for (const auto& list : {program.steps[b].inputs, program.steps[b].outputs})
          for (const std::uint32_t v : list) {
            const Placed& x = program.values[w];
            const Placed& y = program.values[v];
            BOOST_TEST_REQUIRE((x.slot != y.slot || x.extent_end <= y.extent_begin ||
                                y.extent_end <= x.extent_begin));
          }
    }
}

BOOST_AUTO_TEST_CASE(equal_nodes_become_one_step_and_unused_ones_none) {
  const Device device = open_device("reference");
  Graph graph;
  const Tensor x = graph.input("x", f32, {4});
  const Tensor unused = log(x);
  const Tensor y = exp(x) * exp(x);
  const CompiledGraph program = compile(device, graph, {y});
  BOOST_TEST(program.program().steps.size() == 2u);
  BOOST_TEST(static_cast<bool>(unused));
}

}  // namespace
