#include "last_kernels.hpp"

#include <fmt/core.h>

namespace asg::vulkan {

std::string KernelNames::last(std::size_t begin, std::size_t end) const {
  constexpr std::size_t shown = 8;
  std::string text = fmt::format("in program '{}', ", program);
  text += begin == 0 && end == steps.size()
              ? "whose last steps are"
              : fmt::format("in its steps {} to {}, the last of which are", begin, end - 1);
  for (std::size_t i = end > begin + shown ? end - shown : begin; i < end; ++i)
    text += " " + steps[i];
  return text;
}

}  // namespace asg::vulkan
