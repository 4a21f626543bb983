#include "passes/check_program.hpp"

#include <algorithm>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

#include "passes/abi_names.hpp"

namespace asg {
namespace {

bool stands_in_order(const Placed& value) {
  if (value.shape.numel() == 0) return true;
  std::int64_t dense = 1;
  for (int d = value.shape.rank(); d-- > 0;) {
    if (value.shape[d] != 1 && value.strides[d] != dense) return false;
    dense *= value.shape[d];
  }
  return true;
}

bool is_among(std::uint64_t bits, std::size_t i) { return i < 64 && (bits >> i & 1u) != 0; }

class ProgramChecker {
 public:
  ProgramChecker(const Program& program, const Target& target)
      : program_(program), target_(target), limits_(target.region_limits()) {
    // The names of all, so that one more does not compile before it is checked.
    const auto& [alignment, value_range, buffer_size] = target.memory_limits();
    alignment_ = alignment;
    value_range_ = value_range;
    buffer_size_ = buffer_size;
  }

  void run() {
    check_memory();
    for (const Step& step : program_.steps) {
      for (const std::uint32_t v : step.inputs) check_value(step, v);
      for (const std::uint32_t v : step.outputs) check_value(step, v);
      if (step.scratch >= 0) check_value(step, static_cast<std::uint32_t>(step.scratch));
      if (step.region >= 0) check_region(step);
      if (step.op == ASG_OP_CLAIMED)
        check_claimed(step);
      else if (step.op != ASG_OP_REGION)
        check_kernel(step);
    }
  }

 private:
  [[noreturn]] void refuse(std::string_view op, std::string_view why,
                           std::string_view origin) const {
    throw TypeError(fmt::format("{}: backend '{}' cannot execute it: {}{}{}", op, target_.name(),
                                why, origin.empty() ? "" : "\n  at ", origin));
  }
  [[noreturn]] void refuse(const Step& step, const std::string& why) const {
    refuse(step.name, why, step.origin);
  }

  void check_memory() const {
    for (const ArenaBuffer& piece : program_.arena)
      if (piece.offset % alignment_ != 0)
        throw InternalError(fmt::format("{}: placed at byte {}, the device aligns to {}",
                                        piece.name, piece.offset, alignment_));
    if (buffer_size_ == 0) return;
    for (const Slot& slot : program_.slots) {
      if (slot.size_bytes <= buffer_size_) continue;
      const std::string why = fmt::format(
          "it needs {} bytes, and the device allows {} in one buffer (max_buffer_size); take a "
          "smaller batch or another device",
          slot.size_bytes, buffer_size_);
      if (slot.role != ASG_SLOT_ARENA) refuse(slot.name.empty() ? "constant" : slot.name, why, {});
      const Step& peak = program_.steps[program_.peak_step];
      refuse(peak.name, "with all that is alive then, " + why, peak.origin);
    }
  }

  void check_value(const Step& step, std::uint32_t index) const {
    const Placed& value = program_.values[index];
    const std::uint64_t bytes = value.extent_end - value.extent_begin;
    if (value_range_ == 0 || bytes <= value_range_) return;
    refuse(step, fmt::format("a tensor of it spans {} bytes, and the device allows {} "
                             "(max_value_range); make it of smaller parts",
                             bytes, value_range_));
  }

