#include "cli/profile.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <asg/passes/program.hpp>

namespace asg::cli {
namespace {

std::string rate(double amount, double seconds) {
  return amount > 0 && seconds > 0 ? fmt::format("{:.1f}", amount / seconds / 1e9) : "";
}

}  // namespace

std::vector<KernelTime> profile(CompiledGraph& program, State& state,
                                const std::vector<Array>& inputs, std::int64_t runs) {
  const std::vector<Step>& steps = program.program().steps;
  std::vector<std::vector<double>> seconds(steps.size());
  for (std::int64_t run = 0; run < runs; ++run)
    for (const StepTime& time : program.profile(state, inputs))
      if (time.step < steps.size())
        seconds[time.step].push_back(static_cast<double>(time.end_ns - time.begin_ns) / 1e9);
  std::vector<KernelTime> kernels;
  for (std::uint32_t i = 0; i < steps.size(); ++i) {
    if (seconds[i].empty()) continue;
    const auto middle = seconds[i].begin() + std::ssize(seconds[i]) / 2;
    std::nth_element(seconds[i].begin(), middle, seconds[i].end());
    kernels.push_back({i, *middle, cost_of(program.program(), steps[i])});
  }
  std::stable_sort(kernels.begin(), kernels.end(),
                   [](const KernelTime& a, const KernelTime& b) { return a.seconds > b.seconds; });
  return kernels;
}

void print_profile(const Program& program, const std::vector<KernelTime>& kernels) {
  if (kernels.empty()) {
    fmt::print("  the backend does not time its kernels\n");
    return;
  }
  double total = 0;
  for (const KernelTime& kernel : kernels) total += kernel.seconds;
  fmt::print("  {:>5} {:>10} {:>6} {:>9} {:>8}  {}\n", "step", "us", "share", "GFLOP/s", "GB/s",
             "kernel");
  for (const KernelTime& kernel : kernels) {
    const Step& step = program.steps[kernel.step];
    fmt::print("  {:>5} {:>10.1f} {:>5.1f}% {:>9} {:>8}  {}  ({})\n", kernel.step,
               kernel.seconds * 1e6, total > 0 ? 100 * kernel.seconds / total : 0,
               rate(kernel.cost.flops, kernel.seconds), rate(kernel.cost.bytes(), kernel.seconds),
               step.name, step.origin);
  }
  fmt::print("  {:>5} {:>10.1f}\n", "sum", total * 1e6);
}

nlohmann::ordered_json profile_to_json(const Program& program,
                                       const std::vector<KernelTime>& kernels) {
  auto list = nlohmann::ordered_json::array();
  for (const KernelTime& kernel : kernels) {
    const Step& step = program.steps[kernel.step];
    list.push_back({{"step", kernel.step},
                    {"name", step.name},
                    {"origin", step.origin},
                    {"seconds", kernel.seconds},
                    {"flops", kernel.cost.flops},
                    {"bytes", kernel.cost.bytes()}});
  }
  return list;
}

}  // namespace asg::cli
