#include "acyclic_order.hpp"

#include <algorithm>
#include <numeric>

namespace asg {

AcyclicOrder::AcyclicOrder(std::size_t nodes)
    : parent_(nodes),
      rank_(nodes),
      members_(nodes),
      out_(nodes),
      in_(nodes),
      mark_(nodes, 0),
      budget_(static_cast<std::int64_t>(nodes) * edges_a_node) {
  std::iota(parent_.begin(), parent_.end(), 0u);
  std::iota(rank_.begin(), rank_.end(), 0u);
  for (NodeId id = 0; id < nodes; ++id) members_[id].push_back(id);
}

NodeId AcyclicOrder::group(NodeId node) const {
  while (parent_[node] != node) {
    parent_[node] = parent_[parent_[node]];
    node = parent_[node];
  }
  return node;
}

void AcyclicOrder::add_base_edge(NodeId from, NodeId to) {
  out_[from].push_back(to);
  in_[to].push_back(from);
}

AcyclicOrder::Search AcyclicOrder::forward(NodeId from, NodeId target, std::uint32_t limit,
                                           bool skip_direct) {
  ++now_;
  after_.clear();
  mark_[from] = now_;
  std::int64_t edges = 0;
  std::vector<NodeId> open{from};
  while (!open.empty()) {
    const NodeId at = open.back();
    open.pop_back();
    for (const NodeId member : members_[at])
      for (const NodeId user : out_[member]) {
        if (++edges > few_edges && --budget_ < 0) return Search::too_far;
        const NodeId next = group(user);
        if (next == target && !(skip_direct && at == from)) return Search::found;
        if (next == target || mark_[next] == now_ || rank_[next] > limit) continue;
        mark_[next] = now_;
        after_.push_back(next);
        open.push_back(next);
      }
  }
  return Search::open;
}

AcyclicOrder::Search AcyclicOrder::backward(NodeId from, std::uint32_t limit) {
  ++now_;
  before_.clear();
  mark_[from] = now_;
  std::int64_t edges = 0;
  std::vector<NodeId> open{from};
  while (!open.empty()) {
    const NodeId at = open.back();
    open.pop_back();
    for (const NodeId member : members_[at])
      for (const NodeId operand : in_[member]) {
        if (++edges > few_edges && --budget_ < 0) return Search::too_far;
        const NodeId next = group(operand);
        if (mark_[next] == now_ || rank_[next] <= limit) continue;
        mark_[next] = now_;
        before_.push_back(next);
        open.push_back(next);
      }
  }
  return Search::open;
}

// Hands the ranks of all that were found, and of the two, out again: what leads to `last`, then
// the two, then what `first` leads to. Each part keeps its order.
void AcyclicOrder::reorder(NodeId first, NodeId last, bool joined) {
  const auto by_rank = [&](NodeId a, NodeId b) { return rank_[a] < rank_[b]; };
  std::sort(after_.begin(), after_.end(), by_rank);
  std::sort(before_.begin(), before_.end(), by_rank);
  std::vector<NodeId> order = before_;
  order.push_back(last);
  if (!joined) order.push_back(first);
  order.insert(order.end(), after_.begin(), after_.end());
  std::vector<std::uint32_t> ranks;
  for (const NodeId g : order) ranks.push_back(rank_[g]);
  if (joined) ranks.push_back(rank_[first]);
  std::sort(ranks.begin(), ranks.end());
  for (std::size_t i = 0; i < order.size(); ++i) rank_[order[i]] = ranks[i];
}

bool AcyclicOrder::add_edge(NodeId from, NodeId to) {
  const NodeId a = group(from), b = group(to);
  if (a == b) return true;
  if (rank_[a] > rank_[b]) {
    // `to` must move behind `from`: nothing that it leads to may be `from`.
    if (forward(b, a, rank_[a], false) != Search::open) return false;
    if (backward(a, rank_[b]) != Search::open) return false;
    reorder(b, a, false);
  }
  add_base_edge(from, to);
  return true;
}

bool AcyclicOrder::join(NodeId one, NodeId other) {
  NodeId a = group(one), b = group(other);
  if (a == b) return true;
  if (rank_[a] > rank_[b]) std::swap(a, b);
  if (forward(a, b, rank_[b], true) != Search::open) return false;
  if (backward(b, rank_[a]) != Search::open) return false;
  reorder(a, b, true);
  // The smaller joins the larger, so that each node moves a few times only.
  NodeId kept = b, gone = a;
  if (members_[a].size() > members_[b].size()) std::swap(kept, gone);
  const std::uint32_t rank = rank_[b];
  parent_[gone] = kept;
  rank_[kept] = rank;
  members_[kept].insert(members_[kept].end(), members_[gone].begin(), members_[gone].end());
  members_[gone].clear();
  members_[gone].shrink_to_fit();
  return true;
}

}  // namespace asg
