// Builds programs of the plugin ABI by hand, as the core would.
//
//   ProgramBuilder p;
//   auto x = p.input(ASG_F32, {2, 3}), y = p.output(ASG_F32, {2, 3});
//   RegionBuilder& r = p.region({2, 3});
//   r.store(r.op(ASG_EW_EXP, r.load(x)), y);
//
// Run it with GuardedRun (guarded_run.hpp); tests of the ABI alone with LoadedBackend (tests/abi).
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <asg/sdk/backend.h>
#include <asg/sdk/program.hpp>

namespace asg::proof {

using Shape = std::vector<int64_t>;

template <class T>
constexpr uint32_t dtype_of() {
  if constexpr (std::is_same_v<T, float>) return ASG_F32;
  if constexpr (std::is_same_v<T, double>) return ASG_F64;
  if constexpr (std::is_same_v<T, int8_t>) return ASG_I8;
  if constexpr (std::is_same_v<T, int32_t>) return ASG_I32;
  if constexpr (std::is_same_v<T, int64_t>) return ASG_I64;
  if constexpr (std::is_same_v<T, uint8_t>) return ASG_U8;
  if constexpr (std::is_same_v<T, uint32_t>) return ASG_U32;
  if constexpr (std::is_same_v<T, bool>) return ASG_BOOL;
}

template <class T>
uint64_t bits_of(T x) {
  uint64_t bits = 0;
  std::memcpy(&bits, &x, sizeof x);
  return bits;
}

inline Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size());
  int64_t stride = 1;
  for (std::size_t d = shape.size(); d-- > 0; stride *= shape[d]) strides[d] = stride;
  return strides;
}

/// Index of a value of the program; a type of its own, so that it is not taken for a register.
struct ValueId {
  uint32_t index;
};
struct Register {
  uint32_t index;
};
struct ReductionId {
  uint32_t index;
};

/// How a region touches a value; see asg_access.
struct Access {
  Shape strides;
  int64_t offset = 0;
  std::vector<asg_bound> bounds = {};
  uint64_t fill = 0;
};

class ProgramBuilder;

class RegionBuilder {
 public:
  RegionBuilder(ProgramBuilder& program, Shape dims) : program_(program), dims_(std::move(dims)) {}

  Register load(ValueId value, Access access);
  /// The value has one axis for each of the domain's and is read along its own strides.
  Register load(ValueId value);
  template <class T>
  Register imm(T x) {
    return add({ASG_EW_IMM, dtype_of<T>(), 0, 0, 0, 0, bits_of(x)});
  }
  Register reduced(ReductionId reduction) {
    return add({ASG_EW_REDUCED, reductions_[reduction.index].dtype, reduction.index, 0, 0, 0, 0});
  }
  Register iota(uint32_t dtype, Shape strides, int64_t offset = 0) {
    const uint32_t access = add_access({0}, {std::move(strides), offset});
    return add({ASG_EW_IOTA, dtype, access, 0, 0, 0, 0});
  }
  Register random(Register seed, Register step, Shape strides, int64_t offset, uint64_t stream) {
    const uint32_t access = add_access({0}, {std::move(strides), offset});
    return add({ASG_EW_RANDOM, ASG_U32, seed.index, step.index, access, 0, stream});
  }
  Register cast(uint32_t dtype, Register a) {
    return add({ASG_EW_CAST, dtype, a.index, 0, 0, 0, 0});
  }
  Register bitcast(uint32_t dtype, Register a) {
    return add({ASG_EW_BITCAST, dtype, a.index, 0, 0, 0, 0});
  }
  Register where(Register condition, Register a, Register b) {
    return add({ASG_EW_WHERE, dtype(a), condition.index, a.index, b.index, 0, 0});
  }
  Register op(uint32_t opcode, Register a) {
    return add({opcode, opcode == ASG_EW_IS_FINITE ? ASG_BOOL : dtype(a), a.index, 0, 0, 0, 0});
  }
  Register op(uint32_t opcode, Register a, Register b) {
    return add(
        {opcode, sdk::is_comparison(opcode) ? ASG_BOOL : dtype(a), a.index, b.index, 0, 0, 0});
  }
  /// In an epilogue: the element of the product.
  Register product(uint32_t dtype) { return add({ASG_EW_PRODUCT, dtype, 0, 0, 0, 0, 0}); }
  /// Any instruction, right or wrong.
  Register add(const asg_inst& inst) {
    insts_.push_back(inst);
    return {static_cast<uint32_t>(insts_.size() - 1)};
  }
  ReductionId reduce(uint32_t kind, Register source, std::initializer_list<uint32_t> axes) {
    uint32_t mask = 0;
    for (const uint32_t axis : axes) mask |= 1u << axis;
    return reduce_mask(kind, source, mask);
  }
  ReductionId reduce_mask(uint32_t kind, Register source, uint32_t mask) {
    reductions_.push_back({kind, dtype(source), source.index, mask});
    return {static_cast<uint32_t>(reductions_.size() - 1)};
  }
  void store(Register source, ValueId value, Access access);
  void store(Register source, ValueId value);
  void store(ReductionId source, ValueId value, Access access);
  /// The value has the axes that the reduction keeps, in order.
  void store(ReductionId source, ValueId value);
  /// Ends the phase; the last one ends by itself.
  void next_phase() {
    phases_.push_back({static_cast<uint32_t>(insts_.size()),
                       static_cast<uint32_t>(reductions_.size()),
                       static_cast<uint32_t>(stores_.size()), 0});
  }
  uint32_t dtype(Register r) const { return insts_[r.index].dtype; }

