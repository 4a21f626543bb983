#include "schedule.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace asg {
namespace {

using Order = std::vector<std::uint32_t>;

// Kernels with what they wait for and what they keep alive.
struct Work {
  struct Memory {
    std::int64_t bytes = 0;
    std::uint32_t maker = 0;
    std::vector<std::uint32_t> readers;  // kernels
  };
  std::vector<std::vector<std::uint32_t>> before, after;  // by kernel
  std::vector<std::vector<std::uint32_t>> makes, reads;   // numbers of memories
  std::vector<Memory> memories;
  std::vector<bool> in_place;  // by kernel: regions
};

Work survey(const Layout& layout, const Fused& fused) {
  const std::size_t count = fused.kernels.size();
  Work work;
  work.before.resize(count);
  work.after.resize(count);
  work.makes.resize(count);
  work.reads.resize(count);
  for (const Kernel& kernel : fused.kernels) work.in_place.push_back(!kernel.nodes.empty());
  std::vector<bool> is_output(layout.graph.size(), false);
  for (const Tensor& output : layout.outputs)
    is_output[layout.sources.of(output.value()).base.node] = true;
  for (std::uint32_t k = 0; k < count; ++k) {
    std::vector<NodeId> nodes = fused.kernels[k].nodes;
    if (fused.kernels[k].anchor != no_node) nodes.push_back(fused.kernels[k].anchor);
    for (const NodeId id : nodes) {
      for (const NodeId user : fused.order.successors(id)) {
        const std::uint32_t other = fused.kernel_of[user];
        if (other == k) continue;
        work.after[k].push_back(other);
        work.before[other].push_back(k);
      }
      const bool elsewhere = is_output[id] || (layout.assigned[id] != no_node && !fused.late[id]);
      Work::Memory memory;
      memory.maker = k;
      for (const NodeId reader : layout.readers[id])
        if (fused.kernel_of[reader] != k) memory.readers.push_back(fused.kernel_of[reader]);
      std::sort(memory.readers.begin(), memory.readers.end());
      memory.readers.erase(std::unique(memory.readers.begin(), memory.readers.end()),
                           memory.readers.end());
      if (elsewhere || (memory.readers.empty() && !layout.in_memory[id])) continue;
      for (const TensorType& type : layout.graph.node(id).outputs)
        memory.bytes += type.shape.numel() * static_cast<std::int64_t>(size_of(type.dtype));
      const auto number = static_cast<std::uint32_t>(work.memories.size());
      work.makes[k].push_back(number);
      for (const std::uint32_t reader : memory.readers) work.reads[reader].push_back(number);
      work.memories.push_back(std::move(memory));
    }
  }
  for (auto* lists : {&work.before, &work.after})
    for (auto& list : *lists) {
      std::sort(list.begin(), list.end());
      list.erase(std::unique(list.begin(), list.end()), list.end());
    }
  return work;
}

// Results take the place of operands of the same size that nobody reads any more, as they will in
// most regions.
std::int64_t peak_of(const Work& work, const Order& order) {
  std::vector<std::size_t> left(work.memories.size());
  for (std::size_t m = 0; m < left.size(); ++m) left[m] = work.memories[m].readers.size();
  std::int64_t alive = 0, peak = 0;
  std::vector<std::int64_t> dying;
  for (const std::uint32_t k : order) {
    dying.clear();
    for (const std::uint32_t m : work.reads[k])
      if (--left[m] == 0) dying.push_back(work.memories[m].bytes);
    for (const std::uint32_t m : work.makes[k]) {
      alive += work.memories[m].bytes;
      const auto place = std::find(dying.begin(), dying.end(), work.memories[m].bytes);
      if (!work.in_place[k] || place == dying.end()) continue;
      alive -= *place;
      dying.erase(place);
    }
    peak = std::max(peak, alive);
    for (const std::int64_t bytes : dying) alive -= bytes;
    for (const std::uint32_t m : work.makes[k])
      if (left[m] == 0) alive -= work.memories[m].bytes;
  }
  return peak;
}

// Always takes the ready kernel with the least key. The key has what running it adds to the memory
// alive; `frees_first` looks only at whether it adds none, little or much, and keeps to the
// program's order else.
Order list_order(const Work& work, bool frees_first) {
  const auto count = static_cast<std::uint32_t>(work.before.size());
  std::vector<std::size_t> waits(count), left(work.memories.size());
  std::vector<std::int64_t> adds(count, 0);
  for (std::uint32_t k = 0; k < count; ++k) {
    waits[k] = work.before[k].size();
    for (const std::uint32_t m : work.makes[k]) adds[k] += work.memories[m].bytes;
  }
  for (std::size_t m = 0; m < left.size(); ++m) {
    left[m] = work.memories[m].readers.size();
    if (left[m] == 1) adds[work.memories[m].readers[0]] -= work.memories[m].bytes;
  }
  std::int64_t little = 0;
  for (const Work::Memory& memory : work.memories) little = std::max(little, memory.bytes / 1024);
  using Key = std::pair<std::int64_t, std::uint32_t>;
  const auto key = [&](std::uint32_t k) {
    const std::int64_t coarse = adds[k] <= 0 ? 0 : adds[k] <= little ? 1 : 2;
    return Key{frees_first ? coarse : adds[k], k};
  };
  std::set<Key> ready;
  std::vector<bool> is_ready(count, false), done(count, false);
  for (std::uint32_t k = 0; k < count; ++k)
    if (waits[k] == 0) {
      ready.insert(key(k));
      is_ready[k] = true;
    }
  Order order;
  while (!ready.empty()) {
    const std::uint32_t k = ready.begin()->second;
    ready.erase(ready.begin());
    is_ready[k] = false;
    done[k] = true;
    order.push_back(k);
    for (const std::uint32_t m : work.reads[k])
      if (--left[m] == 1)
        for (const std::uint32_t last : work.memories[m].readers) {
          if (done[last]) continue;
          if (is_ready[last]) ready.erase(key(last));
          adds[last] -= work.memories[m].bytes;
          if (is_ready[last]) ready.insert(key(last));
        }
    for (const std::uint32_t next : work.after[k])
      if (--waits[next] == 0) {
        ready.insert(key(next));
        is_ready[next] = true;
      }
  }
  return order;
}

// The same backwards: what must come late is put as late as it can.
Order reversed_list_order(const Work& work, bool frees_first) {
  Work mirror;
  mirror.before = work.after;
  mirror.after = work.before;
  mirror.makes.resize(work.makes.size());
  mirror.reads.resize(work.makes.size());
  // Going backwards, a memory comes to life at its last reader and dies at its maker. Which reader
  // is last is not known beforehand: the maker's side is exact, the readers' an upper bound.
  for (std::uint32_t m = 0; m < work.memories.size(); ++m) {
    Work::Memory memory = work.memories[m];
    const std::uint32_t maker = memory.maker;
    if (!memory.readers.empty()) memory.maker = memory.readers.back();
    memory.readers = {maker};
    mirror.makes[memory.maker].push_back(m);
    mirror.reads[maker].push_back(m);
    mirror.memories.push_back(std::move(memory));
  }
  Order order = list_order(mirror, frees_first);
  std::reverse(order.begin(), order.end());
  return order;
}

}  // namespace

Order schedule(const Layout& layout, const Fused& fused, const PassContext& context) {
  Order best(fused.kernels.size());
  for (std::uint32_t k = 0; k < best.size(); ++k) best[k] = k;
  if (!context.options.has("schedule")) return best;
  const Work work = survey(layout, fused);
  std::int64_t least = peak_of(work, best);
  const auto offer = [&](Order order) {
    const std::int64_t peak = peak_of(work, order);
    if (order.size() != best.size() || peak >= least) return;
    least = peak;
    best = std::move(order);
  };
  offer(list_order(work, true));
  offer(list_order(work, false));
  offer(reversed_list_order(work, true));
  offer(reversed_list_order(work, false));
  return best;
}

}  // namespace asg
