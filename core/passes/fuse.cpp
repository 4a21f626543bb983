#include "fuse.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include <asg/graph/op.hpp>

namespace asg {
namespace {

using Kind = Layout::Kind;

constexpr std::size_t most_nodes = 64;
constexpr std::size_t most_loads = 24;
constexpr int most_reduction_phases = 3;
constexpr std::int64_t long_row = 32768;
constexpr std::int64_t small_domain = 4096;  // values so small that their memory counts for nothing

enum class Why : std::uint8_t {
  fused,
  cycle,
  too_far,
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
  count
};
constexpr std::string_view why_text[] = {"",
                                         "the one needs a third kernel that needs the other",
                                         "too far apart",
                                         "read through a view that is not the same point",
                                         "their rows have different lengths",
                                         "their domains have different sizes",
                                         "their shapes cut the domain differently",
                                         "the region would be too large",
                                         "the region would touch too many values",
                                         "the region would need too many phases",
                                         "too few and too long rows",
                                         "a reduction over outer axes is needed at once",
                                         "out of fuel",
                                         "the variable is read through another view"};

// What is known of a group of nodes.
struct Group {
  std::int64_t points = 0;
  std::int64_t row = 0;
  std::vector<std::int64_t> cuts;  // products of inner axes, ascending, each divides the next
  std::vector<NodeId> loads;       // bases read from outside, ascending
  int reductions = 0;
  bool anchored = false;
};

// The reduced axes of a reduce node as a range [begin, end) of products of inner axes; begin == 0
// when they are not neighbours.
struct Reduced {
  std::int64_t begin = 0, end = 0;
};
Reduced reduced_range(const Node& node, const Shape& in) {
  Reduced range;
  std::uint32_t mask = 0;
  for (const std::int64_t axis : node.attributes.integers("axes")) mask |= 1u << axis;
  int first = -1, last = -1;
  for (int d = 0; d < in.rank(); ++d)
    if ((mask >> d & 1u) != 0 && in[d] != 1) {
      if (first < 0) first = d;
      last = d;
    }
  if (first < 0) return {1, 1};  // over axes of one point
  for (int d = first; d <= last; ++d)
    if ((mask >> d & 1u) == 0 && in[d] != 1) return {};
  range.begin = suffix_product(in, last);
  range.end = suffix_product(in, first) * in[first];
  return range;
}

bool add_cut(std::vector<std::int64_t>& cuts, std::int64_t cut, std::int64_t points) {
  if (cut <= 1 || cut >= points) return true;
  const auto at = std::lower_bound(cuts.begin(), cuts.end(), cut);
  if (at != cuts.end() && *at == cut) return true;
  if (at != cuts.end() && *at % cut != 0) return false;
  if (at != cuts.begin() && cut % *std::prev(at) != 0) return false;
  if (points % cut != 0) return false;
  cuts.insert(at, cut);
  return true;
}

// Whether the view reads, at each point, the value of the point's row.
bool reads_rows(const View& view, std::int64_t row) {
  if (view.offset != 0 || !view.bounds.empty()) return false;
  std::int64_t inner = 1;
  for (int d = view.shape.rank(); d-- > 0;) {
    const std::int64_t size = view.shape[d];
    if (size == 1) continue;
    if (inner >= row ? view.strides[d] != inner / row
                     : (view.strides[d] != 0 || inner * size > row))
      return false;
    inner *= size;
  }
  return true;
}

class Fuser {
 public:
  Fuser(const Layout& layout, const PassContext& context)
      : layout_(layout),
        graph_(layout.graph),
        context_(context),
        limits_(context.target.region_limits()),
        order_(layout.graph.size()),
        groups_(layout.graph.size()),
        is_row_(layout.graph.size(), false),
        late_(layout.graph.size(), false),
        strict_(layout.graph.size(), false) {}

  Fused run() {
    for (NodeId id = 0; id < graph_.size(); ++id)
      if (computed(id)) start(id);
    order_writers();
    if (context_.options.has("epilogues")) attach_to_products();
    if (context_.options.has("fuse")) {
      fuse_with_readers();
      if (context_.options.has("fuse_siblings")) fuse_siblings();
    }
    explain();
    return finish();
  }

