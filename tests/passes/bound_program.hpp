// A compiled program with buffers of the test's own, which it can look into between the steps.
#pragma once
#include <string>
#include <vector>

#include <asg/graph/error.hpp>
#include <asg/passes/passes.hpp>
#include <asg/runtime/device.hpp>
#include <asg/runtime/target.hpp>

#include "passes/differential.hpp"
#include "runtime/abi_program.hpp"

namespace passes_test {

class BoundProgram {
 public:
  BoundProgram(const asg::Device& device, const Case& from, const asg::PassOptions& options = {})
      : device_(device),
        program_(
            asg::compile_program({from.graph, from.outputs}, *asg::target_of(device), options)) {
    std::size_t input = 0;
    for (const asg::Slot& slot : program_.slots) {
      asg::Binding binding;
      if (slot.role != ASG_SLOT_CONST)
        binding = {device.allocate(slot.size_bytes), 0, slot.size_bytes};
      if (slot.role == ASG_SLOT_INPUT) fill(binding, from.inputs[input++]);
      if (slot.role == ASG_SLOT_STATE) {
        const auto given = from.state.find(slot.name);
        const asg::VariableInfo* info = from.graph.find_variable(slot.name);
        fill(binding, given != from.state.end() ? given->second
                                                : asg::Array::full(slot.type.dtype, slot.type.shape,
                                                                   info->initial.value_or(0)));
      }
      bindings_.push_back(std::move(binding));
    }
  }

  [[nodiscard]] const asg::Program& program() const { return program_; }
  [[nodiscard]] const std::vector<asg::Binding>& bindings() const { return bindings_; }
  [[nodiscard]] asg::Executable executable() const {
    return device_.compile(asg::AbiProgram(program_).get());
  }

  /// An executable of one step alone, over the same buffers.
  [[nodiscard]] asg::Executable step(std::size_t number) const {
    asg::Program one = program_;
    one.steps = {program_.steps[number]};
    one.steps[0].stage = 0;
    return device_.compile(asg::AbiProgram(one).get());
  }

  /// The outputs and the state as they are now.
  [[nodiscard]] Outcome outcome() const {
    Outcome result;
    for (const std::uint32_t slot : program_.outputs) result.outputs.push_back(contents(slot));
    for (std::uint32_t i = 0; i < program_.slots.size(); ++i)
      if (program_.slots[i].role == ASG_SLOT_STATE)
        result.state[program_.slots[i].name] = contents(i);
    return result;
  }

 private:
  static void fill(const asg::Binding& binding, const asg::Array& array) {
    if (array.size_bytes() > 0) binding.buffer.upload(0, array.bytes(), array.size_bytes());
  }
  [[nodiscard]] asg::Array contents(std::uint32_t slot) const {
    asg::Array array(program_.slots[slot].type.dtype, program_.slots[slot].type.shape);
    if (array.size_bytes() > 0)
      bindings_[slot].buffer.download(0, array.bytes(), array.size_bytes());
    return array;
  }

  asg::Device device_;
  asg::Program program_;
  std::vector<asg::Binding> bindings_;
};

}  // namespace passes_test
