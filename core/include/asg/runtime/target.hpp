// A device as the passes see it, for programs that are planned but not run.
#pragma once
#include <memory>

#include <asg/passes/target.hpp>
#include <asg/runtime/device.hpp>

namespace asg {

/// What compile_program asks about the device. Keeps it open.
[[nodiscard]] std::unique_ptr<Target> target_of(const Device& device);

}  // namespace asg
