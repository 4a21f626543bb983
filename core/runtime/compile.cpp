#include <asg/runtime/compile.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/passes/passes.hpp>

#include "graph/booleans.hpp"

#include "abi_program.hpp"
#include "device_target.hpp"
#include "nan_check.hpp"

namespace asg {

struct CompiledGraph::Impl {
  Impl(Device on, Program lowered, Report made)
      : device(std::move(on)), program(std::move(lowered)), report(std::move(made)) {}

  Device device;
  Program program;
  Report report;
  Executable executable;
  std::vector<Binding> bindings;        // one for each slot
  std::vector<VariableInfo> variables;  // of the state slots
  std::vector<std::uint32_t> variable_slots;
  std::uint64_t state_version = 0;
  std::unique_ptr<NanCheck> nan_check;  // when it was asked for

  void bind(State& state);
  void upload(const std::vector<Array>& inputs);
  void prepare(State& state, const std::vector<Array>& inputs) {
    if (nan_check != nullptr) nan_check->require_finite(state, inputs);
    upload(inputs);
    if (state.version() != state_version) bind(state);
  }
  void download(std::vector<Array>& outputs) const;
};

void CompiledGraph::Impl::bind(State& state) {
  if (!(state.device() == device))
    throw StateError(fmt::format("{}: the state is on another device ({}) than the program ({})",
                                 program.name, state.device().description().name,
                                 device.description().name));
  std::string missing;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const VariableInfo& info = variables[i];
    const TensorType& type = program.slots[variable_slots[i]].type;
    if (!state.has(info.name)) {
      if (info.initial)
        state.set(info.name, Array::full(type.dtype, type.shape, *info.initial));
      else
        missing += fmt::format("{}{}", missing.empty() ? "" : ", ", info.name);
    } else if (state.type(info.name) != type) {
      throw StateError(fmt::format("{}: the program needs '{}' as {}, the state has it as {}",
                                   program.name, info.name, to_string(type),
                                   to_string(state.type(info.name))));
    }
  }
  if (!missing.empty())
    throw StateError(
        fmt::format("{}: the state has no value for {}; initialize(model, ...) or "
                    "load them first",
                    program.name, missing));
  for (std::size_t i = 0; i < variables.size(); ++i)
    bindings[variable_slots[i]] = {state.buffer(variables[i].name), 0,
                                   program.slots[variable_slots[i]].size_bytes};
  state_version = state.version();
}

void CompiledGraph::Impl::upload(const std::vector<Array>& inputs) {
  if (inputs.size() != program.inputs.size())
    throw ShapeError(fmt::format("{}: takes {} inputs, {} were given", program.name,
                                 program.inputs.size(), inputs.size()));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Slot& slot = program.slots[program.inputs[i]];
    if (inputs[i].type() != slot.type)
      throw ShapeError(fmt::format("{}: input '{}' is {}, the array given is {}", program.name,
                                   slot.name, to_string(slot.type), to_string(inputs[i].type())));
    if (slot.size_bytes > 0 && inputs[i].bytes() == nullptr)
      throw ShapeError(
          fmt::format("{}: the array given for input '{}' was only declared, it has "
                      "no elements",
                      program.name, slot.name));
    if (slot.size_bytes > 0)
      bindings[program.inputs[i]].buffer.upload(0, with_clean_booleans(inputs[i]).bytes(),
                                                slot.size_bytes);
  }
}

void CompiledGraph::Impl::download(std::vector<Array>& outputs) const {
  outputs.resize(program.outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Slot& slot = program.slots[program.outputs[i]];
    Array& array = outputs[i];
    if (array.type() != slot.type || array.bytes() == nullptr)
      array = Array(slot.type.dtype, slot.type.shape);
    if (slot.size_bytes > 0)
      bindings[program.outputs[i]].buffer.download(0, array.bytes(), slot.size_bytes);
  }
}

CompiledGraph compile(const Device& device, const Graph& graph, const Tensors& outputs,
                      const std::string& name) {
  return compile(device, graph, outputs, name, PassOptions::from_environment());
}

CompiledGraph compile(const Device& device, const Graph& graph, const Tensors& outputs,
                      const std::string& name, const PassOptions& options) {
  for (const Tensor& output : outputs)
    if (!output || &output.graph() != &graph)
      throw TypeError(fmt::format("compile: an output of '{}' is empty or of another graph", name));
  Report report;
  Program program = compile_program({graph, outputs}, DeviceTarget(device), options, &report);
  program.name = name;
  CompiledGraph result;
  result.impl_ =
      std::make_shared<CompiledGraph::Impl>(device, std::move(program), std::move(report));
  CompiledGraph::Impl& impl = *result.impl_;
  impl.executable = device.compile(AbiProgram(impl.program).get());
  for (std::uint32_t i = 0; i < impl.program.slots.size(); ++i) {
    const Slot& slot = impl.program.slots[i];
    Binding binding;
    if (slot.role == ASG_SLOT_STATE) {
      impl.variables.push_back(*graph.find_variable(slot.name));
      impl.variable_slots.push_back(i);
    } else if (slot.role != ASG_SLOT_CONST) {
      binding = {device.allocate(slot.size_bytes), 0, slot.size_bytes};
    }
    impl.bindings.push_back(std::move(binding));
  }
  if (options.check_nan)
    impl.nan_check = std::make_unique<NanCheck>(device, graph, outputs, name);
  return result;
}

void CompiledGraph::run(State& state, const std::vector<Array>& inputs,
                        std::vector<Array>& outputs) {
  impl_->prepare(state, inputs);
  impl_->executable.run(impl_->bindings);
  impl_->download(outputs);
}

std::vector<Array> CompiledGraph::run(State& state, const std::vector<Array>& inputs) {
  std::vector<Array> outputs;
  run(state, inputs, outputs);
  return outputs;
}

std::vector<Array> CompiledGraph::run(const std::vector<Array>& inputs) {
  State none(impl_->device);
  return run(none, inputs);
}

std::vector<StepTime> CompiledGraph::profile(State& state, const std::vector<Array>& inputs) {
  impl_->prepare(state, inputs);
  return impl_->executable.profile(impl_->bindings);
}

std::vector<Array> CompiledGraph::profile(State& state, const std::vector<Array>& inputs,
                                          std::vector<StepTime>& times) {
  times = profile(state, inputs);
  std::vector<Array> outputs;
  impl_->download(outputs);
  return outputs;
}

const Program& CompiledGraph::program() const { return impl_->program; }

const Report& CompiledGraph::report() const { return impl_->report; }

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

Function::Function(Device device, Build build, CompileOptions options)
    : device_(std::move(device)), build_(std::move(build)), options_(std::move(options)) {}

CompiledGraph& Function::specialize(const Types& types) {
  for (auto& [known, program] : programs_)
    if (known == types) return program;
  const TracedFunction traced = trace(build_, types, options_.training);
  programs_.emplace_back(types, compile(device_, traced.graph, traced.outputs, options_.name));
  return programs_.back().second;
}

std::vector<Array> Function::call(State& state, const std::vector<Argument>& arguments) {
  Types types;
  std::vector<Array> arrays;
  for (const Argument& argument : arguments) {
    types.push_back(argument.array().type());
    arrays.push_back(argument.array());
  }
  return specialize(types).run(state, arrays);
}

std::vector<Array> Function::call(const std::vector<Argument>& arguments) {
  State none(device_);
  return call(none, arguments);
}

}  // namespace asg
