#include "passes/fuse.hpp"

#include <algorithm>

#include <asg/graph/op.hpp>

#include "passes/grouping.hpp"

namespace asg {
namespace {

using Kind = Layout::Kind;

// What is tried, and in which order.
class Fuser {
 public:
  Fuser(const Layout& layout, const PassContext& context)
      : groups_(layout, context),
        layout_(layout),
        graph_(layout.graph),
        context_(context),
        order_(groups_.order) {}

  Fused run() {
    if (context_.options.has(Pass::epilogues)) attach_to_products();
    if (context_.options.has(Pass::fuse)) {
      fuse_with_readers();
      if (context_.options.has(Pass::fuse_siblings)) fuse_siblings();
    }
    groups_.explain();
    return groups_.finish();
  }

 private:
  // Last nodes first: a value belongs to those that read it, so that nothing large is made long
  // before it is needed.
  void fuse_with_readers() {
    for (auto id = static_cast<NodeId>(graph_.size()); id-- > 0;) {
      if (!groups_.is_region(id)) continue;
      for (const NodeId reader : layout_.readers[id]) {
        ++groups_.visits;
        if (!groups_.is_region(reader) || order_.group(reader) == order_.group(id)) continue;
        if (const Why why = groups_.try_join(id, reader); why != Why::fused)
          groups_.refuse(id, reader, why);
      }
    }
  }

  // Regions over the same points that read the same value, where one of them makes nothing as
  // large: else a large value would be made long before it is needed, or an operand kept long
  // after. What is computed again for the backward pass is made beside what that pass makes of the
  // same operands.
  void fuse_siblings() {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const std::vector<NodeId>& readers = layout_.readers[id];
      NodeId last = no_node;
      for (const NodeId reader : readers) {
        ++groups_.visits;
        if (!groups_.is_region(reader) || !reads_in_order(reader, id)) continue;
        if (last != no_node) {
          const NodeId a = order_.group(last), b = order_.group(reader);
          if (groups_.groups[a].points == groups_.groups[b].points &&
              (!makes_full(a) || !makes_full(b) || is_second(a, b) || is_second(b, a)))
            (void)groups_.try_join(last, reader);
        }
        last = reader;
      }
    }
  }

  [[nodiscard]] bool reads_in_order(NodeId reader, NodeId id) const {
    for (const Value operand : graph_.node(reader).operands) {
      const Source& source = layout_.sources.of(operand);
      if (source.base.node == id && is_whole(source.view, groups_.groups[reader].points))
        return true;
    }
    return false;
  }

  [[nodiscard]] bool is_second(NodeId group, NodeId beside) const {
    const std::vector<NodeId>& again = order_.members(group);
    const std::vector<NodeId>& backward = order_.members(beside);
    return std::all_of(again.begin(), again.end(),
                       [&](NodeId id) { return graph_.node(id).origin.recomputed; }) &&
           std::any_of(backward.begin(), backward.end(),
                       [&](NodeId id) { return graph_.node(id).origin.backward; });
  }

  [[nodiscard]] bool makes_full(NodeId group) const {
    const std::vector<NodeId>& members = order_.members(group);
    if (groups_.groups[group].points <= small_domain) return false;
    return std::any_of(members.begin(), members.end(), [&](NodeId id) {
      if (layout_.kind[id] != Kind::element || groups_.is_row[id]) return false;
      return layout_.in_memory[id] ||
             std::any_of(layout_.readers[id].begin(), layout_.readers[id].end(),
                         [&](NodeId reader) { return order_.group(reader) != group; });
    });
  }

  void attach_to_products() {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (layout_.kind[id] != Kind::kernel) continue;
      const Node node = graph_.node(id);
      if (node.op.lowering.kernel != ASG_OP_MATMUL || node.outputs[0].shape.numel() == 0) continue;
      // One row must have all that the step asks for.
      const bool in_order = std::all_of(
          node.operands.begin(), node.operands.end(),
          [&](Value operand) { return is_row_major(layout_.sources.of(operand).view); });
      const std::uint32_t flags = ASG_CAP_EPILOGUE | (in_order ? 0 : ASG_CAP_STRIDED);
      if (context_.target.accepts_kernel(ASG_OP_MATMUL, types_of(graph_, node), flags))
        attach(node);
    }
  }

  // The elementwise nodes after a product that are worth computing while it is at hand: no more
  // values may go to memory for other regions than the product alone would be.
  void attach(const Node& product) {
    Chosen chosen{product, {product.id}};
    choose_followers(chosen);
    drop_stores(chosen);
    drop_derived(chosen);
    std::vector<NodeId> all = with_needed(chosen);
    while (chosen.nodes.size() > 1 && !groups_.allows(product.id, all)) {
      remove(chosen, chosen.nodes.back());
      all = with_needed(chosen);
    }
    for (std::size_t i = 1; i < all.size(); ++i)
      if (const Why why = groups_.try_attach(product.id, all[i]); why != Why::fused)
        groups_.refuse(product.id, all[i], why);
  }

