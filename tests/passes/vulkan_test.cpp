// Random programs on Vulkan: as near to the truth with the passes as without.
#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/passes/passes.hpp>
#include <asg/runtime/target.hpp>

#include "passes/differential.hpp"

namespace {

using namespace asg;
using namespace passes_test;

std::optional<Device> vulkan() {
  try {
    return open_device("vulkan");
  } catch (const Error& error) {
    BOOST_TEST_MESSAGE("no Vulkan device: " << error.what());
    return {};
  }
}

// Whether every step of the program is something that the device can do.
bool can_run(const Device& device, const Case& program) {
  try {
    (void)compile_program({program.graph, program.outputs}, *target_of(device), without_passes());
    return true;
  } catch (const TypeError&) {
    return false;
  }
}

BOOST_AUTO_TEST_CASE(vulkan_stays_as_near_to_the_truth_with_the_passes_as_without) {
  const std::optional<Device> device = vulkan();
  if (!device) return;
  std::size_t count = 0, programs = 0;
  for (const std::uint64_t seed : seeds(60)) {
    const Case program = random_case(seed);
    ++programs;
    if (!can_run(*device, program)) continue;
    ++count;
    const std::string fault = fault_of(seed, program, [&](const Case& p) -> std::string {
      const Outcome got = run(*device, p, {}), plain = run(*device, p, without_passes());
      const std::string difference = bit_difference(got, plain);
      if (difference.empty() || !accumulates(p)) return difference;
      const std::optional<Case> precise = in_f64(p);
      if (!precise) return {};
      return excess(got, plain, run(reference(), *precise, without_passes()), 1e-5);
    });
    BOOST_TEST(fault.empty(), fault);
  }
  BOOST_TEST_MESSAGE(count << " of " << programs << " programs");
  BOOST_TEST(count > programs / 4);
}

}  // namespace
