#include <asg/runtime/target.hpp>

#include "runtime/device_target.hpp"

namespace asg {

std::unique_ptr<Target> target_of(const Device& device) {
  return std::make_unique<DeviceTarget>(device);
}

}  // namespace asg