  // A product and the nodes that are to follow it.
  struct Chosen {
    const Node& product;
    std::vector<NodeId> nodes;  // ascending; the product first
    [[nodiscard]] bool has(NodeId id) const {
      return std::find(nodes.begin(), nodes.end(), id) != nodes.end();
    }
  };

  void choose_followers(Chosen& chosen) {
    std::vector<NodeId>& nodes = chosen.nodes;
    for (std::size_t i = 0; i < nodes.size() && nodes.size() < most_nodes; ++i)
      for (const NodeId reader : layout_.readers[nodes[i]]) {
        ++groups_.visits;
        if (nodes.size() < most_nodes && !chosen.has(reader) &&
            groups_.can_follow(chosen.product.id, reader) == Why::fused &&
            !waits_for(reader, chosen.product.id, nodes))
          nodes.push_back(reader);
      }
    std::sort(nodes.begin() + 1, nodes.end());
  }

  // Whether a region that could have computed it reads it instead.
  [[nodiscard]] bool stays_outside(const Chosen& chosen, NodeId id) const {
    return std::any_of(layout_.readers[id].begin(), layout_.readers[id].end(), [&](NodeId reader) {
      ++groups_.visits;
      return layout_.is_region(reader) && !chosen.has(reader);
    });
  }

  // Removes a node and all that reads it.
  void remove(Chosen& chosen, NodeId id) const {
    std::vector<NodeId> gone{id};
    for (std::size_t i = 0; i < gone.size(); ++i) {
      std::erase(chosen.nodes, gone[i]);
      for (const NodeId reader : layout_.readers[gone[i]])
        if (chosen.has(reader)) gone.push_back(reader);
    }
  }

  void drop_stores(Chosen& chosen) const {
    for (;;) {
      int stored = 0;
      NodeId worst = no_node;
      for (const NodeId id : chosen.nodes) {
        const bool outside = stays_outside(chosen, id);
        if (id == chosen.product.id ? !outside && !layout_.in_memory[id]
                                    : !outside || layout_.in_memory[id])
          continue;
        ++stored;
        if (id != chosen.product.id && (worst == no_node || id > worst)) worst = id;
      }
      if (stored <= 1 || worst == no_node) break;
      remove(chosen, worst);
    }
  }

  // What is cheap to make of values that are in memory anyway is made where it is read.
  void drop_derived(Chosen& chosen) const {
    std::vector<NodeId> derived;
    for (std::size_t i = 1; i < chosen.nodes.size(); ++i) {
      const Node node = graph_.node(chosen.nodes[i]);
      if (layout_.in_memory[node.id] || is_costly(node.op.lowering.instruction)) continue;
      if (std::all_of(node.operands.begin(), node.operands.end(), [&](Value operand) {
            const NodeId base = layout_.sources.of(operand).base.node;
            return layout_.in_memory[base] || !chosen.has(base) ||
                   std::find(derived.begin(), derived.end(), base) != derived.end();
          }))
        derived.push_back(node.id);
    }
    std::reverse(derived.begin(), derived.end());
    for (const NodeId id : derived) {
      const std::vector<NodeId>& readers = layout_.readers[id];
      if (chosen.has(id) && stays_outside(chosen, id) &&
          std::all_of(readers.begin(), readers.end(),
                      [&](NodeId reader) { return groups_.reads_whole(reader, id); }))
        remove(chosen, id);
    }
  }

  // With what only these need.
  [[nodiscard]] std::vector<NodeId> with_needed(const Chosen& from) const {
    Chosen chosen = from;
    for (std::size_t i = 1; i < chosen.nodes.size(); ++i)
      for (const Value operand : graph_.node(chosen.nodes[i]).operands) {
        const NodeId base = layout_.sources.of(operand).base.node;
        const std::vector<NodeId>& readers = layout_.readers[base];
        if (chosen.nodes.size() < most_nodes && !chosen.has(base) && !layout_.in_memory[base] &&
            groups_.can_follow(chosen.product.id, base) == Why::fused &&
            std::all_of(readers.begin(), readers.end(),
                        [&](NodeId reader) { return chosen.has(reader); }))
          chosen.nodes.push_back(base);
      }
    std::sort(chosen.nodes.begin() + 1, chosen.nodes.end());
    return chosen.nodes;
  }

  // Whether what the node reads may need the product, other than through the chosen nodes.
  [[nodiscard]] bool waits_for(NodeId id, NodeId product, const std::vector<NodeId>& chosen) {
    for (const Value operand : graph_.node(id).operands) {
      const NodeId base = layout_.sources.of(operand).base.node;
      if (layout_.kind[base] != Kind::none && groups_.computed(base) &&
          std::find(chosen.begin(), chosen.end(), base) == chosen.end() &&
          order_.leads_to(product, base))
        return true;
    }
    return false;
  }

  Grouping groups_;
  const Layout& layout_;
  const Graph& graph_;
  const PassContext& context_;
  AcyclicOrder& order_;
};

}  // namespace

Fused fuse(const Layout& layout, const PassContext& context) {
  return Fuser(layout, context).run();
}

}  // namespace asg
