// The numbers of the plugin ABI in words, for tables, dumps and messages. A number that this asg
// does not know prints as itself.
#pragma once
#include <cstdint>
#include <string>

namespace asg::abi {

[[nodiscard]] std::string op_name(std::uint32_t op);                    ///< "matmul"
[[nodiscard]] std::string instruction_name(std::uint32_t instruction);  ///< "add"
[[nodiscard]] std::string reduction_name(std::uint32_t reduction);      ///< "sum"

/// The opset that each came with; a program needs the highest of what is in it.
[[nodiscard]] std::uint32_t op_opset(std::uint32_t op);
[[nodiscard]] std::uint32_t instruction_opset(std::uint32_t instruction);
[[nodiscard]] std::uint32_t reduction_opset(std::uint32_t reduction);

}  // namespace asg::abi
