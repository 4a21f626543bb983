#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/graph/verify.hpp>

#include "passes/graph_passes.hpp"
#include "passes/lower.hpp"

namespace asg {
namespace {

constexpr GraphPass table[] = {
    {"merge_early", "equal nodes become one before composites are opened", merge_common},
    {"decompose", "composites that the target does not take become their bodies", decompose, true},
    {"fold_constants", "what follows from constants is computed once", fold_constants},
    {"canonicalize", "nodes become simpler ones that are equal bit by bit", canonicalize},
    {"merge", "equal nodes become one; what nobody needs is dropped", merge_common},
    {"recompute", "what is cheap is computed again for the backward pass, not kept", recompute},
    {"materialize", "copies where a kernel cannot read a view", materialize, true},
};

// The parts of lowering that can be left out.
constexpr std::string_view lowering_parts[] = {"epilogues", "fuse",          "fuse_siblings",
                                               "schedule",  "group_updates", "share_places"};

// Adds to the report how long its scope took.
class Timed {
 public:
  Timed(Report& report, std::string_view name)
      : report_(report), name_(name), start_(std::chrono::steady_clock::now()) {}
  void done(std::size_t nodes) const {
    const std::chrono::duration<double, std::milli> ms = std::chrono::steady_clock::now() - start_;
    report_.passes.push_back({std::string(name_), ms.count(), nodes});
  }

 private:
  Report& report_;
  std::string_view name_;
  std::chrono::steady_clock::time_point start_;
};

Traced run_graph_passes(TracedView traced, const PassContext& context) {
  Traced current;
  bool first = true;
  for (const GraphPass& pass : table) {
    if (!pass.required && !context.options.has(pass.name)) continue;
    const Timed timed(context.report, pass.name);
    current = pass.run(first ? traced : TracedView(current), context);
    first = false;
    timed.done(current.graph.size());
    if (context.options.verify) verify(current.graph);
  }
  return current;
}

}  // namespace

std::span<const GraphPass> graph_passes() { return table; }

std::vector<std::string_view> pass_names() {
  std::vector<std::string_view> names;
  for (const GraphPass& pass : table)
    if (!pass.required) names.push_back(pass.name);
  names.insert(names.end(), std::begin(lowering_parts), std::end(lowering_parts));
  return names;
}

bool PassOptions::has(std::string_view pass) const {
  return std::find(disabled.begin(), disabled.end(), pass) == disabled.end();
}

PassOptions PassOptions::from_environment() {
  PassOptions options;
  if (const char* text = std::getenv("ASG_DISABLE"); text != nullptr) {
    std::string_view rest = text;
    while (!rest.empty()) {
      const std::string_view name = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(name.size() + 1, rest.size()));
      const auto known = pass_names();
      if (std::find(known.begin(), known.end(), name) == known.end())
        throw FormatError(fmt::format("ASG_DISABLE: there is no pass '{}'; there are {}", name,
                                      fmt::join(known, ", ")));
      options.disabled.emplace_back(name);
    }
  }
  if (const char* text = std::getenv("ASG_CHECK_NAN"); text != nullptr)
    options.check_nan = *text != '\0' && std::string_view(text) != "0";
  if (const char* text = std::getenv("ASG_FUEL"); text != nullptr) {
    const std::string_view all = text;
    const auto [end, error] = std::from_chars(all.data(), all.data() + all.size(), options.fuel);
    if (error != std::errc() || end != all.data() + all.size() || options.fuel < 0)
      throw FormatError(fmt::format("ASG_FUEL: '{}' is no number of rewrites", all));
  }
  return options;
}

Traced optimize(TracedView traced, const Target& target, const PassOptions& options,
                Report* report) {
  Report unread;
  std::int64_t fuel = options.fuel;
  return run_graph_passes(traced, {target, options, report != nullptr ? *report : unread, fuel});
}

Program compile_program(TracedView traced, const Target& target, const PassOptions& options,
                        Report* report) {
  Report unread;
  std::int64_t fuel = options.fuel;
  const PassContext context{target, options, report != nullptr ? *report : unread, fuel};
  const Traced optimized = run_graph_passes(traced, context);
  const Timed timed(context.report, "lower");
  Program program = lower(optimized, context);
  timed.done(program.steps.size());
  return program;
}

}  // namespace asg
