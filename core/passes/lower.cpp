#include "lower.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>

#include "rewrite.hpp"

namespace asg {
namespace {

bool is_whole(const View& view, std::int64_t elements) {
  return view.offset == 0 && view.bounds.empty() && view.shape.numel() == elements &&
         view.strides == row_major_strides(view.shape);
}

bool is_row_major(const View& view) {
  if (!view.bounds.empty()) return false;
  const Shape dense = row_major_strides(view.shape);
  for (int d = 0; d < view.shape.rank(); ++d)
    if (view.shape[d] != 1 && view.strides[d] != dense[d]) return false;
  return true;
}

std::uint64_t element_bits(const Array& array, std::int64_t i) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, array.bytes() + static_cast<std::size_t>(i) * size_of(array.dtype()),
              size_of(array.dtype()));
  return bits;
}

}  // namespace

Lowerer::Lowerer(TracedView traced, const Target& target)
    : traced_(traced), graph_(traced.graph), target_(target), first_(graph_.size()) {
  std::uint32_t count = 0;
  for (NodeId id = 0; id < graph_.size(); ++id) {
    first_[id] = count;
    count += static_cast<std::uint32_t>(graph_.node(id).outputs.size());
  }
  located_.resize(count);
}

Program Lowerer::run() {
  program_.slots.push_back({ASG_SLOT_ARENA, "arena", {}, 0, {}});
  const std::vector<bool> live = live_nodes(traced_);
  for (NodeId id = 0; id < graph_.size(); ++id)
    if (live[id]) lower_node(graph_.node(id));
  lower_outputs();
  lower_assigns();
  plan_arena(program_, buffers_, target_.alignment());
  assign_stages(program_);
  return std::move(program_);
}

void Lowerer::lower_node(const Node& node) {
  using Handler = void (Lowerer::*)(const Node&);
  // The primitives whose form is their own; all others follow from OpDef::lowering.
  static constexpr std::pair<std::string_view, Handler> special[] = {
      {"input", &Lowerer::lower_leaf},    {"variable", &Lowerer::lower_leaf},
      {"constant", &Lowerer::lower_leaf}, {"assign", &Lowerer::keep_assign},
      {"iota", &Lowerer::lower_iota},     {"random_bits", &Lowerer::lower_random_bits},
      {"reduce", &Lowerer::lower_reduce}, {"concat", &Lowerer::lower_concat}};
  if (node.op.lowering.instruction != 0) return lower_elementwise(node);
  if (node.op.lowering.kernel != 0) return lower_kernel(node);
  if (node.op.lowering.view != nullptr) return lower_view(node);
  if (node.op.is_composite()) return lower_claimed(node);
  for (const auto& [name, handler] : special)
    if (name == node.op.name) return (this->*handler)(node);
  refuse(node, "it has no lowering");
}

void Lowerer::refuse(const Node& node, std::string_view why) const {
  std::string text =
      fmt::format("{}: backend '{}' cannot execute it: {}", node.op.name, target_.name(), why);
  for (const Value operand : node.operands)
    text += fmt::format("\n  operand: {}", to_string(graph_.type(operand)));
  throw TypeError(text + fmt::format("\n  at {}", to_string(node.origin)));
}

// ---- buffers and values ----------------------------------------------------

int Lowerer::new_buffer(std::uint32_t role, const TensorType& type, std::string name) {
  PlannedBuffer buffer;
  buffer.bytes = static_cast<std::uint64_t>(type.shape.numel()) * size_of(type.dtype);
  if (role != ASG_SLOT_ARENA) {
    buffer.slot = static_cast<std::uint32_t>(program_.slots.size());
    program_.slots.push_back({role, std::move(name), type, buffer.bytes, {}});
  }
  buffers_.push_back(buffer);
  whole_.push_back(-1);
  return static_cast<int>(buffers_.size()) - 1;
}

void Lowerer::promote_to_output(int buffer, const TensorType& type, std::string name) {
  PlannedBuffer& b = buffers_[static_cast<std::size_t>(buffer)];
  b.slot = static_cast<std::uint32_t>(program_.slots.size());
  program_.slots.push_back({ASG_SLOT_OUTPUT, std::move(name), type, b.bytes, {}});
}

