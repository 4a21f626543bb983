// asg plan: what the compiler makes of a training step, without running any of it.
#include <algorithm>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <asg/passes/cost.hpp>
#include <asg/passes/passes.hpp>
#include <asg/runtime/target.hpp>

#include "cli/batches.hpp"
#include "cli/command.hpp"
#include "cli/memory.hpp"
#include "cli/training.hpp"
#include "io/json.hpp"

namespace asg::cli {
namespace {

using Json = nlohmann::ordered_json;

struct PlanFlags {
  ModelFlags model;
  OptimizerFlags optimizer;
  DeviceFlags device;
  std::vector<std::filesystem::path> data;
  bool json = false, refusals = false;
};

// What a training step is made into.
struct Plan {
  std::string backend;
  std::size_t nodes = 0;
  Program program;
  Report report;
  Cost cost;
  // Of the variables: numbers that are trained or belong to the optimizer, and what only counts.
  std::uint64_t parameters = 0, state_bytes = 0, counter_bytes = 0;
};

Plan make_plan(PlanFlags flags) {
  if (flags.model.model == "gpt" && flags.model.vocab == 0)
    flags.model.vocab = vocabulary_size(flags.data);
  const Device device = flags.device.open();
  const Model model = make_model(flags.model);
  const TracedFunction traced =
      trace(training_step(flags.optimizer, model), training_types(model, flags.model.element()));
  Plan plan;
  plan.backend = device.backend_name();
  plan.nodes = traced.graph.size();
  plan.program = compile_program({traced.graph, traced.outputs}, *target_of(device),
                                 PassOptions::from_environment(), &plan.report);
  plan.cost = cost_of(plan.program);
  plan.parameters = static_cast<std::uint64_t>(model.module->numel());
  for (const VariableInfo& info : traced.graph.variables()) {
    const TensorType& type = traced.graph.type({info.node, 0});
    const auto bytes = static_cast<std::uint64_t>(type.shape.numel()) * size_of(type.dtype);
    (is_float(type.dtype) ? plan.state_bytes : plan.counter_bytes) += bytes;
  }
  return plan;
}

std::vector<const ArenaBuffer*> alive_at_peak(const Program& program) {
  std::vector<const ArenaBuffer*> alive;
  for (const ArenaBuffer& buffer : program.arena)
    if (buffer.first <= program.peak_step && program.peak_step <= buffer.last)
      alive.push_back(&buffer);
  std::stable_sort(alive.begin(), alive.end(),
                   [](const ArenaBuffer* a, const ArenaBuffer* b) { return a->bytes > b->bytes; });
  return alive;
}

void print_plan_json(const Plan& plan) {
  Json passes = Json::array(), peak = Json::array(), refusals = Json::array();
  for (const PassTime& pass : plan.report.passes)
    passes.push_back({{"name", pass.name}, {"ms", pass.ms}, {"nodes", pass.nodes}});
  for (const ArenaBuffer* buffer : alive_at_peak(plan.program))
    peak.push_back({{"name", buffer->name}, {"bytes", buffer->bytes}, {"origin", buffer->origin}});
  for (const Refusal& refusal : plan.report.refusals)
    refusals.push_back({{"pass", refusal.pass},
                        {"what", refusal.what},
                        {"reason", refusal.reason},
                        {"origin", refusal.origin}});
  const Json json{{"backend", plan.backend},
                  {"nodes", plan.nodes},
                  {"kernels", plan.program.steps.size()},
                  {"regions", plan.program.regions.size()},
                  {"arena_bytes", plan.program.slots[0].size_bytes},
                  {"liveness_bound_bytes", plan.program.liveness_bound_bytes},
                  {"parameters", plan.parameters},
                  {"state_bytes", plan.state_bytes},
                  {"counter_bytes", plan.counter_bytes},
                  {"bytes_moved", plan.cost.bytes()},
                  {"flops", plan.cost.flops},
                  {"passes", std::move(passes)},
                  {"peak_step", plan.program.peak_step},
                  {"peak", std::move(peak)},
                  {"refusals", std::move(refusals)}};
  fmt::print("{}\n", io::json_text(json));
}

std::string share(double part, double whole) {
  return whole > 0 ? fmt::format("{:.2f} x", part / whole) : "-";
}

void print_plan_text(const Plan& plan) {
  const Program& program = plan.program;
  const auto arena = static_cast<double>(program.slots[0].size_bytes);
  const auto bound = static_cast<double>(program.liveness_bound_bytes);
  const auto row = [](const char* what, const std::string& text) {
    fmt::print("{:<16} {}\n", what, text);
  };
  row("backend", plan.backend);
  row("nodes", fmt::format("{}", plan.nodes));
  row("kernels",
      fmt::format("{}, {} of them with regions", program.steps.size(), program.regions.size()));
  row("arena", fmt::format("{}, {} the {} that must be alive at once", size_text(arena),
                           share(arena, bound), size_text(bound)));
  row("state", fmt::format("{} for {} parameters", size_text(static_cast<double>(plan.state_bytes)),
                           plan.parameters));
  row("moved", fmt::format("{} a step", size_text(plan.cost.bytes())));
  row("computed", fmt::format("{:.4g} GFLOP a step", plan.cost.flops / 1e9));
  fmt::print("\n{:<16} {:>9} {:>9}\n", "pass", "ms", "nodes");
  for (const PassTime& pass : plan.report.passes)
    fmt::print("{:<16} {:>9.2f} {:>9}\n", pass.name, pass.ms, pass.nodes);

  constexpr std::size_t most = 12;
  const auto alive = alive_at_peak(program);
  if (!alive.empty())
    fmt::print("\nalive at step {}, {}\n", program.peak_step,
               program.steps[program.peak_step].name);
  for (std::size_t i = 0; i < std::min(most, alive.size()); ++i)
    fmt::print("{:>12}  {}  ({})\n", size_text(static_cast<double>(alive[i]->bytes)),
               alive[i]->name, alive[i]->origin);
  if (alive.size() > most) fmt::print("{:>12}  {} smaller ones\n", "", alive.size() - most);
}

// The same reason at many places is one line.
void print_refusals(const Report& report) {
  std::map<std::string, std::pair<std::size_t, std::string>> reasons;
  for (const Refusal& refusal : report.refusals) {
    auto& [count, origin] =
        reasons[fmt::format("{}: {}: {}", refusal.pass, refusal.what, refusal.reason)];
    if (count++ == 0) origin = refusal.origin;
  }
  fmt::print("\n{} fusions were refused\n", report.refusals.size());
  for (const auto& [reason, where] : reasons)
    fmt::print("{:>6}  {}  ({}{})\n", where.first, reason, where.first > 1 ? "first at " : "",
               where.second);
}

int plan(const PlanFlags& flags) {
  const Plan made = make_plan(flags);
  if (flags.json) {
    print_plan_json(made);
    return exit_done;
  }
  print_plan_text(made);
  if (flags.refusals) print_refusals(made.report);
  return exit_done;
}

}  // namespace

Run add_plan(CLI::App& command) {
  auto flags = std::make_shared<PlanFlags>();
  command.description("show what the compiler makes of a model's training step");
  add_model(command, flags->model);
  flags->model.add_vocab(command, "that of --data");
  flags->optimizer.add(command);
  command
      .add_option("--data", flags->data,
                  "gpt without --vocab: the text (default: /usr/share/common-licenses)")
      ->type_name("PATH")
      ->take_all();
  command.add_flag("--json", flags->json, "print JSON");
  command.add_flag("--refusals", flags->refusals, "list the fusions that were refused, and why");
  flags->device.add(command);
  return [flags] { return plan(*flags); };
}

}  // namespace asg::cli
