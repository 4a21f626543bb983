#include "passes/region.hpp"

#include <algorithm>
#include <cstring>

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>

namespace asg {
namespace {

using Kind = Layout::Kind;

std::uint64_t element_bits(const Array& array) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, array.bytes(), size_of(array.dtype()));
  return bits;
}

bool same(const View& a, const View& b) {
  if (a.offset != b.offset || !(a.strides == b.strides) || a.fill != b.fill ||
      a.bounds.size() != b.bounds.size())
    return false;
  for (std::size_t i = 0; i < a.bounds.size(); ++i)
    if (a.bounds[i].base != b.bounds[i].base || a.bounds[i].extent != b.bounds[i].extent ||
        !(a.bounds[i].coef == b.bounds[i].coef))
      return false;
  return true;
}

}  // namespace

std::uint32_t reduction_kind(std::string_view kind) {
  static constexpr std::pair<std::string_view, std::uint32_t> kinds[] = {
      {"sum", ASG_REDUCE_SUM}, {"prod", ASG_REDUCE_PROD}, {"max", ASG_REDUCE_MAX},
      {"min", ASG_REDUCE_MIN}, {"any", ASG_REDUCE_ANY},   {"all", ASG_REDUCE_ALL}};
  for (const auto& [text, number] : kinds)
    if (text == kind) return number;
  throw InternalError("reduce: there is no kind " + std::string(kind));
}

RegionBuilder::RegionBuilder(const Layout& layout, const Kernel& kernel,
                             std::function<std::uint32_t(Value)> value_over,
                             std::function<bool(NodeId)> stored)
    : layout_(layout),
      graph_(layout.graph),
      kernel_(kernel),
      value_over_(std::move(value_over)),
      stored_(std::move(stored)) {}

Region RegionBuilder::build() {
  find_axes();
  find_phases();
  for (int phase = 0; phase <= last_phase_; ++phase) emit_phase(phase);
  return std::move(region_);
}

// The axes lie between the cuts of all members' shapes; an epilogue has those of the product.
void RegionBuilder::find_axes() {
  if (kernel_.anchor != no_node) {
    region_.dims = graph_.node(kernel_.anchor).outputs[0].shape;
  } else if (kernel_.points == 0) {
    const Node node = graph_.node(kernel_.nodes[0]);
    region_.dims = graph_.type(node.operands[0]).shape;
  } else {
    std::int64_t outer = kernel_.points;
    for (auto cut = kernel_.cuts.rbegin(); cut != kernel_.cuts.rend(); ++cut) {
      region_.dims.push_back(outer / *cut);
      outer = *cut;
    }
    if (outer > 1) region_.dims.push_back(outer);
  }
  for (int d = 0; d < region_.dims.rank(); ++d) inner_.push_back(suffix_product(region_.dims, d));
}

void RegionBuilder::find_phases() {
  phase_.assign(kernel_.nodes.size(), 0);
  for (std::size_t i = 0; i < kernel_.nodes.size(); ++i) {
    for (const Value operand : graph_.node(kernel_.nodes[i]).operands) {
      const NodeId base = layout_.sources.of(operand).base.node;
      if (!is_member(base)) continue;
      phase_[i] = std::max(phase_[i], phase_of(base) + (layout_.kind[base] == Kind::reduce));
    }
    last_phase_ = std::max(last_phase_, phase_[i]);
  }
}

int RegionBuilder::phase_of(NodeId id) const {
  const auto at = std::lower_bound(kernel_.nodes.begin(), kernel_.nodes.end(), id);
  if (at == kernel_.nodes.end() || *at != id) return -1;
  return phase_[static_cast<std::size_t>(at - kernel_.nodes.begin())];
}

bool RegionBuilder::is_row(NodeId id) const {
  return kernel_.row > 1 && layout_.kind[id] == Kind::element &&
         graph_.node(id).outputs[0].shape.numel() != kernel_.points;
}

