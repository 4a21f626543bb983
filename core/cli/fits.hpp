// Whether a model fits, found out before the machine is full.
#pragma once
#include <asg/passes/program.hpp>
#include <asg/runtime/device.hpp>

#include "cli/model.hpp"

namespace asg::cli {

/// `copies` of each parameter make the state of a training run.
/// Errors   UsageError when state and batch do not fit into the memory of the device.
void check_state(const ModelFlags& flags, const Device& device, double copies);

/// Errors   DeviceError when what the program needs beside its state does not fit.
void check_program(const Program& program, const Device& device);

}  // namespace asg::cli