 private:
  // ---- single nodes ----------------------------------------------------------

  [[nodiscard]] bool computed(NodeId id) const {
    return layout_.kind[id] != Kind::none &&
           (!layout_.free[id] || layout_.in_memory[id] || !layout_.readers[id].empty());
  }
  [[nodiscard]] bool is_region(NodeId id) const {
    return layout_.is_region(id) && computed(id) && groups_[id].points > 0;
  }
  [[nodiscard]] const Shape& domain(NodeId id) const {
    const Node node = graph_.node(id);
    return layout_.kind[id] == Kind::reduce ? graph_.type(node.operands[0]).shape
                                            : node.outputs[0].shape;
  }

  void start(NodeId id) {
    const Node node = graph_.node(id);
    for (const Value operand : node.operands) {
      const NodeId base = layout_.sources.of(operand).base.node;
      if (layout_.kind[base] != Kind::none && computed(base)) order_.add_base_edge(base, id);
    }
    Group& group = groups_[id];
    if (layout_.kind[id] == Kind::kernel) {
      group.anchored = true;
      return;
    }
    const Shape& shape = domain(id);
    group.points = shape.numel();
    for (int d = shape.rank(); d-- > 0;)
      (void)add_cut(group.cuts, suffix_product(shape, d), group.points);
    for (const Value operand : node.operands) {
      const NodeId base = layout_.sources.of(operand).base.node;
      if (graph_.node(base).op.name != "constant" || graph_.type({base, 0}).shape.numel() != 1)
        group.loads.push_back(base);
    }
    std::sort(group.loads.begin(), group.loads.end());
    group.loads.erase(std::unique(group.loads.begin(), group.loads.end()), group.loads.end());
    if (layout_.kind[id] == Kind::reduce) group.reductions = 1;
  }

  // A variable's new value is written where the old one was, after all that read the old one.
  void order_writers() {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const NodeId variable = layout_.assigned[id];
      if (variable == no_node) continue;
      for (const NodeId reader : layout_.readers[variable]) {
        if (!computed(reader)) continue;
        const bool same_points = reads_whole(reader, variable) && layout_.kind[id] == Kind::element;
        if (!same_points && layout_.is_region(reader)) strict_[id] = true;
        if (reader == id ? !same_points : !order_.add_edge(reader, id)) {
          late_[id] = true;
          break;
        }
      }
    }
  }
  [[nodiscard]] bool reads_whole(NodeId reader, NodeId base) const {
    if (layout_.kind[reader] == Kind::kernel) return false;
    const std::int64_t points = domain(reader).numel();
    for (const Value operand : graph_.node(reader).operands) {
      const Source& source = layout_.sources.of(operand);
      if (source.base.node == base && !is_whole(source.view, points)) return false;
      if (layout_.free[source.base.node]) return false;
    }
    return points == graph_.type({base, 0}).shape.numel();
  }

  // ---- joining -----------------------------------------------------------------

  // Whether a reader may have p in the same region, when their groups are one with these points and
  // rows.
  [[nodiscard]] Why edge(NodeId p, const View& view, const Group& joined, bool p_row,
                         bool c_row) const {
    if (layout_.kind[p] == Kind::reduce) {
      const Reduced range = reduced_range(graph_.node(p), domain(p));
      if (range.begin != 1) return Why::outer;
      if (range.end != joined.row) return Why::rows;
    }
    const std::int64_t rows = joined.row == 0 ? 0 : joined.points / joined.row;
    if (p_row) {
      if (c_row) return is_whole(view, rows) ? Why::fused : Why::transposed;
      return reads_rows(view, joined.row) ? Why::fused : Why::transposed;
    }
    return !c_row && is_whole(view, joined.points) ? Why::fused : Why::transposed;
  }

  [[nodiscard]] bool row_value(NodeId id) const {
    return layout_.kind[id] == Kind::reduce || is_row_[id];
  }

