#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/passes/passes.hpp>
#include <asg/runtime/compile.hpp>
#include <asg/runtime/log.hpp>

#include "runtime/program_cache.hpp"
#include "runtime/program_memory.hpp"

namespace asg {

TracedFunction trace(const Function::Build& build, const Types& types,
                     std::optional<bool> training) {
  TracedFunction traced;
  for (const bool retry : {false, true}) {
    traced.graph = Graph();
    Graph& graph = traced.graph;
    const bool start = training.value_or(retry);
    graph.set_training(start);
    Tensors inputs;
    for (std::size_t i = 0; i < types.size(); ++i)
      inputs.push_back(graph.input(fmt::format("input {}", i), types[i].dtype, types[i].shape));
    traced.outputs = build(graph, inputs);
    const bool read = graph.training_was_read();
    // Parts built before training was turned on were built for evaluation: once more.
    if (training || start || !read || !graph.training()) break;
  }
  // Each run draws anew, whether or not an optimizer has seen to it.
  Graph& graph = traced.graph;
  if (const VariableInfo* step = graph.find_variable("random.step"); step != nullptr) {
    const Tensor value = graph.tensor({step->node, 0});
    const auto counts = [&](NodeId id) { return graph.node(id).operands[0].node == step->node; };
    if (std::none_of(graph.assigns().begin(), graph.assigns().end(), counts))
      graph.assign(value, value + 1);
  }
  return traced;
}

struct Function::Impl {
  Impl(Device on, Build how, CompileOptions chosen)
      : build(std::move(how)),
        options(std::move(chosen)),
        memory(std::make_shared<ProgramMemory>(std::move(on))),
        programs(options.max_programs) {}

  Build build;
  CompileOptions options;
  std::shared_ptr<ProgramMemory> memory;
  ProgramCache programs;
  bool warned = false;

  [[nodiscard]] ProgramMemory::Use use() const { return {*memory, options.name}; }
  void add(const Types& types, CompiledGraph program);
};

void Function::Impl::add(const Types& types, CompiledGraph program) {
  if (programs.full() && !warned) {
    warned = true;
    log_message(
        LogLevel::warn, options.name,
        fmt::format("{} programs are kept and one more is needed, since {}; from now on the "
                    "one that was not run for the longest time is compiled anew when it is "
                    "needed again. Pad to a few sizes, or raise "
                    "CompileOptions::max_programs",
                    options.max_programs, programs.what_varies(types)));
  }
  programs.add(types, std::move(program));
}

Function::Function(Device device, Build build, CompileOptions options) {
  if (!build) throw Error(fmt::format("{}: there is no function to compile", options.name));
  if (options.max_programs == 0)
    throw Error(
        fmt::format("{}: CompileOptions::max_programs is 0; a function keeps at least one program",
                    options.name));
  impl_ = std::make_shared<Impl>(std::move(device), std::move(build), std::move(options));
}

Function::Impl& Function::impl() const {
  if (impl_ == nullptr)
    throw Error("this compiled function is empty, it was moved from; compile makes one");
  return *impl_;
}

CompiledGraph Function::specialize(const Types& types) {
  Impl& self = impl();
  const ProgramMemory::Use use = self.use();
  if (const CompiledGraph* known = self.programs.find(types)) return *known;
  const TracedFunction traced = trace(self.build, types, self.options.training);
  CompiledGraph program = CompiledGraph::make(self.memory, traced.graph, traced.outputs,
                                              self.options.name, PassOptions::from_environment());
  self.add(types, program);
  return program;
}

std::size_t Function::programs() const { return impl().programs.size(); }

void Function::clear() {
  Impl& self = impl();
  const ProgramMemory::Use use = self.use();
  self.programs.clear();
  self.memory->clear();
  self.warned = false;
}

const Device& Function::device() const { return impl().memory->device(); }

namespace {

// Whether doubles among the arguments meet f64: in an array beside them or in the state.
bool wants_f64(const State& state, const std::vector<Argument>& arguments) {
  const auto any = [&](auto holds) {
    return std::any_of(arguments.begin(), arguments.end(), holds);
  };
  return any([](const Argument& a) { return a.fraction().has_value(); }) &&
         (any([](const Argument& a) { return !a.fraction() && a.array().dtype() == f64; }) ||
          state.has_elements(f64));
}

}  // namespace

std::vector<Array> Function::call(State& state, const std::vector<Argument>& arguments) {
  Types types;
  std::vector<Array> arrays;
  const bool wide = wants_f64(state, arguments);
  for (const Argument& argument : arguments) {
    arrays.push_back(wide && argument.fraction() ? Array(*argument.fraction()) : argument.array());
    types.push_back(arrays.back().type());
  }
  return specialize(types).run(state, arrays);
}

std::vector<Array> Function::call(const std::vector<Argument>& arguments) {
  State none(device());
  return call(none, arguments);
}

}  // namespace asg
