// Random regions, of instructions that IEEE 754 or integer arithmetic define to the bit: every
// backend has to compute the same.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "check/random_case.hpp"

namespace asg::proof {

/// What random regions may be made of. Without a function everything is there.
struct RegionOffer {
  /// As rows have it: of comparisons `dtype` is that of the operands.
  std::function<bool(uint32_t opcode, uint32_t dtype)> has_instruction = {};
  std::function<bool(uint32_t kind, uint32_t dtype)> has_reduction = {};
  bool bounds = true, phases = true;

  bool computes(uint32_t opcode, uint32_t dtype) const {
    return !has_instruction || has_instruction(opcode, dtype);
  }
  bool reduces(uint32_t kind, uint32_t dtype) const {
    return !has_reduction || has_reduction(kind, dtype);
  }
  /// Those that can be read and so come to a region, f32 more often than others.
  std::vector<uint32_t> dtypes() const {
    std::vector<uint32_t> there;
    for (const uint32_t dtype :
         {ASG_F32, ASG_F32, ASG_F64, ASG_I32, ASG_I64, ASG_U32, ASG_BOOL, ASG_U8, ASG_I8})
      if (computes(ASG_EW_LOAD, dtype)) there.push_back(dtype);
    return there;
  }
};

/// Adds one to the program of a case.
class RandomRegion {
 public:
  RandomRegion(Random& random, Case& c, Shape dims, const RegionOffer& offer = {})
      : random_(random),
        case_(c),
        dims_(std::move(dims)),
        offer_(offer),
        dtypes_(offer.dtypes()),
        region_(c.program.region(dims_)) {}

  void build() {
    const int64_t phases = offer_.phases ? random_.integer(1, 4) : 1;
    for (int64_t p = 0; p < phases; ++p) {
      registers_.clear();
      add_sources();
      const int64_t ops = random_.integer(1, 14);
      for (int64_t k = 0; k < ops; ++k) add_op();
      const std::size_t reductions_before = reductions_.size();
      if (p + 1 < phases || random_.chance(0.4)) add_reductions();
      add_stores(p + 1 == phases, reductions_before);
      if (p + 1 < phases) region_.next_phase();
    }
  }

 private:
  struct Reduced {
    ReductionId id;
    uint32_t axes, dtype;
  };

  std::vector<Register> of(uint32_t dtype) const {
    std::vector<Register> found;
    for (const Register r : registers_)
      if (region_.dtype(r) == dtype) found.push_back(r);
    return found;
  }
  void keep(Register r) { registers_.push_back(r); }

  void add_sources() {
    const int64_t loads = random_.integer(1, 4);
    for (int64_t k = 0; k < loads; ++k) keep(load(random_.pick(dtypes_)));
    // Memory that is also written: before, here or in a later phase.
    if (random_.chance(0.2)) states_.push_back(state(random_.pick(dtypes_)));
    for (const ValueId id : states_)
      if (random_.chance(0.6)) keep(region_.load(id));
    if (random_.chance(0.5)) immediate(random_.pick(dtypes_));
    if (random_.chance(0.3)) numbers();
    if (random_.chance(0.15)) random_bits();
    for (const Reduced& r : reductions_)
      if (random_.chance(0.8) && offer_.computes(ASG_EW_REDUCED, r.dtype))
        keep(region_.reduced(r.id));
  }

  ValueId state(uint32_t dtype) {
    const ValueId id = case_.program.state(dtype, dims_);
    case_.inputs.emplace_back(
        id, random_data(random_, dtype, sdk::element_count(case_.program.value(id))));
    case_.outputs.push_back(id);
    return id;
  }
  void immediate(uint32_t dtype) {
    if (!offer_.computes(ASG_EW_IMM, dtype)) return;
    const Bytes data = random_data(random_, dtype, 1);
    uint64_t bits = 0;
    std::memcpy(&bits, data.data(), data.size());
    keep(region_.add({ASG_EW_IMM, dtype, 0, 0, 0, 0, bits}));
  }
  void numbers() {
    const uint32_t dtype = random_.chance(0.5) ? ASG_I64 : ASG_F32;
    if (!offer_.computes(ASG_EW_IOTA, dtype)) return;
    Shape strides;
    for (std::size_t d = 0; d < dims_.size(); ++d) strides.push_back(random_.integer(-3, 3));
    keep(region_.iota(dtype, strides, random_.integer(-9, 9)));
  }
  void random_bits() {
    if (!offer_.computes(ASG_EW_RANDOM, ASG_U32) || !offer_.computes(ASG_EW_IMM, ASG_I64) ||
        !offer_.computes(ASG_EW_LOAD, ASG_I64))
      return;
    const Register seed =
        random_.chance(0.8) ? region_.imm(random_.integer(0, int64_t{1} << 40)) : load(ASG_I64);
    const Register step = region_.imm(random_.integer(0, 1000));
    Shape strides = row_major_strides(dims_);
    if (random_.chance(0.3))
      for (int64_t& s : strides) s *= random_.integer(0, 2);
    keep(region_.random(seed, step, strides, random_.integer(0, 9), 0x1234567890abcdefu));
  }