void RegionBuilder::emit_phase(int phase) {
  registers_.clear();
  known_.clear();
  const auto first_reduction = region_.reductions.size();
  for (std::size_t i = 0; i < kernel_.nodes.size(); ++i) {
    const NodeId id = kernel_.nodes[i];
    // What goes to a variable's own place is written when nothing is read any more.
    const bool to_variable = layout_.assigned[id] != no_node;
    if (layout_.kind[id] == Kind::reduce) {
      if (phase_[i] == phase) reduce(graph_.node(id));
    } else if (stored_(id) && (to_variable ? last_phase_ : phase_[i]) == phase) {
      store_element(id);
    }
  }
  for (std::size_t r = first_reduction; r < region_.reductions.size(); ++r)
    if (stored_(reductions_[r].first)) store_reduction(r);
  if (kernel_.anchor != no_node && stored_(kernel_.anchor)) store_product();
  region_.phases.push_back({static_cast<std::uint32_t>(region_.insts.size()),
                            static_cast<std::uint32_t>(region_.reductions.size()),
                            static_cast<std::uint32_t>(region_.stores.size()), 0});
}

void RegionBuilder::reduce(const Node& node) {
  const Source& source = layout_.sources.of(node.operands[0]);
  const DType dtype = node.outputs[0].dtype;
  const std::uint32_t reg = is_member(source.base.node)
                                ? member(source.base.node)
                                : read(source.base, over_domain(source.view, false), dtype);
  reductions_.emplace_back(node.id, static_cast<std::uint32_t>(region_.reductions.size()));
  region_.reductions.push_back({reduction_kind(node.attributes.text("kind")),
                                static_cast<std::uint32_t>(dtype), reg, mask_of(node)});
}

// ---- stores ----------------------------------------------------------------------

void RegionBuilder::store_element(NodeId id) {
  const std::uint32_t reg = member(id);
  if (is_row(id)) return store_row(id, reg);
  const View whole = over_domain(View::row_major(graph_.node(id).outputs[0].shape), false);
  region_.stores.push_back({ASG_STORE_REGISTER, reg, access({id, 0}, whole), 0});
}

// Row-major over the axes that are kept, 0 along the others.
void RegionBuilder::store_reduction(std::size_t reduction) {
  View kept;
  kept.shape = kept.strides = region_.dims;
  std::int64_t stride = 1;
  for (int d = region_.dims.rank(); d-- > 0;) {
    const bool reduced = (region_.reductions[reduction].axes >> d & 1u) != 0;
    kept.strides[d] = reduced ? 0 : stride;
    if (!reduced) stride *= region_.dims[d];
  }
  region_.stores.push_back({ASG_STORE_REDUCTION, static_cast<std::uint32_t>(reduction),
                            access({reductions_[reduction].first, 0}, kept), 0});
}

// Where others read it too, beside what follows it.
void RegionBuilder::store_product() {
  const std::uint32_t reg = push(ASG_EW_PRODUCT, graph_.node(kernel_.anchor).outputs[0].dtype);
  region_.stores.push_back(
      {ASG_STORE_REGISTER, reg, access({kernel_.anchor, 0}, View::row_major(region_.dims)), 0});
}

// Once for each row: where all positions inside of the row are 0.
void RegionBuilder::store_row(NodeId id, std::uint32_t reg) {
  View view = over_domain(View::row_major(graph_.node(id).outputs[0].shape), true);
  Bound first{0, 1, region_.dims};
  for (int d = 0; d < region_.dims.rank(); ++d)
    first.coef[d] = inner_[static_cast<std::size_t>(d)] < kernel_.row ? 1 : 0;
  view.bounds.push_back(first);
  region_.stores.push_back({ASG_STORE_REGISTER, reg, access({id, 0}, view), 0});
}

std::uint32_t RegionBuilder::mask_of(const Node& node) const {
  const Shape& in = graph_.type(node.operands[0]).shape;
  std::uint32_t mask = 0;
  for (const std::int64_t axis : node.attributes.integers("axes")) {
    if (kernel_.points == 0) {
      mask |= 1u << axis;
      continue;
    }
    const std::int64_t begin = suffix_product(in, static_cast<int>(axis));
    const std::int64_t end = begin * in[static_cast<int>(axis)];
    for (int d = 0; d < region_.dims.rank(); ++d) {
      const std::int64_t inner = inner_[static_cast<std::size_t>(d)];
      if (inner >= begin && inner < end && region_.dims[d] > 1) mask |= 1u << d;
    }
  }
  return mask;
}

