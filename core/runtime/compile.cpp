#include <asg/runtime/compile.hpp>

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/passes/passes.hpp>

#include "graph/booleans.hpp"
#include "runtime/abi_program.hpp"
#include "runtime/device_target.hpp"
#include "runtime/nan_check.hpp"
#include "runtime/program_memory.hpp"

namespace asg {

struct CompiledGraph::Impl {
  Impl(std::shared_ptr<ProgramMemory> runs_in, Program lowered, Report made)
      : memory(std::move(runs_in)), program(std::move(lowered)), report(std::move(made)) {}

  std::shared_ptr<ProgramMemory> memory;
  Program program;
  Report report;
  Executable executable;
  std::vector<Binding> bindings;        // one for each slot
  std::vector<VariableInfo> variables;  // of the state slots
  std::vector<std::uint32_t> variable_slots;
  std::vector<std::uint32_t> memory_slots;  // in blocks of the memory, by number
  std::uint64_t state_version = 0;
  std::unique_ptr<NanCheck> nan_check;  // when it was asked for

  [[nodiscard]] const Device& device() const { return memory->device(); }
  [[nodiscard]] ProgramMemory::Use use() const { return {*memory, program.name}; }
  void add_slot(std::uint32_t index, const Graph& graph);
  void reserve();
  void bind(State& state);
  void check(const std::vector<Array>& inputs) const;
  void upload(const std::vector<Array>& inputs);
  void prepare(State& state, const std::vector<Array>& inputs) {
    if (nan_check != nullptr) nan_check->require_finite(state, inputs);
    reserve();
    check(inputs);
    if (state.version() != state_version) bind(state);
  }
  void make_outputs(std::vector<Array>& outputs) const;
  void download(std::vector<Array>& outputs) const;
};

void CompiledGraph::Impl::add_slot(std::uint32_t index, const Graph& graph) {
  const Slot& slot = program.slots[index];
  Binding binding;
  if (slot.role == ASG_SLOT_STATE) {
    variables.push_back(*graph.find_variable(slot.name));
    variable_slots.push_back(index);
  } else if (slot.role != ASG_SLOT_CONST) {
    binding = {memory->block(memory_slots.size(), slot.size_bytes), 0, slot.size_bytes};
    memory_slots.push_back(index);
  }
  bindings.push_back(std::move(binding));
}

// Another program's growth may have failed, or the memory was cleared.
void CompiledGraph::Impl::reserve() {
  for (std::size_t i = 0; i < memory_slots.size(); ++i)
    static_cast<void>(memory->block(i, program.slots[memory_slots[i]].size_bytes));
}

void CompiledGraph::Impl::bind(State& state) {
  if (!(state.device() == device()))
    throw StateError(fmt::format("{}: the state is on another device ({}) than the program ({})",
                                 program.name, state.device().description().name,
                                 device().description().name));
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

void CompiledGraph::Impl::check(const std::vector<Array>& inputs) const {
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
  }
}

void CompiledGraph::Impl::upload(const std::vector<Array>& inputs) {
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (const Slot& slot = program.slots[program.inputs[i]]; slot.size_bytes > 0)
      bindings[program.inputs[i]].buffer.upload(0, with_clean_booleans(inputs[i]).bytes(),
                                                slot.size_bytes);
}

void CompiledGraph::Impl::make_outputs(std::vector<Array>& outputs) const {
  outputs.resize(program.outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Slot& slot = program.slots[program.outputs[i]];
    Array& array = outputs[i];
    if (array.type() != slot.type || array.bytes() == nullptr)
      array = Array(slot.type.dtype, slot.type.shape);
  }
}

void CompiledGraph::Impl::download(std::vector<Array>& outputs) const {
  make_outputs(outputs);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (const Slot& slot = program.slots[program.outputs[i]]; slot.size_bytes > 0)
      bindings[program.outputs[i]].buffer.download(0, outputs[i].bytes(), slot.size_bytes);
}

CompiledGraph compile(const Device& device, const Graph& graph, const Tensors& outputs,
                      const std::string& name) {
  return compile(device, graph, outputs, name, PassOptions::from_environment());
}

CompiledGraph compile(const Device& device, const Graph& graph, const Tensors& outputs,
                      const std::string& name, const PassOptions& options) {
  return CompiledGraph::make(std::make_shared<ProgramMemory>(device), graph, outputs, name,
                             options);
}

CompiledGraph CompiledGraph::make(std::shared_ptr<ProgramMemory> memory, const Graph& graph,
                                  const Tensors& outputs, const std::string& name,
                                  const PassOptions& options) {
  for (const Tensor& output : outputs)
    if (!output.defined() || &output.graph() != &graph)
      throw TypeError(fmt::format("compile: an output of '{}' is empty or of another graph", name));
  Report report;
  const Device device = memory->device();
  Program program = compile_program({graph, outputs}, DeviceTarget(device), options, &report);
  program.name = name;
  CompiledGraph result;
  result.impl_ = std::make_shared<Impl>(std::move(memory), std::move(program), std::move(report));
  Impl& impl = *result.impl_;
  impl.executable = device.compile(AbiProgram(impl.program).get());
  for (std::uint32_t i = 0; i < impl.program.slots.size(); ++i) impl.add_slot(i, graph);
  if (options.check_nan) impl.nan_check = std::make_unique<NanCheck>(device, graph, outputs, name);
  return result;
}

CompiledGraph::Impl& CompiledGraph::impl() const {
  if (impl_ == nullptr)
    throw DeviceError(
        "this CompiledGraph is empty, it was moved from or made without a graph; compile makes "
        "one");
  return *impl_;
}

void CompiledGraph::run(State& state, const std::vector<Array>& inputs,
                        std::vector<Array>& outputs) {
  Impl& self = impl();
  const ProgramMemory::Use use = self.use();
  self.prepare(state, inputs);
  self.upload(inputs);
  self.executable.run(self.bindings);
  self.download(outputs);
}

std::vector<Array> CompiledGraph::run(State& state, const std::vector<Array>& inputs) {
  std::vector<Array> outputs;
  run(state, inputs, outputs);
  return outputs;
}

std::vector<Array> CompiledGraph::run(const std::vector<Array>& inputs) {
  State none(impl().device());
  return run(none, inputs);
}

PendingRun CompiledGraph::submit(State& state, const std::vector<Array>& inputs) {
  Impl& self = impl();
  const ProgramMemory::Use use = self.use();
  self.prepare(state, inputs);
  PendingRun run;
  run.parts_ = std::make_unique<PendingRun::Parts>();
  auto& [given, outputs, works] = *run.parts_;
  for (const Array& input : inputs) given.push_back(with_clean_booleans(input));
  self.make_outputs(outputs);
  const auto submit = [&](const std::vector<std::uint32_t>& slots, std::vector<Array>& arrays,
                          auto transfer, std::vector<Work>& to) {
    for (std::size_t i = 0; i < slots.size(); ++i)
      if (const std::uint64_t size = self.program.slots[slots[i]].size_bytes; size > 0)
        to.push_back((self.bindings[slots[i]].buffer.*transfer)(0, arrays[i].bytes(), size));
  };
  submit(self.program.inputs, given, &Buffer::submit_upload, works);
  works.push_back(self.executable.submit(self.bindings));
  submit(self.program.outputs, outputs, &Buffer::submit_download, works);
  return run;
}

// All of it, so that nothing is under way when the caller hears of the first error.
std::vector<Array> PendingRun::get() {
  const std::unique_ptr<Parts> parts = std::move(parts_);
  if (parts == nullptr) return {};
  std::exception_ptr failure;
  for (const Work& work : parts->works) {
    try {
      work.wait();
    } catch (...) {
      if (failure == nullptr) failure = std::current_exception();
    }
  }
  if (failure != nullptr) std::rethrow_exception(failure);
  return std::move(parts->outputs);
}

std::vector<StepTime> CompiledGraph::profile(State& state, const std::vector<Array>& inputs) {
  Impl& self = impl();
  const ProgramMemory::Use use = self.use();
  self.prepare(state, inputs);
  self.upload(inputs);
  return self.executable.profile(self.bindings);
}

std::vector<Array> CompiledGraph::profile(State& state, const std::vector<Array>& inputs,
                                          std::vector<StepTime>& times) {
  Impl& self = impl();
  const ProgramMemory::Use use = self.use();
  self.prepare(state, inputs);
  self.upload(inputs);
  times = self.executable.profile(self.bindings);
  std::vector<Array> outputs;
  self.download(outputs);
  return outputs;
}

const Program& CompiledGraph::program() const { return impl().program; }

const Report& CompiledGraph::report() const { return impl().report; }

}  // namespace asg
