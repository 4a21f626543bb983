#include "region/runner.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include <asg/sdk/region_check.hpp>

#include "arithmetic.hpp"
#include "kernel.hpp"
#include "region/philox.hpp"

namespace asg::reference {
namespace {

/// Byte offsets from element 0 between which an element of the value may start.
struct Reach {
  int64_t first, last;
};
Reach reach(const asg_value& value) {
  const auto offset = static_cast<int64_t>(value.offset);
  return {static_cast<int64_t>(value.extent_begin) - offset,
          static_cast<int64_t>(value.extent_end) - offset -
              static_cast<int64_t>(sdk::dtype_size(value.dtype))};
}

}  // namespace

RegionRunner::RegionRunner(const sdk::ProgramCopy& program, const asg_step& step)
    : region_(*program.region(step)),
      values_(program.values()),
      insts_(region_.insts),
      accesses_(region_.accesses),
      point_count_(sdk::point_count(region_)),
      points_(region_.dims, region_.rank),
      offsets_(block_size),
      scratch_(block_size),
      inside_(block_size) {
  sdk::check_region(program, step);
  for (const asg_inst& inst : insts_)
    code_.push_back(sdk::register_operands(inst.op) == 0 || inst.op == ASG_EW_RANDOM
                        ? nullptr
                        : find_instruction(inst.op, inst.dtype, insts_[inst.a].dtype));
  for (const asg_reduction& reduction : sdk::Span<asg_reduction>(region_.reductions))
    add_reduction(reduction);
  uint32_t first = 0, most = 0;
  for (const asg_phase& phase : sdk::Span<asg_phase>(region_.phases)) {
    most = std::max(most, phase.insts_end - first);
    first = phase.insts_end;
  }
  registers_.resize(most * static_cast<std::size_t>(block_size));
}

void RegionRunner::add_reduction(const asg_reduction& reduction) {
  Reduced reduced{};
  int64_t count = 1;
  reduced.kept = 1;
  bool sequential = true, reduced_axis_above = false;
  for (uint32_t d = 0; d < region_.rank; ++d) {
    const bool removed = (reduction.axes >> d & 1) != 0;
    if (!removed && region_.dims[d] != 1) sequential &= !reduced_axis_above;
    reduced_axis_above |= removed && region_.dims[d] != 1;
  }
  for (uint32_t d = region_.rank; d-- > 0;) {
    const bool removed = (reduction.axes >> d & 1) != 0;
    int64_t& size = removed ? count : reduced.kept;
    (removed ? reduced.reduced_strides : reduced.kept_strides)[d] = size;
    reduced.kept_dims[d] = removed ? 1 : region_.dims[d];
    size *= region_.dims[d];
  }
  reduced.tree =
      make_reduction_tree(reduction.kind, reduction.dtype, reduced.kept, count, sequential);
  reductions_.push_back(std::move(reduced));
}

void* RegionRunner::reg(uint32_t index) {
  return registers_.data() + (index - first_register_) * static_cast<std::size_t>(block_size);
}

void RegionRunner::run(const sdk::Call& call, const void* product) {
  product_ = static_cast<const std::byte*>(product);
  if (region_.instances.count == 0) return run_domain(call);
  for (const asg_instance& instance : sdk::Span<asg_instance>(region_.instances)) {
    instance_ = &instance;
    point_count_ = instance.length;
    points_ = Points(&instance.length, 1);
    run_domain(call);
  }
}

void RegionRunner::run_domain(const sdk::Call& call) {
  const sdk::Span<asg_store> stores = region_.stores;
  const sdk::Span<asg_reduction> reductions = region_.reductions;
  std::vector<int64_t> kept(block_size), index(block_size);
  asg_phase previous{};
  for (const asg_phase& phase : sdk::Span<asg_phase>(region_.phases)) {
    first_register_ = previous.insts_end;
    for (uint32_t r = previous.reductions_end; r < phase.reductions_end; ++r)
      reductions_[r].tree->begin();
    for (int64_t first = 0; first < point_count_; first += block_size) {
      points_.move_to(first, std::min(block_size, point_count_ - first));
      for (uint32_t k = previous.insts_end; k < phase.insts_end; ++k) execute(k, call);
      for (uint32_t r = previous.reductions_end; r < phase.reductions_end; ++r) {
        points_.affine(0, reductions_[r].kept_strides, kept.data());
        points_.affine(0, reductions_[r].reduced_strides, index.data());
        reductions_[r].tree->add(reg(reductions[r].source), kept.data(), index.data(),
                                 points_.count());
      }
      for (uint32_t s = previous.stores_end; s < phase.stores_end; ++s)
        if (stores[s].kind == ASG_STORE_REGISTER)
          store(stores[s].access, points_, call, reg(stores[s].source));
    }
    for (uint32_t s = previous.stores_end; s < phase.stores_end; ++s)
      if (stores[s].kind == ASG_STORE_REDUCTION) store_reduction(stores[s], call);
    previous = phase;
  }
}

void RegionRunner::execute(uint32_t index, const sdk::Call& call) {
  const asg_inst& inst = insts_[index];
  void* result = reg(index);
  switch (inst.op) {
    case ASG_EW_LOAD:
      return load(inst.a, call, inst.dtype, result);
    case ASG_EW_PRODUCT: {
      const std::size_t size = sdk::dtype_size(inst.dtype);
      std::memcpy(result, product_ + static_cast<std::size_t>(points_.first()) * size,
                  static_cast<std::size_t>(points_.count()) * size);
      return;
    }
    case ASG_EW_IMM:
      return dispatch_size(sdk::dtype_size(inst.dtype), [&](auto zero) {
        std::fill_n(static_cast<decltype(zero)*>(result), points_.count(),
                    static_cast<decltype(zero)>(inst.imm));
      });
    case ASG_EW_REDUCED:
      points_.affine(0, reductions_[inst.a].kept_strides, scratch_.data());
      return reductions_[inst.a].tree->read(scratch_.data(), points_.count(), result);
    case ASG_EW_IOTA:
      return iota(index);
    case ASG_EW_RANDOM:
      return random(index);
    default:
      break;
  }
  const uint32_t n = sdk::register_operands(inst.op);
  code_[index]({result, reg(inst.a), n > 1 ? reg(inst.b) : nullptr, n > 2 ? reg(inst.c) : nullptr,
                points_.count()});
}

void RegionRunner::iota(uint32_t index) {
  const asg_access& access = accesses_[insts_[index].a];
  points_.affine(access.offset, access.strides, scratch_.data());
  dispatch(insts_[index].dtype, [&](auto zero) {
    using T = decltype(zero);
    T* result = static_cast<T*>(reg(index));
    for (int64_t i = 0; i < points_.count(); ++i) result[i] = static_cast<T>(scratch_[i]);
  });
}

void RegionRunner::random(uint32_t index) {
  const asg_inst& inst = insts_[index];
  const asg_access& access = accesses_[inst.c];
  points_.affine(access.offset, access.strides, scratch_.data());
  auto* result = static_cast<uint32_t*>(reg(index));
  auto* seeds = static_cast<const int64_t*>(reg(inst.a));
  auto* steps = static_cast<const int64_t*>(reg(inst.b));
  for (int64_t i = 0; i < points_.count(); ++i) {
    const auto n = static_cast<uint64_t>(scratch_[i]);
    const auto seed = static_cast<uint64_t>(seeds[i]);
    const PhiloxBlock block =
        philox4x32_10({static_cast<uint32_t>(n / 4), static_cast<uint32_t>(inst.imm),
                       static_cast<uint32_t>(inst.imm >> 32), static_cast<uint32_t>(steps[i])},
                      static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32));
    result[i] = block[n % 4];
  }
}

