#include <algorithm>
#include <locale>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include <asg/graph/algorithms.hpp>
#include <asg/graph/op.hpp>
#include <asg/graph/print.hpp>

#include "graph/print_parts.hpp"

namespace asg {
namespace {

using Path = std::vector<std::string_view>;

Path split(std::string_view path) {
  Path parts;
  while (!path.empty()) {
    const auto dot = std::min(path.find('.'), path.size());
    parts.push_back(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return parts;
}

// Nested boxes. Sorted paths list a module right before its parts, so a stack of the open boxes
// is enough.
std::string clusters(const Graph& graph) {
  std::map<Path, std::vector<NodeId>> modules;
  for (NodeId id = 0; id < graph.size(); ++id) {
    modules[split(graph.node(id).origin.path)].push_back(id);
  }
  std::string text;
  std::size_t count = 0;
  Path open;
  const auto close_to = [&](std::size_t depth) {
    for (; open.size() > depth; open.pop_back()) text += "}\n";
  };
  for (const auto& [path, nodes] : modules) {
    const auto differs = std::mismatch(open.begin(), open.end(), path.begin(), path.end()).first;
    close_to(static_cast<std::size_t>(differs - open.begin()));
    while (open.size() < path.size()) {
      open.push_back(path[open.size()]);
      text += fmt::format("subgraph cluster_{} {{ label={};\n", count++,
                          dot_quoted(std::string(open.back())));
    }
    if (path.empty()) continue;
    for (const NodeId id : nodes) text += fmt::format("{}; ", id);
    text += '\n';
  }
  close_to(0);
  return text;
}

std::string color(const Node& node) {
  if (node.op.name == "input") return "#cfe8ff";
  if (node.op.name == "variable" || node.op.name == "assign") return "#ffe3b3";
  if (node.op.name == "constant") return "#eeeeee";
  return node.origin.backward ? "#f5d6e6" : "#ffffff";
}

std::string node_attributes(const Node& node, bool is_output) {
  std::string label = leaf_name(node);
  if (label.empty()) label = node.op.name;
  if (node.op.name == "constant" && node.attributes.has("value")) {
    label = elements(node.attributes.array("value"));
  }
  for (const TensorType& type : node.outputs) label += "\n" + to_string(type);
  std::string tooltip = fmt::format("%{} {}", node.id, node.op.name);
  for (const auto& [name, value] : node.attributes) {
    tooltip += fmt::format("\n{} = {}", name, to_string(value));
  }
  tooltip += "\n" + to_string(node.origin);
  return fmt::format("label={}, tooltip={}, fillcolor=\"{}\"{}", dot_quoted(label),
                     dot_quoted(tooltip), color(node), is_output ? ", penwidth=3" : "");
}

}  // namespace

std::string to_dot(const Graph& graph, const std::vector<Value>& outputs) {
  std::vector<bool> is_output(graph.size());
  for (const Value value : outputs) is_output[value.node] = true;

  Picture picture;
  picture.preamble =
      "node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];\n" + clusters(graph);
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node node = graph.node(id);
    picture.nodes.push_back(node_attributes(node, is_output[id]));
    for (const Value operand : node.operands) {
      picture.edges.push_back({operand.node, id});
      const bool several = graph.node(operand.node).outputs.size() > 1;
      picture.edge_attributes.push_back(several ? fmt::format("label=\"{}\"", operand.output)
                                                : std::string());
    }
  }
  std::ostringstream out;
  out.imbue(std::locale::classic());
  write_dot(out, picture);
  return std::move(out).str();
}

}  // namespace asg