  // Tries to make the groups of p and its reader c one.
  Why try_join(NodeId p, NodeId c) {
    NodeId ga = order_.group(p), gb = order_.group(c);
    if (ga == gb) return Why::fused;
    if (order_.rank(ga) > order_.rank(gb)) std::swap(ga, gb);  // values go from a to b
    const Group& a = groups_[ga];
    const Group& b = groups_[gb];
    if (a.anchored || b.anchored) return Why::domain;
    const auto& members_a = order_.members(ga);
    const auto& members_b = order_.members(gb);
    if (members_a.size() + members_b.size() > most_nodes) return Why::nodes;

    Group joined;
    joined.points = std::max(a.points, b.points);
    joined.row = std::max(a.row, b.row);
    joined.reductions = a.reductions + b.reductions;
    const bool a_rows = a.points < b.points, b_rows = b.points < a.points;
    // One number that many read: a kernel of its own, not part of one of its readers.
    if (a_rows && a.points == 1) return Why::domain;
    const Group& small = a_rows ? a : b;
    if (a_rows || b_rows) {
      if (small.reductions > 0 || small.row > 0 || small.points == 0 ||
          joined.points % small.points != 0)
        return Why::domain;
      // A number made of several reductions waits for all of them: a kernel of its own.
      if (b_rows && b.points == 1 && std::any_of(b.loads.begin(), b.loads.end(), [&](NodeId base) {
            return layout_.kind[base] != Kind::none && order_.group(base) != ga;
          }))
        return Why::domain;
      joined.row = joined.points / small.points;
      const Group& large = a_rows ? b : a;
      if (large.row > 0 && large.row != joined.row) return Why::rows;
    } else if (a.row > 0 && b.row > 0 && a.row != b.row) {
      return Why::rows;
    }

    // Every edge between the two, not just this one.
    bool any = false;
    for (const NodeId reader : members_b)
      for (const Value operand : graph_.node(reader).operands) {
        const Source& source = layout_.sources.of(operand);
        const NodeId base = source.base.node;
        if (layout_.kind[base] == Kind::none || order_.group(base) != ga) continue;
        any = true;
        if (layout_.kind[base] == Kind::reduce && joined.row == 0)
          joined.row = reduced_range(graph_.node(base), domain(base)).end;
        const bool p_row = a_rows || row_value(base);
        const bool c_row = b_rows || is_row_[reader];
        if (layout_.kind[reader] == Kind::reduce && c_row) return Why::transposed;
        if (const Why why = edge(base, source.view, joined, p_row, c_row); why != Why::fused)
          return why;
      }
    if (!any && (a_rows || b_rows)) return Why::domain;

    if (const Why why = fits(a, b, a_rows, b_rows, joined); why != Why::fused) return why;
    if (const Why why = state_allows(members_a, members_b); why != Why::fused) return why;
    std::vector<NodeId> all = members_a;
    all.insert(all.end(), members_b.begin(), members_b.end());
    if (joined.reductions > 0) {
      std::sort(all.begin(), all.end());
      const int used = phases_of(all);
      if (used > most_reduction_phases || (used > 0 && !limits_.phases)) return Why::phases;
      if (used > 0 && joined.row > long_row && joined.points / joined.row < 8)
        return Why::long_rows;
    }
    if (limits_.buffers > 0 && values_touched(all, joined) > limits_.buffers) return Why::loads;
    if (context_.fuel == 0) return Why::fuel;
    const std::vector<NodeId> become_rows = a_rows   ? members_a
                                            : b_rows ? members_b
                                                     : std::vector<NodeId>{};
    if (!order_.join(p, c)) return Why::cycle;
    (void)context_.may_rewrite();
    for (const NodeId id : become_rows) is_row_[id] = true;
    groups_[order_.group(p)] = std::move(joined);
    return Why::fused;
  }

