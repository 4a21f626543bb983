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

#define ASG_PASS(name) Pass::name,
constexpr Pass all_optional[] = {ASG_PASSES(ASG_PASS)};
#undef ASG_PASS
#define ASG_PASS(name) #name,
constexpr std::string_view optional_names[] = {ASG_PASSES(ASG_PASS)};
#undef ASG_PASS

using RunPass = Traced (*)(TracedView, const PassContext&);
constexpr GraphPass required_pass(std::string_view name, std::string_view summary, RunPass run) {
  return {name, summary, run};
}
constexpr GraphPass optional_pass(Pass pass, std::string_view summary, RunPass run) {
  return {optional_names[static_cast<std::size_t>(pass)], summary, run, pass};
}

constexpr GraphPass graph_pass_table[] = {
    optional_pass(Pass::merge_early, "equal nodes become one before composites are opened",
                  merge_common),
    required_pass("decompose", "composites that the target does not take become their bodies",
                  decompose),
    optional_pass(Pass::fold_constants, "what follows from constants is computed once",
                  fold_constants),
    optional_pass(Pass::canonicalize, "nodes become simpler ones that are equal bit by bit",
                  canonicalize),
    optional_pass(Pass::merge, "equal nodes become one; what nobody needs is dropped",
                  merge_common),
    optional_pass(Pass::recompute,
                  "what is cheap is computed again for the backward pass, not kept", recompute),
    required_pass("materialize", "copies where a kernel cannot read a view", materialize),
};

// The names between commas.
std::vector<Pass> passes_of(std::string_view list) {
  std::vector<Pass> passes;
  while (!list.empty()) {
    const std::string_view one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(one.size() + 1, list.size()));
    const auto* known = std::find(std::begin(optional_names), std::end(optional_names), one);
    if (known == std::end(optional_names))
      throw FormatError(fmt::format("ASG_DISABLE: there is no pass '{}'; there are {}", one,
                                    fmt::join(optional_names, ", ")));
    passes.push_back(all_optional[known - std::begin(optional_names)]);
  }
  return passes;
}

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
  for (const GraphPass& pass : graph_pass_table) {
    if (pass.optional && !context.options.has(*pass.optional)) continue;
    const Timed timed(context.report, pass.name);
    current = pass.run(first ? traced : TracedView(current), context);
    first = false;
    timed.done(current.graph.size());
    if (context.options.verify) verify(current.graph);
  }
  return current;
}

}  // namespace

std::span<const GraphPass> graph_passes() { return graph_pass_table; }

std::string_view name(Pass pass) { return optional_names[static_cast<std::size_t>(pass)]; }
std::span<const Pass> optional_passes() { return all_optional; }

const Claim* TracedView::claim(NodeId node) const {
  const auto at = std::lower_bound(claims.begin(), claims.end(), node,
                                   [](const Claimed& c, NodeId id) { return c.node < id; });
  return at == claims.end() || at->node != node ? nullptr : &at->claim;
}

bool PassOptions::has(Pass pass) const {
  return std::find(disabled.begin(), disabled.end(), pass) == disabled.end();
}

PassOptions PassOptions::from_environment() {
  PassOptions options;
  if (const char* text = std::getenv("ASG_DISABLE"); text != nullptr)
    options.disabled = passes_of(text);
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
