#include "runtime/abi_program.hpp"

#include <algorithm>

namespace asg {
namespace {

template <class T>
asg_span span_of(const std::vector<T>& list) {
  return {list.data(), static_cast<std::uint32_t>(list.size()), sizeof(T)};
}

void copy_sizes(std::int64_t (&to)[ASG_MAX_RANK], const Shape& from) {
  std::copy(from.begin(), from.end(), to);
}

// Two independent FNV-1a sums make 128 bits.
class Fingerprint {
 public:
  void mix(const void* bytes, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      const auto byte = static_cast<const unsigned char*>(bytes)[i];
      low_ = (low_ ^ byte) * 1099511628211u;
      high_ = (high_ ^ (byte + 0x9du)) * 0x100000001b5u;
    }
  }
  template <class T>
  void mix(const T& value) {
    static_assert(std::has_unique_object_representations_v<T>);
    mix(&value, sizeof value);
  }
  void mix(const std::string& text) {
    mix(text.size());
    mix(text.data(), text.size());
  }
  void mix(const Shape& shape) {
    mix(shape.rank());
    for (const std::int64_t size : shape) mix(size);
  }
  void write(std::uint64_t (&to)[2]) const {
    to[0] = low_;
    to[1] = high_;
  }

 private:
  std::uint64_t low_ = 14695981039346656037u;
  std::uint64_t high_ = 0x6c62272e07bb0142u;
};

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
  program_.opset = ASG_OPSET;
  program_.slots = span_of(slots_);
  program_.values = span_of(values_);
  program_.steps = span_of(steps_);
  program_.regions = span_of(regions_);
  program_.name = program.name.c_str();
  fingerprint(program);
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
    access.n_bounds = static_cast<std::uint32_t>(bounds.size());
    access.offset = from.offset;
    copy_sizes(access.strides, from.strides);
    access.bounds = bounds.data();
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

void AbiProgram::fingerprint(const Program& program) {
  Fingerprint sum;
  for (const Slot& slot : program.slots) {
    sum.mix(slot.role);
    sum.mix(slot.size_bytes);
    if (slot.role == ASG_SLOT_CONST) sum.mix(slot.constant.bytes(), slot.constant.size_bytes());
  }
  for (const Placed& v : program.values) {
    sum.mix(v.dtype);
    sum.mix(v.shape);
    sum.mix(v.strides);
    sum.mix(v.slot);
    sum.mix(v.offset);
  }
  for (const Step& step : program.steps) {
    sum.mix(step.op);
    sum.mix(step.stage);
    sum.mix(step.name);
    sum.mix(step.inputs.data(), step.inputs.size() * sizeof(std::uint32_t));
    sum.mix(step.outputs.data(), step.outputs.size() * sizeof(std::uint32_t));
    for (const auto& [name, value] : step.attributes) {
      sum.mix(name);
      sum.mix(to_string(value));
    }
    sum.mix(step.region);
  }
  for (const Region& region : program.regions) {
    sum.mix(region.dims);
    sum.mix(region.insts.data(), region.insts.size() * sizeof(asg_inst));
    sum.mix(region.reductions.data(), region.reductions.size() * sizeof(asg_reduction));
    sum.mix(region.stores.data(), region.stores.size() * sizeof(asg_store));
    sum.mix(region.phases.data(), region.phases.size() * sizeof(asg_phase));
    for (const Instance& instance : region.instances) {
      sum.mix(instance.length);
      sum.mix(instance.values.data(), instance.values.size() * sizeof(std::uint32_t));
    }
    for (const Access& access : region.accesses) {
      sum.mix(access.value);
      sum.mix(access.offset);
      sum.mix(access.strides);
      sum.mix(access.fill);
      for (const Bound& bound : access.bounds) {
        sum.mix(bound.base);
        sum.mix(bound.extent);
        sum.mix(bound.coef);
      }
    }
  }
  sum.write(program_.fingerprint);
}

}  // namespace asg
