#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include <asg/graph/algorithms.hpp>
#include <asg/graph/op.hpp>

#include "passes/graph_passes.hpp"
#include "passes/layout.hpp"
#include "passes/rewrite.hpp"

namespace asg {
namespace {

// A cheap instruction counts as much as keeping a 16th of its result: a chain of them costs less
// than the memory that it saves, as long as it is not long.
constexpr std::int64_t cheap_share = 16;
// A value that a kernel reads must be written to memory for it once more.
constexpr std::int64_t memory_share = 4;
// Nodes of one network: what bounds the time of finding a cut, whatever the graph is like.
constexpr std::size_t most_nodes_at_once = 1024;

// The cheapest set of values to keep from the forward pass for the backward pass. A node of the
// network stands for a value; on the source's side it is of the forward pass, on the sink's it is
// known in the backward pass. A value goes from the one to the other by being kept, which costs its
// bytes, or by being computed again, which costs something too and needs all its operands there.
class SavedSet {
 public:
  explicit SavedSet(TracedView traced)
      : graph_(traced.graph),
        live_(live_nodes(traced)),
        kind_(graph_.size(), Kind::other),
        late_(graph_.size(), false),
        read_late_(graph_.size(), false),
        read_by_kernel_(graph_.size(), false),
        known_(graph_.size(), false),
        again_(graph_.size(), false),
        place_(graph_.size(), 0) {
    find_late();
    find_read_late();
    find_wanted_and_forward(traced.outputs);
    const std::vector<NodeId> order = forward_order();
    for (std::size_t at = 0; at < order.size(); at += most_nodes_at_once)
      cut(std::span(order).subspan(at, std::min(most_nodes_at_once, order.size() - at)));
  }

  /// Whether the node is computed in the backward pass, and there only.
  [[nodiscard]] bool late(NodeId id) const { return late_[id] || (again_[id] && !forward_[id]); }
  /// Whether the backward pass computes again what the forward pass computes.
  [[nodiscard]] bool again(NodeId id) const { return again_[id] && forward_[id]; }

 private:
  // What differentiation made of forward values alone, such as the derivative of an activation, may
  // be computed in either pass, if it is one of the nodes that may be computed again.
  void find_late() {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!live_[id]) continue;
      const Node node = graph_.node(id);
      kind_[id] = kind_of(node);
      late_[id] = node.origin.backward && !can_recompute(id) && !is_given(id);
    }
    const std::vector<bool> first = late_;
    for (const NodeId id : dependents(graph_, 0, static_cast<NodeId>(graph_.size()),
                                      [&](Value value) { return first[value.node]; }))
      late_[id] = true;
  }
  void find_read_late() {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!live_[id] || !late_[id]) continue;
      const Node node = graph_.node(id);
      const bool region = can_recompute(id) || node.op.lowering.role == Lowering::Role::reduce;
      for (const Value operand : node.operands) {
        if (late_[operand.node]) continue;
        read_late_[operand.node] = true;
        if (!region) read_by_kernel_[base(operand.node)] = true;
      }
    }
  }
  // Values that would serve the backward pass, and those that serve what is computed before it.
  void find_wanted_and_forward(const Tensors& outputs) {
    std::vector<NodeId> read, kept;
    std::vector<bool> closed(graph_.size(), false);
    for (const Tensor& output : outputs) kept.push_back(output.value().node);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!live_[id]) continue;
      closed[id] = !can_recompute(id);
      if (read_late_[id]) read.push_back(id);
      if (!late_[id] && closed[id]) known_[id] = read_late_[id];
      if (!late_[id] && closed[id] && !is_given(id)) kept.push_back(id);
    }
    wanted_ = needed(graph_, read, closed);
    forward_ = needed(graph_, kept, late_);
  }

  // The nodes to decide about, each after its operands: those of one layer stand together, also
  // when differentiation wrote some of them far behind.
  [[nodiscard]] std::vector<NodeId> forward_order() const {
    std::vector<NodeId> order, after(graph_.size(), 0);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!wanted_[id] || !can_recompute(id)) {
        after[id] = id;
        continue;
      }
      const Node node = graph_.node(id);
      if (!node.origin.backward) after[id] = id;
      for (const Value operand : node.operands)
        after[id] = std::max(after[id], after[operand.node]);
      order.push_back(id);
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](NodeId a, NodeId b) { return after[a] < after[b]; });
    return order;
  }

  enum class Kind : std::uint8_t { given, view, element, other };
  [[nodiscard]] static Kind kind_of(const Node& node) {
    const Lowering& how = node.op.lowering;
    if (how.view != nullptr) return Kind::view;
    if (how.instruction != 0 || how.is_positions()) return Kind::element;
    return how.is_given() ? Kind::given : Kind::other;
  }
  [[nodiscard]] bool is_given(NodeId id) const { return kind_[id] == Kind::given; }
  [[nodiscard]] bool is_view(NodeId id) const { return kind_[id] == Kind::view; }
  [[nodiscard]] bool can_recompute(NodeId id) const {
    return is_view(id) || kind_[id] == Kind::element;
  }
  // The node whose memory the value is in.
  [[nodiscard]] NodeId base(NodeId id) const {
    while (is_view(id)) id = graph_.node(id).operands[0].node;
    return id;
  }
  [[nodiscard]] std::int64_t bytes(NodeId id) const {
    std::int64_t total = 0;
    for (const TensorType& type : graph_.node(id).outputs)
      if (const std::int64_t n = type.shape.numel(); n > small_domain)
        total += n * static_cast<std::int64_t>(size_of(type.dtype));
    return total;
  }
  [[nodiscard]] std::int64_t cost(NodeId id) const {
    if (is_view(id)) return 0;
    const std::int64_t kept = bytes(id);
    const bool costly = is_costly(graph_.node(id).op.lowering.instruction);
    return 1 + (costly ? kept : kept / cheap_share) +
           (read_by_kernel_[id] ? kept / memory_share : 0);
  }

  // Decides about the nodes; those before them are decided.
  void cut(std::span<const NodeId> window) {
    constexpr std::uint32_t source = 0, sink = 1;
    std::uint32_t count = 2;
    std::vector<CapacityEdge> edges;
    std::vector<NodeId> outside;  // operands that nothing has needed so far: they can only be kept
    for (const NodeId id : window) {
      const std::uint32_t known = place_[id] = count++, forward = count++;
      edges.push_back({source, forward, cost(id)});
      edges.push_back({forward, known, is_view(id) ? unlimited : bytes(id)});
      if (read_late_[id]) edges.push_back({known, sink, unlimited});
      for (const Value operand : graph_.node(id).operands) {
        const NodeId from = operand.node;
        if (is_given(from) || known_[from]) continue;
        if (place_[from] == 0) {
          place_[from] = count++;
          outside.push_back(from);
          edges.push_back({source, place_[from], bytes(base(from))});
        }
        edges.push_back({place_[from], forward, unlimited});
      }
    }
    const MinCut best = min_cut(count, edges, source, sink);
    for (const NodeId id : window) {
      known_[id] = !best.source_side[place_[id]];
      again_[id] = !best.source_side[place_[id] + 1];
      // A view of what is kept is kept.
      if (is_view(id)) again_[id] = again_[id] && again_[graph_.node(id).operands[0].node];
    }
    for (const NodeId id : outside) known_[id] = !best.source_side[place_[id]];
    for (const NodeId id : window) place_[id] = 0;
    for (const NodeId id : outside) place_[id] = 0;
  }

  const Graph& graph_;
  std::vector<bool> live_;
  std::vector<Kind> kind_;
  std::vector<bool> late_;
  std::vector<bool> read_late_;       // nodes that are not late, by some that is
  std::vector<bool> read_by_kernel_;  // from memory, by a late one
  std::vector<bool> wanted_;
  std::vector<bool> forward_;  // serves what cannot be computed in the backward pass
  std::vector<bool> known_;    // in the backward pass
  std::vector<bool> again_;
  std::vector<std::uint32_t> place_;  // in the network; 0: not there
};