  /// One run of the region: its number of points, and a value for each access in the order in
  /// which loads and stores were added.
  struct Instance {
    int64_t length;
    std::vector<ValueId> values;
  };
  void set_instances(const std::vector<Instance>& instances) {
    for (const Instance& instance : instances) {
      auto& values = instance_values_.emplace_back();
      for (const ValueId id : instance.values) values.push_back(id.index);
      instances_.push_back({instance.length, values.data()});
      for (std::size_t k = 0; k < values.size(); ++k) {
        bool stored = false;
        for (const asg_store& store : stores_) stored |= store.access == k;
        note(stored ? outputs_ : inputs_, values[k]);
      }
    }
  }

 private:
  friend class ProgramBuilder;

  static void note(std::vector<uint32_t>& list, uint32_t value) {
    if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
  }

  uint32_t add_access(ValueId value, Access access) {
    bounds_.push_back(std::move(access.bounds));
    asg_access result{};
    result.value = value.index;
    result.offset = access.offset;
    std::copy(access.strides.begin(), access.strides.end(), result.strides);
    result.bounds = {bounds_.back().data(), static_cast<uint32_t>(bounds_.back().size()),
                     sizeof(asg_bound)};
    result.fill = access.fill;
    accesses_.push_back(result);
    return static_cast<uint32_t>(accesses_.size() - 1);
  }
  Access own_access(ValueId value, uint32_t removed_axes) const;
  void add_store(uint32_t kind, uint32_t source, ValueId value, Access access);

  asg_region finish() {
    next_phase();
    asg_region region{};
    region.struct_size = sizeof region;
    region.rank = static_cast<uint32_t>(dims_.size());
    std::copy(dims_.begin(), dims_.end(), region.dims);
    region.insts = span(insts_);
    region.accesses = span(accesses_);
    region.reductions = span(reductions_);
    region.stores = span(stores_);
    region.phases = span(phases_);
    region.instances = span(instances_);
    return region;
  }
  template <class T>
  static asg_span span(const std::vector<T>& items) {
    return {items.data(), static_cast<uint32_t>(items.size()), sizeof(T)};
  }

  ProgramBuilder& program_;
  Shape dims_;
  std::vector<asg_inst> insts_;
  std::vector<asg_access> accesses_;
  std::deque<std::vector<asg_bound>> bounds_;
  std::vector<asg_reduction> reductions_;
  std::vector<asg_store> stores_;
  std::vector<asg_phase> phases_;
  std::vector<asg_instance> instances_;
  std::deque<std::vector<uint32_t>> instance_values_;
  std::vector<uint32_t> inputs_, outputs_;
};

/// Attributes of a step: Attrs{}.set("axis", 1).set("mode", "max").ints("pads", {0, 1}).
class Attrs {
 public:
  Attrs& set(const char* name, int64_t i) {
    items_.push_back({name, ASG_ATTR_INT, 0, i, 0, nullptr, nullptr});
    return *this;
  }
  Attrs& set(const char* name, int i) { return set(name, int64_t{i}); }
  Attrs& set(const char* name, double f) {
    items_.push_back({name, ASG_ATTR_FLOAT, 0, 0, f, nullptr, nullptr});
    return *this;
  }
  Attrs& set(const char* name, const char* s) {
    items_.push_back({name, ASG_ATTR_STRING, 0, 0, 0, s, nullptr});
    return *this;
  }
  Attrs& ints(const char* name, std::vector<int64_t> values) {
    lists_.push_back(std::move(values));
    items_.push_back(
        {name, ASG_ATTR_INTS, static_cast<uint32_t>(lists_.back().size()), 0, 0, nullptr, nullptr});
    return *this;
  }
  asg_span span() {
    // Here and not before, because a copy has lists of its own.
    std::size_t list = 0;
    for (asg_attr& item : items_)
      if (item.kind == ASG_ATTR_INTS) item.ints = lists_[list++].data();
    return {items_.data(), static_cast<uint32_t>(items_.size()), sizeof(asg_attr)};
  }