  /// A value read with random strides, at times outside bounds.
  Register load(uint32_t dtype) {
    Access access;
    access.strides.assign(dims_.size(), 0);
    std::vector<std::size_t> order(dims_.size());
    for (std::size_t d = 0; d < order.size(); ++d) order[d] = d;
    if (random_.chance(0.3)) random_.shuffle(order);
    int64_t stride = random_.chance(0.15) ? random_.integer(1, 3) : 1;
    for (std::size_t k = order.size(); k-- > 0;) {
      const std::size_t d = order[k];
      const int64_t size = std::max<int64_t>(dims_[d], 1);
      if (random_.chance(0.2)) continue;  // broadcast
      int64_t extent = size;
      if (offer_.bounds && random_.chance(0.15)) {
        // As padding does: position i - pad, or the mirror image of it.
        asg_bound bound{};
        extent = random_.integer(1, size);
        const bool mirrored = random_.chance(0.3);
        bound.base = mirrored ? random_.integer(0, size - 1) : -random_.integer(0, size - 1);
        bound.coef[d] = mirrored ? -1 : 1;
        bound.extent = extent;
        access.offset += bound.base * stride;
        access.strides[d] = bound.coef[d] * stride;
        access.bounds.push_back(bound);
        access.fill = element_bits(dtype);
      } else if (random_.chance(0.15)) {
        access.offset += (size - 1) * stride;
        access.strides[d] = -stride;
      } else {
        access.strides[d] = stride;
      }
      stride *= extent + (random_.chance(0.1) ? random_.integer(0, 2) : 0);
    }
    return region_.load(case_.input(random_, dtype, {stride}), access);
  }
  uint64_t element_bits(uint32_t dtype) {
    const Bytes data = random_data(random_, dtype, 1);
    uint64_t bits = 0;
    std::memcpy(&bits, data.data(), data.size());
    return bits;
  }

  /// One of those that there are, of `dtype`.
  void add_one_of(const std::vector<uint32_t>& opcodes, Register a, Register b,
                  bool unary = false) {
    const uint32_t dtype = region_.dtype(a);
    std::vector<uint32_t> there;
    for (const uint32_t opcode : opcodes)
      if (offer_.computes(opcode, opcode == ASG_EW_IS_FINITE ? uint32_t{ASG_BOOL} : dtype))
        there.push_back(opcode);
    if (there.empty()) return;
    const uint32_t opcode = random_.pick(there);
    keep(unary ? region_.op(opcode, a) : region_.op(opcode, a, b));
  }
  void add_cast(uint32_t opcode, uint32_t dtype, Register a) {
    if (!offer_.computes(opcode, dtype)) return;
    keep(opcode == ASG_EW_CAST ? region_.cast(dtype, a) : region_.bitcast(dtype, a));
  }

  void add_op() {
    const Register a = random_.pick(registers_);
    const uint32_t dtype = region_.dtype(a);
    const Register b = random_.pick(of(dtype));
    if (random_.chance(0.15)) return add_cast(ASG_EW_CAST, random_.pick(dtypes_), a);
    if (random_.chance(0.1))
      return add_one_of({ASG_EW_EQ, ASG_EW_NE, ASG_EW_LT, ASG_EW_LE, ASG_EW_GT, ASG_EW_GE}, a, b);
    if (const std::vector<Register> conditions = of(ASG_BOOL);
        random_.chance(0.1) && !conditions.empty()) {
      if (offer_.computes(ASG_EW_WHERE, dtype)) keep(region_.where(random_.pick(conditions), a, b));
      return;
    }
    // Not from floats: the sign and payload of a NaN are nobody's promise.
    if (random_.chance(0.05) && (dtype == ASG_I32 || dtype == ASG_U32))
      return add_cast(ASG_EW_BITCAST, random_.pick<uint32_t>({ASG_F32, ASG_I32, ASG_U32}), a);
    if (dtype == ASG_BOOL) {
      if (random_.chance(0.2)) return add_one_of({ASG_EW_NOT}, a, b, true);
      return add_one_of({ASG_EW_AND, ASG_EW_OR, ASG_EW_XOR, ASG_EW_MAX, ASG_EW_MIN}, a, b);
    }
    static const std::vector<uint32_t> of_one = {ASG_EW_NEG, ASG_EW_ABS, ASG_EW_SIGN};
    static const std::vector<uint32_t> of_one_float = {ASG_EW_NEG,   ASG_EW_ABS,      ASG_EW_SIGN,
                                                       ASG_EW_FLOOR, ASG_EW_CEIL,     ASG_EW_ROUND,
                                                       ASG_EW_SQRT,  ASG_EW_IS_FINITE};
    static const std::vector<uint32_t> of_floats = {ASG_EW_ADD, ASG_EW_SUB, ASG_EW_MUL, ASG_EW_DIV,
                                                    ASG_EW_REM, ASG_EW_MAX, ASG_EW_MIN};
    static const std::vector<uint32_t> of_integers = {
        ASG_EW_ADD,     ASG_EW_SUB,        ASG_EW_MUL,        ASG_EW_DIV,     ASG_EW_REM,
        ASG_EW_POW,     ASG_EW_MAX,        ASG_EW_MIN,        ASG_EW_BIT_AND, ASG_EW_BIT_OR,
        ASG_EW_BIT_XOR, ASG_EW_SHIFT_LEFT, ASG_EW_SHIFT_RIGHT};
    const bool real = sdk::is_float(dtype);
    if (random_.chance(0.25)) return add_one_of(real ? of_one_float : of_one, a, b, true);
    add_one_of(real ? of_floats : of_integers, a, b);
  }

