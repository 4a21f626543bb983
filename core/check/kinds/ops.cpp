// Every sample of every op, with its gradients, each element as near as the roundings of its own
// program justify.
#include <optional>
#include <string>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>
#include <asg/runtime/compile.hpp>

#include "check/kind.hpp"
#include "check/samples.hpp"
#include "check/session.hpp"

namespace asg::proof {
namespace {

void try_sample(Session& session, const OpDef& op, const Sample& sample, DType dtype) {
  const SampleProgram program(op, sample, dtype);
  std::optional<CompiledGraph> compiled;
  try {
    compiled = compile(session.device(), program.graph, program.outputs);
  } catch (const TypeError&) {
    return session.refused();  // by the core, for what no row has
  }
  const Arrays got = compiled->run(program.inputs);
  const std::optional<std::string> fault =
      first_fault(got, program.graph, program.outputs, program.inputs, session.reference());
  if (fault)
    session.wrong(fmt::format("{} gives wrong results in {}", op.name, name(dtype)), *fault);
}

void check_samples(Session& session) {
  for (const OpDef& op : op_table()) {
    if (op.samples == nullptr || !session.wants_op(op.name)) continue;
    const std::vector<Sample> samples = op.samples();
    // When it has to be quick: a sample of each type.
    for (std::size_t i = 0; i < session.effort(samples.size(), 2) && i < samples.size(); ++i)
      for (const DType dtype : {f64, f32})
        if (!session.settings().quick || (dtype == f32) == (i == 0))
          session.attempt(fmt::format("{} in {}", describe(op, i, samples[i]), name(dtype)),
                          [&] { try_sample(session, op, samples[i], dtype); });
  }
}

}  // namespace

Kind check_ops() {
  return {"every op's samples and their gradients, in f64 and f32", Kind::Phase::numbers,
          check_samples};
}

}  // namespace asg::proof