 private:
  std::vector<asg_attr> items_;
  std::vector<std::vector<int64_t>> lists_;
};

class ProgramBuilder {
 public:
  ProgramBuilder() = default;
  ProgramBuilder(const ProgramBuilder&) = delete;
  ProgramBuilder& operator=(const ProgramBuilder&) = delete;

  /// A row-major value in a slot of its own.
  ValueId input(uint32_t dtype, Shape shape) { return own(ASG_SLOT_INPUT, dtype, shape); }
  ValueId output(uint32_t dtype, Shape shape) { return own(ASG_SLOT_OUTPUT, dtype, shape); }
  ValueId state(uint32_t dtype, Shape shape) { return own(ASG_SLOT_STATE, dtype, shape); }
  template <class T>
  ValueId constant(const std::vector<T>& data, Shape shape) {
    const ValueId id = own(ASG_SLOT_CONST, dtype_of<T>(), shape);
    auto* bytes = reinterpret_cast<const char*>(data.data());
    constants_.emplace_back(bytes, bytes + data.size() * sizeof(T));
    slots_.back().host_data = constants_.back().data();
    return id;
  }
  /// A row-major value in the arena.
  ValueId scratch(uint32_t dtype, Shape shape) {
    if (arena_ == none) {
      arena_ = static_cast<uint32_t>(slots_.size());
      slots_.push_back({ASG_SLOT_ARENA, 0, 0, 64, nullptr, "arena"});
    }
    const uint64_t begin = (slots_[arena_].size + 63) / 64 * 64;
    const ValueId id = place(dtype, shape, arena_, begin);
    slots_[arena_].size = values_[id.index].extent_end;
    return id;
  }
  /// The same bytes seen with another shape, strides and first element (counted from the old one).
  ValueId view(ValueId of, Shape shape, Shape strides, int64_t offset = 0) {
    asg_value value = values_[of.index];
    value.rank = static_cast<uint32_t>(shape.size());
    std::copy(shape.begin(), shape.end(), value.shape);
    std::copy(strides.begin(), strides.end(), value.strides);
    value.offset += static_cast<uint64_t>(offset * sdk::dtype_size(value.dtype));
    values_.push_back(value);
    return {static_cast<uint32_t>(values_.size() - 1)};
  }

  /// A step that is no region.  Returns its index.
  uint32_t step(uint32_t op, const char* name, std::vector<ValueId> inputs,
                std::vector<ValueId> outputs, const Attrs& attrs = {}) {
    Step& s = add_step(op, name);
    for (const ValueId id : inputs) s.inputs.push_back(id.index);
    for (const ValueId id : outputs) s.outputs.push_back(id.index);
    s.attrs = attrs;
    return static_cast<uint32_t>(steps_.size() - 1);
  }
  /// A REGION step over a domain; stays valid as long as the builder.
  RegionBuilder& region(Shape dims, const char* name = "region") {
    Step& s = add_step(ASG_OP_REGION, name);
    regions_.emplace_back(*this, std::move(dims));
    s.region = static_cast<uint32_t>(regions_.size());
    return regions_.back();
  }

  /// A MATMUL step with an epilogue over the product's axes; stays valid as long as the builder.
  RegionBuilder& epilogue(ValueId a, ValueId b, Shape dims, const char* name = "matmul") {
    RegionBuilder& result = region(std::move(dims), name);
    steps_.back().op = ASG_OP_MATMUL;
    steps_.back().inputs = {a.index, b.index};
    return result;
  }

  asg_value& value(ValueId id) { return values_[id.index]; }
  asg_slot& slot(uint32_t index) { return slots_[index]; }
  uint32_t slot_of(ValueId id) const { return values_[id.index].slot; }