std::uint32_t Lowerer::role(int buffer) const {
  return program_.slots[buffers_[static_cast<std::size_t>(buffer)].slot].role;
}

// A value over all of a buffer, for the accesses of regions. `slot` holds the buffer until the
// arena is planned.
std::uint32_t Lowerer::whole_value(int buffer, DType dtype) {
  int& known = whole_[static_cast<std::size_t>(buffer)];
  if (known < 0) {
    const std::uint64_t bytes = buffers_[static_cast<std::size_t>(buffer)].bytes;
    Placed value;
    value.dtype = dtype;
    value.shape = {static_cast<std::int64_t>(bytes / size_of(dtype))};
    value.strides = {1};
    value.slot = static_cast<std::uint32_t>(buffer);
    value.extent_end = bytes;
    known = static_cast<int>(program_.values.size());
    program_.values.push_back(value);
  }
  return static_cast<std::uint32_t>(known);
}

std::uint32_t Lowerer::view_value(const Located& located) {
  Placed value;
  value.dtype = located.dtype;
  value.shape = located.view.shape;
  value.strides = located.view.strides;
  value.slot = static_cast<std::uint32_t>(located.buffer);
  const auto size = static_cast<std::int64_t>(size_of(located.dtype));
  value.offset = static_cast<std::uint64_t>(located.view.offset * size);
  std::int64_t low = located.view.offset, high = located.view.offset + 1;
  if (value.shape.numel() == 0) high = low;
  for (int d = 0; d < value.shape.rank() && high > low; ++d) {
    const std::int64_t reach = (value.shape[d] - 1) * value.strides[d];
    (reach < 0 ? low : high) += reach;
  }
  value.extent_begin = static_cast<std::uint64_t>(low * size);
  value.extent_end = static_cast<std::uint64_t>(high * size);
  program_.values.push_back(value);
  return static_cast<std::uint32_t>(program_.values.size()) - 1;
}

Located& Lowerer::at(Value value) { return located_[first_[value.node] + value.output]; }

Located Lowerer::fresh(const TensorType& type) {
  return {new_buffer(ASG_SLOT_ARENA, type), View::row_major(type.shape), type.dtype};
}

// ---- steps -----------------------------------------------------------------

Step Lowerer::new_step(std::uint32_t op, const Node& node) const {
  Step step;
  step.op = op;
  step.name = node.op.name;
  step.origin = to_string(node.origin);
  step.node = node.id;
  return step;
}

void Lowerer::emit(Step step) {
  const auto now = static_cast<int>(program_.steps.size());
  const auto touch = [&](std::uint32_t value) {
    PlannedBuffer& buffer = buffers_[program_.values[value].slot];
    if (buffer.first < 0) buffer.first = now;
    buffer.last = now;
  };
  for (const std::uint32_t v : step.inputs) touch(v);
  for (const std::uint32_t v : step.outputs) touch(v);
  if (step.scratch >= 0) touch(static_cast<std::uint32_t>(step.scratch));
  program_.steps.push_back(std::move(step));
}

void Lowerer::emit_region(Region region, const Node& node, std::string_view name) {
  Step step = new_step(ASG_OP_REGION, node);
  step.name = name;
  const auto mention = [](std::vector<std::uint32_t>& list, std::uint32_t value) {
    if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
  };
  for (const asg_inst& inst : region.insts)
    if (inst.op == ASG_EW_LOAD) mention(step.inputs, region.accesses[inst.a].value);
  for (const asg_store& store : region.stores)
    mention(step.outputs, region.accesses[store.access].value);
  region.phases.push_back({static_cast<std::uint32_t>(region.insts.size()),
                           static_cast<std::uint32_t>(region.reductions.size()),
                           static_cast<std::uint32_t>(region.stores.size()), 0});
  step.region = static_cast<int>(program_.regions.size());
  program_.regions.push_back(std::move(region));
  emit(std::move(step));
}

std::uint32_t Lowerer::access(Region& region, const Located& located) {
  region.accesses.push_back({whole_value(located.buffer, located.dtype), located.view.offset,
                             located.view.strides, located.view.bounds, located.view.fill});
  return static_cast<std::uint32_t>(region.accesses.size()) - 1;
}

