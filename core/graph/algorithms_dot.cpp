#include <locale>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <boost/graph/compressed_sparse_row_graph.hpp>
#include <boost/graph/graphviz.hpp>
#include <boost/property_map/function_property_map.hpp>

#include <asg/graph/algorithms.hpp>

namespace asg {

void write_dot(std::ostream& out, const Picture& picture) {
  struct Index {
    std::size_t value;
  };
  using Arrows = boost::compressed_sparse_row_graph<boost::directedS, boost::no_property, Index,
                                                    boost::no_property, NodeId, std::uint32_t>;
  std::vector<std::pair<NodeId, NodeId>> edges;
  std::vector<Index> indices;
  for (std::size_t i = 0; i < picture.edges.size(); ++i) {
    edges.emplace_back(picture.edges[i].from, picture.edges[i].to);
    indices.push_back({i});
  }
  const Arrows arrows(boost::edges_are_unsorted_multi_pass, edges.begin(), edges.end(),
                      indices.begin(), static_cast<NodeId>(picture.nodes.size()));

  const auto attributes = [](std::ostream& stream, const std::string& text) {
    if (!text.empty()) stream << " [" << text << "]";
  };
  // Boost writes numbers as the locale of the program would group them: it is given texts alone.
  std::ostringstream text;
  text.imbue(std::locale::classic());
  boost::write_graphviz(
      text, arrows,
      [&](std::ostream& stream, NodeId node) { attributes(stream, picture.nodes[node]); },
      [&](std::ostream& stream, const Arrows::edge_descriptor& edge) {
        if (!picture.edge_attributes.empty())
          attributes(stream, picture.edge_attributes[arrows[edge].value]);
      },
      [&](std::ostream& stream) { stream << picture.preamble; },
      boost::make_function_property_map<NodeId>([](NodeId node) { return std::to_string(node); }));
  out << text.str();
}

std::string dot_quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '\n') {
      quoted += "\\n";
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace asg
