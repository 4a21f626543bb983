#include <asg/runtime/profile_trace.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <asg/graph/error.hpp>
#include <asg/passes/cost.hpp>
#include <asg/passes/program.hpp>

namespace asg {
namespace {

using Json = nlohmann::ordered_json;

double microseconds(ProfileTrace::Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json complete_event(std::string_view name, double ts, double duration, std::size_t line) {
  return {{"name", name}, {"ph", "X"}, {"ts", ts}, {"dur", duration}, {"pid", 1}, {"tid", line}};
}

// The first line on which nothing runs any more; line 0 is the host's.
std::size_t free_line(std::vector<std::uint64_t>& busy_until, const StepTime& time) {
  const auto found = std::find_if(busy_until.begin(), busy_until.end(),
                                  [&](std::uint64_t end) { return end <= time.begin_ns; });
  const auto line = static_cast<std::size_t>(found - busy_until.begin());
  if (found == busy_until.end()) busy_until.push_back(0);
  busy_until[line] = time.end_ns;
  return line + 1;
}

}  // namespace

ProfileTrace::ProfileTrace(const std::filesystem::path& file)
    : path_(file), file_(std::fopen(file.c_str(), "w"), &std::fclose) {
  check(file_ != nullptr);
  check(std::fputs("{\"displayTimeUnit\": \"ms\", \"traceEvents\": [\n", file_.get()) >= 0);
  event(dump({{"name", "thread_name"},
              {"ph", "M"},
              {"pid", 1},
              {"tid", 0},
              {"args", {{"name", "runs"}}}}));
}

ProfileTrace::~ProfileTrace() {
  if (file_ != nullptr) std::fputs("\n]}\n", file_.get());
}

void ProfileTrace::check(bool written) {
  if (!written)
    throw WriteError(fmt::format("cannot write {}: {}", path_.string(), std::strerror(errno)));
}

void ProfileTrace::event(const std::string& json) {
  check(file_ != nullptr && std::fputs(events_++ == 0 ? "" : ",\n", file_.get()) >= 0 &&
        std::fputs(json.c_str(), file_.get()) >= 0);
}

const std::vector<Cost>& ProfileTrace::costs_of(const Program& program) {
  std::vector<Cost>& costs = costs_[&program];
  if (costs.empty())
    for (const Step& step : program.steps) costs.push_back(cost_of(program, step));
  return costs;
}

void ProfileTrace::add(std::string_view name, const Program& program,
                       std::span<const StepTime> times, Clock::time_point begin,
                       Clock::time_point end) {
  const double at = microseconds(begin - start_);
  event(dump(complete_event(name, at, microseconds(end - begin), 0)));
  if (times.empty()) return;
  // The device's clock may have another zero: its first step begins with the run.
  std::uint64_t zero = UINT64_MAX;
  for (const StepTime& time : times) zero = std::min(zero, time.begin_ns);
  const std::vector<Cost>& costs = costs_of(program);
  std::vector<std::uint64_t> busy_until;
  for (const StepTime& time : times) {
    if (time.step >= program.steps.size() || time.end_ns < time.begin_ns) continue;
    const Step& step = program.steps[time.step];
    const Cost& cost = costs[time.step];
    const auto ns = static_cast<double>(time.end_ns - time.begin_ns);
    Json json = complete_event(step.name, at + static_cast<double>(time.begin_ns - zero) / 1e3,
                               ns / 1e3, free_line(busy_until, time));
    json["args"] = {{"step", time.step},     {"stage", step.stage}, {"op", step.name},
                    {"origin", step.origin}, {"flops", cost.flops}, {"bytes", cost.bytes()}};
    if (ns > 0) {
      json["args"]["gflops"] = cost.flops / ns;
      json["args"]["gb_per_s"] = cost.bytes() / ns;
    }
    event(dump(json));
  }
  check(std::fflush(file_.get()) == 0);
}

void ProfileTrace::finish() {
  check(std::fputs("\n]}\n", file_.get()) >= 0);
  check(std::fclose(file_.release()) == 0);
}

}  // namespace asg