// Writes the graph with the nodes that are computed again, each before the first that reads it.
class Recomputer {
 public:
  Recomputer(TracedView traced, const PassContext& context)
      : graph_(traced.graph),
        context_(context),
        rewrite_(traced),
        saved_(traced),
        again_(graph_.size()),
        order_(second_order()) {}

  Traced run() {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (!rewrite_.live()[id]) continue;
      const Node node = graph_.node(id);
      if (!saved_.late(id)) {
        rewrite_.copy(node);
        continue;
      }
      for (const Value operand : node.operands) compute_again(operand.node);
      rewrite_.copy(node, known_operands(node));
    }
    return rewrite_.finish();
  }

 private:
  [[nodiscard]] Tensors known_operands(const Node& node) {
    Tensors operands;
    for (const Value operand : node.operands)
      operands.push_back(again_[operand.node].defined() ? again_[operand.node]
                                                        : rewrite_.value(operand));
    return operands;
  }

  // In the order in which nodes of the backward pass need them.
  [[nodiscard]] std::vector<NodeId> second_order() const {
    std::vector<NodeId> roots;
    std::vector<bool> again(graph_.size(), false);
    for (NodeId id = 0; id < graph_.size(); ++id) {
      again[id] = saved_.again(id);
      if (!rewrite_.live()[id] || !saved_.late(id)) continue;
      for (const Value operand : graph_.node(id).operands)
        if (saved_.again(operand.node)) roots.push_back(operand.node);
    }
    return operands_first(graph_, roots, again);
  }

  // With what it needs, which comes before it.
  void compute_again(NodeId wanted) {
    while (saved_.again(wanted) && !again_[wanted].defined()) compute_next();
  }
  void compute_next() {
    const NodeId id = order_[next_++];
    if (!context_.may_rewrite()) {
      again_[id] = rewrite_.value({id, 0});
      return;
    }
    const Node node = graph_.node(id);
    Origin origin = node.origin;
    origin.recomputed = true;
    const OriginScope scope(rewrite_.graph(), origin);
    again_[id] = rewrite_.graph().add(node.op, known_operands(node), node.attributes)[0];
  }

  const Graph& graph_;
  const PassContext& context_;
  Rewrite rewrite_;
  const SavedSet saved_;
  std::vector<Tensor> again_;  // of the new graph
  const std::vector<NodeId> order_;
  std::size_t next_ = 0;  // in the order
};

}  // namespace

Traced recompute(TracedView traced, const PassContext& context) {
  return Recomputer(traced, context).run();
}

}  // namespace asg
