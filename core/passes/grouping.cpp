#include "passes/grouping.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include <asg/graph/op.hpp>

namespace asg {
namespace {

using Kind = Layout::Kind;

constexpr int most_reduction_phases = 3;
constexpr std::int64_t long_row = 32768;

constexpr std::string_view why_text[] = {
    "",
    "the one needs a third kernel that needs the other, or the search for one was given up",
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
    "the variable is read through another view",
    "the device cannot leave out the points at which a row's value is not stored",
    "the device has no tables of regions"};
static_assert(std::size(why_text) == static_cast<std::size_t>(Why::instances) + 1);

// What a rule of the device says to a join.
constexpr Why why_of_rule[] = {Why::axes,   Why::loads,  Why::nodes,
                               Why::guards, Why::phases, Why::instances};
static_assert(std::size(why_of_rule) == region_rules.size());

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

// Whether a view of another factoring of the same points is affine in these axes: each axis of
// the view lies inside one of them, and those inside one go together.
bool follows_axes(const View& view, const Shape& shape) {
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

}  // namespace

Grouping::Grouping(const Layout& of, const PassContext& with)
    : layout(of),
      graph(of.graph),
      context(with),
      order(of.graph.size()),
      groups(of.graph.size()),
      is_row(of.graph.size(), false),
      limits_(with.target.region_limits()),
      late_(of.graph.size(), false),
      strict_(of.graph.size(), false) {
  for (NodeId id = 0; id < graph.size(); ++id)
    if (computed(id)) start(id);
  hold_back_recomputed();
  order_writers();
}

// ---- single nodes ----------------------------------------------------------

bool Grouping::computed(NodeId id) const {
  return layout.kind[id] != Kind::none &&
         (!layout.free[id] || layout.in_memory[id] || !layout.readers[id].empty());
}
bool Grouping::is_region(NodeId id) const {
  return layout.is_region(id) && computed(id) && groups[id].points > 0;
}
const Shape& Grouping::domain(NodeId id) const {
  const Node node = graph.node(id);
  return layout.kind[id] == Kind::reduce ? graph.type(node.operands[0]).shape
                                         : node.outputs[0].shape;
}

void Grouping::start(NodeId id) {
  const Node node = graph.node(id);
  for (const Value operand : node.operands) {
    const NodeId base = layout.sources.of(operand).base.node;
    if (layout.kind[base] != Kind::none && computed(base)) order.add_base_edge(base, id);
  }
  Group& group = groups[id];
  if (layout.kind[id] == Kind::kernel) {
    group.anchor = id;
    return;
  }
  const Shape& shape = domain(id);
  group.points = shape.numel();
  for (int d = shape.rank(); d-- > 0;)
    (void)add_cut(group.cuts, suffix_product(shape, d), group.points);
  for (const Value operand : node.operands) {
    const Value base = layout.sources.of(operand).base;
    if (!is_number(graph.node(base.node))) group.loads.emplace_back(base.node, base.output);
  }
  std::sort(group.loads.begin(), group.loads.end());
  group.loads.erase(std::unique(group.loads.begin(), group.loads.end()), group.loads.end());
  if (layout.kind[id] == Kind::reduce) group.reductions = 1;
}

// What is computed again would otherwise be made beside the first of its kind, and kept from there:
// it waits for what the backward pass reads together with it.
void Grouping::hold_back_recomputed() {
  const auto recomputed = [&](NodeId id) { return graph.node(id).origin.recomputed; };
  std::vector<NodeId> first(graph.size(), no_node);  // that needs the node and is no such node
  for (auto id = static_cast<NodeId>(graph.size()); id-- > 0;) {
    if (!computed(id) || !recomputed(id)) continue;
    for (const NodeId reader : layout.readers[id])
      first[id] = std::min(first[id], recomputed(reader) ? first[reader] : reader);
    if (first[id] == no_node) continue;
    NodeId before = no_node;
    for (const Value operand : graph.node(first[id]).operands) {
      const NodeId base = layout.sources.of(operand).base.node;
      if (computed(base) && !recomputed(base) && base < id && (before == no_node || base > before))
        before = base;
    }
    if (before != no_node) order.add_base_edge(before, id);
  }
}

std::vector<NodeId> Grouping::last_checks() {
  std::set<std::tuple<NodeId, std::uint32_t, std::int64_t>> met;  // indices and their extent
  std::vector<NodeId> last;
  for (auto id = NodeId{0}; id < graph.size(); ++id) {
    if (layout.kind[id] != Kind::kernel) continue;
    const Node node = graph.node(id);
    const std::uint32_t kernel = node.op.lowering.kernel;
    if (kernel != ASG_OP_GATHER && kernel != ASG_OP_SCATTER) continue;
    const std::int64_t extent = graph.type(node.operands[0]).shape[node.attributes.axis("axis")];
    const Value indices = node.operands[1];
    if (!met.emplace(indices.node, indices.output, extent).second) continue;
    std::erase_if(last, [&](NodeId before) { return order.add_edge(before, id); });
    last.push_back(id);
  }
  return last;
}

// A run that refuses an index leaves all variables as they were: what it writes waits for the
// checks.
void Grouping::order_writers() {
  const bool any = std::any_of(layout.assigned.begin(), layout.assigned.end(),
                               [](NodeId variable) { return variable != no_node; });
  if (!any) return;
  const std::vector<NodeId> checks = last_checks();
  for (NodeId id = 0; id < graph.size(); ++id) {
    const NodeId variable = layout.assigned[id];
    if (variable == no_node) continue;
    late_[id] = !std::all_of(checks.begin(), checks.end(), [&](NodeId check) {
      return check != id && order.add_edge(check, id);
    });
    if (late_[id]) continue;
    for (const NodeId reader : layout.readers[variable]) {
      if (!computed(reader)) continue;
      const bool same_points = reads_whole(reader, variable) && layout.kind[id] == Kind::element;
      if (!same_points && layout.is_region(reader)) strict_[id] = true;
      if (reader == id ? !same_points : !order.add_edge(reader, id)) {
        late_[id] = true;
        break;
      }
    }
  }
}
bool Grouping::reads_whole(NodeId reader, NodeId base) const {
  if (layout.kind[reader] == Kind::kernel) return false;
  const std::int64_t points = domain(reader).numel();
  for (const Value operand : graph.node(reader).operands) {
    const Source& source = layout.sources.of(operand);
    if (source.base.node == base && !is_whole(source.view, points)) return false;
    if (layout.free[source.base.node]) return false;
  }
  return points == graph.type({base, 0}).shape.numel();
}

// ---- joining -----------------------------------------------------------------

Why Grouping::try_join(NodeId p, NodeId c) {
  if (order.group(p) == order.group(c)) return Why::fused;
  Join join(order.group(p), order.group(c));
  if (order.rank(join.a) > order.rank(join.b)) std::swap(join.a, join.b);
  for (const Rule rule : {&Grouping::size_allows, &Grouping::domains_allow, &Grouping::reads_allow,
                          &Grouping::cuts_allow, &Grouping::state_allows})
    if (const Why why = (this->*rule)(join); why != Why::fused) return why;
  find_members(join);
  for (const Rule rule : {&Grouping::rows_allow, &Grouping::phases_allow, &Grouping::within_limits})
    if (const Why why = (this->*rule)(join); why != Why::fused) return why;
  return commit(join);
}

Why Grouping::try_attach(NodeId product, NodeId id) {
  Join join(order.group(product), order.group(id));
  join.group.anchor = product;
  join.group.points = groups[join.b].points;
  if (const Why why = can_follow(product, id); why != Why::fused) return why;
  find_members(join);
  for (const Rule rule : {&Grouping::size_allows, &Grouping::follower_allows,
                          &Grouping::within_limits, &Grouping::state_allows})
    if (const Why why = (this->*rule)(join); why != Why::fused) return why;
  return commit(join);
}

bool Grouping::allows(NodeId product, const std::vector<NodeId>& nodes) const {
  Join join(product, product);
  join.group.anchor = product;
  join.members = nodes;
  std::sort(join.members.begin(), join.members.end());
  for (const NodeId id : join.members)
    join.group.loads = joined_loads(join.group.loads, groups[id].loads, join.members);
  return within_limits(join) == Why::fused;
}

Why Grouping::commit(Join& join) {
  if (context.fuel == 0) return Why::fuel;
  const std::vector<NodeId> become_rows = join.a_rows   ? order.members(join.a)
                                          : join.b_rows ? order.members(join.b)
                                                        : std::vector<NodeId>{};
  if (!order.join(join.a, join.b)) return Why::cycle;
  (void)context.may_rewrite();
  for (const NodeId id : become_rows) is_row[id] = true;
  groups[order.group(join.a)] = std::move(join.group);
  return Why::fused;
}

void Grouping::find_members(Join& join) const {
  join.members = order.members(join.a);
  const std::vector<NodeId>& others = order.members(join.b);
  join.members.insert(join.members.end(), others.begin(), others.end());
  std::sort(join.members.begin(), join.members.end());
  join.group.loads = joined_loads(groups[join.a].loads, groups[join.b].loads, join.members);
}

// ---- the rules -----------------------------------------------------------------

Why Grouping::size_allows(Join& join) const {
  const std::size_t members = order.members(join.a).size() + order.members(join.b).size();
  return members > most_nodes ? Why::nodes : Why::fused;
}

// The points of the two: as many, or as many as the other has rows.
Why Grouping::domains_allow(Join& join) const {
  const Group &a = groups[join.a], &b = groups[join.b];
  if (a.anchor != no_node || b.anchor != no_node) return Why::domain;
  Group& both = join.group;
  both.points = std::max(a.points, b.points);
  both.row = std::max(a.row, b.row);
  both.reductions = a.reductions + b.reductions;
  join.a_rows = a.points < b.points;
  join.b_rows = b.points < a.points;
  if (!join.a_rows && !join.b_rows)
    return a.row > 0 && b.row > 0 && a.row != b.row ? Why::rows : Why::fused;
  // One number that many read: a kernel of its own, not part of one of its readers.
  if (join.a_rows && a.points == 1) return Why::domain;
  const Group &small = join.a_rows ? a : b, &large = join.a_rows ? b : a;
  if (small.reductions > 0 || small.row > 0 || small.points == 0 || both.points % small.points != 0)
    return Why::domain;
  // A number made of several reductions waits for all of them: a kernel of its own.
  if (join.b_rows && b.points == 1 && std::any_of(b.loads.begin(), b.loads.end(), [&](Load base) {
        return layout.kind[base.first] != Kind::none && order.group(base.first) != join.a;
      }))
    return Why::domain;
  both.row = both.points / small.points;
  return large.row > 0 && large.row != both.row ? Why::rows : Why::fused;
}

// Every edge between the two, not just that of the nodes that were asked about.
Why Grouping::reads_allow(Join& join) const {
  bool any = false;
  for (const NodeId reader : order.members(join.b))
    for (const Value operand : graph.node(reader).operands) {
      ++visits;
      const Source& source = layout.sources.of(operand);
      const NodeId base = source.base.node;
      if (layout.kind[base] == Kind::none || order.group(base) != join.a) continue;
      any = true;
      if (layout.kind[base] == Kind::reduce && join.group.row == 0)
        join.group.row = reduced_range(graph.node(base), domain(base)).end;
      const bool p_row = join.a_rows || row_value(base);
      const bool c_row = join.b_rows || is_row[reader];
      if (layout.kind[reader] == Kind::reduce && c_row) return Why::transposed;
      if (const Why why = edge(base, source.view, join.group, p_row, c_row); why != Why::fused)
        return why;
    }
  return !any && (join.a_rows || join.b_rows) ? Why::domain : Why::fused;
}

Why Grouping::edge(NodeId p, const View& view, const Group& joined, bool p_row, bool c_row) const {
  if (layout.kind[p] == Kind::reduce) {
    const Reduced range = reduced_range(graph.node(p), domain(p));
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

bool Grouping::row_value(NodeId id) const { return layout.kind[id] == Kind::reduce || is_row[id]; }

Why Grouping::cuts_allow(Join& join) const {
  const Group& base = groups[join.a_rows ? join.b : join.a];
  const Group& other = groups[join.a_rows ? join.a : join.b];
  Group& both = join.group;
  both.cuts = base.cuts;
  const std::int64_t scale = join.a_rows || join.b_rows ? both.row : 1;
  for (const std::int64_t cut : other.cuts)
    if (!add_cut(both.cuts, cut * scale, both.points)) return Why::axes;
  return add_cut(both.cuts, both.row, both.points) ? Why::fused : Why::axes;
}

Why Grouping::state_allows(Join& join) const {
  const auto inside = [&](NodeId id) {
    const NodeId group = order.group(id);
    return group == join.a || group == join.b;
  };
  for (const NodeId group : {join.a, join.b})
    for (const NodeId id : order.members(group)) {
      if (!strict_[id] || late_[id]) continue;
      const NodeId variable = layout.assigned[id];
      visits += static_cast<std::int64_t>(layout.readers[variable].size());
      for (const NodeId reader : layout.readers[variable])
        if (inside(reader) && !reads_whole(reader, variable)) return Why::state;
    }
  return Why::fused;
}

// A row's value is written once for the row, and read at all its points.
Why Grouping::rows_allow(Join& join) const {
  for (const NodeId group : {join.a, join.b})
    for (const NodeId id : order.members(group)) {
      const bool becomes_row = group == join.a ? join.a_rows : join.b_rows;
      if (!becomes_row && !row_value(id)) continue;
      if (!limits_.bounds && layout.kind[id] != Kind::reduce && is_stored(id, join.members))
        join.guards = true;
      if (layout.assigned[id] == no_node || late_[id]) continue;
      visits += static_cast<std::int64_t>(layout.readers[layout.assigned[id]].size());
      for (const NodeId reader : layout.readers[layout.assigned[id]])
        if (std::binary_search(join.members.begin(), join.members.end(), reader)) return Why::state;
    }
  return Why::fused;
}

Why Grouping::phases_allow(Join& join) const {
  const Group& both = join.group;
  join.phases = both.reductions > 0 ? phases_of(join.members) : 0;
  if (join.phases > most_reduction_phases) return Why::phases;
  const bool few = join.phases > 0 && both.row > long_row && both.points / both.row < 8;
  return few ? Why::long_rows : Why::fused;
}

Why Grouping::within_limits(Join& join) const {
  const Group& both = join.group;
  if (both.loads.size() > most_loads) return Why::loads;
  RegionNeeds needs;
  needs.rank = both.anchor == no_node
                   ? both.cuts.size() + 1
                   : static_cast<std::uint64_t>(graph.node(both.anchor).outputs[0].shape.rank());
  needs.phases = join.phases > 0;
  needs.bounds = join.guards;
  if (limits_.insts > 0) {
    // Each phase computes anew what it needs.
    const auto each = static_cast<std::uint64_t>(join.phases + 1);
    needs.insts = both.anchor == no_node ? 0 : 2;
    for (const NodeId id : join.members)
      needs.insts += static_cast<std::uint64_t>(layout.insts[id]) * each;
  }
  if (limits_.buffers > 0) needs.buffers = values_touched(join.members, both);
  const std::optional<std::size_t> broken = broken_rule(needs, limits_);
  return broken ? why_of_rule[*broken] : Why::fused;
}

Why Grouping::can_follow(NodeId product, NodeId id) const {
  if (layout.kind[id] != Kind::element || !is_region(id)) return Why::domain;
  if (groups[order.group(id)].anchor != no_node) return Why::domain;  // follows another product
  const Node node = graph.node(id), anchor = graph.node(product);
  const Shape& shape = anchor.outputs[0].shape;
  if (groups[id].points != shape.numel()) return Why::domain;
  if (node.op.lowering.is_positions() && node.outputs[0].shape != shape) return Why::axes;
  // The product reads its operands as a whole, also after the first results are written.
  for (const Value operand : anchor.operands)
    if (layout.sources.of(operand).base.node == layout.assigned[id]) return Why::state;
  for (const Value operand : node.operands) {
    const Source& source = layout.sources.of(operand);
    if (layout.free[source.base.node] && !layout.in_memory[source.base.node]) {
      if (node.outputs[0].shape != shape) return Why::axes;
      continue;
    }
    if (is_whole(source.view, shape.numel())) continue;
    if (source.base.node == product) return Why::transposed;
    if (!follows_axes(source.view, shape)) return Why::axes;
  }
  return Why::fused;
}

// What it reads of the product and of what follows it is at the same points.
Why Grouping::follower_allows(Join& join) const {
  for (const NodeId id : order.members(join.b))
    for (const Value operand : graph.node(id).operands) {
      const Source& source = layout.sources.of(operand);
      if (layout.kind[source.base.node] == Kind::none || order.group(source.base.node) != join.a)
        continue;
      if (!is_whole(source.view, join.group.points)) return Why::transposed;
    }
  return Why::fused;
}

// ---- of members ------------------------------------------------------------------

std::vector<Load> Grouping::joined_loads(const std::vector<Load>& a, const std::vector<Load>& b,
                                         const std::vector<NodeId>& members) {
  std::vector<Load> loads;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(loads));
  std::erase_if(loads, [&](Load load) {
    return std::binary_search(members.begin(), members.end(), load.first);
  });
  return loads;
}

int Grouping::phases_of(const std::vector<NodeId>& ascending) const {
  int most = 0;
  std::vector<int> phase(ascending.size(), 0);
  for (std::size_t i = 0; i < ascending.size(); ++i) {
    for (const Value operand : graph.node(ascending[i]).operands) {
      const NodeId base = layout.sources.of(operand).base.node;
      const auto at = std::lower_bound(ascending.begin(), ascending.end(), base);
      if (at == ascending.end() || *at != base) continue;
      const bool waits = layout.kind[base] == Kind::reduce;
      phase[i] =
          std::max(phase[i], phase[static_cast<std::size_t>(at - ascending.begin())] + waits);
    }
    most = std::max(most, phase[i]);
  }
  return most;
}

std::size_t Grouping::values_touched(const std::vector<NodeId>& members, const Group& group) const {
  std::vector<Load> read;
  for (const Load& base : group.loads) {
    // What is free is computed of these where it is read, unless it is in memory.
    for (const NodeId source : layout.reads[base.first]) read.emplace_back(source, 0);
    if (!layout.free[base.first] || computed(base.first)) read.push_back(base);
  }
  visits += static_cast<std::int64_t>(read.size() + members.size());
  std::sort(read.begin(), read.end());
  auto count = static_cast<std::size_t>(std::unique(read.begin(), read.end()) - read.begin());
  // The product reads its operands in shapes of their own, though what follows it may read them,
  // too.
  if (group.anchor != no_node) count += graph.node(group.anchor).operands.size();
  for (const NodeId id : members)
    count += static_cast<std::size_t>(layout.kind[id] == Kind::reduce) +
             static_cast<std::size_t>(is_stored(id, members));
  return count;
}

bool Grouping::is_stored(NodeId id, const std::vector<NodeId>& members) const {
  return layout.in_memory[id] ||
         std::any_of(layout.readers[id].begin(), layout.readers[id].end(), [&](NodeId reader) {
           return !std::binary_search(members.begin(), members.end(), reader);
         });
}

// ---- the result ----------------------------------------------------------------

void Grouping::explain() {
  std::vector<Refusal>& list = context.report.refusals;
  for (const auto& [p, c, why] : refusals_) {
    if (order.group(p) == order.group(c)) continue;
    list.push_back({std::string(name(Pass::fuse)),
                    fmt::format("{} -> {}", graph.node(p).op.name, graph.node(c).op.name),
                    std::string(why_text[static_cast<std::size_t>(why)]),
                    to_string(graph.node(c).origin)});
  }
}

Fused Grouping::finish() {
  context.report.visits.push_back({"grouping", visits});
  context.report.visits.push_back({"order", order.visits()});
  Fused fused{{}, std::vector<std::uint32_t>(graph.size(), 0), std::move(late_), std::move(order)};
  std::vector<NodeId> roots;
  for (NodeId id = 0; id < graph.size(); ++id)
    if (computed(id) && fused.order.group(id) == id) roots.push_back(id);
  std::sort(roots.begin(), roots.end(),
            [&](NodeId a, NodeId b) { return fused.order.rank(a) < fused.order.rank(b); });
  for (const NodeId g : roots) {
    Kernel kernel;
    for (const NodeId id : fused.order.members(g)) {
      fused.kernel_of[id] = static_cast<std::uint32_t>(fused.kernels.size());
      if (layout.kind[id] == Kind::kernel)
        kernel.anchor = id;
      else
        kernel.nodes.push_back(id);
    }
    std::sort(kernel.nodes.begin(), kernel.nodes.end());
    kernel.points = groups[g].points;
    kernel.row = groups[g].row;
    kernel.cuts = groups[g].cuts;
    fused.kernels.push_back(std::move(kernel));
  }
  return fused;
}

}  // namespace asg