std::uint32_t Lowerer::load(Region& region, const Located& located) {
  const auto dtype = static_cast<std::uint32_t>(located.dtype);
  const Slot& slot = program_.slots[buffers_[static_cast<std::size_t>(located.buffer)].slot];
  // A single constant needs no memory.
  if (slot.role == ASG_SLOT_CONST && slot.constant.numel() == 1 && located.view.bounds.empty())
    region.insts.push_back({ASG_EW_IMM, dtype, 0, 0, 0, 0, element_bits(slot.constant, 0)});
  else
    region.insts.push_back({ASG_EW_LOAD, dtype, access(region, located), 0, 0, 0, 0});
  return static_cast<std::uint32_t>(region.insts.size()) - 1;
}

void Lowerer::store(Region& region, std::uint32_t kind, std::uint32_t source,
                    const Located& located) {
  region.stores.push_back({kind, source, access(region, located), 0});
}

void Lowerer::copy(const Located& from, const Located& to, const Node& node) {
  if (from.view.shape.numel() == 0) return;
  Region region;
  region.dims = from.view.shape;
  const std::uint32_t value = load(region, from);
  store(region, ASG_STORE_REGISTER, value, to);
  emit_region(std::move(region), node, "copy");
}

// The value in row-major memory of its own; remembered, so that it is copied once.
Located Lowerer::materialize(Value value, const Node& node) {
  Located& located = at(value);
  const Located dense = fresh({located.dtype, located.view.shape});
  copy(located, dense, node);
  located = dense;
  return dense;
}

// ---- nodes -----------------------------------------------------------------

void Lowerer::lower_leaf(const Node& node) {
  const TensorType& type = node.outputs[0];
  const bool constant = node.op.name == "constant";
  const std::uint32_t slot_role = constant                  ? ASG_SLOT_CONST
                                  : node.op.name == "input" ? ASG_SLOT_INPUT
                                                            : ASG_SLOT_STATE;
  const int buffer =
      new_buffer(slot_role, type, constant ? std::string{} : node.attributes.text("name"));
  const std::uint32_t slot = buffers_.back().slot;
  if (constant) program_.slots[slot].constant = node.attributes.array("value");
  if (slot_role == ASG_SLOT_INPUT) program_.inputs.push_back(slot);
  at({node.id, 0}) = {buffer, View::row_major(type.shape), type.dtype};
}

void Lowerer::keep_assign(const Node&) {}  // lower_assigns writes them, when all is read

void Lowerer::lower_elementwise(const Node& node) {
  const std::uint32_t instruction = node.op.lowering.instruction;
  const TensorType& type = node.outputs[0];
  const bool compares = instruction >= ASG_EW_EQ && instruction <= ASG_EW_GE;
  const DType subject = compares ? graph_.type(node.operands[0]).dtype : type.dtype;
  if (!target_.accepts_instruction(instruction, subject))
    refuse(node, fmt::format("it has no {} for {}", node.op.name, name(subject)));
  const Located result = fresh(type);
  at({node.id, 0}) = result;
  if (type.shape.numel() == 0) return;
  Region region;
  region.dims = type.shape;
  std::uint32_t registers[3] = {};
  for (std::size_t i = 0; i < node.operands.size(); ++i) {
    std::size_t same = 0;  // an operand given twice is loaded once
    while (node.operands[same] != node.operands[i]) ++same;
    registers[i] = same < i ? registers[same] : load(region, at(node.operands[i]));
  }
  region.insts.push_back({instruction, static_cast<std::uint32_t>(type.dtype), registers[0],
                          registers[1], registers[2], 0, 0});
  store(region, ASG_STORE_REGISTER, static_cast<std::uint32_t>(region.insts.size()) - 1, result);
  emit_region(std::move(region), node, node.op.name);
}

