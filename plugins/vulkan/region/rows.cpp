#include "region/rows.hpp"

#include <asg/sdk/program.hpp>

#include "region/instructions.hpp"

namespace asg::vulkan {

bool computes(const Traits& traits, uint32_t opcode, uint32_t dtype) {
  switch (opcode) {
    case ASG_EW_CAST:
      return true;
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

}  // namespace asg::vulkan
