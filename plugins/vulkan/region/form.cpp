#include "region/form.hpp"

#include <algorithm>

#include <asg/sdk/program.hpp>

namespace asg::vulkan {
namespace {

template <class T>
std::vector<T> copied(const asg_span& span) {
  std::vector<T> result;
  for (const T& item : sdk::Span<T>(span)) result.push_back(item);
  return result;
}

}  // namespace

Form::Form(const sdk::ProgramCopy& program, const asg_region& region, bool join)
    : dims(region.dims, region.dims + region.rank),
      accesses(copied<asg_access>(region.accesses)),
      insts(copied<asg_inst>(region.insts)),
      reductions(copied<asg_reduction>(region.reductions)),
      stores(copied<asg_store>(region.stores)),
      phases(copied<asg_phase>(region.phases)),
      program_(program) {
  for (const asg_access& access : accesses)
    for (const asg_bound& bound : sdk::Span<asg_bound>(access.bounds)) bounds_.push_back(bound);
  const asg_bound* next = bounds_.data();
  for (asg_access& access : accesses) {
    access.bounds = {next, access.bounds.count, sizeof(asg_bound)};
    next += access.bounds.count;
  }
  if (!join) return;
  for (uint32_t d = rank(); d-- > 0;)
    if (dims[d] == 1) drop(d);
  for (uint32_t d = rank(); d-- > 1;)
    if (joinable(d - 1)) {
      dims[d] *= dims[d - 1];
      drop(d - 1);
    }
}

uint64_t Form::points() const { return static_cast<uint64_t>(sdk::product(dims.data(), rank())); }

std::vector<uint32_t> Form::reductions_of(uint32_t phase) const {
  std::vector<uint32_t> result;
  for (uint32_t r = begin_of(phase).reductions_end; r < phases[phase].reductions_end; ++r)
    result.push_back(r);
  return result;
}

std::vector<uint32_t> Form::register_stores(uint32_t phase) const {
  std::vector<uint32_t> result;
  for (uint32_t s = begin_of(phase).stores_end; s < phases[phase].stores_end; ++s)
    if (stores[s].kind == ASG_STORE_REGISTER) result.push_back(s);
  return result;
}

std::vector<uint32_t> Form::reduction_stores(uint32_t reduction, uint32_t phase, bool late) const {
  std::vector<uint32_t> result;
  for (uint32_t s = begin_of(phase).stores_end; s < phases[phase].stores_end; ++s)
    if (stores[s].kind == ASG_STORE_REDUCTION && stores[s].source == reduction &&
        is_late(stores[s], phase) == late)
      result.push_back(s);
  return result;
}

bool Form::is_late(const asg_store& store, uint32_t phase) const {
  if (store.source < begin_of(phase).reductions_end) return true;
  const sdk::Span<asg_value> values = program_.values();
  const asg_value& target = values[accesses[store.access].value];
  return std::any_of(insts.begin(), insts.end(), [&](const asg_inst& inst) {
    if (inst.op != ASG_EW_LOAD) return false;
    const asg_value& read = values[accesses[inst.a].value];
    return read.slot == target.slot && read.extent_begin < target.extent_end &&
           target.extent_begin < read.extent_end;
  });
}

void Form::drop(uint32_t axis) {
  dims.erase(dims.begin() + axis);
  const auto erase = [axis](int64_t(&v)[ASG_MAX_RANK]) {
    std::copy(v + axis + 1, v + ASG_MAX_RANK, v + axis);
  };
  for (asg_access& access : accesses) erase(access.strides);
  for (asg_bound& bound : bounds_) erase(bound.coef);
  const uint32_t low = (1u << axis) - 1;
  for (asg_reduction& reduction : reductions)
    reduction.axes = (reduction.axes & low) | (reduction.axes >> 1 & ~low);
}

bool Form::joinable(uint32_t axis) const {
  const auto splits = [&](const int64_t* v) { return v[axis] != v[axis + 1] * dims[axis + 1]; };
  for (const asg_reduction& reduction : reductions)
    if ((reduction.axes >> axis & 1) != (reduction.axes >> (axis + 1) & 1)) return false;
  for (const asg_access& access : accesses)
    if (splits(access.strides)) return false;
  for (const asg_bound& bound : bounds_)
    if (splits(bound.coef)) return false;
  return true;
}

Form::Part Form::part(uint32_t axes, bool inside) const {
  Part result{std::vector<int64_t>(rank(), 1), std::vector<int64_t>(rank(), 0), 1};
  for (uint32_t d = rank(); d-- > 0;) {
    if (((axes >> d & 1) != 0) != inside) continue;
    result.dims[d] = dims[d];
    result.strides[d] = static_cast<int64_t>(result.count);
    result.count *= static_cast<uint64_t>(dims[d]);
  }
  return result;
}

}  // namespace asg::vulkan
