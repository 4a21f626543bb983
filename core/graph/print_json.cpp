#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <asg/graph/op.hpp>
#include <asg/graph/print.hpp>

#include "graph/print_parts.hpp"

namespace asg {
namespace {

using Json = nlohmann::ordered_json;

// JSON has no infinities and no NaN.
Json json_of(double number) {
  return std::isfinite(number) ? Json(number) : Json(fmt::format("{}", number));
}

Json json_of(const TensorType& type) {
  return {{"dtype", name(type.dtype)}, {"shape", type.shape.to_vector()}};
}

Json json_of(const Array& array) {
  constexpr std::int64_t most_values = 64;
  Json json = json_of(array.type());
  if (array.bytes() == nullptr || array.numel() > most_values) return json;
  Json& values = json["values"] = Json::array();
  for (std::int64_t i = 0; i < array.numel(); ++i) {
    if (array.dtype() == i64) {
      values.push_back(array.data<std::int64_t>()[i]);
    } else if (array.dtype() == boolean) {
      values.push_back(array.data<bool>()[i]);
    } else {
      values.push_back(json_of(array.get(i)));
    }
  }
  return json;
}

Json json_of(const Attribute& attribute) {
  return std::visit(
      []<class T>(const T& value) -> Json {
        if constexpr (std::is_same_v<T, DType>) {
          return name(value);
        } else if constexpr (std::is_same_v<T, double> || std::is_same_v<T, Array>) {
          return json_of(value);
        } else {
          return value;
        }
      },
      attribute);
}

Json json_of(const std::vector<Value>& values) {
  Json json = Json::array();
  for (const Value value : values) json.push_back({value.node, value.output});
  return json;
}

Json json_of(const Node& node) {
  Json types = Json::array();
  for (const TensorType& type : node.outputs) types.push_back(json_of(type));
  Json attributes = Json::object();
  for (const auto& [key, value] : node.attributes) attributes[key] = json_of(value);
  return {{"id", node.id},
          {"op", node.op.name},
          {"operands", json_of(std::vector<Value>(node.operands.begin(), node.operands.end()))},
          {"types", std::move(types)},
          {"attributes", std::move(attributes)},
          {"origin",
           {{"file", node.origin.file},
            {"line", node.origin.line},
            {"module", node.origin.path},
            {"backward", node.origin.backward},
            {"recomputed", node.origin.recomputed}}}};
}

Json json_of(const VariableInfo& info) {
  Json json{{"name", info.name}, {"node", info.node}, {"trainable", info.trainable}};
  if (info.initial) json["initial"] = json_of(*info.initial);
  return json;
}

}  // namespace

std::string to_json(const Graph& graph, const std::vector<Value>& outputs) {
  Json nodes = Json::array();
  for (NodeId id = 0; id < graph.size(); ++id) nodes.push_back(json_of(graph.node(id)));
  Json inputs = Json::array();
  for (const NodeId id : graph.inputs()) {
    inputs.push_back({{"name", leaf_name(graph.node(id))}, {"node", id}});
  }
  Json variables = Json::array();
  for (const VariableInfo& info : graph.variables()) variables.push_back(json_of(info));
  const Json json{{"format", "asg-graph"},
                  {"version", 1},
                  {"nodes", std::move(nodes)},
                  {"inputs", std::move(inputs)},
                  {"variables", std::move(variables)},
                  {"assigns", graph.assigns()},
                  {"outputs", json_of(outputs)}};
  // Names that are not UTF-8 must not make a graph unprintable.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace asg
