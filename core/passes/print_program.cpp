#include <cstring>
#include <iterator>

#include <fmt/format.h>

#include <asg/passes/print.hpp>

#include "passes/abi_names.hpp"
#include "passes/print_parts.hpp"

namespace asg {

std::string slot_name(const Program& program, std::uint32_t slot) {
  static constexpr const char* roles[] = {"slot", "arena", "input", "output", "state", "constant"};
  const std::uint32_t role = program.slots[slot].role;
  return fmt::format("{}{}", role < std::size(roles) ? roles[role] : "slot",
                     role == ASG_SLOT_ARENA ? std::string() : std::to_string(slot));
}

Array immediate(const asg_inst& inst) {
  Array value(static_cast<DType>(inst.dtype), {});
  std::memcpy(value.bytes(), &inst.imm, value.size_bytes());
  return value;
}

namespace {

using Out = std::back_insert_iterator<std::string>;

std::string immediate_text(const asg_inst& inst) {
  const Array value = immediate(inst);
  switch (value.dtype()) {
    case DType::f32:
      return fmt::format("{}", value.item<float>());
    case DType::i64:
      return fmt::format("{}", value.item<std::int64_t>());
    default:
      return fmt::format("{}", value.get(0));
  }
}

// "16*i0 + i1 - 3"
std::string affine(std::int64_t offset, const Shape& coefficients) {
  std::string text;
  const auto term = [&](std::int64_t factor, const std::string& name) {
    const std::uint64_t size =
        factor < 0 ? 0 - static_cast<std::uint64_t>(factor) : static_cast<std::uint64_t>(factor);
    text += text.empty() ? (factor < 0 ? "-" : "") : (factor < 0 ? " - " : " + ");
    if (name.empty())
      text += std::to_string(size);
    else if (size == 1)
      text += name;
    else
      text += fmt::format("{}*{}", size, name);
  };
  for (int d = 0; d < coefficients.rank(); ++d)
    if (coefficients[d] != 0) term(coefficients[d], fmt::format("i{}", d));
  if (offset != 0) term(offset, {});
  return text.empty() ? "0" : text;
}

std::string element(const Region& region, std::uint32_t index) {
  const Access& access = region.accesses[index];
  std::string text =
      region.instances.empty() ? fmt::format("v{}", access.value) : fmt::format("a{}", index);
  text += fmt::format("[{}]", affine(access.offset, access.strides));
  for (std::size_t i = 0; i < access.bounds.size(); ++i) {
    const Bound& bound = access.bounds[i];
    text += fmt::format("{} 0 <= {} < {}", i == 0 ? " where" : " and",
                        affine(bound.base, bound.coef), bound.extent);
  }
  return text;
}

int operands(std::uint32_t op) {
  if (op == ASG_EW_WHERE) return 3;
  return op >= ASG_EW_ADD ? 2 : 1;
}

void write_inst(Out out, const Region& region, const asg_inst& inst) {
  const std::string name = abi::instruction_name(inst.op);
  switch (inst.op) {
    case ASG_EW_LOAD:
      fmt::format_to(out, "load {}", element(region, inst.a));
      return;
    case ASG_EW_IMM:
      fmt::format_to(out, "{}", immediate_text(inst));
      return;
    case ASG_EW_REDUCED:
      fmt::format_to(out, "q{}", inst.a);
      return;
    case ASG_EW_PRODUCT:
      fmt::format_to(out, "product");
      return;
    case ASG_EW_IOTA: {
      const Access& position = region.accesses[inst.a];
      fmt::format_to(out, "iota {}", affine(position.offset, position.strides));
      return;
    }
    case ASG_EW_RANDOM: {
      const Access& number = region.accesses[inst.c];
      fmt::format_to(out, "random seed r{}, step r{}, number {}, stream {}", inst.a, inst.b,
                     affine(number.offset, number.strides), inst.imm);
      return;
    }
    default:
      break;
  }
  const std::uint32_t registers[] = {inst.a, inst.b, inst.c};
  fmt::format_to(out, "{}", name);
  for (int i = 0; i < operands(inst.op); ++i)
    fmt::format_to(out, "{} r{}", i == 0 ? "" : ",", registers[i]);
}

void write_region(Out out, const Region& region) {
  if (region.instances.empty()) {
    fmt::format_to(out, "    for");
    for (int d = 0; d < region.dims.rank(); ++d)
      fmt::format_to(out, "{} i{} < {}", d == 0 ? "" : ",", d, region.dims[d]);
    fmt::format_to(out, "{}\n", region.dims.empty() ? " one point" : "");
  }
  for (std::size_t i = 0; i < region.instances.size(); ++i) {
    const Instance& instance = region.instances[i];
    fmt::format_to(out, "    instance {}: i0 < {}", i, instance.length);
    for (std::size_t k = 0; k < instance.values.size(); ++k)
      fmt::format_to(out, ", a{} = v{}", k, instance.values[k]);
    fmt::format_to(out, "\n");
  }
  asg_phase begin{};
  for (std::size_t p = 0; p < region.phases.size(); ++p) {
    const asg_phase& end = region.phases[p];
    if (p > 0) fmt::format_to(out, "    phase {}\n", p);
    for (std::uint32_t i = begin.insts_end; i < end.insts_end; ++i) {
      const asg_inst& inst = region.insts[i];
      fmt::format_to(out, "      r{} {} = ", i, asg::name(static_cast<DType>(inst.dtype)));
      write_inst(out, region, inst);
      fmt::format_to(out, "\n");
    }
    for (std::uint32_t i = begin.reductions_end; i < end.reductions_end; ++i) {
      const asg_reduction& reduction = region.reductions[i];
      fmt::format_to(out, "      q{} {} = {} r{} over", i,
                     asg::name(static_cast<DType>(reduction.dtype)),
                     abi::reduction_name(reduction.kind), reduction.source);
      for (int d = 0, first = 1; d < region.dims.rank(); ++d)
        if ((reduction.axes >> d & 1u) != 0) {
          fmt::format_to(out, "{} i{}", first != 0 ? "" : ",", d);
          first = 0;
        }
      fmt::format_to(out, "\n");
    }
    for (std::uint32_t i = begin.stores_end; i < end.stores_end; ++i) {
      const asg_store& store = region.stores[i];
      fmt::format_to(out, "      store {} = {}{}\n", element(region, store.access),
                     store.kind == ASG_STORE_REDUCTION ? 'q' : 'r', store.source);
    }
    begin = end;
  }
}

void write_value(Out out, const Program& program, const char* what, std::uint32_t index) {
  const Placed& value = program.values[index];
  fmt::format_to(out, "    {} v{} = {} at {}+{}", what, index,
                 to_string(TensorType{value.dtype, value.shape}), slot_name(program, value.slot),
                 value.offset);
  if (value.strides != row_major_strides(value.shape))
    fmt::format_to(out, " strides {}", to_string(value.strides));
  fmt::format_to(out, "\n");
}

void write_step(Out out, const Program& program, std::size_t index) {
  const Step& step = program.steps[index];
  const std::string op = abi::op_name(step.op);
  fmt::format_to(out, "\nstep {}, stage {}: {}{}", index, step.stage, op,
                 step.name == op ? "" : " " + step.name);
  bool first = true;
  for (const auto& [name, value] : step.attributes) {
    fmt::format_to(out, "{}{}={}", first ? " {" : ", ", name, to_string(value));
    first = false;
  }
  fmt::format_to(out, "{}  // {}\n", first ? "" : "}", step.origin);
  for (const std::uint32_t v : step.inputs) write_value(out, program, "in ", v);
  for (const std::uint32_t v : step.outputs) write_value(out, program, "out", v);
  if (step.scratch >= 0)
    write_value(out, program, "scratch", static_cast<std::uint32_t>(step.scratch));
  if (step.region >= 0) write_region(out, program.regions[static_cast<std::size_t>(step.region)]);
}

}  // namespace

std::string to_text(const Program& program) {
  std::string text;
  const Out out(text);
  fmt::format_to(out, "{}: {} steps, {} stages, {} bytes alive at step {}\n", program.name,
                 program.steps.size(), program.steps.empty() ? 0 : program.steps.back().stage + 1,
                 program.liveness_bound_bytes, program.peak_step);
  for (std::uint32_t i = 0; i < program.slots.size(); ++i) {
    const Slot& slot = program.slots[i];
    if (slot.role == ASG_SLOT_ARENA)
      fmt::format_to(out, "{}: {} bytes\n", slot_name(program, i), slot.size_bytes);
    else
      fmt::format_to(out, "{} {}: {}\n", slot_name(program, i), slot.name, to_string(slot.type));
  }
  for (std::size_t i = 0; i < program.steps.size(); ++i) write_step(out, program, i);
  return text;
}

}  // namespace asg
