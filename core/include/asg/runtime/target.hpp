// A device as the passes see it, for programs that are planned but not run.
#pragma once
#include <memory>

#include <asg/runtime/device.hpp>

namespace asg {

class Target;  // of asg/passes/target.hpp

/// What compile_program asks about the device. Keeps it open.
[[nodiscard]] std::unique_ptr<Target> target_of(const Device& device);

}  // namespace asg
