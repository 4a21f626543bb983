// Where the elements of values come from, seen through reshape, permute, slice and other views.
// Internal to the passes.
#pragma once
#include <optional>
#include <vector>

#include <asg/graph/graph.hpp>
#include <asg/graph/view.hpp>
#include <asg/passes/passes.hpp>

namespace asg {

/// A value that is computed or given, and the way it is looked at: element i of the view is an
/// element of the base's memory.
struct Source {
  Value base;
  View view;
};

/// Whether the view is all of a row-major tensor, in order; its shape may be another.
[[nodiscard]] bool is_whole(const View& view, std::int64_t elements);
/// Whether the elements stand in row-major order without gaps.
[[nodiscard]] bool is_row_major(const View& view);
/// Row-major strides as numbers of elements, for any shape: stride of axis d.
[[nodiscard]] std::int64_t suffix_product(const Shape& shape, int axis);

/// Composes the views of a graph, node by node.
class Sources {
 public:
  explicit Sources(const Graph& graph, const std::vector<AxisOrder>* orders = nullptr)
      : graph_(&graph) {
    if (orders != nullptr) orders_ = *orders;
  }
  /// For a value of a node that has not been taken in.
  void set_order(const AxisOrder& order) { orders_.push_back(order); }
  [[nodiscard]] const std::vector<AxisOrder>& orders() const { return orders_; }

  /// Takes in all nodes that the graph has by now and that are flagged (all when empty).
  /// Errors   InternalError when a view of a view has no form; `view_of` tells before.
  void extend(const std::vector<bool>& live = {});
  [[nodiscard]] const Source& of(Value value) const {
    return sources_[first_[value.node] + value.output];
  }
  /// The view that the node, a view op, makes of this source; nothing when it cannot.
  [[nodiscard]] static std::optional<View> view_of(const Node& node, const TensorType& operand,
                                                   const View& source);

 private:
  const Graph* graph_;
  std::vector<AxisOrder> orders_;  // by node
  std::size_t next_order_ = 0;
  std::vector<std::uint32_t> first_;
  std::vector<Source> sources_;
};

}  // namespace asg
