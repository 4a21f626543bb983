// Whatever the passes do, a program computes the same. On random programs; with ASG_TEST_GRAPHS,
// each under every set of options.
#include <functional>

#include <boost/test/unit_test.hpp>

#include <fmt/format.h>

#include "passes/differential.hpp"

namespace {

using namespace asg;
using namespace passes_test;

// What a set of options is called in messages.
std::string describe(const PassOptions& options) {
  std::vector<std::string_view> names;
  for (const Pass pass : options.disabled) names.push_back(name(pass));
  std::string text = fmt::format("ASG_DISABLE={}", fmt::join(names, ","));
  if (options.fuel != PassOptions::unlimited) text += fmt::format(" ASG_FUEL={}", options.fuel);
  return text;
}

// All passes; each alone, each left out, each beginning of the list; and with little fuel.
std::vector<PassOptions> variants() {
  const auto passes = optional_passes();
  std::vector<PassOptions> result{{}};
  for (std::size_t i = 0; i < passes.size(); ++i) {
    result.push_back(only({passes[i]}));
    PassOptions rest;
    rest.disabled = {passes[i]};
    result.push_back(rest);
    result.push_back(only({passes.begin(), passes.begin() + static_cast<std::ptrdiff_t>(i)}));
  }
  for (std::int64_t fuel = 0; fuel <= 64; fuel = fuel == 0 ? 1 : 2 * fuel) {
    PassOptions limited;
    limited.fuel = fuel;
    result.push_back(limited);
  }
  return result;
}

// Each program under all passes, and under some of the other options in turn.
void for_each_program(
    std::int64_t usual, std::size_t others,
    const std::function<void(std::uint64_t, const Case&, const std::vector<PassOptions>&)>& test) {
  const std::vector<PassOptions> all = variants();
  if (number_from_environment("ASG_TEST_GRAPHS", 0) > 0) others = all.size() - 1;
  std::size_t turn = 0;
  for (const std::uint64_t seed : seeds(usual)) {
    std::vector<PassOptions> chosen{all[0]};
    for (std::size_t i = 0; i < others; ++i) chosen.push_back(all[1 + turn++ % (all.size() - 1)]);
    test(seed, random_case(seed), chosen);
  }
}

// The reference takes sums in the order of the elements, so no pass may change a bit there, in f32
// neither than in f64.
BOOST_AUTO_TEST_CASE(the_reference_gives_the_same_bits_whatever_the_passes) {
  for_each_program(200, 6, [](std::uint64_t seed, const Case& program, const auto& chosen) {
    for (const PassOptions& options : chosen) {
      const Check check = [&](const Case& p) {
        return bit_difference(run(reference(), p, options), run(reference(), p, without_passes()));
      };
      const std::string fault = fault_of(seed, program, check, describe(options));
      BOOST_TEST(fault.empty(), fault);
    }
  });
}

// The CPU backend may add up a region's rows in another tree than those of a single reduction. What
// has neither sums nor products of floats has the same bits there, too.
BOOST_AUTO_TEST_CASE(the_cpu_stays_as_near_to_the_truth_with_the_passes_as_without) {
  for_each_program(80, 3, [](std::uint64_t seed, const Case& program, const auto& chosen) {
    for (const PassOptions& options : chosen) {
      const Check check = [&](const Case& p) -> std::string {
        const Outcome got = run(cpu(2), p, options);
        const Outcome plain = run(cpu(2), p, without_passes());
        std::string difference = bit_difference(got, plain);
        if (difference.empty() || !accumulates(p)) return difference;
        const std::optional<Case> precise = in_f64(p);
        if (!precise) return {};
        return excess(got, plain, run(reference(), *precise, without_passes()), 1e-5);
      };
      const std::string fault = fault_of(seed, program, check, describe(options));
      BOOST_TEST(fault.empty(), fault);
    }
  });
}

BOOST_AUTO_TEST_CASE(one_thread_and_two_give_the_same_bits) {
  for_each_program(80, 0, [](std::uint64_t seed, const Case& program, const auto&) {
    const Check check = [&](const Case& p) {
      return bit_difference(run(cpu(2), p, {}), run(cpu(1), p, {}));
    };
    const std::string fault = fault_of(seed, program, check);
    BOOST_TEST(fault.empty(), fault);
  });
}

}  // namespace
