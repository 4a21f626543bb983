#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include <asg/graph/op.hpp>

#include "passes/graph_passes.hpp"
#include "passes/rewrite.hpp"

namespace asg {
namespace {

constexpr std::int64_t most_elements = 64;  // more would only move work from the device to the file

// Ops that every backend must round correctly, so that the result does not depend on who computes
// it; none for all others.
template <class T>
using Function = T (*)(T, T);
template <class T>
Function<T> function_of(std::string_view op) {
  if (op == "add") return [](T a, T b) { return a + b; };
  if (op == "sub") return [](T a, T b) { return a - b; };
  if (op == "mul") return [](T a, T b) { return a * b; };
  if (op == "div") return [](T a, T b) { return a / b; };
  if (op == "neg") return [](T a, T) { return -a; };
  if (op == "abs") return [](T a, T) { return std::abs(a); };
  if (op == "sqrt") return [](T a, T) { return std::sqrt(a); };
  if (op == "floor") return [](T a, T) { return std::floor(a); };
  if (op == "ceil") return [](T a, T) { return std::ceil(a); };
  return nullptr;
}

// Element by element: operands of the result's type, as all of these ops have.
template <class T>
std::optional<Array> fold(const Node& node, const std::vector<Array>& operands) {
  const Function<T> function = function_of<T>(node.op.name);
  const TensorType& type = node.outputs[0];
  if (function == nullptr || operands.size() > 2 ||
      std::any_of(operands.begin(), operands.end(),
                  [&](const Array& operand) { return operand.type() != type; }))
    return {};
  Array result(type.dtype, type.shape);
  for (std::int64_t i = 0; i < result.numel(); ++i)
    result.data<T>()[i] = function(operands.front().data<T>()[i], operands.back().data<T>()[i]);
  return result;
}

std::optional<Array> evaluate(const Node& node, const std::vector<Array>& operands) {
  const DType dtype = operands[0].dtype();
  const std::string_view op = node.op.name;
  if (op == "cast") {
    // Every value of these types is a double, through which the conversion goes.
    const bool held = is_float(dtype) || dtype == i32 || dtype == boolean;
    if (!held || !is_float(node.outputs[0].dtype)) return {};
    return operands[0].to(node.outputs[0].dtype);
  }
  if (op == "reshape") return operands[0].reshaped(node.outputs[0].shape);
  if (dtype == f32) return fold<float>(node, operands);
  if (dtype == f64) return fold<double>(node, operands);
  return {};
}

}  // namespace

Traced fold_constants(TracedView traced, const PassContext& context) {
  Rewrite rewrite(traced);
  const auto made_by = [&](Value old) {
    return rewrite.graph().node(rewrite.value(old).value().node);
  };
  const auto is_small_constant = [&](Value old) {
    const std::int64_t elements = traced.graph.type(old).shape.numel();
    return elements > 0 && elements <= most_elements && made_by(old).op.name == "constant";
  };
  for (NodeId id = 0; id < traced.graph.size(); ++id) {
    if (!rewrite.live()[id]) continue;
    const Node node = traced.graph.node(id);
    std::optional<Array> folded;
    if (!node.operands.empty() && node.outputs.size() == 1 && context.fuel > 0 &&
        std::all_of(node.operands.begin(), node.operands.end(), is_small_constant)) {
      std::vector<Array> operands;
      for (const Value operand : node.operands)
        operands.push_back(made_by(operand).attributes.array("value"));
      folded = evaluate(node, operands);
    }
    if (folded && context.may_rewrite()) {
      const OriginScope scope(rewrite.graph(), node.origin);
      rewrite.set(node, {rewrite.graph().constant(*folded)});
    } else {
      rewrite.copy(node);
    }
  }
  return rewrite.finish();
}

}  // namespace asg