void RegionRunner::resolve(uint32_t index, const Points& points) {
  const asg_access& access = accesses_[index];
  const int64_t count = points.count();
  points.affine(access.offset, access.strides, offsets_.data());
  std::fill_n(inside_.begin(), count, uint8_t{1});
  for (const asg_bound& bound : sdk::Span<asg_bound>(access.bounds)) {
    points.affine(bound.base, bound.coef, scratch_.data());
    for (int64_t i = 0; i < count; ++i)
      inside_[i] &= static_cast<uint8_t>(scratch_[i] >= 0 && scratch_[i] < bound.extent);
  }
  const uint32_t number = value_of(index);
  const asg_value& value = values_[number];
  const auto size = static_cast<int64_t>(sdk::dtype_size(value.dtype));
  const Reach bytes = reach(value);
  for (int64_t i = 0; i < count; ++i)
    if (inside_[i] != 0 && (offsets_[i] * size < bytes.first || offsets_[i] * size > bytes.last))
      throw sdk::Error(ASG_INVALID_ARGUMENT,
                       "an access reaches element " + std::to_string(offsets_[i]) +
                           ", outside the extent of value " + std::to_string(number));
}

void RegionRunner::load(uint32_t index, const sdk::Call& call, uint32_t dtype, void* result) {
  resolve(index, points_);
  dispatch_size(sdk::dtype_size(dtype), [&](auto zero) {
    using T = decltype(zero);
    const T* from = call.value(value_of(index)).as<T>();
    T* to = static_cast<T*>(result);
    const auto fill = static_cast<T>(accesses_[index].fill);
    for (int64_t i = 0; i < points_.count(); ++i)
      to[i] = inside_[i] != 0 ? from[offsets_[i]] : fill;
    // Whatever a caller left in the buffer, a bool register holds 0 or 1.
    if (dtype == ASG_BOOL)
      for (int64_t i = 0; i < points_.count(); ++i) to[i] = to[i] != 0;
  });
}

void RegionRunner::store(uint32_t index, const Points& points, const sdk::Call& call,
                         const void* source) {
  resolve(index, points);
  const uint32_t value = value_of(index);
  dispatch_size(sdk::dtype_size(values_[value].dtype), [&](auto zero) {
    using T = decltype(zero);
    T* to = call.value(value).as<T>();
    const T* from = static_cast<const T*>(source);
    for (int64_t i = 0; i < points.count(); ++i)
      if (inside_[i] != 0) to[offsets_[i]] = from[i];
  });
}

void RegionRunner::store_reduction(const asg_store& what, const sdk::Call& call) {
  const Reduced& reduced = reductions_[what.source];
  Points points(reduced.kept_dims, region_.rank);
  std::vector<int64_t> numbers(block_size);
  std::vector<uint64_t> results(block_size);
  for (int64_t first = 0; first < reduced.kept; first += block_size) {
    points.move_to(first, std::min(block_size, reduced.kept - first));
    points.affine(0, reduced.kept_strides, numbers.data());
    reduced.tree->read(numbers.data(), points.count(), results.data());
    store(what.access, points, call, results.data());
  }
}

}  // namespace asg::reference
