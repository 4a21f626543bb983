// Composites that the plugin claims: what it accepts it has to compile, and to compute as the body
// of the op does.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>
#include <asg/ops/movement.hpp>
#include <asg/passes/passes.hpp>
#include <asg/passes/program.hpp>
#include <asg/runtime/target.hpp>

#include "check/kind.hpp"
#include "check/planned.hpp"
#include "check/samples.hpp"
#include "check/session.hpp"

namespace asg::proof {
namespace {

// The op alone on a sample; `turned`: on operands that are views of their transposes.
struct ClaimedProgram {
  Graph graph;
  Arrays inputs;
  Tensors outputs;

  ClaimedProgram(const OpDef& op, const Sample& sample, DType dtype, bool turned) {
    Tensors operands;
    for (const Array& array : sample.inputs) {
      const Array typed = is_float(array.dtype()) ? array.to(dtype) : array;
      const bool turn = turned && typed.shape().rank() >= 2;
      inputs.push_back(turn ? transposed(typed) : typed);
      const Tensor x =
          graph.input(fmt::format("x{}", operands.size()), typed.dtype(), inputs.back().shape());
      operands.push_back(turn ? permute(x, backwards(typed.shape().rank())) : x);
    }
    outputs = graph.add(op, operands, sample.attributes);
  }

 private:
  static Axes backwards(int rank) {
    Axes order;
    for (int d = rank; d-- > 0;) order.push_back(d);
    return order;
  }
  static Array transposed(const Array& from) {
    const int rank = from.shape().rank();
    asg::Shape shape;
    for (int d = rank; d-- > 0;) shape.push_back(from.shape()[d]);
    Array to(from.dtype(), shape);
    // Element by element, with the coordinates of the result counted up.
    std::vector<std::int64_t> at(static_cast<std::size_t>(rank));
    for (std::int64_t i = 0; i < to.numel(); ++i) {
      std::int64_t source = 0;
      for (int d = 0; d < rank; ++d)
        source = source * from.shape()[d] + at[static_cast<std::size_t>(rank - 1 - d)];
      to.set(i, from.get(source));
      for (int d = rank; d-- > 0 && ++at[static_cast<std::size_t>(d)] == shape[d];)
        at[static_cast<std::size_t>(d)] = 0;
    }
    return to;
  }
};

bool same_claim(const std::optional<Claim>& a, const std::optional<Claim>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->scratch_bytes == b->scratch_bytes && a->strided_inputs == b->strided_inputs &&
         a->strided_outputs == b->strided_outputs;
}

void try_claim(Session& session, const OpDef& op, const Sample& sample, DType dtype, bool turned) {
  const ClaimedProgram program(op, sample, dtype, turned);
  const auto target = target_of(session.device());
  const Node node = program.graph.node(program.outputs[0].value().node);
  const std::optional<Claim> claim = target->claim(node, program.graph);
  if (!same_claim(claim, target->claim(node, program.graph)))
    session.wrong("it answers the same question about a claim in another way",
                  std::string(op.name));
  if (!claim) return session.refused();
  const std::string what = fmt::format("the claim of {} in {}", op.name, name(dtype));
  Program planned;
  try {
    planned = plan_for(session.device(), program.graph, program.outputs);
  } catch (const TypeError&) {
    // Without regions the core has no way to bring operands into the order that the claim wants.
    return session.refused();
  }
  const bool taken = std::any_of(planned.steps.begin(), planned.steps.end(), [&](const Step& step) {
    return step.op == ASG_OP_CLAIMED && step.name == op.name;
  });
  if (!taken) return session.refused();  // folded away by the passes
  Arrays got;
  try {
    got = judge_planned(session, planned, program.inputs, what);
  } catch (const std::exception& e) {
    session.wrong(what + " is accepted and then not kept", e.what());
    return;
  }
  if (const auto fault =
          first_fault(got, program.graph, program.outputs, program.inputs, session.reference()))
    session.wrong(what + " is accepted, but computes something else than the op's body", *fault);
}

void check_accepted_claims(Session& session) {
  if (session.bare().api().claim == nullptr) return session.note("it claims nothing");
  for (const OpDef& op : op_table()) {
    if (!op.is_composite() || op.samples == nullptr || !session.wants_op(op.name)) continue;
    const std::vector<Sample> samples = op.samples();
    for (std::size_t i = 0; i < samples.size(); ++i)
      for (const DType dtype : {f64, f32})
        for (const bool turned : {false, true})
          session.attempt(fmt::format("{} in {}{}", describe(op, i, samples[i]), name(dtype),
                                      turned ? ", operands transposed" : ""),
                          [&] { try_claim(session, op, samples[i], dtype, turned); });
  }
}

}  // namespace

Kind check_claims() {
  return {"what it claims it keeps, and computes as the body does", Kind::Phase::behaviour,
          check_accepted_claims};
}

}  // namespace asg::proof