  // Cuts, loads and sizes of the two together.
  Why fits(const Group& a, const Group& b, bool a_rows, bool b_rows, Group& joined) const {
    const Group& base = a_rows ? b : a;
    const Group& other = a_rows ? a : b;
    joined.cuts = base.cuts;
    const std::int64_t scale = a_rows || b_rows ? joined.row : 1;
    for (const std::int64_t cut : other.cuts)
      if (!add_cut(joined.cuts, cut * scale, joined.points)) return Why::axes;
    if (!add_cut(joined.cuts, joined.row, joined.points)) return Why::axes;
    if (static_cast<int>(joined.cuts.size()) + 1 > limits_.rank) return Why::axes;
    std::set_union(a.loads.begin(), a.loads.end(), b.loads.begin(), b.loads.end(),
                   std::back_inserter(joined.loads));
    std::erase_if(joined.loads, [&](NodeId load) {
      return layout_.kind[load] != Kind::none &&
             (&groups_[order_.group(load)] == &a || &groups_[order_.group(load)] == &b);
    });
    return joined.loads.size() > most_loads ? Why::loads : Why::fused;
  }

  // Whether no member reads a variable at other points than those where another writes it.
  [[nodiscard]] Why state_allows(const std::vector<NodeId>& a, const std::vector<NodeId>& b) const {
    const auto inside = [&](NodeId id) {
      return std::find(a.begin(), a.end(), id) != a.end() ||
             std::find(b.begin(), b.end(), id) != b.end();
    };
    for (const auto* members : {&a, &b})
      for (const NodeId id : *members) {
        if (!strict_[id] || late_[id]) continue;
        const NodeId variable = layout_.assigned[id];
        for (const NodeId reader : layout_.readers[variable])
          if (inside(reader) && !reads_whole(reader, variable)) return Why::state;
      }
    return Why::fused;
  }

  // How many reductions a value of the region waits for at most.
  [[nodiscard]] int phases_of(const std::vector<NodeId>& ascending) const {
    int most = 0;
    std::vector<int> phase(ascending.size(), 0);
    for (std::size_t i = 0; i < ascending.size(); ++i) {
      for (const Value operand : graph_.node(ascending[i]).operands) {
        const NodeId base = layout_.sources.of(operand).base.node;
        const auto at = std::lower_bound(ascending.begin(), ascending.end(), base);
        if (at == ascending.end() || *at != base) continue;
        const bool waits = layout_.kind[base] == Kind::reduce;
        phase[i] =
            std::max(phase[i], phase[static_cast<std::size_t>(at - ascending.begin())] + waits);
      }
      most = std::max(most, phase[i]);
    }
    return most;
  }

  [[nodiscard]] std::size_t values_touched(const std::vector<NodeId>& members,
                                           const Group& group) const {
    std::size_t count = 0;
    const auto inside = [&](NodeId id) {
      return std::find(members.begin(), members.end(), id) != members.end();
    };
    for (const NodeId base : group.loads) count += !inside(base);
    for (const NodeId id : members)
      count += layout_.in_memory[id] ||
               !std::all_of(layout_.readers[id].begin(), layout_.readers[id].end(), inside);
    return count;
  }

  // ---- what is tried -----------------------------------------------------------

  // Last nodes first: a value belongs to those that read it, so that nothing large is made long
  // before it is needed.
  void fuse_with_readers() {
    for (auto id = static_cast<NodeId>(graph_.size()); id-- > 0;) {
      if (!is_region(id)) continue;
      for (const NodeId reader : layout_.readers[id]) {
        if (!is_region(reader) || order_.group(reader) == order_.group(id)) continue;
        if (const Why why = try_join(id, reader); why != Why::fused)
          refusals_.push_back({id, reader, why});
      }
    }
  }

  // Regions over the same points that read the same value, where one of them makes nothing as
  // large: else a large value would be made long before it is needed, or an operand kept long
  // after.
  void fuse_siblings() {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      const std::vector<NodeId>& readers = layout_.readers[id];
      NodeId last = no_node;
      for (const NodeId reader : readers) {
        if (!is_region(reader) || !reads_whole(reader, id)) continue;
        if (last != no_node &&
            groups_[order_.group(last)].points == groups_[order_.group(reader)].points)
          (void)try_join(last, reader);
        last = reader;
      }
    }
  }

  [[nodiscard]] bool makes_full(NodeId group) const {
    const std::vector<NodeId>& members = order_.members(group);
    if (groups_[group].points <= small_domain) return false;
    return std::any_of(members.begin(), members.end(), [&](NodeId id) {
      if (layout_.kind[id] != Kind::element || is_row_[id]) return false;
      return layout_.in_memory[id] ||
             std::any_of(layout_.readers[id].begin(), layout_.readers[id].end(),
                         [&](NodeId reader) { return order_.group(reader) != group; });
    });
  }