void Lowerer::lower_iota(const Node& node) {
  const TensorType& type = node.outputs[0];
  const Located result = fresh(type);
  at({node.id, 0}) = result;
  if (type.shape.numel() == 0) return;
  Region region;
  region.dims = type.shape;
  Located position = result;
  for (auto& stride : position.view.strides) stride = 0;
  position.view.strides[node.attributes.axis("axis")] = 1;
  region.insts.push_back(
      {ASG_EW_IOTA, static_cast<std::uint32_t>(type.dtype), access(region, position), 0, 0, 0, 0});
  store(region, ASG_STORE_REGISTER, 0, result);
  emit_region(std::move(region), node, node.op.name);
}

void Lowerer::lower_random_bits(const Node& node) {
  const TensorType& type = node.outputs[0];
  const Located result = fresh(type);
  at({node.id, 0}) = result;
  if (type.shape.numel() == 0) return;
  Region region;
  region.dims = type.shape;
  std::uint32_t key[2];
  for (int i = 0; i < 2; ++i) {
    Located scalar = at(node.operands[static_cast<std::size_t>(i)]);
    scalar.view.strides = type.shape;  // rank of the domain, all constant
    for (auto& stride : scalar.view.strides) stride = 0;
    key[i] = load(region, scalar);
  }
  const std::uint32_t number = access(region, result);  // the row-major position
  region.insts.push_back({ASG_EW_RANDOM, ASG_U32, key[0], key[1], number, 0,
                          static_cast<std::uint64_t>(node.attributes.integer("stream"))});
  store(region, ASG_STORE_REGISTER, static_cast<std::uint32_t>(region.insts.size()) - 1, result);
  emit_region(std::move(region), node, node.op.name);
}

void Lowerer::lower_reduce(const Node& node) {
  static constexpr std::pair<std::string_view, std::uint32_t> kinds[] = {
      {"sum", ASG_REDUCE_SUM}, {"prod", ASG_REDUCE_PROD}, {"max", ASG_REDUCE_MAX},
      {"min", ASG_REDUCE_MIN}, {"any", ASG_REDUCE_ANY},   {"all", ASG_REDUCE_ALL}};
  const auto& axes = node.attributes.integers("axes");
  if (axes.empty()) {  // over nothing: the value itself
    at({node.id, 0}) = at(node.operands[0]);
    return;
  }
  std::uint32_t kind = 0;
  for (const auto& [text, number] : kinds)
    if (text == node.attributes.text("kind")) kind = number;
  const TensorType& type = node.outputs[0];
  if (!target_.accepts_reduction(kind, type.dtype))
    refuse(node, fmt::format("it has no reduction {} for {}", node.attributes.text("kind"),
                             name(type.dtype)));
  const Located result = fresh(type);
  const Located operand = at(node.operands[0]);
  at({node.id, 0}) = result;
  if (type.shape.numel() == 0) return;
  Region region;
  region.dims = operand.view.shape;
  std::uint32_t mask = 0;
  for (const std::int64_t axis : axes) mask |= 1u << axis;
  Located kept = result;
  kept.view.strides = operand.view.shape;
  for (int d = 0, k = 0; d < region.dims.rank(); ++d)
    kept.view.strides[d] = (mask >> d & 1u) != 0 ? 0 : result.view.strides[k++];
  const std::uint32_t source = load(region, operand);
  region.reductions.push_back({kind, static_cast<std::uint32_t>(type.dtype), source, mask});
  store(region, ASG_STORE_REDUCTION, 0, kept);
  emit_region(std::move(region), node, fmt::format("reduce_{}", node.attributes.text("kind")));
}

void Lowerer::lower_concat(const Node& node) {
  const int axis = node.attributes.axis("axis");
  const Located result = fresh(node.outputs[0]);
  at({node.id, 0}) = result;
  std::int64_t position = 0;
  for (const Value operand : node.operands) {
    const Located from = at(operand);
    Located part = result;
    part.view.offset = position * result.view.strides[axis];
    copy(from, part, node);
    position += from.view.shape[axis];
  }
}

void Lowerer::lower_view(const Node& node) {
  Types types;
  for (const Value operand : node.operands) types.push_back(graph_.type(operand));
  const Signature call(node.op, types, node.attributes, node.origin);
  Located located = at(node.operands[0]);
  auto view = node.op.lowering.view(located.view, call, node.outputs[0]);
  if (!view) {
    located = materialize(node.operands[0], node);
    view = node.op.lowering.view(located.view, call, node.outputs[0]);
    if (!view) refuse(node, "its view of row-major memory is missing");
  }
  at({node.id, 0}) = {located.buffer, *view, located.dtype};
}

