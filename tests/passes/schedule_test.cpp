// The order of the steps: the memory that is alive never grows by it.
#include <algorithm>

#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>
#include <asg/passes/program.hpp>
#include <asg/runtime/target.hpp>

#include "passes/differential.hpp"
#include "passes/shapes.hpp"

namespace {

using namespace asg;
using namespace passes_test;

// The most bytes alive at one step, without rounding.
std::uint64_t peak(const Program& program) {
  std::uint64_t most = 0;
  for (std::uint32_t s = 0; s < program.steps.size(); ++s) {
    std::uint64_t alive = 0;
    for (const ArenaBuffer& b : program.arena)
      if (b.first <= s && s <= b.last) alive += b.bytes;
    most = std::max(most, alive);
  }
  return most;
}

// With what the order is chosen by: buffers that are not shared in place.
Program ordered(const Case& from, bool scheduled) {
  PassOptions options;
  options.disabled = {Pass::share_places, Pass::group_updates};
  if (!scheduled) options.disabled.push_back(Pass::schedule);
  return compile_program({from.graph, from.outputs}, *target_of(reference()), options);
}

BOOST_AUTO_TEST_CASE(the_peak_is_never_above_that_of_the_programs_order) {
  std::size_t lower = 0;
  for (const std::uint64_t seed : seeds(150)) {
    const std::string fault = fault_of(seed, random_case(seed), [&](const Case& p) -> std::string {
      const Program chosen = ordered(p, true), given = ordered(p, false);
      const bool concat = std::any_of(given.steps.begin(), given.steps.end(), [](const Step& s) {
        return s.name == "copy";  // one kernel of several steps
      });
      lower += peak(chosen) < peak(given);
      // Orders are compared by whole kernels; what is alive within one may differ by some numbers.
      if (concat || peak(chosen) <= peak(given) + 64) return {};
      return "peak " + std::to_string(peak(chosen)) + ", in the program's order " +
             std::to_string(peak(given));
    });
    BOOST_TEST(fault.empty(), fault);
  }
  BOOST_TEST(lower > 0u);
}

// Of many branches, each is finished before the next begins.
BOOST_AUTO_TEST_CASE(branches_are_finished_one_by_one) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {256, 64});
  Tensors wide;
  for (int i = 0; i < 8; ++i)  // products, which no region swallows
    wide.push_back(matmul(x, graph.input("w" + std::to_string(i), f32, {64, 256})));
  Tensor total = sum(wide[0]);
  for (std::size_t i = 1; i < wide.size(); ++i) total = total + sum(wide[i]);
  const auto target = target_of(reference());
  PassOptions plain;
  plain.disabled = {Pass::schedule};
  const Program chosen = compile_program({graph, {total}}, *target);
  const Program given = compile_program({graph, {total}}, *target, plain);
  BOOST_TEST(chosen.liveness_bound_bytes <= 2u * 256 * 256 * 4);
  BOOST_TEST(given.liveness_bound_bytes >= chosen.liveness_bound_bytes);
}

// A gradient is used up before the next is made, and not kept for the end.
BOOST_AUTO_TEST_CASE(updates_follow_their_gradients) {
  Graph graph;
  constexpr std::int64_t size = 300;  // too large to be grouped
  Tensor y = graph.input("x", f32, {4, size});
  for (int i = 0; i < 6; ++i)
    y = tanh(matmul(y, graph.variable("w" + std::to_string(i), f32, {size, size})));
  (void)optim::SGD().minimize(mean(square(y)), 0.1);
  const Program program = compile_program({graph, {}}, *target_of(reference()));
  BOOST_TEST(program.liveness_bound_bytes <= 2u * size * size * 4);
}

// The derivative of tanh follows from its result, which the backward pass needs anyway: nothing
// else is kept of a step.
BOOST_AUTO_TEST_CASE(a_recurrent_network_keeps_one_value_of_each_step) {
  constexpr std::int64_t steps = 1000, bytes = 4 * 16 * 4;
  const Grown grown = recurrent(16 * steps);
  const Program program = compile_program({grown.graph, grown.outputs}, *target_of(cpu(2)));
  BOOST_TEST(static_cast<double>(program.liveness_bound_bytes) <= 1.25 * steps * bytes);
}

}  // namespace