  void attach_to_products() {
    for (NodeId id = 0; id < graph_.size(); ++id) {
      if (layout_.kind[id] != Kind::kernel) continue;
      const Node node = graph_.node(id);
      if (node.op.lowering.kernel != ASG_OP_MATMUL || node.outputs[0].shape.numel() == 0) continue;
      Types types;
      for (const Value operand : node.operands) types.push_back(graph_.type(operand));
      types.push_back(node.outputs[0]);
      if (context_.target.accepts_epilogue(types)) attach(node);
    }
  }

  // The elementwise nodes after a product that are worth computing while it is at hand: no more
  // values may go to memory for other regions than the product alone would be.
  void attach(const Node& product) {
    const Shape& shape = product.outputs[0].shape;
    std::vector<NodeId> chosen{product.id};
    const auto has = [&](NodeId id) {
      return std::find(chosen.begin(), chosen.end(), id) != chosen.end();
    };
    for (std::size_t i = 0; i < chosen.size() && chosen.size() < most_nodes; ++i)
      for (const NodeId reader : layout_.readers[chosen[i]])
        if (!has(reader) && can_follow(reader, product, shape) && chosen.size() < most_nodes)
          chosen.push_back(reader);
    const auto stays_outside = [&](NodeId id) {  // read by a region that could have computed it
      return std::any_of(layout_.readers[id].begin(), layout_.readers[id].end(),
                         [&](NodeId r) { return layout_.is_region(r) && !has(r); });
    };
    for (;;) {
      int stored = 0;
      NodeId worst = no_node;
      for (const NodeId id : chosen)
        if (stays_outside(id) && !(layout_.in_memory[id] && id != product.id)) {
          ++stored;
          const bool ends =
              std::none_of(layout_.readers[id].begin(), layout_.readers[id].end(), has);
          if (id != product.id && ends) worst = id;
        }
      if (stored <= 1 || worst == no_node) break;
      std::erase(chosen, worst);
    }
    // What only these need.
    for (std::size_t i = 1; i < chosen.size(); ++i)
      for (const Value operand : graph_.node(chosen[i]).operands) {
        const NodeId base = layout_.sources.of(operand).base.node;
        const std::vector<NodeId>& readers = layout_.readers[base];
        if (chosen.size() < most_nodes && !has(base) && !layout_.in_memory[base] &&
            can_follow(base, product, shape) && std::all_of(readers.begin(), readers.end(), has))
          chosen.push_back(base);
      }
    std::sort(chosen.begin() + 1, chosen.end());
    for (std::size_t i = 1; i < chosen.size(); ++i) {
      const NodeId id = chosen[i];
      if (context_.fuel == 0 || !reads_group_in_place(id, product.id)) continue;
      Group joined = groups_[order_.group(product.id)];
      Group merged;
      std::set_union(joined.loads.begin(), joined.loads.end(), groups_[id].loads.begin(),
                     groups_[id].loads.end(), std::back_inserter(merged.loads));
      if (merged.loads.size() > most_loads ||
          state_allows(order_.members(order_.group(product.id)), {id}) != Why::fused)
        continue;
      if (!order_.join(product.id, id)) {
        refusals_.push_back({product.id, id, Why::cycle});
        continue;
      }
      (void)context_.may_rewrite();
      joined.loads = std::move(merged.loads);
      joined.points = shape.numel();
      joined.anchored = true;
      groups_[order_.group(product.id)] = std::move(joined);
    }
  }
  // Whether what the node reads of the product's group is at the same points.
  [[nodiscard]] bool reads_group_in_place(NodeId id, NodeId product) const {
    const NodeId group = order_.group(product);
    for (const Value operand : graph_.node(id).operands) {
      const Source& source = layout_.sources.of(operand);
      if (layout_.kind[source.base.node] == Kind::none || order_.group(source.base.node) != group)
        continue;
      if (!is_whole(source.view, groups_[id].points)) return false;
    }
    return true;
  }

