#include <asg/autodiff/gradients.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <string>

#include <fmt/format.h>

#include <asg/graph/algorithms.hpp>
#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>
#include <asg/ops/creation.hpp>

#include "autodiff/parts.hpp"
#include "graph/known_nodes.hpp"

namespace asg {
namespace {

// One reverse sweep over the nodes [begin, end) of a graph.
class Sweep {
 public:
  Sweep(Graph& graph, NodeId begin, NodeId end, std::span<const Tensor> wrt, std::size_t* visits)
      : graph_(graph), begin_(begin), end_(end), visits_(visits) {
    // Leaves of the sweep before `begin` are few; they are numbered behind the swept nodes.
    first_.reserve(end - begin + 1);
    std::uint32_t count = 0;
    for (NodeId id = begin; id < end; ++id) {
      first_.push_back(count);
      count += static_cast<std::uint32_t>(graph.node(id).outputs.size());
    }
    first_.push_back(count);
    wrt_.assign(wrt.begin(), wrt.end());
    parts_.resize(count + wrt_.size());
    zeros_.assign(parts_.size(), 0);
    tracked_.assign(end - begin, 0);
    is_wrt_.assign(count, 0);
    for (const Tensor& t : wrt_)
      if (inside(t.value())) is_wrt_[index(t.value())] = 1;
    count_visits(end - begin);
    between_ = dependents(graph, begin, end, [&](Value value) { return is_wrt(value); });
    for (const NodeId id : between_) tracked_[id - begin] = 1;
    find_equals();
  }

  // Whether a value depends on one of wrt, through nodes of the sweep.
  [[nodiscard]] bool depends(Value value) const {
    return is_wrt(value) || (inside(value) && tracked_[value.node - begin_] != 0);
  }

  void add(Value value, Part part) {
    if (const std::optional<std::size_t> at = slot(value)) parts_[*at].push_back(std::move(part));
  }
  // A gradient that is zero whatever the numbers are: no node is made for it, but it has arrived.
  void add_zero(Value value) {
    if (const std::optional<std::size_t> at = slot(value)) zeros_[*at] = 1;
  }

  // `loss` is what an error message leads to; none inside of a composite's body.
  Tensors run(NodeId loss) {
    count_visits(between_.size());
    for (const NodeId id : between_) {
      if (first_equal_[id - begin_] != id)
        hand_on(id);
      else if (arrived(id))
        differentiate(id, loss);
      else if (zero_arrived(id))
        pass_zero(id);
    }
    Tensors result;
    for (std::size_t i = 0; i < wrt_.size(); ++i) result.push_back(gradient_of(i));
    return result;
  }

  // Whether a gradient has come to wrt[i], be it a zero. Asked after run.
  [[nodiscard]] bool reached(std::size_t i) const {
    const std::optional<std::size_t> at = slot(wrt_[i].value());
    return at && (!parts_[*at].empty() || zeros_[*at] != 0);
  }

 private:
  [[nodiscard]] bool inside(Value value) const { return value.node >= begin_ && value.node < end_; }
  [[nodiscard]] std::size_t index(Value value) const {
    return first_[value.node - begin_] + value.output;
  }
  [[nodiscard]] bool is_wrt(Value value) const {
    if (inside(value)) return is_wrt_[index(value)] != 0;
    return std::any_of(wrt_.begin(), wrt_.end(),
                       [&](const Tensor& t) { return t.value() == value; });
  }
  // Where the parts of a value are gathered; none where no gradient is wanted.
  [[nodiscard]] std::optional<std::size_t> slot(Value value) const {
    if (!is_float(graph_.type(value).dtype) || !depends(value)) return std::nullopt;
    if (inside(value)) return index(value);
    for (std::size_t i = 0; i < wrt_.size(); ++i)
      if (wrt_[i].value() == value) return first_.back() + i;
    return std::nullopt;
  }
  [[nodiscard]] bool arrived(NodeId id) const {
    for (std::size_t i = first_[id - begin_]; i < first_[id - begin_ + 1]; ++i)
      if (!parts_[i].empty()) return true;
    return false;
  }
  [[nodiscard]] bool zero_arrived(NodeId id) const {
    const auto begin = zeros_.begin();
    return std::any_of(begin + first_[id - begin_], begin + first_[id - begin_ + 1],
                       [](char zero) { return zero != 0; });
  }
  void count_visits(std::size_t nodes) {
    if (visits_ != nullptr) *visits_ += nodes;
  }

