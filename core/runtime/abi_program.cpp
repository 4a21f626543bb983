#include "runtime/abi_program.hpp"

#include <algorithm>

#include "passes/abi_names.hpp"

namespace asg {
namespace {

void copy_sizes(std::int64_t (&to)[ASG_MAX_RANK], const Shape& from) {
  std::copy(from.begin(), from.end(), to);
}

// A plugin of an older opset takes every program that needs no more.
std::uint32_t opset_of(const Program& program) {
  std::uint32_t opset = 1;
  for (const Step& step : program.steps) opset = std::max(opset, abi::op_opset(step.op));
  for (const Region& region : program.regions) {
    for (const asg_inst& inst : region.insts)
      opset = std::max(opset, abi::instruction_opset(inst.op));
    for (const asg_reduction& reduction : region.reductions)
      opset = std::max(opset, abi::reduction_opset(reduction.kind));
  }
  return opset;
}

}  // namespace

std::vector<asg_attr> abi_attributes(const Attributes& attributes) {
  std::vector<asg_attr> result;
  for (const auto& [name, value] : attributes) {
    asg_attr attr{};
    attr.name = name.c_str();
    if (const auto* i = std::get_if<std::int64_t>(&value)) {
      attr.kind = ASG_ATTR_INT;
      attr.i = *i;
    } else if (const auto* f = std::get_if<double>(&value)) {
      attr.kind = ASG_ATTR_FLOAT;
      attr.f = *f;
    } else if (const auto* s = std::get_if<std::string>(&value)) {
      attr.kind = ASG_ATTR_STRING;
      attr.s = s->c_str();
    } else if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value)) {
      attr.kind = ASG_ATTR_INTS;
      attr.ints = list->data();
      attr.count = static_cast<std::uint32_t>(list->size());
    } else if (const auto* dtype = std::get_if<DType>(&value)) {
      attr.kind = ASG_ATTR_INT;
      attr.i = static_cast<std::int64_t>(*dtype);
    } else {
      continue;
    }
    result.push_back(attr);
  }
  return result;
}

asg_type abi_type(const TensorType& type) {
  asg_type result{};
  result.dtype = static_cast<std::uint32_t>(type.dtype);
  result.rank = static_cast<std::uint32_t>(type.shape.rank());
  copy_sizes(result.shape, type.shape);
  return result;
}

AbiProgram::AbiProgram(const Program& program) {
  for (const Slot& slot : program.slots) {
    const bool constant = slot.role == ASG_SLOT_CONST;
    slots_.push_back({slot.role, 0, slot.size_bytes, 64, constant ? slot.constant.bytes() : nullptr,
                      slot.name.c_str()});
  }
  for (const Placed& placed : program.values) {
    asg_value value{};
    value.dtype = static_cast<std::uint32_t>(placed.dtype);
    value.rank = static_cast<std::uint32_t>(placed.shape.rank());
    copy_sizes(value.shape, placed.shape);
    copy_sizes(value.strides, placed.strides);
    value.slot = placed.slot;
    value.offset = placed.offset;
    value.extent_begin = placed.extent_begin;
    value.extent_end = placed.extent_end;
    values_.push_back(value);
  }
  for (const Region& region : program.regions) add_region(region);
  for (const Step& step : program.steps) add_step(step);

  program_.struct_size = sizeof program_;
  program_.opset = opset_of(program);
  program_.slots = span_of(slots_);
  program_.values = span_of(values_);
  program_.steps = span_of(steps_);
  program_.regions = span_of(regions_);
  program_.name = program.name.c_str();
}

void AbiProgram::add_region(const Region& region) {
  auto& accesses = accesses_.emplace_back();
  for (const Access& from : region.accesses) {
    auto& bounds = bounds_.emplace_back();
    for (const Bound& b : from.bounds) {
      asg_bound bound{};
      bound.base = b.base;
      bound.extent = b.extent;
      copy_sizes(bound.coef, b.coef);
      bounds.push_back(bound);
    }
    asg_access access{};
    access.value = from.value;
    access.offset = from.offset;
    copy_sizes(access.strides, from.strides);
    access.bounds = span_of(bounds);
    access.fill = from.fill;
    accesses.push_back(access);
  }
  asg_region result{};
  result.struct_size = sizeof result;
  result.rank = static_cast<std::uint32_t>(region.dims.rank());
  copy_sizes(result.dims, region.dims);
  result.insts = span_of(region.insts);
  result.accesses = span_of(accesses);
  result.reductions = span_of(region.reductions);
  result.stores = span_of(region.stores);
  result.phases = span_of(region.phases);
  auto& instances = instances_.emplace_back();
  for (const Instance& instance : region.instances)
    instances.push_back({instance.length, instance.values.data()});
  result.instances = span_of(instances);
  regions_.push_back(result);
}

void AbiProgram::add_step(const Step& step) {
  attributes_.push_back(abi_attributes(step.attributes));
  asg_step result{};
  result.op = step.op;
  result.stage = step.stage;
  result.n_inputs = static_cast<std::uint32_t>(step.inputs.size());
  result.n_outputs = static_cast<std::uint32_t>(step.outputs.size());
  result.inputs = step.inputs.data();
  result.outputs = step.outputs.data();
  result.attrs = span_of(attributes_.back());
  result.region = static_cast<std::uint32_t>(step.region + 1);
  result.scratch = static_cast<std::uint32_t>(step.scratch + 1);
  result.name = step.name.c_str();
  result.origin = step.origin.c_str();
  steps_.push_back(result);
}

}  // namespace asg
