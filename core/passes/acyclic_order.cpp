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

template <class Enter>
bool AcyclicOrder::search(NodeId from, const std::vector<std::vector<NodeId>>& edges,
                          std::vector<NodeId>& found, Enter enter) {
  ++now_;
  found.clear();
  mark_[from] = now_;
  std::int64_t looked_at = 0;
  std::vector<NodeId> open{from};
  while (!open.empty()) {
    const NodeId at = open.back();
    open.pop_back();
    for (const NodeId member : members_[at])
      for (const NodeId end : edges[member]) {
        if (++looked_at > few_edges && --budget_ < 0) return false;
        const NodeId next = group(end);
        if (mark_[next] == now_) continue;
        const Step step = enter(at, next);
        if (step == Step::stop) return false;
        if (step == Step::skip) continue;
        mark_[next] = now_;
        found.push_back(next);
        open.push_back(next);
      }
  }
  return true;
}

bool AcyclicOrder::leads_elsewhere(NodeId from, NodeId target, bool skip_direct) {
  const std::uint32_t limit = rank_[target];
  return search(from, out_, after_, [&](NodeId at, NodeId next) {
    if (next == target) return skip_direct && at == from ? Step::skip : Step::stop;
    return rank_[next] > limit ? Step::skip : Step::enter;
  });
}

bool AcyclicOrder::find_before(NodeId from, std::uint32_t limit) {
  return search(from, in_, before_, [&](NodeId, NodeId next) {
    return rank_[next] <= limit ? Step::skip : Step::enter;
  });
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
    if (!leads_elsewhere(b, a, false) || !find_before(a, rank_[b])) return false;
    reorder(b, a, false);
  }
  add_base_edge(from, to);
  return true;
}

bool AcyclicOrder::join(NodeId one, NodeId other) {
  NodeId a = group(one), b = group(other);
  if (a == b) return true;
  if (rank_[a] > rank_[b]) std::swap(a, b);
  if (!leads_elsewhere(a, b, true) || !find_before(b, rank_[a])) return false;
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