// A view whose index is a member's own, as one whose index is the domain's.
View RegionBuilder::over_domain(const View& view, bool row) const {
  View result;
  result.offset = view.offset;
  result.fill = view.fill;
  result.shape = result.strides = region_.dims;
  const int rank = region_.dims.rank();
  result.bounds = view.bounds;
  for (Bound& bound : result.bounds) {
    bound.coef = region_.dims;
    for (auto& c : bound.coef) c = 0;
  }
  if (kernel_.points == 0 && kernel_.anchor == no_node) {  // nothing will be read
    for (auto& s : result.strides) s = 0;
    result.offset = 0;
    result.bounds.clear();
    return result;
  }
  // All elements in order: also where the axes of an epilogue cut them otherwise than the view's.
  const bool in_order = !row && is_whole(view, region_.dims.numel());
  for (int d = 0; d < rank; ++d) {
    result.strides[d] = 0;
    std::int64_t inner = inner_[static_cast<std::size_t>(d)];
    if (region_.dims[d] == 1) continue;
    if (row) {
      if (inner < kernel_.row) continue;
      inner /= kernel_.row;
    }
    if (in_order) {
      result.strides[d] = inner;
      continue;
    }
    std::int64_t begin = 1;
    for (int a = view.shape.rank(); a-- > 0;) {
      const std::int64_t size = view.shape[a];
      if (size > 1 && inner >= begin && inner < begin * size) {
        result.strides[d] = view.strides[a] * (inner / begin);
        for (std::size_t b = 0; b < view.bounds.size(); ++b)
          result.bounds[b].coef[d] = view.bounds[b].coef[a] * (inner / begin);
        break;
      }
      begin *= size;
    }
  }
  return result;
}

std::uint32_t RegionBuilder::access(Value base, const View& view) {
  region_.accesses.push_back(
      {value_over_(base), view.offset, view.strides, view.bounds, view.fill});
  return static_cast<std::uint32_t>(region_.accesses.size()) - 1;
}

std::uint32_t RegionBuilder::push(std::uint32_t op, DType dtype, std::uint32_t a, std::uint32_t b,
                                  std::uint32_t c, std::uint64_t imm) {
  region_.insts.push_back({op, static_cast<std::uint32_t>(dtype), a, b, c, 0, imm});
  return static_cast<std::uint32_t>(region_.insts.size()) - 1;
}

std::uint32_t RegionBuilder::push_node(const Node& node, const std::uint32_t (&operands)[3]) {
  if (node.op.lowering.role == Lowering::Role::copy) return operands[0];
  return push(node.op.lowering.instruction, node.outputs[0].dtype, operands[0], operands[1],
              operands[2]);
}

// The register of a member in this phase. Members are few and shallow, so this may recurse.
std::uint32_t RegionBuilder::member(NodeId id) {
  for (const auto& [known, reg] : registers_)
    if (known == id) return reg;
  const Node node = graph_.node(id);
  std::uint32_t result = 0;
  if (layout_.kind[id] == Kind::reduce) {
    for (const auto& [known, reduction] : reductions_)
      if (known == id) result = push(ASG_EW_REDUCED, node.outputs[0].dtype, reduction);
  } else if (node.op.lowering.is_positions()) {
    result = inlined(node, over_domain(View::row_major(node.outputs[0].shape), is_row(id)));
  } else {
    std::uint32_t operands[3] = {};
    for (std::size_t i = 0; i < node.operands.size(); ++i) {
      const Source& source = layout_.sources.of(node.operands[i]);
      if (source.base.node == kernel_.anchor)
        operands[i] = read(source.base, source.view, graph_.type(source.base).dtype);
      else if (is_member(source.base.node))
        operands[i] = member(source.base.node);
      else
        operands[i] =
            read(source.base, over_domain(source.view, is_row(id)), graph_.type(source.base).dtype);
    }
    result = push_node(node, operands);
  }
  registers_.emplace_back(id, result);
  return result;
}