  // Whatever is in a register was made by an instruction on that type: what a cast reads, too.
  void check_region(const Step& step) const {
    const Region& region = program_.regions[static_cast<std::size_t>(step.region)];
    const RegionNeeds needs = needs_of(program_, step);
    if (const auto rule = broken_rule(needs, limits_))
      refuse(step, describe_rule(*rule, needs, limits_));
    for (const asg_inst& inst : region.insts) {
      if (inst.op == ASG_EW_PRODUCT && step.op == ASG_OP_MATMUL) continue;
      const bool compares = inst.op >= ASG_EW_EQ && inst.op <= ASG_EW_GE;
      const auto dtype = static_cast<DType>(compares ? region.insts[inst.a].dtype : inst.dtype);
      if (!target_.accepts_instruction(inst.op, dtype))
        refuse(step,
               fmt::format("it has no {} for {}", abi::instruction_name(inst.op), name(dtype)));
    }
    for (const asg_reduction& reduction : region.reductions)
      if (const auto dtype = static_cast<DType>(reduction.dtype);
          !target_.accepts_reduction(reduction.kind, dtype))
        refuse(step, fmt::format("it has no reduction {} for {}",
                                 abi::reduction_name(reduction.kind), name(dtype)));
  }

  void check_kernel(const Step& step) const {
    const bool epilogue = step.region >= 0;
    const std::size_t operands = epilogue ? 2 : step.inputs.size();
    Types types;
    std::uint32_t flags = epilogue ? ASG_CAP_EPILOGUE : 0;
    for (std::size_t i = 0; i < operands; ++i) {
      const Placed& value = program_.values[step.inputs[i]];
      types.push_back({value.dtype, value.shape});
      if (!stands_in_order(value)) flags |= ASG_CAP_STRIDED;
    }
    if (epilogue)
      types.push_back(
          {types[0].dtype, program_.regions[static_cast<std::size_t>(step.region)].dims});
    else
      for (const std::uint32_t v : step.outputs)
        types.push_back({program_.values[v].dtype, program_.values[v].shape});
    if (target_.accepts_kernel(step.op, types, flags)) return;
    std::string text;
    for (const TensorType& type : types)
      text += fmt::format("{}{}", text.empty() ? "" : ", ", to_string(type));
    refuse(step, fmt::format("it has no kernel {} for {}{}{}", abi::op_name(step.op), text,
                             (flags & ASG_CAP_STRIDED) != 0 ? ", with strides" : "",
                             epilogue ? ", with an epilogue" : ""));
  }

  void check_claimed(const Step& step) const {
    for (std::size_t i = 0; i < step.inputs.size(); ++i)
      if (!is_among(step.strided_inputs, i) && !stands_in_order(program_.values[step.inputs[i]]))
        throw InternalError(fmt::format("{}: operand {} has strides that were not claimed\n  at {}",
                                        step.name, i, step.origin));
    for (std::size_t i = 0; i < step.outputs.size(); ++i)
      if (!is_among(step.strided_outputs, i) && !stands_in_order(program_.values[step.outputs[i]]))
        throw InternalError(fmt::format("{}: result {} has strides that were not claimed\n  at {}",
                                        step.name, i, step.origin));
  }

  const Program& program_;
  const Target& target_;
  const RegionLimits limits_;
  std::uint64_t alignment_ = 0, value_range_ = 0, buffer_size_ = 0;
};

}  // namespace

RegionNeeds needs_of(const Program& program, const Step& step) {
  const Region& region = program.regions[static_cast<std::size_t>(step.region)];
  std::vector<std::uint32_t> values;
  if (region.instances.empty()) {
    values = step.inputs;
    values.insert(values.end(), step.outputs.begin(), step.outputs.end());
  } else {
    values = region.instances[0].values;
  }
  std::sort(values.begin(), values.end());
  const auto distinct = std::unique(values.begin(), values.end()) - values.begin();
  const auto bounded = [](const Access& access) { return !access.bounds.empty(); };
  return {.rank = static_cast<std::uint64_t>(region.dims.rank()),
          .buffers = static_cast<std::uint64_t>(distinct) + region.reductions.size(),
          .insts = region.insts.size(),
          .bounds = std::any_of(region.accesses.begin(), region.accesses.end(), bounded),
          .phases = region.phases.size() > 1,
          .instances = !region.instances.empty()};
}

void check_program(const Program& program, const Target& target) {
  ProgramChecker(program, target).run();
}

}  // namespace asg
