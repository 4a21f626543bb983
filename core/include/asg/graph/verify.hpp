// Checks that a graph keeps the rules that passes rely on.
#pragma once
#include <asg/graph/graph.hpp>

namespace asg {

/// Throws unless every node's operands come before it and exist, its types are those its op's
/// rule gives, its line is known, names are unique and each variable is assigned at most once,
/// with its own type. Passes that build graphs are tested with it.
/// Errors   InternalError that names the rule and the node.
/// Cost     that of inferring all types anew.
void verify(const Graph& graph);

}  // namespace asg
