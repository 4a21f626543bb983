#include "region/reach.hpp"

#include <fmt/core.h>

#include <algorithm>

#include <asg/sdk/program.hpp>

namespace asg::vulkan {
namespace {

void check(const StepContext& context, const asg_access& access, uint32_t index, uint32_t rank,
           const int64_t* dims) {
  if (access.bounds.count > 0) return;
  int64_t low = access.offset, high = access.offset;
  const auto add = [&](int64_t stride, int64_t extent) {
    (stride < 0 ? low : high) += stride * (extent - 1);
  };
  for (uint32_t d = 0; d < rank; ++d) {
    if (dims[d] <= 0) return;
    add(access.strides[d], dims[d]);
  }
  const asg_value& value = context.program.values()[index];
  const auto size = static_cast<int64_t>(sdk::dtype_size(value.dtype)),
             start = static_cast<int64_t>(value.offset);
  require(start + low * size >= static_cast<int64_t>(value.extent_begin) &&
              start + (high + 1) * size <= static_cast<int64_t>(value.extent_end),
          fmt::format("a region reaches elements {} to {} of value {}, outside its extent", low,
                      high, index));
}

}  // namespace

void check_reach(const StepContext& context, const asg_region& region) {
  const sdk::Span<asg_access> accesses = region.accesses;
  const sdk::Span<asg_instance> instances = region.instances;
  const auto look = [&](uint32_t k) {
    if (instances.empty())
      return check(context, accesses[k], accesses[k].value, region.rank, region.dims);
    for (const asg_instance& instance : instances)
      check(context, accesses[k], instance.values[k], 1, &instance.length);
  };
  for (const asg_inst& inst : sdk::Span<asg_inst>(region.insts))
    if (inst.op == ASG_EW_LOAD) look(inst.a);
  for (const asg_store& store : sdk::Span<asg_store>(region.stores)) look(store.access);
}

}  // namespace asg::vulkan
