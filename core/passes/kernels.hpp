// Kernels: which nodes one step of the program computes. Internal to the passes.
//
// A region runs over a domain of N points in row-major order. Its members are values over all of
// the domain (full), or over its rows (row): a row is the inner R points that a reduction of the
// region takes together. Members read each other at the same point, or a row's value at every point
// of the row; everything else is loaded from memory, through any view.
#pragma once
#include <cstdint>
#include <vector>

#include <asg/graph/algorithms.hpp>
#include <asg/graph/graph.hpp>

#include "graph/acyclic_order.hpp"

namespace asg {

/// Nodes that one step of the program computes.
struct Kernel {
  std::vector<NodeId> nodes;       ///< ascending; those of a region, without the anchor
  NodeId anchor = no_node;         ///< a node with a kernel of its own; the nodes are its epilogue
  std::int64_t points = 0;         ///< of the domain
  std::int64_t row = 0;            ///< points of a row; 0 when nothing is row-wise
  std::vector<std::int64_t> cuts;  ///< products of the inner axes of the domain, ascending
};

/// All kernels of a graph.
struct Fused {
  std::vector<Kernel> kernels;           ///< in a valid order
  std::vector<std::uint32_t> kernel_of;  ///< node -> its kernel
  std::vector<bool> late;  ///< assigned nodes that are copied to their variable at the end
  AcyclicOrder order;  ///< of the groups, with an edge from each reader of a variable to its writer
};

}  // namespace asg
