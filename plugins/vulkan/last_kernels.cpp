#include "last_kernels.hpp"

namespace asg::vulkan {

std::string KernelNames::last(std::size_t begin, std::size_t end) const {
  constexpr std::size_t shown = 8;
  std::string text = "in program '" + program + "', ";
  text += begin == 0 && end == steps.size()
              ? "whose last steps are"
              : "in its steps " + std::to_string(begin) + " to " + std::to_string(end - 1) +
                    ", the last of which are";
  for (std::size_t i = end > begin + shown ? end - shown : begin; i < end; ++i)
    text += " " + steps[i];
  return text;
}

}  // namespace asg::vulkan
