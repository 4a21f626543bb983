// The nodes of a graph by what they compute. Internal to the library.
#pragma once
#include <bit>
#include <cstdint>
#include <functional>
#include <vector>

#include <asg/graph/graph.hpp>

namespace asg {

class KnownNodes {
 public:
  static constexpr NodeId none = 0xffffffffu;

  KnownNodes(const Graph& graph, std::size_t most)
      : graph_(graph), places_(std::bit_ceil(2 * most + 1)) {}

  /// The place of the node with the same op, attributes and operands, or the empty place where it
  /// belongs. `now` says for which value an operand of a node stands.
  template <class Now>
  NodeId* find(const Node& node, const std::vector<Value>& operands, Now now) {
    std::size_t hash = combine(std::hash<const void*>{}(&node.op), node.attributes.hash());
    for (const Value operand : operands)
      hash = combine(hash, (std::size_t{operand.node} << 8) + operand.output);
    const auto tag = static_cast<std::uint32_t>(hash >> 32);
    const std::size_t mask = places_.size() - 1;
    std::size_t at = hash & mask;
    while (places_[at].node != none &&
           (places_[at].tag != tag || !equal(graph_.node(places_[at].node), node, operands, now)))
      at = (at + 1) & mask;
    places_[at].tag = tag;
    return &places_[at].node;
  }

 private:
  struct Place {
    std::uint32_t tag = 0;  // of the hash
    NodeId node = none;
  };
  static std::size_t combine(std::size_t seed, std::size_t value) {
    // All bits count: the place is made of the low ones, the tag of the high ones.
    const std::size_t mixed = (seed ^ value) * 0x9e3779b97f4a7c15u;
    return mixed ^ mixed >> 32;
  }
  template <class Now>
  static bool equal(const Node& known, const Node& node, const std::vector<Value>& operands,
                    Now now) {
    if (&known.op != &node.op || known.operands.size() != operands.size()) return false;
    for (std::size_t i = 0; i < operands.size(); ++i)
      if (now(known.operands[i]) != operands[i]) return false;
    return known.attributes == node.attributes;
  }

  const Graph& graph_;
  std::vector<Place> places_;  // twice as many as nodes: a chain of taken ones is short
};

}  // namespace asg
