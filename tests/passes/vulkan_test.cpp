// Random programs on Vulkan: as near to the truth with the passes as without.
#include <string>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/passes/passes.hpp>
#include <asg/runtime/target.hpp>

#include "passes/differential.hpp"

namespace {

using namespace asg;
using namespace passes_test;

// Whether every step of the program is something that the device can do. All that it may refuse are
// functions of f64.
bool can_run(const Device& device, const Case& program, std::uint64_t seed) {
  try {
    (void)compile_program({program.graph, program.outputs}, *target_of(device), without_passes());
    return true;
  } catch (const TypeError& error) {
    const std::string refusal = error.what();
    const std::string first_line = refusal.substr(0, refusal.find('\n'));
    const bool function_of_f64 =
        first_line.find(": it has no ") != std::string::npos && first_line.ends_with(" for f64");
    BOOST_TEST(function_of_f64, "seed " << seed << ": " << refusal);
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
    if (!can_run(device, program, seed)) continue;
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
  // How many of them ask for functions of f64 depends on which ops there are: the programs are
  // drawn from the table.
  BOOST_TEST(count >= programs / 4);
}

}  // namespace
