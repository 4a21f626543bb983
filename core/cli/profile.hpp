// Where the time of a program goes, kernel by kernel.
#pragma once
#include <vector>

#include <nlohmann/json.hpp>

#include <asg/passes/cost.hpp>
#include <asg/runtime/compile.hpp>

namespace asg::cli {

struct KernelTime {
  std::uint32_t step = 0;
  double seconds = 0;  ///< median of the runs
  Cost cost;
};

/// Runs the program that often with every kernel timed; the slowest kernel comes first. Empty when
/// the backend cannot tell.
[[nodiscard]] std::vector<KernelTime> profile(CompiledGraph& program, State& state,
                                              const std::vector<Array>& inputs, std::int64_t runs);

void print_profile(const Program& program, const std::vector<KernelTime>& kernels);
[[nodiscard]] nlohmann::ordered_json profile_to_json(const Program& program,
                                                     const std::vector<KernelTime>& kernels);

}  // namespace asg::cli