  // A tensor that a loop makes anew each time, to look at a piece of it, is one tensor: the first
  // node stands for all that compute the same, and its gradient is made of all pieces at once. What
  // is asked for keeps a gradient of its own.
  void find_equals() {
    KnownNodes known(graph_, end_ - begin_);
    const auto first = [&](Value value) {
      if (inside(value)) value.node = first_equal_[value.node - begin_];
      return value;
    };
    std::vector<Value> operands;
    std::vector<char> looked_at(end_ - begin_, 0);
    for (NodeId id = begin_; id < end_; ++id) {
      first_equal_.push_back(id);
      const Node node = graph_.node(id);
      const auto outputs = std::span(is_wrt_).subspan(first_[id - begin_], node.outputs.size());
      if (node.outputs.empty() || std::find(outputs.begin(), outputs.end(), 1) != outputs.end())
        continue;
      operands.clear();
      for (const Value operand : node.operands) operands.push_back(first(operand));
      NodeId* const place = known.find(node, operands, first);
      if (*place == KnownNodes::none) *place = id;
      first_equal_.back() = *place;
      if (!reads_pieces(node.op)) continue;
      looked_at[id - begin_] = 1;
      for (const Value operand : node.operands)
        if (inside(operand)) looked_at[operand.node - begin_] = 1;
    }
    for (NodeId id = begin_; id < end_; ++id)
      if (looked_at[id - begin_] == 0) first_equal_[id - begin_] = id;
  }

  // Gives the parts of a node's gradients to the first node that computes the same.
  void hand_on(NodeId id) {
    const std::uint32_t from = first_[id - begin_], to = first_[first_equal_[id - begin_] - begin_];
    for (std::uint32_t i = 0; i < first_[id - begin_ + 1] - from; ++i) {
      std::move(parts_[from + i].begin(), parts_[from + i].end(),
                std::back_inserter(parts_[to + i]));
      parts_[from + i].clear();
      zeros_[to + i] |= zeros_[from + i];
    }
  }

  // The gradient of wrt[i]: its first mention holds the parts, repeated ones share the sum.
  Tensor gradient_of(std::size_t i) {
    const std::optional<std::size_t> at = slot(wrt_[i].value());
    return at ? settle(parts_[*at], wrt_[i].value()) : Tensor{};
  }

  Tensor settle(Parts& parts, Value value) {
    if (parts.empty()) return {};
    if (parts.size() > 1 || parts[0].place != nullptr) {
      Origin origin = graph_.node(value.node).origin;
      origin.backward = true;
      const OriginScope scope(graph_, origin);
      const TensorType type = graph_.type(value);
      const Tensor sum = total(graph_, parts, type);
      parts.clear();
      parts.push_back({sum});
    }
    return parts[0].value;
  }

  // What arrives at a slice goes on as it is, as pieces of what was sliced.
  void differentiate_slice(NodeId id) {
    const Value result{id, 0}, operand = graph_.node(id).operands[0];
    const bool asked_for = is_wrt_[index(result)] != 0;
    Parts& parts = parts_[index(result)];
    Parts pieces, wholes;
    for (Part& part : parts)
      (part.place != nullptr && !asked_for ? pieces : wholes).push_back(std::move(part));
    parts = std::move(wholes);
    if (const Tensor whole = settle(parts, result); whole.defined()) pieces.push_back({whole});
    const Attributes& how = graph_.node(id).attributes;
    for (Part& piece : pieces) add(operand, through_slice(std::move(piece), how));
  }

  void differentiate(NodeId id, NodeId loss) {
    Tensors inputs, outputs, cotangents;
    const OpDef& op = graph_.node(id).op;
    if (op.name == "slice") return differentiate_slice(id);
    Origin origin = graph_.node(id).origin;
    {
      const Node node = graph_.node(id);
      for (const Value operand : node.operands) inputs.push_back(graph_.tensor(operand));
      for (std::uint32_t i = 0; i < node.outputs.size(); ++i)
        outputs.push_back(graph_.tensor({id, i}));
    }
    if (!op.no_gradient.empty()) {
      pass_zero(id);
      return;
    }
    for (const Tensor& output : outputs)
      cotangents.push_back(settle(parts_[index(output.value())], output.value()));

    const Attributes attributes = graph_.node(id).attributes;  // a copy: the graph grows
    origin.backward = true;
    const OriginScope scope(graph_, origin);
    Tensors result;
    if (op.gradient != nullptr) {
      result = op.gradient({inputs, outputs, cotangents, attributes});
    } else if (op.decompose != nullptr) {
      result = through_body(op, inputs, outputs, attributes, cotangents, origin);
    } else {
      fail_without_rule(id, loss);
    }
    result.resize(inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!result[i].defined()) continue;
      if (result[i].type() != inputs[i].type())
        throw GradientError(fmt::format(
            "{}: its gradient rule gives {} for operand {}, which is {}\n  at {}", op.name,
            to_string(result[i].type()), i, to_string(inputs[i].type()), to_string(origin)));
      add(inputs[i].value(), part_of(result[i]));
    }
  }

