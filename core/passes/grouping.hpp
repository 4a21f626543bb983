// Groups of nodes that may become one region, and the rules by which they are joined. Internal to
// the passes.
#pragma once
#include <cstdint>
#include <vector>

#include "passes/fuse.hpp"

namespace asg {

inline constexpr std::size_t most_nodes = 64;  // of a region
inline constexpr std::size_t most_loads = 24;

/// Why two groups stay apart.
enum class Why : std::uint8_t {
  fused,
  cycle,
  transposed,
  rows,
  domain,
  axes,
  nodes,
  loads,
  phases,
  long_rows,
  outer,
  fuel,
  state,
  guards
};

/// What is known of a group of nodes.
struct Group {
  std::int64_t points = 0;
  std::int64_t row = 0;
  std::vector<std::int64_t> cuts;  // products of inner axes, ascending, each divides the next
  std::vector<NodeId> loads;       // bases read from outside, ascending
  int reductions = 0;
  NodeId anchor = no_node;  // the member with a kernel of its own
};

class Grouping {
 public:
  Grouping(const Layout& layout, const PassContext& context);

  [[nodiscard]] bool computed(NodeId id) const;
  [[nodiscard]] bool is_region(NodeId id) const;
  [[nodiscard]] bool reads_whole(NodeId reader, NodeId base) const;
  // Tries to make the groups of p and its reader c one.
  Why try_join(NodeId p, NodeId c);
  // Tries to make an elementwise node over the product's points part of the product's group.
  Why try_attach(NodeId product, NodeId id);
  // Whether the device allows of a product with these nodes, the product among them.
  [[nodiscard]] bool allows(NodeId product, const std::vector<NodeId>& nodes) const;
  void explain();
  Fused finish();
  void refuse(NodeId producer, NodeId reader, Why why) {
    refusals_.push_back({producer, reader, why});
  }

  const Layout& layout;
  const Graph& graph;
  const PassContext& context;
  AcyclicOrder order;
  std::vector<Group> groups;        ///< by the node that names the group
  std::vector<bool> is_row;         ///< elements that have one value for each row of their region
  mutable std::int64_t visits = 0;  ///< nodes and edges looked at, but for those of the order

 private:
  [[nodiscard]] const Shape& domain(NodeId id) const;
  void start(NodeId id);
  void hold_back_recomputed();
  // A variable's new value is written where the old one was, after all that read the old one.
  void order_writers();
  // The nodes that refuse an index out of range, so ordered that what comes after the ones given
  // comes after all of them. An index is refused by the first that meets it.
  std::vector<NodeId> last_checks();
  // Whether a reader may have p in the same region, when their groups are one with these points and
  // rows.
  [[nodiscard]] Why edge(NodeId p, const View& view, const Group& joined, bool p_row,
                         bool c_row) const;
  [[nodiscard]] bool row_value(NodeId id) const;
  // Whether what the node reads of the group is at the same points.
  [[nodiscard]] bool reads_in_place(NodeId id, NodeId group) const;
  // The cuts of the two together.
  [[nodiscard]] Why join_cuts(const Group& a, const Group& b, bool a_rows, bool b_rows,
                              Group& joined) const;
  // What the members read from outside: what is among these, but for the members.
  [[nodiscard]] static std::vector<NodeId> joined_loads(const std::vector<NodeId>& a,
                                                        const std::vector<NodeId>& b,
                                                        const std::vector<NodeId>& members);
  // Whether no member reads a variable at other points than those where another writes it.
  [[nodiscard]] Why state_allows(const std::vector<NodeId>& a, const std::vector<NodeId>& b) const;
  // Whether the device takes a region of these members, ascending, whose values wait for so many
  // reductions: every limit is asked here, whatever is joined.
  [[nodiscard]] Why within_limits(const std::vector<NodeId>& members, const Group& joined,
                                  int phases) const;
  // How many reductions a value of the region waits for at most.
  [[nodiscard]] int phases_of(const std::vector<NodeId>& ascending) const;
  // At most: values read and written, and results of reductions, which devices may keep in memory.
  [[nodiscard]] std::size_t values_touched(const std::vector<NodeId>& members,
                                           const Group& group) const;
  [[nodiscard]] bool is_stored(NodeId id, const std::vector<NodeId>& members) const;

  struct Refused {
    NodeId producer, reader;
    Why why;
  };

  RegionLimits limits_;
  std::vector<bool> late_;
  std::vector<bool> strict_;  // written variables that some reader reads at other points
  std::vector<Refused> refusals_;
};

}  // namespace asg
