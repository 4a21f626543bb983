#include <asg/graph/graph.hpp>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>

#include "graph/booleans.hpp"
#include "graph/graph_data.hpp"

namespace asg {

namespace {
void require_made(const GraphData* graph) {
  if (graph == nullptr)
    throw TypeError("an empty Tensor, one that no graph has made, has neither a type nor a graph");
}

// What a Graph that was moved from has lost.
GraphData& data_of(const std::unique_ptr<GraphData>& data) {
  if (data == nullptr)
    throw TypeError(
        "this Graph was moved from: its nodes are in the Graph that it was moved to; assign a new "
        "one to it before it is used again");
  return *data;
}

bool countable(const Shape& shape) {
  std::int64_t product = 1;
  bool overflow = false;
  for (const std::int64_t size : shape) {
    if (size == 0) return true;
    overflow |= __builtin_mul_overflow(product, size, &product);
  }
  return !overflow;
}
}  // namespace

Graph& Tensor::graph() const {
  require_made(graph_);
  return *graph_->owner;
}
const TensorType& Tensor::type() const {
  require_made(graph_);
  return graph_->nodes[value_.node].outputs[value_.output];
}

std::string to_string(const Origin& origin) {
  std::string_view file = origin.file;
  if (const auto slash = file.find_last_of('/'); slash != std::string_view::npos)
    file.remove_prefix(slash + 1);
  std::string text = file.empty() ? "an unknown line" : fmt::format("{}:{}", file, origin.line);
  if (!origin.path.empty()) text += fmt::format(", in {}", origin.path);
  if (origin.recomputed)
    text += " (recomputed)";
  else if (origin.backward)
    text += " (backward)";
  return text;
}

Graph::Graph() : data_(std::make_unique<GraphData>()) { data_->owner = this; }
Graph::~Graph() = default;
Graph::Graph(Graph&& other) noexcept : data_(std::move(other.data_)) {
  if (data_) data_->owner = this;
}
Graph& Graph::operator=(Graph&& other) noexcept {
  data_ = std::move(other.data_);
  if (data_) data_->owner = this;
  return *this;
}

Tensors Graph::add(const OpDef& op, std::span<const Tensor> inputs, Attributes attributes,
                   Where where) {
  GraphData& g = data_of(data_);
  const Origin origin = g.origin_now(where);
  Types& types = g.operand_types;
  types.clear();
  for (const Tensor& input : inputs) {
    if (!input.defined() || &input.graph() != this)
      throw TypeError(fmt::format(
          "{}: operand {} {}\n  at {}", op.name, &input - inputs.data(),
          input.defined() ? "belongs to another graph" : "is an empty Tensor", to_string(origin)));
    types.push_back(input.type());
  }
  const Signature signature(op, types, attributes, origin);
  std::size_t least = 0;
  bool variadic = false;
  for (const Port& port : op.inputs) {
    if (!port.optional && !port.variadic) ++least;
    variadic = variadic || port.variadic;
  }
  if (inputs.size() < least || (!variadic && inputs.size() > op.inputs.size()))
    signature.require_type(
        false, fmt::format("takes {} operands, {} were given", op.inputs.size(), inputs.size()));
  const Types outputs = infer_types(signature);
  for (const TensorType& type : outputs)
    if (!countable(type.shape))
      signature.require(false,
                        fmt::format("the result {} would have more elements than 64 bits can count",
                                    to_string(type)));

  if (g.nodes.size() >= UINT32_MAX) throw Error("a graph holds at most 2^32 - 1 nodes");
  NodeRecord node{&op,
                  origin.file,
                  g.types.add(outputs),
                  static_cast<std::uint32_t>(g.operands.size()),
                  static_cast<std::uint32_t>(inputs.size()),
                  static_cast<std::uint32_t>(outputs.size()),
                  0,
                  g.current_path,
                  origin.line,
                  origin.backward,
                  origin.recomputed};
  if (!attributes.empty()) {
    node.attributes = static_cast<std::uint32_t>(g.attributes.size());
    g.attributes.push_back(std::move(attributes));
  }
  for (const Tensor& input : inputs) g.operands.push_back(input.value());
  const auto id = static_cast<NodeId>(g.nodes.size());
  g.nodes.push_back(node);

  Tensors result;
  result.reserve(outputs.size());
  for (std::uint32_t i = 0; i < outputs.size(); ++i) result.emplace_back(&g, Value{id, i});
  return result;
}

Tensor Graph::input(std::string name, DType dtype, const Shape& shape, Where where) {
  GraphData& g = data_of(data_);
  if (g.leaf_index.contains(name))
    throw TypeError(
        fmt::format("input: the graph already has an input or variable called '{}'\n"
                    "  at {}",
                    name, to_string(g.origin_now(where))));
  const Tensor result =
      add(find_op("input"), {}, {{"name", name}, {"dtype", dtype}, {"shape", shape.to_vector()}},
          where)[0];
  g.leaf_index.emplace(std::move(name), g.inputs.size());
  g.inputs.push_back(result.value().node);
  return result;
}

Tensor Graph::variable(const VariableInfo& info, DType dtype, const Shape& shape, Where where) {
  GraphData& g = data_of(data_);
  const auto fail = [&](const std::string& why) {
    throw StateError(
        fmt::format("variable '{}': {}\n  at {}", info.name, why, to_string(g.origin_now(where))));
  };
  const TensorType type{dtype, shape};
  if (const auto found = g.leaf_index.find(info.name); found != g.leaf_index.end()) {
    const VariableInfo* known = find_variable(info.name);
    if (known == nullptr) fail("the graph has an input of that name");
    if (known->identity != info.identity)
      fail(
          "two modules have a parameter of that name; name the models differently, for example "
          "with named(\"encoder\")");
    const Tensor result = tensor({known->node, 0});
    if (result.type() != type)
      fail(fmt::format("it is {} already and cannot be {} as well", to_string(result.type()),
                       to_string(type)));
    return result;
  }
  const Tensor result =
      add(find_op("variable"), {},
          {{"name", info.name}, {"dtype", dtype}, {"shape", shape.to_vector()}}, where)[0];
  g.leaf_index.emplace(info.name, g.variables.size());
  g.variable_by_node.emplace(result.value().node, g.variables.size());
  g.variables.push_back(info);
  g.variables.back().node = result.value().node;
  return result;
}

Tensor Graph::variable(std::string name, DType dtype, const Shape& shape, Where where) {
  VariableInfo info;
  info.name = std::move(name);
  return variable(info, dtype, shape, where);
}

Tensor Graph::constant(const Array& value, Where where) {
  return add(find_op("constant"), {}, {{"value", with_clean_booleans(value)}}, where)[0];
}

void Graph::assign(const Tensor& variable, const Operand& value) {
  const GraphData& g = data_of(data_);
  if (const auto found = g.assigned.find(require_variable(variable, value.where()));
      found != g.assigned.end())
    fail_assign(fmt::format("the variable '{}' is assigned already; one run gives it one value",
                            find_variable(found->first)->name),
                value.where());
  reassign(variable, value);
}

Tensor Graph::pending(const Tensor& variable, Where where) {
  const GraphData& g = data_of(data_);
  const auto found = g.assigned.find(require_variable(variable, where));
  return found == g.assigned.end() ? variable : tensor(node(found->second).operands[1]);
}

void Graph::reassign(const Tensor& variable, const Operand& value) {
  GraphData& g = data_of(data_);
  const NodeId target = require_variable(variable, value.where());
  if (!value.is_tensor())
    fail_assign("the value is a number; make it a tensor of the variable's type", value.where());
  const auto id = static_cast<NodeId>(size());
  const Tensor operands[] = {variable, value.tensor()};
  add(find_op("assign"), operands, {}, value.where());
  if (const auto [known, is_new] = g.assigned.emplace(target, id); !is_new) {
    std::erase(g.assigns, known->second);
    known->second = id;
  }
  g.assigns.push_back(id);
}

NodeId Graph::require_variable(const Tensor& tensor, Where where) const {
  if (!tensor.defined() || !data_of(data_).variable_by_node.contains(tensor.value().node))
    fail_assign("the target is not a variable", where);
  return tensor.value().node;
}

void Graph::fail_assign(std::string_view why, Where where) const {
  throw TypeError(fmt::format("assign: {}\n  at {}", why, to_string(origin_now(where))));
}

std::size_t Graph::size() const { return data_of(data_).nodes.size(); }
Node Graph::node(NodeId id) const {
  const GraphData& g = data_of(data_);
  const NodeRecord& n = g.nodes[id];
  return {id,
          *n.op,
          {g.operands.data() + n.first_operand, n.operand_count},
          {n.outputs, n.output_count},
          g.attributes[n.attributes],
          g.origin(n)};
}
Tensor Graph::tensor(Value value) { return {&data_of(data_), value}; }
const TensorType& Graph::type(Value value) const {
  return data_of(data_).nodes[value.node].outputs[value.output];
}

const std::vector<NodeId>& Graph::inputs() const { return data_of(data_).inputs; }
const std::vector<VariableInfo>& Graph::variables() const { return data_of(data_).variables; }
const std::vector<NodeId>& Graph::assigns() const { return data_of(data_).assigns; }
const VariableInfo* Graph::find_variable(std::string_view name) const {
  const GraphData& g = data_of(data_);
  const auto found = g.leaf_index.find(std::string(name));
  if (found == g.leaf_index.end() || found->second >= g.variables.size()) return nullptr;
  const VariableInfo& info = g.variables[found->second];
  return info.name == name ? &info : nullptr;  // the name may be an input's
}
const VariableInfo* Graph::find_variable(NodeId node) const {
  const GraphData& g = data_of(data_);
  const auto found = g.variable_by_node.find(node);
  return found == g.variable_by_node.end() ? nullptr : &g.variables[found->second];
}

bool Graph::training() const {
  GraphData& g = data_of(data_);
  if (g.evaluating) return false;
  g.training_was_read = true;
  return g.training;
}
void Graph::set_training(bool on) { data_of(data_).training = on; }
bool Graph::training_was_read() const { return data_of(data_).training_was_read; }

std::string_view Graph::path() const {
  const GraphData& g = data_of(data_);
  return g.paths[g.current_path];
}

Origin Graph::origin_now(Where where) const { return data_of(data_).origin_now(where); }

std::uint64_t Graph::next_stream() {
  GraphData& g = data_of(data_);
  // FNV-1a over the path, then the count: stable across builds, unlike std::hash.
  std::uint64_t hash = 14695981039346656037u;
  const auto mix = [&](std::uint8_t byte) { hash = (hash ^ byte) * 1099511628211u; };
  for (const char c : path()) mix(static_cast<std::uint8_t>(c));
  const std::uint32_t count = g.random_ops[g.current_path]++;
  for (int shift = 0; shift < 32; shift += 8) mix(static_cast<std::uint8_t>(count >> shift));
  return hash;
}

PathScope::PathScope(Graph& graph, std::string_view path)
    : data_(&data_of(graph.data_)), previous_(data_->current_path) {
  data_->current_path = data_->intern(path);
}
PathScope::~PathScope() { data_->current_path = previous_; }

EvaluationScope::EvaluationScope(Graph& graph, bool on)
    : data_(&data_of(graph.data_)), previous_(data_->evaluating) {
  data_->evaluating = on;
}
EvaluationScope::~EvaluationScope() { data_->evaluating = previous_; }

WhereScope::WhereScope(Graph& graph, Where where)
    : data_(&data_of(graph.data_)), outermost_(!data_->has_where) {
  if (!outermost_) return;
  data_->has_where = true;
  data_->where = where;
}
WhereScope::~WhereScope() {
  if (outermost_) data_->has_where = false;
}

OriginScope::OriginScope(Graph& graph, const Origin& origin)
    : data_(&data_of(graph.data_)),
      had_(data_->has_where),
      where_(data_->where),
      path_(data_->current_path),
      backward_(data_->backward),
      recomputed_(data_->recomputed) {
  data_->has_where = true;
  data_->where = {origin.file, origin.line};
  data_->current_path = data_->intern(origin.path);
  data_->backward = origin.backward;
  data_->recomputed = origin.recomputed;
}
OriginScope::~OriginScope() {
  data_->has_where = had_;
  data_->where = where_;
  data_->current_path = path_;
  data_->backward = backward_;
  data_->recomputed = recomputed_;
}

}  // namespace asg
