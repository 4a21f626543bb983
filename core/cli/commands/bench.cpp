// asg bench: times the workloads on which frameworks are compared.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <asg/passes/program.hpp>
#include <asg/runtime/compile.hpp>

#include "cli/bench_workloads.hpp"
#include "cli/command.hpp"
#include "cli/memory.hpp"
#include "cli/numbers.hpp"
#include "cli/profile.hpp"
#include "io/json.hpp"

namespace asg::cli {
namespace {

struct BenchFlags {
  DeviceFlags device;
  std::vector<std::string> workloads;
  std::int64_t runs = 15;
  bool list = false, json = false, profile = false;
};

double seconds_of(Workload& workload) {
  const auto begin = std::chrono::steady_clock::now();
  workload.function.call(workload.state, workload.arguments);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

struct Timed {
  std::vector<double> seconds;  // sorted
  double peak_mb = 0;
  [[nodiscard]] double median() const { return seconds[seconds.size() / 2]; }
};

Timed time_of(Workload& workload, std::int64_t runs) {
  for (int warm = 0; warm < 3; ++warm) seconds_of(workload);
  Timed timed;
  // Short ones are repeated until their times mean something.
  double total = 0;
  while (std::ssize(timed.seconds) < runs || (total < 0.2 && timed.seconds.size() < 10000))
    total += timed.seconds.emplace_back(seconds_of(workload));
  std::sort(timed.seconds.begin(), timed.seconds.end());
  timed.peak_mb = static_cast<double>(peak_memory()) / (1 << 20);
  return timed;
}

std::vector<KernelTime> profile_of(Workload& workload, CompiledGraph& program, std::int64_t runs) {
  std::vector<Array> inputs;
  for (const Argument& argument : workload.arguments) inputs.push_back(argument.array());
  return profile(program, workload.state, inputs, runs);
}

CompiledGraph program_of(Workload& workload) {
  Types types;
  for (const Argument& argument : workload.arguments) types.push_back(argument.array().type());
  return workload.function.specialize(types);
}

void run_entry(const BenchEntry& entry, const Device& device, const BenchFlags& flags) {
  reset_peak_memory();
  Workload workload = entry.make(device);
  const Timed timed = time_of(workload, flags.runs);
  const double gflops = workload.flops / timed.median() / 1e9;
  const double gb = workload.bytes / timed.median() / 1e9;
  CompiledGraph program = program_of(workload);
  const std::size_t kernel_count = program.program().steps.size();
  const double arena_mb = static_cast<double>(program.program().slots[0].size_bytes) / (1 << 20);
  const auto kernels =
      flags.profile ? profile_of(workload, program, flags.runs) : std::vector<KernelTime>{};
  if (flags.json) {
    const auto known = [](double value) {
      return value > 0 ? nlohmann::ordered_json(value) : nlohmann::ordered_json();
    };
    nlohmann::ordered_json line{{"workload", entry.name},
                                {"backend", device.backend_name()},
                                {"threads", device.description().threads},
                                {"min", timed.seconds.front()},
                                {"median", timed.median()},
                                {"max", timed.seconds.back()},
                                {"gflops", known(gflops)},
                                {"gb_per_s", known(gb)},
                                {"peak_rss_mb", timed.peak_mb},
                                {"arena_mb", arena_mb},
                                {"kernels", kernel_count}};
    if (flags.profile) line["profile"] = profile_to_json(program.program(), kernels);
    fmt::print("{}\n", io::json_text(line));
  } else {
    fmt::print("{:<20} {:>10.3f} {:>10.3f} {:>10.3f} {:>9} {:>8} {:>9.0f} {:>9.2f} {:>7}\n",
               entry.name, timed.seconds.front() * 1e3, timed.median() * 1e3,
               timed.seconds.back() * 1e3, gflops > 0 ? fmt::format("{:.1f}", gflops) : "",
               gb > 0 ? fmt::format("{:.1f}", gb) : "", timed.peak_mb, arena_mb, kernel_count);
    if (flags.profile) print_profile(program.program(), kernels);
  }
  flush_output();
}

int bench(const BenchFlags& flags) {
  const auto list = bench_workloads();
  for (const std::string& name : flags.workloads)
    if (std::none_of(list.begin(), list.end(),
                     [&](const BenchEntry& e) { return e.name == name; })) {
      std::string known;
      for (const BenchEntry& entry : list) known += " " + entry.name;
      throw UsageError(fmt::format("there is no workload '{}'; there are{}", name, known));
    }
  if (flags.list) {
    for (const BenchEntry& entry : list) fmt::print("{}\n", entry.name);
    return exit_done;
  }
  const Device device = flags.device.open();
  // A device that is not the host's processor has none of its threads.
  const auto threads = device.description().threads;
  if (!flags.json)
    fmt::print(
        "{} on {}, {}{} runs\n{:<20} {:>10} {:>10} {:>10} {:>9} {:>8} {:>9} {:>9} "
        "{:>7}\n",
        device.backend_name(), device.description().name,
        threads > 0 ? fmt::format("{} threads, ", threads) : "", flags.runs, "workload", "min ms",
        "median ms", "max ms", "GFLOP/s", "GB/s", "peak MB", "arena MB", "kernels");
  for (const BenchEntry& entry : list)
    if (flags.workloads.empty() || std::find(flags.workloads.begin(), flags.workloads.end(),
                                             entry.name) != flags.workloads.end())
      run_entry(entry, device, flags);
  return exit_done;
}

}  // namespace

Run add_bench(CLI::App& command) {
  auto flags = std::make_shared<BenchFlags>();
  command.description("time the workloads on which frameworks are compared");
  command.add_option("--workload", flags->workloads, "only this one (may be repeated)")
      ->type_name("NAME")
      ->take_all();
  add_count(command, "--runs", flags->runs, "timed runs of each, after 3 others");
  command.add_flag("--list", flags->list, "print the names of the workloads and stop");
  command.add_flag("--profile", flags->profile, "also time every kernel, the slowest first");
  command.add_flag("--json", flags->json, "print JSON lines");
  flags->device.add(command);
  return [flags] { return bench(*flags); };
}

}  // namespace asg::cli
