// What the text, the JSON and the picture of a graph share.
#pragma once
#include <string>

#include <asg/graph/graph.hpp>

namespace asg {

/// The name of an input or a variable; empty for other nodes.
[[nodiscard]] std::string leaf_name(const Node& node);

/// The elements alone, the middle left out: "0.5", "{1, 2, 3}".
[[nodiscard]] std::string elements(const Array& array);

}  // namespace asg
