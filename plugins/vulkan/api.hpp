// Vulkan-Hpp without a link to the loader: functions come from libvulkan.so.1, opened at run time.
#pragma once

#define VULKAN_HPP_DISPATCH_LOADER_DYNAMIC 1
#define VULKAN_HPP_NO_CONSTRUCTORS 1
#include <vulkan/vulkan.hpp>

#include <string>
#include <utility>

#include <asg/sdk/error.hpp>

namespace asg::vulkan {

/// Runs `body`; failures of Vulkan become errors of the contract.
template <class Body>
auto translated(const char* what, Body&& body) {
  const auto fail = [&](asg_status code, const std::string& why) -> sdk::Error {
    return {code, std::string(what) + ": " + why};
  };
  try {
    return std::forward<Body>(body)();
  } catch (const vk::DeviceLostError& e) {
    throw fail(ASG_DEVICE_LOST, std::string("the device is lost (") + e.what() + ")");
  } catch (const vk::OutOfDeviceMemoryError& e) {
    throw fail(ASG_OUT_OF_MEMORY, std::string("the device's memory is used up (") + e.what() + ")");
  } catch (const vk::OutOfHostMemoryError& e) {
    throw fail(ASG_OUT_OF_MEMORY, std::string("the driver's memory is used up (") + e.what() + ")");
  } catch (const vk::Error& e) {
    throw fail(ASG_INTERNAL, e.what());
  }
}

}  // namespace asg::vulkan