  // The gradient of a composite without a rule: that of its body, written out beside it.
  Tensors through_body(const OpDef& op, const Tensors& inputs, const Tensors& results,
                       const Attributes& attributes, const Tensors& cotangents,
                       const Origin& origin) {
    Types types;
    for (const Tensor& result : results) types.push_back(result.type());
    const auto begin = static_cast<NodeId>(graph_.size());
    const Tensors outputs = body_of(op, {inputs, attributes}, types, origin);
    const auto end = static_cast<NodeId>(graph_.size());
    Tensors wrt;
    for (const Tensor& input : inputs)
      if (is_float(input.dtype()) && depends(input.value()) &&
          std::none_of(wrt.begin(), wrt.end(), [&](const Tensor& t) { return t.same_as(input); }))
        wrt.push_back(input);
    Sweep inner(graph_, begin, end, wrt, visits_);
    for (std::size_t i = 0; i < outputs.size(); ++i)
      if (cotangents[i].defined()) inner.add(outputs[i].value(), part_of(cotangents[i]));
    for (const Tensor& output : outputs_with_zeros(results, outputs))
      inner.add_zero(output.value());
    const Tensors found = inner.run(no_node);
    Tensors result(inputs.size());
    for (std::size_t k = 0; k < wrt.size(); ++k) {
      if (inner.reached(k)) add_zero(wrt[k].value());
      for (std::size_t i = 0; i < inputs.size(); ++i)
        if (inputs[i].same_as(wrt[k])) {  // an operand given twice gets the whole once
          result[i] = found[k];
          break;
        }
    }
    return result;
  }

  // A node to which only zeros have come passes zeros on: to all operands on which it depends
  // through floats, which are those that cotangents would have come to.
  void pass_zero(NodeId id) {
    static const OpDef& stop = find_op("stop_gradient");
    const OpDef& op = graph_.node(id).op;
    if (&op == &stop) return;
    if (op.decompose != nullptr && op.no_gradient.empty()) return pass_zero_through_body(id);
    for (const Value operand : graph_.node(id).operands) add_zero(operand);
  }

  // As through_body, but nothing is computed: the body is written to a graph of its own.
  void pass_zero_through_body(NodeId id) {
    const Node node = graph_.node(id);
    Graph scratch;
    Tensors inputs, results;
    for (const Value operand : node.operands) {
      const TensorType& type = graph_.type(operand);
      inputs.push_back(scratch.input(std::to_string(inputs.size()), type.dtype, type.shape));
    }
    for (std::uint32_t i = 0; i < node.outputs.size(); ++i)
      results.push_back(graph_.tensor({id, i}));
    const Tensors outputs = body_of(node.op, {inputs, node.attributes},
                                    {node.outputs.begin(), node.outputs.end()}, node.origin);
    Sweep inner(scratch, 0, static_cast<NodeId>(scratch.size()), inputs, visits_);
    for (const Tensor& output : outputs_with_zeros(results, outputs))
      inner.add_zero(output.value());
    static_cast<void>(inner.run(no_node));
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (inner.reached(i)) add_zero(node.operands[i]);
  }

  // Those of a body's outputs that stand for results to which a zero has come.
  [[nodiscard]] Tensors outputs_with_zeros(const Tensors& results, const Tensors& outputs) const {
    Tensors found;
    for (std::size_t i = 0; i < results.size(); ++i)
      if (zeros_[index(results[i].value())] != 0) found.push_back(outputs[i]);
    return found;
  }

  [[noreturn]] void fail_without_rule(NodeId id, NodeId loss) {
    const Node node = graph_.node(id);
    std::string text = fmt::format("{}: this op has no gradient rule", node.op.name);
    if (loss != no_node) {
      text += "\n  its way to the output:";
      for (const NodeId step : shortest_path(graph_, id, loss))
        text += fmt::format(" {} ({}){}", graph_.node(step).op.name,
                            to_string(graph_.node(step).origin), step == loss ? "" : " ->");
    }
    Origin origin = node.origin;
    origin.backward = false;
    throw GradientError(
        text +
        fmt::format(
            "\n  at {}\n  put stop_gradient around it if it should count as constant, or give its "
            "OpDef a gradient rule",
            to_string(origin)));
  }