  // An elementwise node over the product's points whose operands can be read along its axes.
  [[nodiscard]] bool can_follow(NodeId id, const Node& product, const Shape& shape) const {
    if (layout_.kind[id] != Kind::element || !is_region(id)) return false;
    const Node node = graph_.node(id);
    if (groups_[id].points != shape.numel()) return false;
    // The product reads its operands as a whole, also after the first results are written.
    for (const Value operand : product.operands)
      if (layout_.sources.of(operand).base.node == layout_.assigned[id]) return false;
    for (const Value operand : node.operands) {
      const Source& source = layout_.sources.of(operand);
      if (layout_.free[source.base.node] && !layout_.in_memory[source.base.node]) {
        if (node.outputs[0].shape != shape) return false;
        continue;
      }
      if (is_whole(source.view, shape.numel())) continue;
      if (source.base.node == product.id) return false;
      if (!follows_axes(source.view, shape)) return false;
    }
    return true;
  }
  // Whether a view of another factoring of the same points is affine in these axes: each axis of
  // the view lies inside one of them, and those inside one go together.
  [[nodiscard]] static bool follows_axes(const View& view, const Shape& shape) {
    if (view.shape == shape) return true;
    if (!view.bounds.empty()) return false;
    std::int64_t inner = 1;
    int d = shape.rank() - 1;
    std::int64_t begin = 1;  // product of the axes inside of d
    std::int64_t stride = 0;
    for (int v = view.shape.rank(); v-- > 0;) {
      const std::int64_t size = view.shape[v];
      if (size == 1) continue;
      while (d >= 0 && inner >= begin * shape[d]) begin *= shape[d--];
      if (d < 0 || inner * size > begin * shape[d]) return false;
      if (inner == begin)
        stride = view.strides[v];
      else if (view.strides[v] != stride * (inner / begin))
        return false;
      inner *= size;
    }
    return true;
  }

  // ---- the result ----------------------------------------------------------------

  void explain() {
    std::vector<Refusal>& list = context_.report.refusals;
    for (const auto& [p, c, why] : refusals_) {
      if (order_.group(p) == order_.group(c)) continue;
      list.push_back(
          {"fuse", fmt::format("{} -> {}", graph_.node(p).op.name, graph_.node(c).op.name),
           std::string(why_text[static_cast<std::size_t>(why)]), to_string(graph_.node(c).origin)});
    }
  }

  Fused finish() {
    Fused fused{
        {}, std::vector<std::uint32_t>(graph_.size(), 0), std::move(late_), std::move(order_)};
    std::vector<NodeId> groups;
    for (NodeId id = 0; id < graph_.size(); ++id)
      if (computed(id) && fused.order.group(id) == id) groups.push_back(id);
    std::sort(groups.begin(), groups.end(),
              [&](NodeId a, NodeId b) { return fused.order.rank(a) < fused.order.rank(b); });
    for (const NodeId g : groups) {
      Kernel kernel;
      for (const NodeId id : fused.order.members(g)) {
        fused.kernel_of[id] = static_cast<std::uint32_t>(fused.kernels.size());
        if (layout_.kind[id] == Kind::kernel)
          kernel.anchor = id;
        else
          kernel.nodes.push_back(id);
      }
      std::sort(kernel.nodes.begin(), kernel.nodes.end());
      kernel.points = groups_[g].points;
      kernel.row = groups_[g].row;
      kernel.cuts = groups_[g].cuts;
      fused.kernels.push_back(std::move(kernel));
    }
    return fused;
  }

  struct Refused {
    NodeId producer, reader;
    Why why;
  };

  const Layout& layout_;
  const Graph& graph_;
  const PassContext& context_;
  RegionLimits limits_;
  AcyclicOrder order_;
  std::vector<Group> groups_;  // by the node that names the group
  std::vector<bool> is_row_;
  std::vector<bool> late_;
  std::vector<bool> strict_;  // written variables that some reader reads at other points
  std::vector<Refused> refusals_;
};

}  // namespace

Fused fuse(const Layout& layout, const PassContext& context) {
  return Fuser(layout, context).run();
}

}  // namespace asg