std::uint32_t RegionBuilder::number(DType dtype, std::uint64_t bits) {
  for (std::size_t i = region_.phases.empty() ? 0 : region_.phases.back().insts_end;
       i < region_.insts.size(); ++i) {
    const asg_inst& inst = region_.insts[i];
    if (inst.op == ASG_EW_IMM && inst.dtype == static_cast<std::uint32_t>(dtype) &&
        inst.imm == bits)
      return static_cast<std::uint32_t>(i);
  }
  return push(ASG_EW_IMM, dtype, 0, 0, 0, bits);
}

// A value that is no member, looked at over the domain.
std::uint32_t RegionBuilder::read(Value base, const View& view, DType dtype) {
  const Node node = graph_.node(base.node);
  if (base.node == kernel_.anchor) {
    for (const Known& k : known_)
      if (k.base == base) return k.reg;
    known_.push_back({base, view, push(ASG_EW_PRODUCT, dtype)});
    return known_.back().reg;
  }
  if (is_number(node) && view.bounds.empty())
    return number(dtype, element_bits(node.attributes.array("value")));
  for (const Known& k : known_)
    if (k.base == base && same(k.view, view)) return k.reg;
  const bool inlines = layout_.free[base.node] && view.bounds.empty() &&
                       coordinates(view, node.outputs[0].shape).has_value();
  const std::uint32_t reg =
      inlines ? inlined(node, view) : push(ASG_EW_LOAD, dtype, access(base, view));
  known_.push_back({base, view, reg});
  return reg;
}

// A free value, computed where it is read.
std::uint32_t RegionBuilder::inlined(const Node& node, const View& view) {
  const DType dtype = node.outputs[0].dtype;
  if (node.op.lowering.role == Lowering::Role::random_bits) {
    std::uint32_t key[2];
    for (std::size_t i = 0; i < 2; ++i) {
      const Source& source = layout_.sources.of(node.operands[i]);
      View scalar = view;
      for (auto& s : scalar.strides) s = 0;
      scalar.offset = source.view.offset;
      key[i] = read(source.base, scalar, i64);
    }
    region_.accesses.push_back({0, view.offset, view.strides, {}, 0});
    const auto place = static_cast<std::uint32_t>(region_.accesses.size()) - 1;
    return push(ASG_EW_RANDOM, dtype, key[0], key[1], place,
                static_cast<std::uint64_t>(node.attributes.integer("stream")));
  }
  const std::optional<Coordinates> at = coordinates(view, node.outputs[0].shape);
  if (!at) throw InternalError(std::string(node.op.name) + ": cannot be computed where it is read");
  if (node.op.lowering.role == Lowering::Role::iota) {
    const auto axis = static_cast<std::size_t>(node.attributes.axis("axis"));
    region_.accesses.push_back({0, at->offset[axis], at->coef[axis], {}, 0});
    return push(ASG_EW_IOTA, dtype, static_cast<std::uint32_t>(region_.accesses.size()) - 1);
  }
  std::uint32_t operands[3] = {};
  for (std::size_t i = 0; i < node.operands.size(); ++i) {
    const Source& source = layout_.sources.of(node.operands[i]);
    View composed = view;
    composed.offset = source.view.offset;
    for (auto& s : composed.strides) s = 0;
    for (int j = 0; j < source.view.shape.rank(); ++j) {
      const auto axis = static_cast<std::size_t>(j);
      composed.offset += at->offset[axis] * source.view.strides[j];
      for (int d = 0; d < view.shape.rank(); ++d)
        composed.strides[d] += at->coef[axis][d] * source.view.strides[j];
    }
    operands[i] = read(source.base, composed, graph_.type(source.base).dtype);
  }
  return push_node(node, operands);
}

}  // namespace asg