  /// Puts the program together, once; it points into the builder.
  const asg_program& build() {
    if (program_.struct_size != 0) return program_;
    for (RegionBuilder& region : regions_) c_regions_.push_back(region.finish());
    for (Step& s : steps_) {
      asg_step step{};
      step.op = s.op;
      step.stage = static_cast<uint32_t>(c_steps_.size());
      if (s.region != 0) {
        const RegionBuilder& region = regions_[s.region - 1];
        s.inputs.insert(s.inputs.end(), region.inputs_.begin(), region.inputs_.end());
        s.outputs = region.outputs_;
      }
      step.n_inputs = static_cast<uint32_t>(s.inputs.size());
      step.n_outputs = static_cast<uint32_t>(s.outputs.size());
      step.inputs = s.inputs.data();
      step.outputs = s.outputs.data();
      step.attrs = s.attrs.span();
      step.region = s.region;
      step.name = s.name;
      step.origin = "a program made by hand";
      c_steps_.push_back(step);
    }
    program_.struct_size = sizeof program_;
    program_.opset = 1;
    program_.slots = span(slots_);
    program_.values = span(values_);
    program_.steps = span(c_steps_);
    program_.regions = span(c_regions_);
    program_.name = "test";
    return program_;
  }

 private:
  static constexpr uint32_t none = 0xffffffffu;
  struct Step {
    uint32_t op = 0;
    const char* name = "";
    std::vector<uint32_t> inputs = {}, outputs = {};
    Attrs attrs = {};
    uint32_t region = 0;
  };

  ValueId own(uint32_t role, uint32_t dtype, const Shape& shape) {
    const auto slot = static_cast<uint32_t>(slots_.size());
    slots_.push_back({role, 0, 0, 64, nullptr, ""});
    const ValueId id = place(dtype, shape, slot, 0);
    slots_.back().size = values_[id.index].extent_end;
    return id;
  }
  ValueId place(uint32_t dtype, const Shape& shape, uint32_t slot, uint64_t begin) {
    asg_value value{};
    value.dtype = dtype;
    value.rank = static_cast<uint32_t>(shape.size());
    std::copy(shape.begin(), shape.end(), value.shape);
    const Shape strides = row_major_strides(shape);
    std::copy(strides.begin(), strides.end(), value.strides);
    value.slot = slot;
    value.offset = value.extent_begin = begin;
    value.extent_end =
        begin + static_cast<uint64_t>(sdk::element_count(value)) * sdk::dtype_size(dtype);
    values_.push_back(value);
    return {static_cast<uint32_t>(values_.size() - 1)};
  }
  Step& add_step(uint32_t op, const char* name) {
    if (program_.struct_size != 0) throw std::logic_error("the program is built already");
    steps_.emplace_back();
    steps_.back().op = op;
    steps_.back().name = name;
    return steps_.back();
  }
  template <class T>
  static asg_span span(const std::vector<T>& items) {
    return {items.data(), static_cast<uint32_t>(items.size()), sizeof(T)};
  }

  std::vector<asg_slot> slots_;
  std::vector<asg_value> values_;
  std::deque<std::vector<char>> constants_;
  std::deque<Step> steps_;
  std::deque<RegionBuilder> regions_;
  std::vector<asg_step> c_steps_;
  std::vector<asg_region> c_regions_;
  uint32_t arena_ = none;
  asg_program program_{};
};

// ------------------------------------------------- what a region asks its program

inline Access RegionBuilder::own_access(ValueId id, uint32_t removed_axes) const {
  const asg_value& value = program_.value(id);
  Access access;
  uint32_t axis = 0;
  for (uint32_t d = 0; d < dims_.size(); ++d)
    access.strides.push_back((removed_axes >> d & 1) != 0 ? 0 : value.strides[axis++]);
  if (axis != value.rank) throw std::logic_error("the value's axes are not those of the domain");
  return access;
}
inline Register RegionBuilder::load(ValueId value, Access access) {
  const uint32_t dtype = program_.value(value).dtype;
  note(inputs_, value.index);
  const uint32_t index = add_access(value, std::move(access));
  return add({ASG_EW_LOAD, dtype, index, 0, 0, 0, 0});
}
inline Register RegionBuilder::load(ValueId value) { return load(value, own_access(value, 0)); }
inline void RegionBuilder::add_store(uint32_t kind, uint32_t source, ValueId value, Access access) {
  note(outputs_, value.index);
  const uint32_t index = add_access(value, std::move(access));
  stores_.push_back({kind, source, index, 0});
}
inline void RegionBuilder::store(Register source, ValueId value, Access access) {
  add_store(ASG_STORE_REGISTER, source.index, value, std::move(access));
}
inline void RegionBuilder::store(Register source, ValueId value) {
  store(source, value, own_access(value, 0));
}
inline void RegionBuilder::store(ReductionId source, ValueId value, Access access) {
  add_store(ASG_STORE_REDUCTION, source.index, value, std::move(access));
}
inline void RegionBuilder::store(ReductionId source, ValueId value) {
  store(source, value, own_access(value, reductions_[source.index].axes));
}

}  // namespace asg::proof
