#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include <asg/graph/op.hpp>

#include "passes/graph_passes.hpp"
#include "passes/rewrite.hpp"

namespace asg {
namespace {

// The ops that rules look for and make.
struct RuleOps {
  const OpDef& abs = find_op("abs");
  const OpDef& broadcast_to = find_op("broadcast_to");
  const OpDef& cast = find_op("cast");
  const OpDef& mul = find_op("mul");
  const OpDef& neg = find_op("neg");
  const OpDef& permute = find_op("permute");
  const OpDef& reshape = find_op("reshape");
  const OpDef& rsqrt = find_op("rsqrt");
  const OpDef& sqrt = find_op("sqrt");
};

// What a rule sees: a node with operands of the new graph. It gives what the node equals, bit by
// bit for every input, infinities, NaN and signed zeros included.
class Match {
 public:
  Match(const RuleOps& known, const Node& of, const Tensors& in, Graph& to,
        const Target& for_target)
      : ops(known), node(of), operands(in), graph(to), target(for_target) {}

  const RuleOps& ops;
  const Node& node;
  const Tensors& operands;
  Graph& graph;
  const Target& target;

  [[nodiscard]] const Tensor& in(std::size_t i) const { return operands[i]; }
  // Whether a rule may make an op that was not there.
  [[nodiscard]] bool may_make(const OpDef& op) const {
    return target.accepts_instruction(op.lowering.instruction, in(0).dtype());
  }
  [[nodiscard]] Node made_by(const Tensor& t) const { return graph.node(t.value().node); }
  [[nodiscard]] bool is(const Tensor& t, const OpDef& op) const { return &made_by(t).op == &op; }
  [[nodiscard]] Tensor operand_of(const Tensor& t, std::size_t i) const {
    return graph.tensor(made_by(t).operands[i]);
  }
  // The one number that all elements are, seen through reshape and broadcast_to.
  [[nodiscard]] std::optional<double> number(Tensor t) const {
    while (is(t, ops.broadcast_to) || is(t, ops.reshape)) t = operand_of(t, 0);
    const Node from = made_by(t);
    if (from.op.lowering.role != Lowering::Role::constant || t.numel() != 1) return {};
    return from.attributes.array("value").get(0);
  }
  // A constant, an input or a variable, seen through reshape and broadcast_to.
  [[nodiscard]] bool is_given(Tensor t) const {
    while (is(t, ops.broadcast_to) || is(t, ops.reshape)) t = operand_of(t, 0);
    return made_by(t).op.lowering.is_given();
  }
  [[nodiscard]] bool is_number(std::size_t i, double value) const {
    const std::optional<double> n = number(in(i));
    return n && *n == value && std::signbit(*n) == std::signbit(value);
  }
  [[nodiscard]] Tensor make(const OpDef& op, const Tensors& inputs,
                            Attributes attributes = {}) const {
    return graph.add(op, inputs, std::move(attributes))[0];
  }
};

using Result = std::optional<Tensor>;

// f(f(x)) = x
Result involution(const Match& m) {
  if (m.is(m.in(0), m.node.op)) return m.operand_of(m.in(0), 0);
  return {};
}
// f(f(x)) = f(x)
Result idempotent(const Match& m) {
  if (m.is(m.in(0), m.node.op)) return m.in(0);
  return {};
}
Result absolute(const Match& m) {
  // The op is there already.
  if (m.is(m.in(0), m.ops.neg)) return m.make(m.ops.abs, {m.operand_of(m.in(0), 0)});
  return idempotent(m);
}
// x + 0 is no rule: -0 + 0 is 0.
Result added(const Match& m) {
  const bool whole = !is_float(m.in(0).dtype());
  for (std::size_t i = 0; i < 2; ++i)
    if (m.is_number(i, -0.0) || (whole && m.is_number(i, 0))) return m.in(1 - i);
  return {};
}
Result subtracted(const Match& m) {
  if (m.is_number(1, 0)) return m.in(0);
  return {};
}
Result multiplied(const Match& m) {
  for (std::size_t i = 0; i < 2; ++i)
    if (m.is_number(i, 1)) return m.in(1 - i);
  return {};
}
Tensor times(const Match& m, double factor) {
  const Tensor& x = m.in(0);
  const Tensor scale = m.graph.constant(Array::full(x.dtype(), {}, factor));
  const Tensor all = m.make(m.ops.broadcast_to, {scale}, {{"shape", x.shape().to_vector()}});
  return m.make(m.ops.mul, {x, all});
}
// Division by a power of two is a product, as long as its reciprocal is a normal number.
Result divided(const Match& m) {
  if (m.is_number(1, 1)) return m.in(0);
  const std::optional<double> n = m.number(m.in(1));
  const DType dtype = m.in(0).dtype();
  if (!n || (dtype != f32 && dtype != f64) || !m.may_make(m.ops.mul)) return {};
  int exponent = 0;
  if (std::abs(std::frexp(*n, &exponent)) != 0.5 || std::abs(exponent) > 120) return {};
  return times(m, 1 / *n);
}
Result same_operands(const Match& m) {
  if (m.in(0).same_as(m.in(1))) return m.in(0);
  return {};
}
Result selected(const Match& m) {
  if (m.in(1).same_as(m.in(2))) return m.in(1);
  if (const std::optional<double> n = m.number(m.in(0))) return m.in(*n != 0 ? 1 : 2);
  return {};
}
Result converted(const Match& m) {
  const Tensor& x = m.in(0);
  const DType to = m.node.outputs[0].dtype;
  if (x.dtype() == to) return x;
  // There and back through a type that holds every value of the first.
  if (!m.is(x, m.ops.cast)) return {};
  const Tensor from = m.operand_of(x, 0);
  const bool holds = (x.dtype() == f64 && (from.dtype() == f32 || from.dtype() == i32)) ||
                     (x.dtype() == i64 && from.dtype() == i32) || from.dtype() == boolean;
  if (holds && from.dtype() == to) return from;
  return {};
}
Result reshaped(const Match& m) {
  const Tensor& x = m.in(0);
  if (x.shape() == m.node.outputs[0].shape) return x;
  if (m.is(x, m.ops.reshape)) return m.make(m.ops.reshape, {m.operand_of(x, 0)}, m.node.attributes);
  return {};
}
Result permuted(const Match& m) {
  std::vector<std::int64_t> axes = m.node.attributes.integers("axes");
  const Tensor& x = m.in(0);
  const bool twice = m.is(x, m.ops.permute);
  if (twice)
    for (auto& axis : axes)
      axis = m.made_by(x).attributes.integers("axes")[static_cast<std::size_t>(axis)];
  bool identity = true;
  for (std::size_t k = 0; k < axes.size(); ++k)
    identity = identity && axes[k] == static_cast<std::int64_t>(k);
  const Tensor base = twice ? m.operand_of(x, 0) : x;
  if (identity) return base;
  if (twice) return m.make(m.ops.permute, {base}, {{"axes", axes}});
  return {};
}
// The flip of a product is read from memory, where the product would have to go first: a factor
// that is in memory is flipped instead, and what it meets.
Result flipped(const Match& m) {
  const Tensor& x = m.in(0);
  if (!m.is(x, m.ops.mul) || (!m.is_given(m.operand_of(x, 0)) && !m.is_given(m.operand_of(x, 1))))
    return {};
  Tensors factors;
  for (std::size_t i = 0; i < 2; ++i)
    factors.push_back(m.make(m.node.op, {m.operand_of(x, i)}, m.node.attributes));
  return m.make(m.ops.mul, factors);
}
// Views that change nothing.
Result unchanged(const Match& m) {
  if (m.in(0).shape() == m.node.outputs[0].shape) return m.in(0);
  return {};
}
Result sliced(const Match& m) {
  for (const std::int64_t stride : m.node.attributes.integers("strides"))
    if (stride < 0) return {};
  return unchanged(m);
}
// What is cut off at one end may be added at the other.
Result padded(const Match& m) {
  for (const std::int64_t low : m.node.attributes.integers("low"))
    if (low != 0) return {};
  return unchanged(m);
}
Result joined(const Match& m) {
  if (m.operands.size() == 1) return m.in(0);
  return {};
}

// ---- exact for real numbers only ---------------------------------------------

Result zero_added(const Match& m) {
  for (std::size_t i = 0; i < 2; ++i)
    if (m.is_number(i, 0)) return m.in(1 - i);
  return {};
}
Result divided_by_number(const Match& m) {
  const std::optional<double> n = m.number(m.in(1));
  if (!n || *n == 0 || !is_float(m.in(0).dtype()) || !m.may_make(m.ops.mul)) return {};
  return times(m, 1 / *n);
}
Result root_of_reciprocal(const Match& m) {
  if (m.is_number(0, 1) && m.is(m.in(1), m.ops.sqrt) && m.may_make(m.ops.rsqrt))
    return m.make(m.ops.rsqrt, {m.operand_of(m.in(1), 0)});
  return divided_by_number(m);
}

using Rule = Result (*)(const Match&);
constexpr std::pair<std::string_view, Rule> exact[] = {{"neg", involution},
                                                       {"logical_not", involution},
                                                       {"abs", absolute},
                                                       {"floor", idempotent},
                                                       {"ceil", idempotent},
                                                       {"round", idempotent},
                                                       {"sign", idempotent},
                                                       {"add", added},
                                                       {"sub", subtracted},
                                                       {"mul", multiplied},
                                                       {"div", divided},
                                                       {"maximum", same_operands},
                                                       {"minimum", same_operands},
                                                       {"logical_and", same_operands},
                                                       {"logical_or", same_operands},
                                                       {"where", selected},
                                                       {"cast", converted},
                                                       {"reshape", reshaped},
                                                       {"permute", permuted},
                                                       {"flip", flipped},
                                                       {"broadcast_to", unchanged},
                                                       {"slice", sliced},
                                                       {"pad", padded},
                                                       {"concat", joined}};
constexpr std::pair<std::string_view, Rule> relaxed[] = {{"add", zero_added},
                                                         {"div", root_of_reciprocal}};

// Rules by op.
class Rules {
 public:
  explicit Rules(std::span<const std::pair<std::string_view, Rule>> list)
      : by_op_(op_table().size(), nullptr) {
    for (const auto& [name, rule] : list)
      by_op_[static_cast<std::size_t>(&find_op(name) - op_table().data())] = rule;
  }
  // None for most ops, and for those of a program's own.
  [[nodiscard]] Rule of(const OpDef& op) const {
    const auto ops = op_table();
    if (std::less<>()(&op, ops.data()) || !std::less<>()(&op, ops.data() + ops.size()))
      return nullptr;
    return by_op_[static_cast<std::size_t>(&op - ops.data())];
  }

 private:
  std::vector<Rule> by_op_;
};

}  // namespace

Traced canonicalize(TracedView traced, const PassContext& context) {
  static const Rules always(exact), sometimes(relaxed);
  static const RuleOps ops;
  Rewrite rewrite(traced);
  for (NodeId id = 0; id < traced.graph.size(); ++id) {
    if (!rewrite.live()[id]) continue;
    const Node node = traced.graph.node(id);
    Result result;
    const Rule rule = always.of(node.op);
    const Rule other = context.options.relaxed ? sometimes.of(node.op) : nullptr;
    if ((rule != nullptr || other != nullptr) && context.fuel > 0) {
      const OriginScope scope(rewrite.graph(), node.origin);
      const Tensors& operands = rewrite.operands(node);
      const Match match(ops, node, operands, rewrite.graph(), context.target);
      if (rule != nullptr) result = rule(match);
      if (!result && other != nullptr) result = other(match);
    }
    if (result && context.may_rewrite())
      rewrite.set(node, {*result});
    else
      rewrite.copy(node);
  }
  return rewrite.finish();
}

}  // namespace asg
