// The last word before a backend gets a program: nothing in it is beyond what the target declared.
// Internal to the passes.
#pragma once
#include <asg/passes/program.hpp>
#include <asg/passes/target.hpp>

#include "passes/region_rules.hpp"

namespace asg {

/// What the step's region asks of a device.
[[nodiscard]] RegionNeeds needs_of(const Program& program, const Step& step);

/// Linear in the program.
/// Errors   TypeError with the op, the limit, the user's line and a way out.
void check_program(const Program& program, const Target& target);

}  // namespace asg
