// Running one program under different options, and comparing what comes out.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <asg/passes/passes.hpp>
#include <asg/runtime/device.hpp>

#include "passes/random_graph.hpp"

namespace passes_test {

/// What runs of a program leave: the outputs of all runs, and the state after the last.
struct Outcome {
  std::vector<asg::Array> outputs;
  std::map<std::string, asg::Array> state;
};

[[nodiscard]] const asg::Device& reference();
/// The CPU backend with that many threads.
[[nodiscard]] const asg::Device& cpu(int threads);

/// Every optional pass off.
[[nodiscard]] asg::PassOptions without_passes();
/// All but these off.
[[nodiscard]] asg::PassOptions only(const std::vector<asg::Pass>& passes);

/// Compiles the program and runs it; each run begins with the state that the last one left.
[[nodiscard]] Outcome run(const asg::Device& device, const Case& program,
                          const asg::PassOptions& options, int runs = 2);

/// The first place where two outcomes have different bits, NaN being equal to NaN; empty when there
/// is none.
[[nodiscard]] std::string bit_difference(const Outcome& got, const Outcome& expected);

/// Whether sums or products of floats stand in the program: fusing may group them otherwise.
[[nodiscard]] bool accumulates(const Case& program);

/// The program in f64, opened to primitives, so that it computes what the original means; nothing
/// when it reads the bits of floats.
[[nodiscard]] std::optional<Case> in_f64(const Case& program);

/// Where `got` is further from the truth than twice `plain` and the tolerance; empty where it is
/// not. Distances are relative to the largest element. What is no float must be equal.
[[nodiscard]] std::string excess(const Outcome& got, const Outcome& plain, const Outcome& truth,
                                 double tolerance);

/// The number of that environment variable.
[[nodiscard]] std::int64_t number_from_environment(const char* name, std::int64_t otherwise);

/// Seeds that once found a fault, then as many others; ASG_TEST_SEED and ASG_TEST_GRAPHS choose
/// where these begin and how many they are.
[[nodiscard]] std::vector<std::uint64_t> seeds(std::int64_t usual);

/// What is wrong with a program, or nothing.
using Check = std::function<std::string(const Case&)>;

/// What is wrong with the random program of that seed, an exception included, with a smaller
/// program that has the fault too; empty when it has none.
[[nodiscard]] std::string fault_of(std::uint64_t seed, const Case& program, const Check& check,
                                   const std::string& what = {});

}  // namespace passes_test