std::uint32_t Lowerer::kernel_operand(Value value, bool strided, const Node& node) {
  const Located& located = at(value);
  const bool fits = located.view.bounds.empty() && (strided || is_row_major(located.view));
  return view_value(fits ? located : materialize(value, node));
}

void Lowerer::finish_kernel(Step step, const Node& node) {
  bool any = false;
  for (std::uint32_t i = 0; i < node.outputs.size(); ++i) {
    at({node.id, i}) = fresh(node.outputs[i]);
    step.outputs.push_back(view_value(at({node.id, i})));
    any = any || node.outputs[i].shape.numel() > 0;
  }
  step.attributes = node.attributes;
  if (any) emit(std::move(step));
}

void Lowerer::lower_kernel(const Node& node) {
  const std::uint32_t kernel = node.op.lowering.kernel;
  Types types;
  for (const Value operand : node.operands) types.push_back(graph_.type(operand));
  types.insert(types.end(), node.outputs.begin(), node.outputs.end());
  if (!target_.accepts_kernel(kernel, types))
    refuse(node, fmt::format("it has no such kernel for {}", name(types[0].dtype)));
  Step step = new_step(kernel, node);
  const bool strided = target_.accepts_strided(kernel, types);
  for (const Value operand : node.operands)
    step.inputs.push_back(kernel_operand(operand, strided, node));
  finish_kernel(std::move(step), node);
}

void Lowerer::lower_claimed(const Node& node) {
  const std::optional<Claim> claim = target_.claim(node, graph_);
  if (!claim) refuse(node, "it is a composite that was not decomposed");
  Step step = new_step(ASG_OP_CLAIMED, node);
  for (std::size_t i = 0; i < node.operands.size(); ++i)
    step.inputs.push_back(
        kernel_operand(node.operands[i], i < 64 && (claim->strided_inputs >> i & 1u) != 0, node));
  if (claim->scratch_bytes > 0) {
    const TensorType bytes{boolean, {static_cast<std::int64_t>(claim->scratch_bytes)}};
    step.scratch = static_cast<int>(view_value(fresh(bytes)));
  }
  finish_kernel(std::move(step), node);
}

void Lowerer::lower_outputs() {
  for (std::size_t i = 0; i < traced_.outputs.size(); ++i) {
    const Value value = traced_.outputs[i].value();
    const TensorType& type = graph_.type(value);
    const Located located = at(value);
    const std::string label = fmt::format("output {}", i);
    const auto bytes = buffers_[static_cast<std::size_t>(located.buffer)].bytes;
    if (role(located.buffer) == ASG_SLOT_ARENA &&
        is_whole(located.view, static_cast<std::int64_t>(bytes / size_of(type.dtype)))) {
      promote_to_output(located.buffer, type, label);
      program_.outputs.push_back(buffers_[static_cast<std::size_t>(located.buffer)].slot);
      continue;
    }
    const Located out{new_buffer(ASG_SLOT_OUTPUT, type, label), View::row_major(type.shape),
                      type.dtype};
    program_.outputs.push_back(buffers_.back().slot);
    copy(located, out, graph_.node(value.node));
  }
}

void Lowerer::lower_assigns() {
  // A value that is a look at a variable must be taken before any variable changes.
  std::vector<std::pair<Located, Located>> copies;
  for (const NodeId id : graph_.assigns()) {
    const Node node = graph_.node(id);
    Located value = at(node.operands[1]);
    if (role(value.buffer) == ASG_SLOT_STATE) {
      const Located taken = fresh({value.dtype, value.view.shape});
      copy(value, taken, node);
      value = taken;
    }
    copies.emplace_back(value, at(node.operands[0]));
  }
  for (std::size_t i = 0; i < copies.size(); ++i)
    copy(copies[i].first, copies[i].second, graph_.node(graph_.assigns()[i]));
}

Program lower(TracedView traced, const PassContext& context) {
  return Lowerer(traced, context.target).run();
}

}  // namespace asg
