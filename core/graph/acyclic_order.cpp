#include "graph/acyclic_order.hpp"

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
AcyclicOrder::Found AcyclicOrder::search(NodeId from, const std::vector<std::vector<NodeId>>& edges,
                                         bool brief, std::vector<NodeId>& found, Enter enter) {
  ++now_;
  found.clear();
  mark_[from] = now_;
  std::int64_t few = few_edges;
  std::int64_t& left = brief ? few : budget_;
  open_.assign(1, from);
  while (!open_.empty()) {
    const NodeId at = open_.back();
    open_.pop_back();
    for (const NodeId member : members_[at])
      for (const NodeId end : edges[member]) {
        if (--left < 0) return Found::unknown;
        ++visits_;
        const NodeId next = group(end);
        if (mark_[next] == now_) continue;
        const Step step = enter(at, next);
        if (step == Step::stop) return Found::path;
        if (step == Step::skip) continue;
        mark_[next] = now_;
        found.push_back(next);
        open_.push_back(next);
      }
  }
  return Found::all;
}

AcyclicOrder::Found AcyclicOrder::search_after(NodeId first, NodeId last, bool apart, bool brief) {
  return search(first, out_, brief, after_, [&](NodeId at, NodeId next) {
    if (next == last) return apart && at == first ? Step::skip : Step::stop;
    return rank_[next] > rank_[last] ? Step::skip : Step::enter;
  });
}

AcyclicOrder::Found AcyclicOrder::search_before(NodeId first, NodeId last, bool apart, bool brief) {
  return search(last, in_, brief, before_, [&](NodeId at, NodeId next) {
    if (next == first) return apart && at == last ? Step::skip : Step::stop;
    return rank_[next] < rank_[first] ? Step::skip : Step::enter;
  });
}

bool AcyclicOrder::leads_to(NodeId from, NodeId to) {
  const NodeId a = group(from), b = group(to);
  if (a == b || rank_[a] > rank_[b]) return a == b;
  for (const bool brief : {true, false}) {
    if (const Found after = search_after(a, b, false, brief); after != Found::unknown)
      return after == Found::path;
    if (const Found before = search_before(a, b, false, brief); before != Found::unknown)
      return before == Found::path;
  }
  return true;
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
    if (search_after(b, a, false, false) != Found::all ||
        search_before(b, a, false, false) != Found::all)
      return false;
    reorder(b, a, false);
  }
  add_base_edge(from, to);
  return true;
}

bool AcyclicOrder::join(NodeId one, NodeId other) {
  NodeId a = group(one), b = group(other);
  if (a == b) return true;
  if (rank_[a] > rank_[b]) std::swap(a, b);
  std::uint32_t rank = rank_[b];
  const Found after = search_after(a, b, true, true);
  if (after == Found::path) return false;
  if (after == Found::unknown || !after_.empty()) {  // else the first may stand where the last does
    const Found before = search_before(a, b, true, true);
    if (before == Found::path) return false;
    if (before == Found::all && before_.empty()) {
      rank = rank_[a];
    } else {
      if (after == Found::unknown && search_after(a, b, true, false) != Found::all) return false;
      if (before == Found::unknown && search_before(a, b, true, false) != Found::all) return false;
      reorder(a, b, true);
      rank = rank_[b];
    }
  }
  // The smaller joins the larger, so that each node moves a few times only.
  NodeId kept = b, gone = a;
  if (members_[a].size() > members_[b].size()) std::swap(kept, gone);
  parent_[gone] = kept;
  rank_[kept] = rank;
  members_[kept].insert(members_[kept].end(), members_[gone].begin(), members_[gone].end());
  members_[gone].clear();
  members_[gone].shrink_to_fit();
  return true;
}

}  // namespace asg
