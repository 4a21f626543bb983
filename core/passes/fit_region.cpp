#include "passes/fit_region.hpp"

#include <cstdint>

namespace asg {
namespace {

constexpr std::int64_t most_parts = 256;

bool reduces(const asg_reduction& reduction, int axis) {
  return (reduction.axes >> axis & 1u) != 0;
}

bool is_reduced(const Region& region, int axis) {
  for (const asg_reduction& reduction : region.reductions)
    if (reduces(reduction, axis)) return true;
  return false;
}

// Of a region that stands still on it, or has one point of it.
void drop_axis(Region& region, int axis) {
  region.dims.erase(axis);
  for (Access& access : region.accesses) {
    access.strides.erase(axis);
    for (Bound& bound : access.bounds) bound.coef.erase(axis);
  }
  const std::uint32_t below = (1u << axis) - 1;
  for (asg_reduction& reduction : region.reductions)
    reduction.axes = (reduction.axes & below) | (reduction.axes >> 1 & ~below);
}

// Whether the axis and the next one may be run through as one: whoever moves on the one does so as
// if it were more of the next.
bool may_join(const Region& region, int axis) {
  const std::int64_t inner = region.dims[axis + 1];
  const auto as_one = [&](const Shape& steps) { return steps[axis] == steps[axis + 1] * inner; };
  for (const Access& access : region.accesses) {
    if (!as_one(access.strides)) return false;
    for (const Bound& bound : access.bounds)
      if (!as_one(bound.coef)) return false;
  }
  for (const asg_reduction& reduction : region.reductions)
    if (reduces(reduction, axis) != reduces(reduction, axis + 1)) return false;
  return true;
}

void join_axes(Region& region) {
  for (int axis = region.dims.rank(); axis-- > 0;)
    if (region.dims[axis] == 1) drop_axis(region, axis);
  for (int axis = region.dims.rank() - 1; axis-- > 0;) {
    if (!may_join(region, axis)) continue;
    region.dims[axis + 1] *= region.dims[axis];
    drop_axis(region, axis);
  }
}

// The shortest axis that no reduction takes together; -1 when there is none.
int axis_to_cut(const Region& region) {
  int best = -1;
  for (int axis = 0; axis < region.dims.rank(); ++axis)
    if (!is_reduced(region, axis) && (best < 0 || region.dims[axis] < region.dims[best]))
      best = axis;
  return best;
}

Region part_at(const Region& region, int axis, std::int64_t at) {
  Region part = region;
  for (Access& access : part.accesses) {
    access.offset += access.strides[axis] * at;
    for (Bound& bound : access.bounds) bound.base += bound.coef[axis] * at;
  }
  drop_axis(part, axis);
  return part;
}

}  // namespace

std::vector<Region> fit_rank(Region region, int rank) {
  if (region.dims.rank() > rank) join_axes(region);
  std::vector<Region> parts;
  parts.push_back(std::move(region));
  while (parts[0].dims.rank() > rank) {
    const int axis = axis_to_cut(parts[0]);
    if (axis < 0) break;
    const std::int64_t size = parts[0].dims[axis];
    if (size < 1 || size > most_parts / static_cast<std::int64_t>(parts.size())) break;
    std::vector<Region> smaller;
    for (const Region& part : parts)
      for (std::int64_t at = 0; at < size; ++at) smaller.push_back(part_at(part, axis, at));
    parts = std::move(smaller);
  }
  return parts;
}

}  // namespace asg
