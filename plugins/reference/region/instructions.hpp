// The instructions that compute a register from registers.
#pragma once

#include <cstdint>

namespace asg::reference {

/// Registers of a block of points; each is an array of its dtype, of `count` elements.
struct Operands {
  void* result;
  const void* a;
  const void* b;
  const void* c;
  int64_t count;
};
using Instruction = void (*)(const Operands&);

/// The code of an instruction; `operand_dtype` is that of register a.  nullptr when there is none.
Instruction find_instruction(uint32_t opcode, uint32_t dtype, uint32_t operand_dtype);

}  // namespace asg::reference
