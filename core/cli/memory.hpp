// Whether a model fits, found out before the machine is full.
#pragma once
#include <cstdint>
#include <string>

#include <asg/passes/program.hpp>
#include <asg/runtime/device.hpp>

#include "model.hpp"

namespace asg::cli {

/// Bytes that this process may still take: what the machine has left, or its control group or
/// resource limit. 0 when nobody says.
[[nodiscard]] std::uint64_t available_memory();

/// The most memory this process had at once, since it began or since it was reset.
[[nodiscard]] std::uint64_t peak_memory();
void reset_peak_memory();

/// "1.5 GiB"
[[nodiscard]] std::string size_text(double bytes);

/// Errors   UsageError when the graph of that many layers takes more memory than there is.
void check_layers(std::int64_t layers);

/// `copies` of each parameter make the state of a training run.
/// Errors   UsageError when state and batch do not fit into the memory of the device.
void check_state(const ModelFlags& flags, const Device& device, double copies);

/// Errors   DeviceError when what the program needs beside its state does not fit.
void check_program(const Program& program, const Device& device);

}  // namespace asg::cli
