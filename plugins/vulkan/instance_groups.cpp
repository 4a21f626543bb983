#include "instance_groups.hpp"

#include <algorithm>

namespace asg::vulkan {
namespace {

struct Members {
  std::vector<Range> places;
  std::vector<const RegionInstance*> instances;
};

Range range_of(const RegionInstance::Place& place, const std::vector<Range>& slots) {
  const Range& slot = slots[place.range.slot];
  return {slot.buffer, slot.offset + place.range.begin, place.range.size};
}

Range hull(const Range& a, const Range& b) {
  const uint64_t begin = std::min(a.offset, b.offset);
  return {a.buffer, begin, std::max(a.offset + a.size, b.offset + b.size) - begin};
}

bool joins(Members& members, const std::vector<Range>& places, uint64_t max_range) {
  std::vector<Range> together;
  for (std::size_t k = 0; k < places.size(); ++k) {
    if (places[k].buffer != members.places[k].buffer) return false;
    together.push_back(hull(places[k], members.places[k]));
    if (together.back().size > max_range) return false;
  }
  members.places = together;
  return true;
}

InstanceGroup finished(const Members& members, const std::vector<Range>& slots,
                       uint32_t group_size) {
  InstanceGroup group;
  group.places = members.places;
  group.instances = static_cast<uint32_t>(members.instances.size());
  for (const RegionInstance* instance : members.instances) {
    group.table.push_back(static_cast<int32_t>(group.groups));
    group.table.push_back(static_cast<int32_t>(instance->length));
    for (std::size_t k = 0; k < instance->places.size(); ++k) {
      const RegionInstance::Place& place = instance->places[k];
      const uint64_t bytes = range_of(place, slots).offset - members.places[k].offset;
      group.table.push_back(
          static_cast<int32_t>(static_cast<int64_t>(bytes / place.element_size) + place.base));
    }
    group.groups += (instance->length + group_size - 1) / group_size;
  }
  return group;
}

}  // namespace

std::vector<InstanceGroup> group_instances(const Dispatch& dispatch,
                                           const std::vector<Range>& slots, uint64_t max_range) {
  std::vector<Members> all;
  // Shaders count elements in 31 bits.
  max_range = std::min<uint64_t>(max_range, INT32_MAX);
  for (const RegionInstance& instance : dispatch.instances) {
    std::vector<Range> places;
    for (const RegionInstance::Place& place : instance.places)
      places.push_back(range_of(place, slots));
    const auto joined = std::find_if(all.begin(), all.end(), [&](Members& members) {
      return joins(members, places, max_range);
    });
    if (joined == all.end())
      all.push_back({std::move(places), {&instance}});
    else
      joined->instances.push_back(&instance);
  }
  std::vector<InstanceGroup> groups;
  for (const Members& members : all)
    groups.push_back(finished(members, slots, dispatch.group_size));
  return groups;
}

}  // namespace asg::vulkan