  void add_reductions() {
    const uint32_t all = (1u << dims_.size()) - 1;
    const int64_t count = random_.integer(1, 4);
    uint32_t axes = static_cast<uint32_t>(random_.integer(0, all));
    // Often over the last axes and over the others, as the gradients of a normalisation do.
    const bool rows_and_columns = dims_.size() > 1 && random_.chance(0.4);
    const auto rank = static_cast<int64_t>(dims_.size());
    const uint32_t rows = all & ~((1u << random_.integer(0, std::max<int64_t>(rank - 1, 0))) - 1);
    for (int64_t k = 0; k < count; ++k) {
      if (rows_and_columns)
        axes = random_.chance(0.5) ? rows : all & ~rows;
      else if (random_.chance(0.25))
        axes = static_cast<uint32_t>(random_.integer(0, all));
      const Register source = random_.pick(registers_);
      const uint32_t dtype = region_.dtype(source);
      std::vector<uint32_t> kinds;
      for (const uint32_t kind :
           dtype == ASG_BOOL
               ? std::vector<uint32_t>{ASG_REDUCE_ANY, ASG_REDUCE_ALL, ASG_REDUCE_MAX,
                                       ASG_REDUCE_MIN}
               : std::vector<uint32_t>{ASG_REDUCE_SUM, ASG_REDUCE_SUM, ASG_REDUCE_PROD,
                                       ASG_REDUCE_MAX, ASG_REDUCE_MIN})
        if (offer_.reduces(kind, dtype)) kinds.push_back(kind);
      if (kinds.empty()) continue;
      reductions_.push_back({region_.reduce_mask(random_.pick(kinds), source, axes), axes, dtype});
    }
  }
  void add_stores(bool last, std::size_t reductions_before) {
    const int64_t count = last ? random_.integer(1, 2) : random_.integer(0, 1);
    for (int64_t k = 0; k < count; ++k) store(random_.pick(registers_));
    for (const ValueId id : states_) {
      const std::vector<Register> fitting = of(case_.program.value(id).dtype);
      if (random_.chance(0.4) && !fitting.empty()) region_.store(random_.pick(fitting), id);
    }
    if (offer_.bounds && random_.chance(0.3)) store_first(random_.pick(registers_));
    for (std::size_t r = 0; r < reductions_.size(); ++r)
      if (random_.chance(r >= reductions_before ? 0.5 : 0.1)) store(reductions_[r]);
  }
  /// One element for every point, in a random order of the axes.
  void store(Register r) {
    std::vector<std::size_t> order(dims_.size());
    for (std::size_t d = 0; d < order.size(); ++d) order[d] = d;
    if (random_.chance(0.2)) random_.shuffle(order);
    Access access;
    access.strides.assign(dims_.size(), 0);
    int64_t stride = 1;
    for (std::size_t k = order.size(); k-- > 0; stride *= dims_[order[k]])
      access.strides[order[k]] = stride;
    if (random_.chance(0.1) && !dims_.empty() && dims_[0] > 0) {
      access.offset = (dims_[0] - 1) * access.strides[0];
      access.strides[0] = -access.strides[0];
    }
    if (offer_.bounds && random_.chance(0.1) && !dims_.empty()) {
      const auto d =
          static_cast<std::size_t>(random_.integer(0, static_cast<int64_t>(dims_.size()) - 1));
      asg_bound bound{};
      bound.base = -random_.integer(0, 3);
      bound.coef[d] = 1;
      bound.extent = random_.integer(0, dims_[d]);
      access.bounds.push_back(bound);
    }
    region_.store(r, case_.output(region_.dtype(r), {stride}), access);
  }
  /// One element for all points along some axes: that of their index 0.
  void store_first(Register r) {
    const auto axes = static_cast<uint32_t>(random_.integer(0, (1u << dims_.size()) - 1));
    Access access;
    access.strides.assign(dims_.size(), 0);
    int64_t stride = 1;
    for (std::size_t d = dims_.size(); d-- > 0;) {
      if ((axes >> d & 1) != 0) {
        asg_bound bound{};
        bound.coef[d] = 1;
        bound.extent = 1;
        access.bounds.push_back(bound);
      } else {
        access.strides[d] = stride;
        stride *= dims_[d];
      }
    }
    region_.store(r, case_.output(region_.dtype(r), {stride}), access);
  }
  void store(const Reduced& r) {
    Shape kept;
    for (std::size_t d = 0; d < dims_.size(); ++d)
      if ((r.axes >> d & 1) == 0) kept.push_back(dims_[d]);
    region_.store(r.id, case_.output(r.dtype, kept));
  }

