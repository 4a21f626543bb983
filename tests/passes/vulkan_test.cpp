// Random programs on Vulkan: as near to the truth with the passes as without.
#include <cstdlib>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/passes/passes.hpp>
#include <asg/runtime/target.hpp>

#include "passes/differential.hpp"

namespace {

using namespace asg;
using namespace passes_test;

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
  // Where there is no device this fails: a run that tried nothing has shown nothing.
  const Device device = open_device("vulkan");
  std::size_t count = 0, programs = 0;
  for (const std::uint64_t seed : seeds(60)) {
    const Case program = random_case(seed);
    ++programs;
    if (!can_run(device, program)) continue;
    ++count;
    const std::string fault = fault_of(seed, program, [&](const Case& p) -> std::string {
      const Outcome got = run(device, p, {}), plain = run(device, p, without_passes());
      const std::string difference = bit_difference(got, plain);
      if (difference.empty() || !accumulates(p)) return difference;
      const std::optional<Case> precise = in_f64(p);
      if (!precise) return {};
      return excess(got, plain, run(reference(), *precise, without_passes()), 1e-5);
    });
    BOOST_TEST(fault.empty(), fault);
  }
  BOOST_TEST_MESSAGE(count << " of " << programs << " programs");
  // The rest asks for functions of f64. This is how many of the usual ones lavapipe runs.
  const bool usual = std::getenv("ASG_TEST_SEED") == nullptr &&
                     std::getenv("ASG_TEST_GRAPHS") == nullptr &&
                     device.description().kind == "software";
  BOOST_TEST(count >= (usual ? 43 : programs / 4));
}

}  // namespace