  Graph& graph_;
  NodeId begin_, end_;
  std::size_t* visits_;
  Tensors wrt_;
  std::vector<std::uint32_t> first_;  // node - begin -> number of its first output
  std::vector<Parts> parts_;          // contributions for each output, then for outside wrt
  std::vector<char> zeros_;           // numbered alike: whether a zero has come
  std::vector<NodeId> first_equal_;   // node - begin -> the first that computes the same
  std::vector<NodeId> between_;       // what depends on wrt, users first
  std::vector<char> tracked_;         // the same by node - begin
  std::vector<char> is_wrt_;
};

}  // namespace

Tensors gradients(const Tensors& outputs, const Tensors& wrt, const Tensors& cotangents,
                  const GradientOptions& options, Where where) {
  const auto fail = [&](const std::string& why, Origin origin) {
    throw GradientError(fmt::format("gradients: {}\n  at {}", why, to_string(origin)));
  };
  const Origin here{where.file, where.line, {}, false};
  if (outputs.empty() || !outputs[0].defined()) fail("no output was given", here);
  Graph& graph = outputs[0].graph();
  const Origin origin = graph.origin_now(where);
  if (cotangents.size() != outputs.size())
    fail(fmt::format("{} outputs need as many cotangents, {} were given", outputs.size(),
                     cotangents.size()),
         origin);
  std::vector<NodeId> roots;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].defined() || &outputs[i].graph() != &graph)
      fail("outputs of different graphs", origin);
    if (!is_float(outputs[i].dtype()))
      fail(fmt::format("an output is {}; only floats have gradients", to_string(outputs[i].type())),
           origin);
    if (!cotangents[i].defined() || cotangents[i].type() != outputs[i].type())
      fail(fmt::format("the cotangent of an output {} must have its type",
                       to_string(outputs[i].type())),
           origin);
    roots.push_back(outputs[i].value().node);
  }
  std::vector<NodeId> sources;
  for (const Tensor& t : wrt) {
    if (!t.defined() || &t.graph() != &graph)
      fail("a tensor to differentiate by is empty or of another graph", origin);
    if (!is_float(t.dtype()))
      fail(fmt::format("a tensor to differentiate by is {}; only floats have gradients",
                       to_string(t.type())),
           origin);
    sources.push_back(t.value().node);
  }

  const auto end = static_cast<NodeId>(*std::max_element(roots.begin(), roots.end()) + 1);
  Sweep sweep(graph, 0, end, wrt, options.visits);
  for (std::size_t i = 0; i < outputs.size(); ++i)
    sweep.add(outputs[i].value(), part_of(cotangents[i]));
  Tensors result = sweep.run(outputs[0].value().node);
  if (options.reached != nullptr) {
    options.reached->clear();
    for (std::size_t i = 0; i < wrt.size(); ++i) options.reached->push_back(sweep.reached(i));
  }

  std::vector<bool> used;
  for (std::size_t i = 0; i < wrt.size(); ++i) {
    if (result[i].defined()) continue;
    if (used.empty()) used = needed(graph, roots);
    const Node node = graph.node(sources[i]);
    if (!options.allow_unused && !used[sources[i]])
      fail(fmt::format("the output does not depend on {} (made at {}); remove it, or set "
                       "allow_unused to get zeros",
                       node.attributes.has("name")
                           ? fmt::format("'{}'", node.attributes.text("name"))
                           : fmt::format("a {}", node.op.name),
                       to_string(node.origin)),
           origin);
    const OriginScope scope(graph, origin);
    result[i] = zeros_like(wrt[i]);
  }
  return result;
}

Tensors gradients(const Operand& output, const Tensors& wrt, const Tensor& cotangent,
                  const GradientOptions& options) {
  const Where where = output.where();
  if (!output.is_tensor() || !output.tensor().defined())
    throw GradientError(fmt::format("gradients: the output is not a Tensor\n  at {}",
                                    to_string(Origin{where.file, where.line, {}, false})));
  const Tensor& y = output.tensor();
  Tensor seed = cotangent;
  if (!seed.defined()) {
    if (y.numel() != 1 || !is_float(y.dtype()))
      throw GradientError(fmt::format(
          "gradients: the output is {}; without a cotangent it must be a float with one element, "
          "for example a mean or a sum\n  at {}",
          to_string(y.type()), to_string(y.graph().origin_now(where))));
    const WhereScope scope(y.graph(), where);
    seed = ones_like(y);
  }
  return gradients(Tensors{y}, wrt, Tensors{seed}, options, where);
}

}  // namespace asg
