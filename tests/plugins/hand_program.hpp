// Programs put together by hand, without the core's lowering.
#pragma once
#include <cstdint>
#include <cstring>
#include <deque>
#include <initializer_list>
#include <vector>

#include <asg/sdk/backend.h>

namespace plugin_tests {

class HandProgram {
 public:
  /// A slot and the row-major value that fills it; returns the index of both.
  std::uint32_t add(std::uint32_t role, std::uint32_t dtype, std::initializer_list<int> shape,
                    const char* name, const void* data = nullptr) {
    asg_value value{};
    value.dtype = dtype;
    value.rank = static_cast<std::uint32_t>(shape.size());
    std::uint64_t count = 1;
    std::uint32_t axis = value.rank;
    for (auto it = std::rbegin(shape); it != std::rend(shape); ++it) {
      value.shape[--axis] = *it;
      value.strides[axis] = static_cast<std::int64_t>(count);
      count *= static_cast<std::uint64_t>(*it);
    }
    const std::uint64_t bytes = count * (dtype == ASG_I64 ? 8 : 4);
    value.slot = static_cast<std::uint32_t>(slots_.size());
    value.extent_end = bytes;
    values_.push_back(value);
    slots_.push_back({role, 0, bytes, 16, data, name});
    return value.slot;
  }
  void step(std::uint32_t op, std::vector<std::uint32_t> inputs, std::uint32_t output,
            const char* name, const char* origin) {
    const auto& in = operands_.emplace_back(std::move(inputs));
    const auto& out = operands_.emplace_back(std::vector{output});
    asg_step step{};
    step.op = op;
    step.stage = static_cast<std::uint32_t>(steps_.size());
    step.n_inputs = static_cast<std::uint32_t>(in.size());
    step.n_outputs = 1;
    step.inputs = in.data();
    step.outputs = out.data();
    step.name = name;
    step.origin = origin;
    steps_.push_back(step);
  }
  [[nodiscard]] asg_program get() const {
    asg_program program{};
    program.struct_size = sizeof program;
    program.opset = ASG_OPSET;
    program.slots = span(slots_);
    program.values = span(values_);
    program.steps = span(steps_);
    program.name = "by hand";
    return program;
  }

 private:
  template <class T>
  static asg_span span(const std::vector<T>& items) {
    return {items.data(), static_cast<std::uint32_t>(items.size()), sizeof(T)};
  }
  std::vector<asg_slot> slots_;
  std::vector<asg_value> values_;
  std::vector<asg_step> steps_;
  std::deque<std::vector<std::uint32_t>> operands_;  // steps point into them
};

}  // namespace plugin_tests
