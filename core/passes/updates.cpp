// Small updates of variables that compute the same become one step: a table instead of many
// launches.
#include <algorithm>

#include "passes/lower.hpp"

namespace asg {
namespace {

// With more elements a launch costs nothing beside the work, and its operands would live longer.
constexpr std::int64_t small = 1 << 16;

// The region over one axis, if all it touches stands in order or is a single element.
bool flatten(Region& region) {
  const std::int64_t points = region.dims.numel();
  for (Access& access : region.accesses) {
    if (!access.bounds.empty()) return false;
    const bool single = std::all_of(access.strides.begin(), access.strides.end(),
                                    [](std::int64_t s) { return s == 0; });
    bool dense = access.offset == 0;
    std::int64_t inner = 1;
    for (int d = region.dims.rank(); d-- > 0; inner *= region.dims[d])
      dense = dense && (region.dims[d] == 1 || access.strides[d] == inner);
    if (!dense && !(single && access.offset == 0)) return false;
    access.strides = {dense && points > 1 ? std::int64_t{1} : std::int64_t{0}};
    if (points == 1) access.strides = {single ? std::int64_t{0} : std::int64_t{1}};
  }
  region.dims = {points};
  return true;
}

template <class T>
void append(std::string& key, const T& value) {
  key.append(reinterpret_cast<const char*>(&value), sizeof value);
}

}  // namespace

bool Lowerer::is_small_update(const Kernel& kernel) const {
  if (!context_.options.has(Pass::group_updates) || !limits_.instances ||
      kernel.points > small || kernel.points == 0 || kernel.row != 0)
    return false;
  bool any = false;
  for (const NodeId id : kernel.nodes) {
    if (layout_.kind[id] != Layout::Kind::element) return false;
    const bool written = layout_.assigned[id] != no_node && !fused_.late[id];
    // No other kernel may wait for the result, because it comes last.
    const std::vector<NodeId>& readers = layout_.readers[id];
    const bool waited_for = std::any_of(readers.begin(), readers.end(), [&](NodeId reader) {
      return fused_.kernel_of[reader] != fused_.kernel_of[id];
    });
    if (is_stored(id) && (!written || waited_for)) return false;
    any = any || written;
    // Nor may a variable that it reads be overwritten before.
    for (const NodeId user : fused_.order.successors(id))
      if (fused_.kernel_of[user] != fused_.kernel_of[id]) return false;
  }
  return any;
}

void Lowerer::keep_update(Region region, Step step) {
  Region flat = region;
  if (!flatten(flat)) return emit_region(std::move(region), std::move(step));
  std::string key;
  for (const asg_inst& inst : flat.insts) append(key, inst);
  for (const asg_store& store : flat.stores) append(key, store);
  for (const Access& access : flat.accesses) {
    append(key, access.strides[0]);
    append(key, program_.values[access.value].dtype);
  }
  alike_[key].push_back(updates_.size());
  updates_.emplace_back(std::move(flat), std::move(step));
}

void Lowerer::lower_updates() {
  std::vector<const std::vector<std::size_t>*> lists;
  for (const auto& [key, list] : alike_) lists.push_back(&list);
  std::sort(lists.begin(), lists.end(), [](auto* a, auto* b) { return a->front() < b->front(); });
  for (const auto* list : lists) {
    auto& [region, step] = updates_[list->front()];
    if (list->size() > 1) {
      std::int64_t points = 0;
      for (const std::size_t i : *list) {
        Instance& instance = region.instances.emplace_back();
        instance.length = updates_[i].first.dims[0];
        points += instance.length;
        for (const Access& access : updates_[i].first.accesses)
          instance.values.push_back(access.value);
      }
      region.dims = {points};
      step.name += " x " + std::to_string(list->size());
    }
    emit_region(std::move(region), std::move(step));
  }
}

}  // namespace asg
