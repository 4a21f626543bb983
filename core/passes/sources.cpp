#include "passes/sources.hpp"

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>

namespace asg {

bool is_row_major(const View& view) {
  if (!view.bounds.empty()) return false;
  std::int64_t dense = 1;
  for (int d = view.shape.rank(); d-- > 0;) {
    if (view.shape[d] != 1 && view.strides[d] != dense) return false;
    dense *= view.shape[d];
  }
  return true;
}

bool is_whole(const View& view, std::int64_t elements) {
  return view.offset == 0 && view.shape.numel() == elements && is_row_major(view);
}

std::int64_t suffix_product(const Shape& shape, int axis) {
  std::int64_t product = 1;
  for (int d = axis + 1; d < shape.rank(); ++d) product *= shape[d];
  return product;
}

std::optional<View> Sources::view_of(const Node& node, const TensorType& operand,
                                     const View& source) {
  const Signature call(node.op, {&operand, 1}, node.attributes, node.origin);
  return node.op.lowering.view(source, call, node.outputs[0]);
}

void Sources::extend(const std::vector<bool>& live) {
  for (auto id = static_cast<NodeId>(first_.size()); id < graph_->size(); ++id) {
    first_.push_back(static_cast<std::uint32_t>(sources_.size()));
    const Node node = graph_->node(id);
    if (!live.empty() && !live[id]) {
      sources_.resize(sources_.size() + node.outputs.size());
      continue;
    }
    if (node.op.lowering.view != nullptr) {
      const Source& from = of(node.operands[0]);
      std::optional<View> view = view_of(node, graph_->type(node.operands[0]), from.view);
      if (!view) throw InternalError(std::string(node.op.name) + ": a view that has no form");
      const Value base = from.base;
      sources_.push_back({base, std::move(*view)});
      continue;
    }
    for (std::uint32_t i = 0; i < node.outputs.size(); ++i) {
      const Value value{id, i};
      View view = View::row_major(node.outputs[i].shape);
      if (next_order_ < orders_.size() && orders_[next_order_].value == value) {
        const Shape& axes = orders_[next_order_++].axes;
        std::int64_t stride = 1;
        for (int k = axes.rank(); k-- > 0;) {
          const auto axis = static_cast<int>(axes[k]);
          view.strides[axis] = stride;
          stride *= view.shape[axis];
        }
      }
      sources_.push_back({value, std::move(view)});
    }
  }
}

}  // namespace asg
