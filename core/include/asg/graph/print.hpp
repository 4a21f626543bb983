// Graphs as text, JSON and pictures.
#pragma once
#include <iosfwd>
#include <string>
#include <vector>

#include <asg/graph/graph.hpp>

namespace asg {

/// One line for each node, and one for the outputs when they are given:
///
///     %x: f32[4, 8] = input  // main.cpp:12
///     %2: f32[4, 2] = matmul(%x, %blocks.0.weight)  // main.cpp:14, in blocks.0
///     %3: (f32[4], i64[4]) = sort(%2) {axis=1}  // main.cpp:15
///     return %3.0, %3.1
[[nodiscard]] std::string to_text(const Graph& graph, const std::vector<Value>& outputs = {});

/// The line of the node that makes the tensor.
[[nodiscard]] std::string to_text(const Tensor& tensor);

/// {"format": "asg-graph", "version": 1, "nodes": […], "inputs": […], "variables": […],
/// "assigns": […], "outputs": […]}; a value is [node, output]. Ids are those of the graph.
/// Constants of more than 64 elements come without their values.
[[nodiscard]] std::string to_json(const Graph& graph, const std::vector<Value>& outputs = {});

/// A picture in Graphviz's language: a box for each module, thick borders for the outputs.
[[nodiscard]] std::string to_dot(const Graph& graph, const std::vector<Value>& outputs = {});

/// Writes to_text.
std::ostream& operator<<(std::ostream& out, const Graph& graph);

}  // namespace asg
