#include <algorithm>

#include "passes/plan.hpp"

namespace asg {
namespace {

bool same_map_without_bounds(const Access& a, const Access& b) {
  return a.offset == b.offset && a.strides == b.strides && a.bounds.empty() && b.bounds.empty();
}

// Whether the region reads each point of `from` before it writes that point of `to`: all loads have
// the store's map, and none comes in a later phase.
bool reads_before_writing(const Region& region, const Program& program, int from, int to) {
  std::size_t store_phase = 0;
  const asg_store* store = nullptr;
  for (std::size_t s = 0; s < region.stores.size(); ++s) {
    const asg_store& candidate = region.stores[s];
    if (static_cast<int>(program.values[region.accesses[candidate.access].value].slot) != to)
      continue;
    if (store != nullptr || candidate.kind != ASG_STORE_REGISTER) return false;
    store = &candidate;
    while (region.phases[store_phase].stores_end <= s) ++store_phase;
  }
  if (store == nullptr || !region.instances.empty()) return false;
  for (std::size_t i = 0; i < region.insts.size(); ++i) {
    const asg_inst& inst = region.insts[i];
    if (inst.op != ASG_EW_LOAD) continue;
    const Access& load = region.accesses[inst.a];
    if (static_cast<int>(program.values[load.value].slot) != from) continue;
    if (i >= region.phases[store_phase].insts_end ||
        !same_map_without_bounds(load, region.accesses[store->access]))
      return false;
  }
  return true;
}

}  // namespace

void share_places(const Program& program, std::vector<PlannedBuffer>& buffers) {
  const auto place = [&](int buffer) {
    while (buffers[static_cast<std::size_t>(buffer)].same_as >= 0)
      buffer = buffers[static_cast<std::size_t>(buffer)].same_as;
    return buffer;
  };
  for (std::size_t now = 0; now < program.steps.size(); ++now) {
    const Step& step = program.steps[now];
    if (step.region < 0) continue;
    const Region& region = program.regions[static_cast<std::size_t>(step.region)];
    const std::size_t operands = step.op == ASG_OP_MATMUL ? 2 : 0;  // read as a whole, no region's
    for (const std::uint32_t written : step.outputs) {
      const auto to = static_cast<int>(program.values[written].slot);
      PlannedBuffer& result = buffers[static_cast<std::size_t>(to)];
      if (result.slot != 0 || result.first != static_cast<int>(now) || result.same_as >= 0)
        continue;
      for (std::size_t i = operands; i < step.inputs.size(); ++i) {
        const auto from = static_cast<int>(program.values[step.inputs[i]].slot);
        PlannedBuffer& operand = buffers[static_cast<std::size_t>(place(from))];
        if (from == to || operand.slot != 0 || operand.last != static_cast<int>(now) ||
            operand.bytes != result.bytes)
          continue;
        const bool whole = std::any_of(
            step.inputs.begin(), step.inputs.begin() + static_cast<std::ptrdiff_t>(operands),
            [&](std::uint32_t v) {
              return place(static_cast<int>(program.values[v].slot)) == place(from);
            });
        // Other buffers of the same place would be overwritten too: then all must be this one.
        const bool alone =
            std::none_of(step.inputs.begin(), step.inputs.end(), [&](std::uint32_t v) {
              const auto other = static_cast<int>(program.values[v].slot);
              return other != from && place(other) == place(from);
            });
        const bool taken =
            std::any_of(step.outputs.begin(), step.outputs.end(), [&](std::uint32_t v) {
              return buffers[program.values[v].slot].same_as == place(from);
            });
        if (whole || !alone || taken || !reads_before_writing(region, program, from, to)) continue;
        result.same_as = place(from);
        operand.last = std::max(operand.last, result.last);
        break;
      }
    }
  }
}

}  // namespace asg
