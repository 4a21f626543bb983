// Programs that the core has planned, run where one sees what they do to memory.
#pragma once
#include <string>

#include <asg/passes/program.hpp>
#include <asg/runtime/device.hpp>

#include "check/guarded_run.hpp"
#include "check/rounding.hpp"
#include "check/session.hpp"

namespace asg::proof {

struct PlannedResult {
  Arrays outputs;
  std::string damage;
};

/// The program for the device, as the core would run it. It has no variables.
/// Errors   TypeError when the device lacks what it needs.
[[nodiscard]] Program plan_for(const Device& device, const Graph& graph, const Tensors& outputs);

/// Errors   loader::PluginFailure.
[[nodiscard]] PlannedResult run_planned(const BareDevice& device, const Program& program,
                                        const Arrays& inputs, Poison poison);

/// Runs the program with memory that holds one thing and another: says what is wrong of `name` when
/// that decides about a result or when memory of others is written. Gives the results.
Arrays judge_planned(Session& session, const Program& program, const Arrays& inputs,
                     const std::string& name);

}  // namespace asg::proof
