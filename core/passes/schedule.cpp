#include "passes/schedule.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "passes/kernel_order.hpp"

namespace asg {
namespace {

std::vector<NodeId> nodes_of(const Kernel& kernel) {
  std::vector<NodeId> nodes = kernel.nodes;
  if (kernel.anchor != no_node) nodes.push_back(kernel.anchor);
  return nodes;
}

Structure waits_of(const Fused& fused) {
  std::vector<Edge> edges;
  for (std::uint32_t k = 0; k < fused.kernels.size(); ++k)
    for (const NodeId id : nodes_of(fused.kernels[k]))
      for (const NodeId user : fused.order.successors(id))
        if (fused.kernel_of[user] != k) edges.push_back({k, fused.kernel_of[user]});
  return {fused.kernels.size(), std::move(edges)};
}

Survey survey(const Layout& layout, const Fused& fused) {
  const std::size_t count = fused.kernels.size();
  Survey work(waits_of(fused));
  std::vector<bool> is_output(layout.graph.size(), false);
  for (const Tensor& output : layout.outputs)
    is_output[layout.sources.of(output.value()).base.node] = true;
  for (std::uint32_t k = 0; k < count; ++k) {
    work.in_place[k] = !fused.kernels[k].nodes.empty();
    for (const NodeId id : nodes_of(fused.kernels[k])) {
      const bool elsewhere = is_output[id] || (layout.assigned[id] != no_node && !fused.late[id]);
      Survey::Memory memory;
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
  return work;
}

}  // namespace

std::vector<std::uint32_t> schedule(const Layout& layout, const Fused& fused,
                                    const PassContext& context) {
  KernelOrder order(fused.kernels.size());
  std::iota(order.begin(), order.end(), 0u);
  if (!context.options.has(Pass::schedule)) return order;
  const Survey work = survey(layout, fused);
  order = least_peak_order(work);
  context.report.visits.push_back({"schedule", work.visits});
  return order;
}

}  // namespace asg
