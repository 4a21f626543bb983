// Groups of nodes that may become one region, and all the rules by which they are joined; what is
// tried is fuse.cpp's business. Internal to the passes.
#pragma once
#include <cstdint>
#include <utility>
#include <vector>

#include "passes/kernels.hpp"
#include "passes/layout.hpp"
#include "passes/region_rules.hpp"

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
  guards,
  instances
};

/// A node and the number of its output.
using Load = std::pair<NodeId, std::uint32_t>;

/// What is known of a group of nodes.
struct Group {
  std::int64_t points = 0;
  std::int64_t row = 0;
  std::vector<std::int64_t> cuts;  // products of inner axes, ascending, each divides the next
  std::vector<Load> loads;         // bases read from outside, ascending
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
  // Tries to make a node, alone in its group, part of the product's group.
  Why try_attach(NodeId product, NodeId id);
  // Whether the node is elementwise, over the product's points, and reads its operands along the
  // product's axes.
  [[nodiscard]] Why can_follow(NodeId product, NodeId id) const;
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
  // Two groups and what they would be together.
  struct Join {
    Join(NodeId one, NodeId other) : a(one), b(other) {}
    NodeId a, b;                          // values go from a to b
    bool a_rows = false, b_rows = false;  // the values of the one become those of rows
    Group group = {};                     // of both
    std::vector<NodeId> members = {};     // of both, ascending
    int phases = 0;                       // reductions that a value waits for at most
    bool guards = false;                  // stores of rows' values, which have bounds
  };
  // A rule says why the two cannot be joined, and fills in what it found out of them together.
  using Rule = Why (Grouping::*)(Join&) const;
  [[nodiscard]] Why size_allows(Join& join) const;
  [[nodiscard]] Why domains_allow(Join& join) const;
  [[nodiscard]] Why reads_allow(Join& join) const;
  [[nodiscard]] Why cuts_allow(Join& join) const;
  // No member reads a variable at other points than those where another writes it.
  [[nodiscard]] Why state_allows(Join& join) const;
  [[nodiscard]] Why rows_allow(Join& join) const;
  [[nodiscard]] Why phases_allow(Join& join) const;
  // What the device can do.
  [[nodiscard]] Why within_limits(Join& join) const;
  [[nodiscard]] Why follower_allows(Join& join) const;
  void find_members(Join& join) const;
  [[nodiscard]] Why commit(Join& join);

  // Whether a reader may have p in the same region, when their groups are one with these points and
  // rows.
  [[nodiscard]] Why edge(NodeId p, const View& view, const Group& joined, bool p_row,
                         bool c_row) const;
  [[nodiscard]] bool row_value(NodeId id) const;
  // What the members read from outside: what is among these, but for the members.
  [[nodiscard]] static std::vector<Load> joined_loads(const std::vector<Load>& a,
                                                      const std::vector<Load>& b,
                                                      const std::vector<NodeId>& members);
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
