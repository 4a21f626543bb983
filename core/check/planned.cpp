#include "check/planned.hpp"

#include <cstring>

#include <fmt/format.h>

#include <asg/passes/passes.hpp>
#include <asg/runtime/target.hpp>

#include "check/verdict.hpp"
#include "runtime/abi_program.hpp"

namespace asg::proof {

Program plan_for(const Device& device, const Graph& graph, const Tensors& outputs) {
  return compile_program({graph, outputs}, *target_of(device));
}

PlannedResult run_planned(const BareDevice& device, const Program& program, const Arrays& inputs,
                          Poison poison) {
  const AbiProgram abi(program);
  GuardedRun run(device, abi.get(), poison);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(inputs[i].bytes());
    run.set(program.inputs[i], Bytes(bytes, bytes + inputs[i].size_bytes()));
  }
  run.execute();
  PlannedResult result;
  for (const std::uint32_t slot : program.outputs) {
    const TensorType& type = program.slots[slot].type;
    Array array(type.dtype, type.shape);
    const Bytes bytes = run.get(slot);
    if (array.size_bytes() > 0) std::memcpy(array.bytes(), bytes.data(), array.size_bytes());
    result.outputs.push_back(std::move(array));
  }
  result.damage = run.damage();
  return result;
}

Arrays judge_planned(Session& session, const Program& program, const Arrays& inputs,
                     const std::string& name) {
  PlannedResult first = run_planned(session.bare(), program, inputs, Poison::nan);
  const PlannedResult second = run_planned(session.bare(), program, inputs, Poison::other);
  report_damage(session, {{}, first.damage});
  for (std::size_t k = 0; k < first.outputs.size(); ++k)
    if (!identical(first.outputs[k], second.outputs[k])) {
      session.wrong(
          "what memory held before decides about its results: it reads bytes that no "
          "step has written",
          fmt::format("output {} of {}", k, name));
      break;
    }
  return std::move(first.outputs);
}

}  // namespace asg::proof
