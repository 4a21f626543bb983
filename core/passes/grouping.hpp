// Groups of nodes that may become one region, and the rules by which they are joined. Internal to
// the passes.
#pragma once
#include <cstdint>
#include <vector>

#include "fuse.hpp"

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
  state
};

/// What is known of a group of nodes.
struct Group {
  std::int64_t points = 0;
  std::int64_t row = 0;
  std::vector<std::int64_t> cuts;  // products of inner axes, ascending, each divides the next
  std::vector<NodeId> loads;       // bases read from outside, ascending
  int reductions = 0;
  bool anchored = false;
};

class Grouping {
 public:
  Grouping(const Layout& layout, const PassContext& context);

  [[nodiscard]] bool computed(NodeId id) const;
  [[nodiscard]] bool is_region(NodeId id) const;
  [[nodiscard]] bool reads_whole(NodeId reader, NodeId base) const;
  // Tries to make the groups of p and its reader c one.
  Why try_join(NodeId p, NodeId c);
  // Whether no member reads a variable at other points than those where another writes it.
  [[nodiscard]] Why state_allows(const std::vector<NodeId>& a, const std::vector<NodeId>& b) const;
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
  // Whether a reader may have p in the same region, when their groups are one with these points and
  // rows.
  [[nodiscard]] Why edge(NodeId p, const View& view, const Group& joined, bool p_row,
                         bool c_row) const;
  [[nodiscard]] bool row_value(NodeId id) const;
  // Cuts, loads and sizes of the two together.
  Why fits(const Group& a, const Group& b, bool a_rows, bool b_rows, Group& joined) const;
  // How many reductions a value of the region waits for at most.
  [[nodiscard]] int phases_of(const std::vector<NodeId>& ascending) const;
  [[nodiscard]] std::size_t values_touched(const std::vector<NodeId>& members,
                                           const Group& group) const;

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
