#include <asg/graph/build.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

namespace asg {
namespace {

// The graph the operands share; errors cannot use Call yet.
Graph& graph_of(std::string_view function, std::initializer_list<Operand> operands) {
  Graph* graph = nullptr;
  const Where where = operands.size() > 0 ? operands.begin()->where() : Where{"", 0};
  const auto fail = [&](std::string_view why) {
    throw TypeError(fmt::format("{}: {}\n  at {}", function, why,
                                to_string(Origin{where.file, where.line, {}, false})));
  };
  for (const Operand& operand : operands) {
    if (!operand.is_tensor()) continue;
    if (!operand.tensor().defined()) fail("an operand is an empty Tensor, one that no graph has made");
    Graph& own = operand.tensor().graph();
    if (graph != nullptr && graph != &own) fail("operands belong to different graphs");
    graph = &own;
  }
  if (graph == nullptr) fail("at least one operand must be a Tensor");
  return *graph;
}

std::string describe(std::string_view function, std::string_view rule, const Types& types,
                     const Origin& origin) {
  std::string text = fmt::format("{}: {}", function, rule);
  for (std::size_t i = 0; i < types.size(); ++i)
    text += fmt::format("\n  operand {}: {}", i, to_string(types[i]));
  return text + fmt::format("\n  at {}", to_string(origin));
}

}  // namespace

Call::Call(std::string_view function, std::initializer_list<Operand> operands)
    : function_(function),
      where_(operands.size() > 0 ? operands.begin()->where() : Where{"", 0}),
      graph_(graph_of(function, operands)),
      scope_(graph_, where_) {
  for (const Operand& operand : operands)
    if (operand.is_tensor()) types_.push_back(operand.tensor().type());
}

void Call::fail(std::string_view rule) const {
  // The scope may already be that of an outer call: ask the graph for the line that counts.
  throw ShapeError(describe(function_, rule, types_, graph_.origin_now(where_)));
}
void Call::require(bool holds, std::string_view rule) const {
  if (!holds) fail(rule);
}

Tensor Call::tensor(const Operand& operand, DType number_type) const {
  if (operand.is_tensor()) return operand.tensor();
  Array value(number_type, Shape{});
  if (number_type == i64 && !operand.is_fraction())
    value.data<std::int64_t>()[0] = operand.integer();
  else
    value.set(0, operand.number());
  return graph_.constant(value, where_);
}

Tensors Call::promoted(std::initializer_list<Operand> operands) const {
  bool first = true;
  bool fraction = false;
  DType common = boolean;
  for (const Operand& operand : operands) {
    if (!operand.is_tensor()) {
      fraction = fraction || operand.is_fraction();
      continue;
    }
    const DType dtype = operand.tensor().dtype();
    if (!first && (dtype == u32) != (common == u32))
      throw TypeError(describe(function_, "u32 meets another element type; cast one of them",
                               types_, graph_.origin_now(where_)));
    common = first ? dtype : promote(common, dtype);
    first = false;
  }
  const bool number = std::any_of(operands.begin(), operands.end(),
                                  [](const Operand& o) { return !o.is_tensor() && !o.is_truth(); });
  if (fraction && !is_float(common)) common = f32;
  if (number && common == boolean) common = i64;
  Tensors result;
  for (const Operand& operand : operands) {
    Tensor t = tensor(operand, common);
    if (t.dtype() != common) t = make("cast", {t}, {{"dtype", common}});
    result.push_back(t);
  }
  return result;
}

Tensors Call::broadcast(const Tensors& tensors) const {
  Shape common = tensors[0].shape();
  for (const Tensor& t : tensors) {
    if (t.shape() == common) continue;
    if (!broadcastable(t.shape(), common) && !broadcastable(common, t.shape())) {
      try {
        common = broadcast_shapes(common, t.shape());
      } catch (const ShapeError&) {
        fail(
            fmt::format("shapes {} and {} do not broadcast: aligned at the last axis, sizes must "
                        "be equal or 1",
                        to_string(common), to_string(t.shape())));
      }
    } else if (broadcastable(common, t.shape())) {
      common = t.shape();
    }
  }
  Tensors result;
  for (const Tensor& t : tensors)
    result.push_back(
        t.shape() == common ? t : make("broadcast_to", {t}, {{"shape", common.to_vector()}}));
  return result;
}

Tensor Call::as_float(const Tensor& tensor) const {
  return is_float(tensor.dtype()) ? tensor : make("cast", {tensor}, {{"dtype", f32}});
}

int Call::axis(int axis, int rank) const {
  if (axis < -rank || axis >= rank)
    fail(rank == 0 ? fmt::format("axis {} of a scalar, which has none", axis)
                   : fmt::format("axis {} does not exist: a tensor of rank {} has axes {} to {}",
                                 axis, rank, -rank, rank - 1));
  return axis < 0 ? axis + rank : axis;
}

std::vector<std::int64_t> Call::axes(std::span<const std::int64_t> axes, int rank) const {
  std::vector<std::int64_t> result;
  if (axes.empty())
    for (int i = 0; i < rank; ++i) result.push_back(i);
  for (const std::int64_t given : axes) result.push_back(axis(static_cast<int>(given), rank));
  std::sort(result.begin(), result.end());
  require(std::adjacent_find(result.begin(), result.end()) == result.end(), "an axis is repeated");
  return result;
}

Tensor Call::make(std::string_view op, std::initializer_list<Tensor> inputs,
                  Attributes attributes) const {
  return graph_.add(find_op(op), {inputs.begin(), inputs.size()}, std::move(attributes), where_)[0];
}
Tensors Call::make_all(std::string_view op, const Tensors& inputs, Attributes attributes) const {
  return graph_.add(find_op(op), inputs, std::move(attributes), where_);
}

Tensor elementwise(std::string_view op, std::initializer_list<Operand> operands) {
  const Call call(op, operands);
  return call.make_all(op, call.matched(operands))[0];
}

Tensor float_elementwise(std::string_view op, std::initializer_list<Operand> operands) {
  const Call call(op, operands);
  Tensors tensors = call.promoted(operands);
  for (Tensor& t : tensors) t = call.as_float(t);
  return call.make_all(op, call.broadcast(tensors))[0];
}

Tensor apply(const OpDef& op, const Tensors& inputs, Attributes attributes, Where where) {
  if (inputs.empty() || !inputs[0].defined())
    throw TypeError(fmt::format("{}: apply needs at least one Tensor", op.name));
  const Tensors outputs = inputs[0].graph().add(op, inputs, std::move(attributes), where);
  if (outputs.empty())
    throw TypeError(fmt::format("{}: its type rule gives no output\n  at {}", op.name,
                                to_string(Origin{where.file, where.line, {}, false})));
  return outputs[0];
}

}  // namespace asg
