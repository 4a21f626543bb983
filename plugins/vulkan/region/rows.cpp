#include "region/rows.hpp"

#include <asg/sdk/program.hpp>

#include "region/instructions.hpp"

namespace asg::vulkan {
namespace {

bool supports(const Traits& traits, uint32_t opcode, uint32_t dtype) {
  switch (opcode) {
    case ASG_EW_LOAD:
    case ASG_EW_IMM:
    case ASG_EW_REDUCED:
    case ASG_EW_CAST:
      return true;
    case ASG_EW_IOTA:
      return dtype != ASG_BOOL;
    case ASG_EW_RANDOM:
      return dtype == ASG_U32 && traits.int64;
    case ASG_EW_IS_FINITE:
      return dtype == ASG_BOOL;
    default:
      if (sdk::is_comparison(opcode)) return true;
      // 0 and whatever else is no instruction gives no text.
      return opcode > ASG_EW_PRODUCT || opcode == ASG_EW_WHERE || opcode == ASG_EW_BITCAST
                 ? !instruction(traits, opcode, dtype, dtype, "a", "b", "c").empty()
                 : false;
  }
}

}  // namespace

std::array<uint64_t, 2> instruction_row(const Traits& traits, uint32_t dtype) {
  std::array<uint64_t, 2> set{};
  for (uint32_t opcode = 0; opcode < ASG_EW_COUNT; ++opcode)
    if (supports(traits, opcode, dtype)) set[opcode / 64] |= uint64_t{1} << (opcode % 64);
  return set;
}

}  // namespace asg::vulkan
