#include <asg/graph/print.hpp>

#include <algorithm>
#include <iterator>
#include <ostream>

#include <fmt/format.h>

#include <asg/graph/op.hpp>

#include "graph/print_parts.hpp"

namespace asg {
namespace {

using Out = std::back_insert_iterator<std::string>;

bool is_plain(const std::string& name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  const auto is_rest = [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '/';
  };
  return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), is_rest);
}

// Other names are quoted, so that none can be taken for a node's number.
std::string node_name(const Node& node) {
  const std::string name = leaf_name(node);
  if (is_plain(name)) return "%" + name;
  return name.empty() ? fmt::format("%{}", node.id) : fmt::format("%\"{}\"", name);
}

std::string value_name(const Graph& graph, Value value) {
  const Node node = graph.node(value.node);
  std::string name = node_name(node);
  if (node.outputs.size() > 1) name += fmt::format(".{}", value.output);
  return name;
}

void write_attribute(Out out, bool& first, std::string_view name, const std::string& value) {
  fmt::format_to(out, "{}{}={}", first ? " {" : ", ", name, value);
  first = false;
}

void write_attributes(Out out, const Graph& graph, const Node& node) {
  bool first = true;
  if (const VariableInfo* info = graph.find_variable(node.id)) {
    if (info->initial) write_attribute(out, first, "initial", fmt::format("{}", *info->initial));
    if (!info->trainable) write_attribute(out, first, "trainable", "false");
  } else if (leaf_name(node).empty() && node.op.name != "constant") {
    for (const auto& [name, value] : node.attributes) {
      const Array* array = std::get_if<Array>(&value);
      write_attribute(out, first, name, array != nullptr ? elements(*array) : to_string(value));
    }
  }
  if (!first) fmt::format_to(out, "}}");
}

void write_node(Out out, const Graph& graph, const Node& node) {
  if (node.outputs.size() == 1) {
    fmt::format_to(out, "{}: {} = ", node_name(node), to_string(node.outputs[0]));
  } else if (node.outputs.size() > 1) {
    fmt::format_to(out, "{}: (", node_name(node));
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      fmt::format_to(out, "{}{}", i == 0 ? "" : ", ", to_string(node.outputs[i]));
    }
    fmt::format_to(out, ") = ");
  }
  fmt::format_to(out, "{}", node.op.name);
  if (!node.operands.empty()) {
    for (std::size_t i = 0; i < node.operands.size(); ++i) {
      fmt::format_to(out, "{}{}", i == 0 ? "(" : ", ", value_name(graph, node.operands[i]));
    }
    fmt::format_to(out, ")");
  }
  if (node.op.name == "constant" && node.attributes.has("value")) {
    fmt::format_to(out, " {}", elements(node.attributes.array("value")));
  }
  write_attributes(out, graph, node);
  fmt::format_to(out, "  // {}", to_string(node.origin));
}

}  // namespace

std::string leaf_name(const Node& node) {
  if (node.op.name != "input" && node.op.name != "variable") return {};
  return node.attributes.has("name") ? node.attributes.text("name") : std::string();
}

std::string elements(const Array& array) {
  std::string text = to_string(array, 6);
  text.erase(0, to_string(array.type()).size() + 1);
  return array.shape().empty() ? text.substr(1, text.size() - 2) : text;
}

std::string to_text(const Graph& graph, const std::vector<Value>& outputs) {
  std::string text;
  const Out out(text);
  for (NodeId id = 0; id < graph.size(); ++id) {
    write_node(out, graph, graph.node(id));
    text += '\n';
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    fmt::format_to(out, "{}{}", i == 0 ? "return " : ", ", value_name(graph, outputs[i]));
  }
  if (!outputs.empty()) text += '\n';
  return text;
}

std::string to_text(const Tensor& tensor) {
  if (!tensor.defined()) return "no tensor";
  std::string text;
  write_node(Out(text), tensor.graph(), tensor.graph().node(tensor.value().node));
  return text;
}

std::ostream& operator<<(std::ostream& out, const Graph& graph) { return out << to_text(graph); }

}  // namespace asg
