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

Form::Form(const asg_region& region, bool join)
    : dims(region.dims, region.dims + region.rank),
      insts(copied<asg_inst>(region.insts)),
      reductions(copied<asg_reduction>(region.reductions)),
      stores(copied<asg_store>(region.stores)),
      phases(copied<asg_phase>(region.phases)) {
  for (const asg_access& from : sdk::Span<asg_access>(region.accesses)) {
    Access access{from.value,
                  from.offset,
                  {from.strides, from.strides + region.rank},
                  {},
                  from.fill,
                  from.index_register,
                  from.index_stride,
                  from.index_extent};
    for (uint32_t b = 0; b < from.n_bounds; ++b)
      access.bounds.push_back({from.bounds[b].base,
                               from.bounds[b].extent,
                               {from.bounds[b].coef, from.bounds[b].coef + region.rank}});
    accesses.push_back(std::move(access));
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

uint64_t Form::points() const {
  uint64_t count = 1;
  for (const int64_t size : dims) count *= static_cast<uint64_t>(size);
  return count;
}

void Form::drop(uint32_t axis) {
  const auto erase = [axis](std::vector<int64_t>& v) { v.erase(v.begin() + axis); };
  erase(dims);
  for (Access& access : accesses) {
    erase(access.strides);
    for (Bound& bound : access.bounds) erase(bound.coef);
  }
  const uint32_t low = (1u << axis) - 1;
  for (asg_reduction& reduction : reductions)
    reduction.axes = (reduction.axes & low) | (reduction.axes >> 1 & ~low);
}

bool Form::joinable(uint32_t axis) const {
  const auto follows = [&](const std::vector<int64_t>& v) {
    return v[axis] == v[axis + 1] * dims[axis + 1];
  };
  for (const asg_reduction& reduction : reductions)
    if ((reduction.axes >> axis & 1) != (reduction.axes >> (axis + 1) & 1)) return false;
  for (const Access& access : accesses) {
    if (!follows(access.strides)) return false;
    for (const Bound& bound : access.bounds)
      if (!follows(bound.coef)) return false;
  }
  return true;
}

Form::Part Form::part(uint32_t axes, bool inside) const {
  Part result{std::vector<int64_t>(rank(), 1), std::vector<int64_t>(rank(), 0), 1};
  for (uint32_t d = rank(); d-- > 0;) {
    if (((axes >> d & 1) != 0) != inside) continue;
    result.dims[d] = dims[d];
    result.strides[d] = result.count;
    result.count *= dims[d];
  }
  return result;
}

}  // namespace asg::vulkan
