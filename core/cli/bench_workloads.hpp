// The workloads on which frameworks are compared.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include <asg/runtime/compile.hpp>

namespace asg::cli {

/// Something to time, and what one run of it computes and moves.
struct Workload {
  Function function;
  std::vector<Argument> arguments;
  State state;
  double flops = 0;  ///< 0: not counted
  double bytes = 0;  ///< that it must move; 0: not counted
};

struct BenchEntry {
  std::string name;
  std::function<Workload(const Device&)> make;
};

/// All of them, in the order in which they run: kernels, then training steps.
[[nodiscard]] std::vector<BenchEntry> bench_workloads();

}  // namespace asg::cli
