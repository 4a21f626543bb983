// What passes share: walking the live nodes of one graph and writing another.
#pragma once
#include <vector>

#include <asg/passes/passes.hpp>

namespace asg {

/// The nodes that the outputs and the assigns need, as flags by id; inputs count as needed.
[[nodiscard]] std::vector<bool> live_nodes(TracedView traced);

/// Writes the new graph of a pass and remembers what became of each old value.
class Rewrite {
 public:
  explicit Rewrite(TracedView from);

  [[nodiscard]] const std::vector<bool>& live() const { return live_; }
  [[nodiscard]] Graph& graph() { return to_.graph; }
  /// What became of a node's operands; valid until the next call of this or of `copy`.
  [[nodiscard]] const Tensors& operands(const Node& node);
  /// What became of an old value; its node must have been set.
  [[nodiscard]] Tensor value(Value old) {
    return to_.graph.tensor(map_[first_[old.node] + old.output]);
  }
  void set(const Node& node, const Tensors& outputs);
  /// Copies a node as it is; its operands must have been set.
  Tensors copy(const Node& node) { return copy(node, operands(node)); }
  /// The same with other operands, of the new graph and of the old types: the target's claim for
  /// the node stays what it was.
  Tensors copy(const Node& node, const Tensors& operands);
  /// The target executes this node of the new graph as it is. Ascending.
  void claim(NodeId node, const Claim& claim) { to_.claims.push_back({node, claim}); }
  /// The new graph with its outputs.
  [[nodiscard]] Traced finish();
  /// The same with other outputs, of the new graph.
  [[nodiscard]] Traced finish(Tensors outputs);

 private:
  TracedView from_;
  Traced to_;
  std::vector<bool> live_;
  std::vector<std::uint32_t> first_;
  std::vector<Value> map_;
  Tensors operands_;
};

}  // namespace asg
