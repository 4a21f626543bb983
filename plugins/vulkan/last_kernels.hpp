// What is said of a program in which the device was lost or did not come to an end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace asg::vulkan {

/// The steps of a program by name.
struct KernelNames {
  std::string program;
  std::vector<std::string> steps;

  /// The last few of the steps [begin, end).
  std::string last(std::size_t begin, std::size_t end) const;
};

}  // namespace asg::vulkan
