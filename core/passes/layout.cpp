#include "passes/layout.hpp"

#include <algorithm>
#include <iterator>

#include <asg/graph/algorithms.hpp>
#include <asg/graph/op.hpp>

#include "passes/rewrite.hpp"

namespace asg {

using Role = Lowering::Role;

bool is_costly(std::uint32_t instruction) {
  switch (instruction) {
    case ASG_EW_EXP:
    case ASG_EW_LOG:
    case ASG_EW_SQRT:
    case ASG_EW_RSQRT:
    case ASG_EW_SIN:
    case ASG_EW_COS:
    case ASG_EW_TANH:
    case ASG_EW_ERF:
    case ASG_EW_EXPM1:
    case ASG_EW_LOG1P:
    case ASG_EW_DIV:
    case ASG_EW_REM:
    case ASG_EW_POW:
      return true;
    default:
      return false;
  }
}

Types types_of(const Graph& graph, const Node& node) {
  Types types;
  for (const Value operand : node.operands) types.push_back(graph.type(operand));
  types.insert(types.end(), node.outputs.begin(), node.outputs.end());
  return types;
}

bool is_number(const Node& node) {
  return node.op.lowering.role == Lowering::Role::constant && node.outputs[0].shape.numel() == 1;
}

std::optional<Coordinates> coordinates(const View& view, const Shape& shape) {
  Coordinates result;
  const int axes = shape.rank();
  std::vector<std::int64_t> stride(static_cast<std::size_t>(axes));
  result.offset.resize(static_cast<std::size_t>(axes));
  result.coef.assign(static_cast<std::size_t>(axes), view.shape);
  for (int j = 0; j < axes; ++j) {
    stride[static_cast<std::size_t>(j)] = suffix_product(shape, j);
    for (auto& c : result.coef[static_cast<std::size_t>(j)]) c = 0;
  }
  if (view.shape.numel() == 0 || shape.numel() == 0) return result;
  const auto split = [&](std::int64_t amount, auto&& give) {
    for (int j = 0; j < axes && amount != 0; ++j) {
      const std::int64_t s = stride[static_cast<std::size_t>(j)];
      const std::int64_t part = amount / s;
      amount -= part * s;
      if (part != 0) give(static_cast<std::size_t>(j), part);
    }
  };
  split(view.offset, [&](std::size_t j, std::int64_t part) { result.offset[j] = part; });
  for (int d = 0; d < view.shape.rank(); ++d)
    if (view.shape[d] > 1)
      split(view.strides[d], [&](std::size_t j, std::int64_t part) { result.coef[j][d] = part; });
  // No carry from one axis to the next, at no point.
  for (int j = 0; j < axes; ++j) {
    const auto at = static_cast<std::size_t>(j);
    std::int64_t least = result.offset[at], most = least;
    for (int d = 0; d < view.shape.rank(); ++d) {
      const std::int64_t reach = result.coef[at][d] * (view.shape[d] - 1);
      (reach < 0 ? least : most) += reach;
    }
    if (least < 0 || most >= shape[j]) return {};
  }
  return result;
}

Layout::Layout(TracedView traced, const RegionLimits& limits)
    : graph(traced.graph),
      outputs(traced.outputs),
      live(live_nodes(traced)),
      sources(traced.graph, traced.orders),
      kind(graph.size(), Kind::none),
      free(graph.size(), false),
      insts(graph.size(), 1),
      in_memory(graph.size(), false),
      readers(graph.size()),
      reads(graph.size()),
      assigned(graph.size(), no_node) {
  sources.extend(live);
  classify();
  find_free(limits);
  find_readers();
}

void Layout::classify() {
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (!live[id]) continue;
    const Node node = graph.node(id);
    const Lowering& how = node.op.lowering;
    if (how.view != nullptr || how.is_given() || how.role == Role::assign) continue;
    if (how.instruction != 0 || how.is_positions() || how.role == Role::copy)
      kind[id] = Kind::element;
    else if (how.role == Role::reduce)
      kind[id] = Kind::reduce;
    else
      kind[id] = Kind::kernel;
  }
}

bool Layout::can_inline(NodeId reader, const Source& source) const {
  return is_region(reader) && source.view.bounds.empty() &&
         coordinates(source.view, graph.type(source.base).shape).has_value();
}

void Layout::find_free(const RegionLimits& limits) {
  constexpr int most = 12;
  // A reader has up to three of them, and must be within the limits by itself.
  constexpr std::uint64_t operands = 3;
  const auto fits = [](std::uint64_t each, std::uint64_t limit) {
    return limit == 0 || operands * each < limit;
  };
  std::vector<int> size(graph.size(), 0);
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node node = graph.node(id);
    for (const Value operand : node.operands) {
      const NodeId base = sources.of(operand).base.node;
      insts[id] += free[base] ? insts[base] : 1;
    }
    if (kind[id] != Kind::element) continue;
    if (node.outputs[0].shape.numel() <= 1 || is_costly(node.op.lowering.instruction)) continue;
    int total = 1;
    bool cheap = true;
    for (const Value operand : node.operands) {
      const Source& source = sources.of(operand);
      const Node base = graph.node(source.base.node);
      if (free[base.id] && can_inline(id, source)) {
        total += size[base.id];
        std::copy(reads[base.id].begin(), reads[base.id].end(), std::back_inserter(reads[id]));
      } else if (node.op.lowering.role == Role::random_bits && kind[base.id] == Kind::none) {
        reads[id].push_back(base.id);  // the seed and the step
      } else {
        cheap = cheap && is_number(base) && source.view.bounds.empty();
      }
    }
    size[id] = total;
    free[id] = cheap && total <= most &&
               fits(static_cast<std::uint64_t>(insts[id]), limits.insts) &&
               (reads[id].size() <= 1 || fits(reads[id].size(), limits.buffers));
  }
}

void Layout::find_readers() {
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (!live[id]) continue;
    const Node node = graph.node(id);
    if (node.op.lowering.role == Role::assign) {
      const NodeId value = sources.of(node.operands[1]).base.node;
      in_memory[value] = true;
      assigned[value] = sources.of(node.operands[0]).base.node;
    }
    if (kind[id] == Kind::none) continue;
    for (const Value operand : node.operands) {
      const Source& source = sources.of(operand);
      std::vector<NodeId>& list = readers[source.base.node];
      if (free[source.base.node] && can_inline(id, source)) {
        for (const NodeId read : reads[source.base.node])
          if (readers[read].empty() || readers[read].back() != id) readers[read].push_back(id);
        continue;
      }
      if (list.empty() || list.back() != id) list.push_back(id);
      in_memory[source.base.node] = in_memory[source.base.node] || !is_region(id);
    }
  }
  for (const Tensor& output : outputs) in_memory[sources.of(output.value()).base.node] = true;
}

}  // namespace asg
