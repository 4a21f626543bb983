// What validation layers say of themselves is no finding; all else is.
#include <boost/test/unit_test.hpp>

#include "../../plugins/vulkan/layer_messages.hpp"

namespace asg::testing {
namespace {

using vulkan::about_the_layer;

constexpr const char* internal = "WARNING-GPU-Assisted-Validation";

BOOST_AUTO_TEST_CASE(a_layer_may_say_how_it_sets_itself_up) {
  BOOST_TEST(about_the_layer(
      internal, "vkGetPhysicalDeviceProperties2(): Internal Warning: Setting "
                "VkPhysicalDeviceVulkan12Properties::maxUpdateAfterBindDescriptorsInAllPools to 32"));
  BOOST_TEST(about_the_layer(
      internal, "vkCreateDevice(): Internal Warning: Forcing fragmentStoresAndAtomics to VK_TRUE"));
  BOOST_TEST(about_the_layer(
      internal, "vkCreateDevice(): Internal Warning: Ray Query validation option was enabled, but "
                "the rayQuery feature was not supported [Disabling gpuav_validate_ray_query]"));
}

BOOST_AUTO_TEST_CASE(a_layer_that_leaves_checks_out_is_a_finding) {
  BOOST_TEST(!about_the_layer(internal, "vkCreateDevice(): Internal Warning: Buffer device address "
                                        "validation option was enabled, but required features are "
                                        "not supported [Disabling gpuav_buffer_address_oob]"));
  BOOST_TEST(!about_the_layer("UNASSIGNED-GPU-Assisted-Validation",
                              "vkCreateDevice(): Setup Error. GPU-Assisted Validation disabled"));
}

BOOST_AUTO_TEST_CASE(findings_are_findings_whatever_they_quote) {
  BOOST_TEST(!about_the_layer("VUID-vkCmdDispatch-storageBuffers-06936",
                              "vkCmdDispatch(): Internal Warning: Forcing out of bounds"));
  BOOST_TEST(!about_the_layer("", "Internal Warning: Forcing fragmentStoresAndAtomics to VK_TRUE"));
  BOOST_TEST(!about_the_layer(internal, "vkQueueSubmit(): out of bounds, not an Internal Warning: "
                                        "Setting VkPhysicalDevice"));
}

}  // namespace
}  // namespace asg::testing