  Random& random_;
  Case& case_;
  Shape dims_;
  RegionOffer offer_;
  std::vector<uint32_t> dtypes_;
  RegionBuilder& region_;
  std::vector<Register> registers_;
  std::vector<Reduced> reductions_;
  std::vector<ValueId> states_;
};

/// A domain of at most `limit` points.
inline Shape random_dims(Random& random, int64_t limit, int64_t max_rank = 5) {
  static const std::vector<int64_t> sizes = {0,  1,  1,  2,  3,  4,   5,   7,   8,    15,  16,
                                             17, 31, 33, 64, 65, 100, 255, 257, 1000, 1025};
  Shape dims;
  int64_t points = 1;
  const int64_t rank = random.integer(0, max_rank);
  for (int64_t d = 0; d < rank; ++d) {
    int64_t size = random.pick(sizes);
    if (size == 0 && !random.chance(0.3)) size = 6;
    if (points * size > limit) size = std::max<int64_t>(limit / points, 1);
    dims.push_back(size);
    points *= std::max<int64_t>(size, 1);
  }
  random.shuffle(dims);
  return dims;
}

inline std::string text_of(const Shape& shape) {
  std::string text = "[";
  for (const int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

/// A region over vectors of several lengths, some of them read and written.
inline void build_instances(Random& random, Case& c, int64_t longest) {
  const int64_t count = random.integer(1, 40);
  std::vector<RegionBuilder::Instance> instances;
  for (int64_t i = 0; i < count; ++i)
    instances.push_back(
        {random.chance(0.3) ? random.integer(0, 3) : random.integer(0, longest), {}});
  if (random.chance(0.2))
    for (auto& instance : instances) instance.length = 1;

  RegionBuilder& r = c.program.region({instances[0].length});
  const auto input = [&](uint32_t dtype, int64_t length) {
    return c.input(random, dtype, {length});
  };
  const auto load = [&](uint32_t dtype, bool one_for_all, bool scalar) {
    const ValueId shared = input(dtype, scalar ? 1 : longest);
    for (auto& instance : instances)
      instance.values.push_back(
          one_for_all ? shared : input(dtype, scalar ? 1 : instance.length + random.integer(0, 2)));
    return r.load(instances[0].values.back(), {{scalar ? 0 : 1}});
  };
  const Register rate = load(ASG_F32, random.chance(0.5), true);
  const Register gradient = load(ASG_F32, random.chance(0.1), false);
  std::vector<std::vector<ValueId>> states(2);
  std::vector<Register> old;
  for (auto& ids : states) {
    for (auto& instance : instances) {
      ids.push_back(c.program.state(ASG_F32, {instance.length}));
      c.inputs.emplace_back(ids.back(), random_data(random, ASG_F32, instance.length));
      c.outputs.push_back(ids.back());
      instance.values.push_back(ids.back());
    }
    old.push_back(r.load(ids[0], {{1}}));
  }
  const Register half = r.op(ASG_EW_MUL, rate, r.imm(0.5f));
  const Register mean = r.op(ASG_EW_ADD, r.op(ASG_EW_MUL, old[0], half), gradient);
  const Register next = r.op(ASG_EW_SUB, old[1], r.op(ASG_EW_MUL, mean, rate));
  const std::vector<Register> results = {mean, next};
  for (std::size_t k = 0; k < 2; ++k) {
    for (std::size_t i = 0; i < instances.size(); ++i) instances[i].values.push_back(states[k][i]);
    r.store(results[k], states[k][0], {{1}});
  }
  if (random.chance(0.5)) {
    for (auto& instance : instances)
      instance.values.push_back(c.output(ASG_BOOL, {instance.length}));
    r.store(r.op(ASG_EW_GT, next, mean), instances[0].values.back(), {{1}});
  }
  r.set_instances(instances);
}

}  // namespace asg::proof
