// What the text, the JSON and the picture of a program share.
#pragma once
#include <string>

#include <asg/passes/program.hpp>

namespace asg {

/// "arena", "state3"
[[nodiscard]] std::string slot_name(const Program& program, std::uint32_t slot);

/// The number that ASG_EW_IMM stands for.
[[nodiscard]] Array immediate(const asg_inst& inst);

}  // namespace asg
