#include "passes/lower.hpp"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>

#include "passes/abi_names.hpp"
#include "passes/check_program.hpp"
#include "passes/fit_region.hpp"
#include "passes/fuse.hpp"
#include "passes/region.hpp"
#include "passes/schedule.hpp"

namespace asg {
namespace {

using Kind = Layout::Kind;
using Role = Lowering::Role;

// Whether there is nothing to compute.
bool is_empty(const Node& node) {
  return std::all_of(node.outputs.begin(), node.outputs.end(),
                     [](const TensorType& type) { return type.shape.numel() == 0; });
}

// What a region is called in dumps and profiles: its ops.
std::string name_of(const Graph& graph, const Kernel& kernel) {
  std::vector<std::string> names;
  const auto add = [&](const Node& node) {
    std::string name(node.op.name);
    if (node.op.lowering.role == Role::reduce) name += "_" + node.attributes.text("kind");
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  };
  if (kernel.anchor != no_node) add(graph.node(kernel.anchor));
  for (const NodeId id : kernel.nodes) add(graph.node(id));
  constexpr std::size_t shown = 4;
  const std::size_t count = kernel.nodes.size() + (kernel.anchor != no_node);
  if (names.size() <= shown) return fmt::format("{}", fmt::join(names, "+"));
  names.resize(shown);
  return fmt::format("{}+.. ({} ops)", fmt::join(names, "+"), count);
}

}  // namespace

Lowerer::Lowerer(TracedView traced, const PassContext& context)
    : traced_(traced),
      graph_(traced.graph),
      context_(context),
      limits_(context.target.region_limits()),
      layout_(traced, limits_),
      fused_(fuse(layout_, context)) {
  std::uint32_t count = 0;
  for (NodeId id = 0; id < graph_.size(); ++id) {
    first_.push_back(count);
    count += static_cast<std::uint32_t>(graph_.node(id).outputs.size());
  }
  buffer_.assign(count, -1);
}

Program Lowerer::run() {
  program_.slots.push_back({ASG_SLOT_ARENA, "arena", {}, 0, {}});
  for (NodeId id = 0; id < graph_.size(); ++id)
    if (layout_.kind[id] != Kind::none && !is_empty(graph_.node(id))) check(graph_.node(id));
  lower_leaves();
  find_homes();
  for (const std::uint32_t k : schedule(layout_, fused_, context_)) lower_kernel(fused_.kernels[k]);
  lower_updates();
  lower_late_assigns();
  if (context_.options.has(Pass::share_places)) share_places(program_, buffers_);
  std::int64_t planned = 0, staged = 0;
  plan_arena(program_, buffers_, context_.target.memory_limits().alignment, planned);
  assign_stages(program_, staged);
  context_.report.visits.push_back({"plan", planned});
  context_.report.visits.push_back({"stages", staged});
  check_program(program_, context_.target);
  return std::move(program_);
}

// ---- what the target can do --------------------------------------------------
//
// The finished program is checked as well; here the node is known that asks for too much.

void Lowerer::refuse(const Node& node, std::string_view why) const {
  std::string text = fmt::format("{}: backend '{}' cannot execute it: {}", node.op.name,
                                 context_.target.name(), why);
  for (const Value operand : node.operands)
    text += fmt::format("\n  operand: {}", to_string(graph_.type(operand)));
  throw TypeError(text + fmt::format("\n  at {}", to_string(node.origin)));
}

// What is given, and no number among the instructions, is loaded by those that read it.
void Lowerer::check_loads(const Node& node) const {
  for (const Value operand : node.operands) {
    const Value base = layout_.sources.of(operand).base;
    if (layout_.kind[base.node] != Kind::none || is_number(graph_.node(base.node))) continue;
    if (const DType dtype = graph_.type(base).dtype;
        !context_.target.accepts_instruction(ASG_EW_LOAD, dtype))
      refuse(node, fmt::format("it has no load for {}", name(dtype)));
  }
}

void Lowerer::check(const Node& node) const {
  const Target& target = context_.target;
  const Lowering& how = node.op.lowering;
  if (layout_.is_region(node.id)) check_loads(node);
  if (const std::uint32_t instruction = how.region_instruction(); instruction != 0) {
    const bool compares = instruction >= ASG_EW_EQ && instruction <= ASG_EW_GE;
    const DType subject = compares ? graph_.type(node.operands[0]).dtype : node.outputs[0].dtype;
    if (!target.accepts_instruction(instruction, subject))
      refuse(node, fmt::format("it has no {} for {}", node.op.name, name(subject)));
  } else if (how.kernel != 0) {
    const Types types = types_of(graph_, node);
    if (!target.accepts_kernel(how.kernel, types, 0))
      refuse(node, fmt::format("it has no kernel {} for {} of {} axes", abi::op_name(how.kernel),
                               name(types[0].dtype), types[0].shape.rank()));
    if (const std::string why =
            target.refusal(how.kernel, node.op.name, types, node.operands.size(), node.attributes);
        !why.empty())
      refuse(node, why);
  } else if (how.role == Role::reduce) {
    const auto& kind = node.attributes.text("kind");
    if (!target.accepts_reduction(reduction_kind(kind), node.outputs[0].dtype))
      refuse(node, fmt::format("it has no reduction {} for {}", kind, name(node.outputs[0].dtype)));
  } else if (node.op.is_composite()) {
    if (traced_.claim(node.id) == nullptr)
      refuse(node, "it is a composite that was not decomposed");
  } else if (layout_.kind[node.id] == Kind::kernel && how.role != Role::concat) {
    refuse(node, "it has no lowering");
  }
}

// ---- buffers and values ----------------------------------------------------

int Lowerer::new_buffer(std::uint32_t role, const TensorType& type, std::string name) {
  PlannedBuffer buffer;
  buffer.bytes = static_cast<std::uint64_t>(type.shape.numel()) * size_of(type.dtype);
  if (role != ASG_SLOT_ARENA) {
    buffer.slot = static_cast<std::uint32_t>(program_.slots.size());
    program_.slots.push_back({role, std::move(name), type, buffer.bytes, {}});
  }
  buffers_.push_back(std::move(buffer));
  whole_.push_back(0);
  return static_cast<int>(buffers_.size()) - 1;
}

int Lowerer::buffer_of(Value value) {
  int& buffer = buffer_[first_[value.node] + value.output];
  if (buffer < 0) buffer = new_buffer(ASG_SLOT_ARENA, graph_.type(value));
  return buffer;
}

std::uint32_t Lowerer::whole_value(int buffer, DType dtype) {
  std::uint32_t& known = whole_[static_cast<std::size_t>(buffer)];
  if (known == 0) {
    const std::uint64_t bytes = buffers_[static_cast<std::size_t>(buffer)].bytes;
    Placed value;
    value.dtype = dtype;
    value.shape = {static_cast<std::int64_t>(bytes / size_of(dtype))};
    value.strides = {1};
    value.slot = static_cast<std::uint32_t>(buffer);
    value.extent_end = bytes;
    program_.values.push_back(value);
    known = static_cast<std::uint32_t>(program_.values.size());
  }
  return known - 1;
}

// A value as a kernel sees it: through its view.
std::uint32_t Lowerer::view_value(Value operand) {
  const Source& source = layout_.sources.of(operand);
  Placed value;
  value.dtype = graph_.type(operand).dtype;
  value.shape = source.view.shape;
  value.strides = source.view.strides;
  value.slot = static_cast<std::uint32_t>(buffer_of(source.base));
  const auto size = static_cast<std::int64_t>(size_of(value.dtype));
  value.offset = static_cast<std::uint64_t>(source.view.offset * size);
  std::int64_t low = source.view.offset, high = source.view.offset + 1;
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

void Lowerer::lower_leaves() {
  for (NodeId id = 0; id < graph_.size(); ++id) {
    const Node node = graph_.node(id);
    if (!node.op.lowering.is_given() || !layout_.live[id]) continue;
    const bool constant = node.op.lowering.role == Role::constant;
    const bool input = node.op.lowering.role == Role::input;
    // A single number becomes part of the instructions, unless a kernel wants it in memory.
    if (is_number(node) && !layout_.in_memory[id]) {
      bool bounded = false;
      for (const NodeId reader : layout_.readers[id])
        for (const Value operand : graph_.node(reader).operands)
          bounded = bounded || (layout_.sources.of(operand).base.node == id &&
                                !layout_.sources.of(operand).view.bounds.empty());
      if (!bounded) continue;
    }
    buffer_[first_[id]] =
        new_buffer(constant ? ASG_SLOT_CONST
                   : input  ? ASG_SLOT_INPUT
                            : ASG_SLOT_STATE,
                   node.outputs[0], constant ? std::string{} : node.attributes.text("name"));
    const std::uint32_t slot = buffers_.back().slot;
    if (constant) program_.slots[slot].constant = node.attributes.array("value");
    if (input) program_.inputs.push_back(slot);
  }
}

// Results of the program and new values of variables are written to their places at once.
void Lowerer::find_homes() {
  for (std::size_t i = 0; i < traced_.outputs.size(); ++i) {
    const Value base = layout_.sources.of(traced_.outputs[i].value()).base;
    // The caller's shape, which may factor the elements otherwise.
    const int buffer =
        new_buffer(ASG_SLOT_OUTPUT, traced_.outputs[i].type(), fmt::format("output {}", i));
    buffer_[first_[base.node] + base.output] = buffer;
    program_.outputs.push_back(buffers_.back().slot);
  }
  for (const NodeId id : graph_.assigns()) {
    const Node node = graph_.node(id);
    const Value base = layout_.sources.of(node.operands[1]).base;
    if (!fused_.late[base.node])
      buffer_[first_[base.node] + base.output] =
          buffer_of(layout_.sources.of(node.operands[0]).base);
  }
}

bool Lowerer::is_stored(NodeId node) const {
  if (layout_.in_memory[node]) return true;
  const std::uint32_t kernel = fused_.kernel_of[node];
  return std::any_of(layout_.readers[node].begin(), layout_.readers[node].end(),
                     [&](NodeId reader) { return fused_.kernel_of[reader] != kernel; });
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
    if (buffer.first < 0) {
      buffer.first = now;
      buffer.name = step.name;
      buffer.origin = step.origin;
    }
    buffer.last = now;
  };
  for (const std::uint32_t v : step.inputs) touch(v);
  for (const std::uint32_t v : step.outputs) touch(v);
  if (step.scratch >= 0) touch(static_cast<std::uint32_t>(step.scratch));
  program_.steps.push_back(std::move(step));
}

void Lowerer::emit_region(Region region, Step step) {
  if (step.op != ASG_OP_REGION || region.dims.rank() <= limits_.rank)
    return emit_part(std::move(region), std::move(step));
  for (Region& part : fit_rank(std::move(region), limits_.rank)) emit_part(std::move(part), step);
}

void Lowerer::emit_part(Region region, Step step) {
  const auto mention = [](std::vector<std::uint32_t>& list, std::uint32_t value) {
    if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
  };
  const auto touched = [&](std::uint32_t access, std::vector<std::uint32_t>& list) {
    if (region.instances.empty()) return mention(list, region.accesses[access].value);
    for (const Instance& instance : region.instances) mention(list, instance.values[access]);
  };
  for (const asg_inst& inst : region.insts)
    if (inst.op == ASG_EW_LOAD) touched(inst.a, step.inputs);
  for (const asg_store& store : region.stores) touched(store.access, step.outputs);
  step.region = static_cast<int>(program_.regions.size());
  program_.regions.push_back(std::move(region));
  emit(std::move(step));
}

void Lowerer::lower_kernel(const Kernel& kernel) {
  if (kernel.anchor == no_node) return lower_region(kernel);
  const Node node = graph_.node(kernel.anchor);
  if (node.op.lowering.role == Role::concat) return lower_concat(node);
  if (is_empty(node)) return;
  const bool claimed = node.op.lowering.kernel == 0;
  Step step = new_step(claimed ? ASG_OP_CLAIMED : node.op.lowering.kernel, node);
  for (const Value operand : node.operands) step.inputs.push_back(view_value(operand));
  if (const Claim* claim = traced_.claim(node.id); claim != nullptr) {
    step.strided_inputs = claim->strided_inputs;
    step.strided_outputs = claim->strided_outputs;
    if (claim->scratch_bytes > 0) {
      const TensorType bytes{boolean, {static_cast<std::int64_t>(claim->scratch_bytes)}};
      const int scratch = new_buffer(ASG_SLOT_ARENA, bytes);
      step.scratch = static_cast<int>(whole_value(scratch, boolean));
    }
  }
  step.attributes = node.attributes;
  if (!kernel.nodes.empty()) {  // an epilogue, which stores all that is stored
    step.name = name_of(graph_, kernel);
    return emit_region(build_region(kernel), std::move(step));
  }
  for (std::uint32_t i = 0; i < node.outputs.size(); ++i)
    step.outputs.push_back(view_value({node.id, i}));
  emit(std::move(step));
}

Region Lowerer::build_region(const Kernel& kernel) {
  const auto value_over = [&](Value base) {
    return whole_value(buffer_of(base), graph_.type(base).dtype);
  };
  return RegionBuilder(layout_, kernel, value_over, [&](NodeId id) { return is_stored(id); })
      .build();
}

void Lowerer::lower_region(const Kernel& kernel) {
  const Node last = graph_.node(kernel.nodes.back());
  if (kernel.points == 0 && last.outputs[0].shape.numel() == 0) return;
  Region region = build_region(kernel);
  Step step = new_step(ASG_OP_REGION, last);
  step.name = name_of(graph_, kernel);
  if (is_small_update(kernel)) return keep_update(std::move(region), std::move(step));
  emit_region(std::move(region), std::move(step));
}

void Lowerer::lower_concat(const Node& node) {
  const int axis = node.attributes.axis("axis");
  const TensorType& type = node.outputs[0];
  const std::uint32_t to = whole_value(buffer_of({node.id, 0}), type.dtype);
  const Shape strides = row_major_strides(type.shape);
  std::int64_t position = 0;
  for (const Value operand : node.operands) {
    const Source& source = layout_.sources.of(operand);
    const View& from = source.view;
    if (from.shape.numel() > 0)
      emit_copy({whole_value(buffer_of(source.base), type.dtype), from.offset, from.strides,
                 from.bounds, from.fill},
                {to, position * strides[axis], strides, {}, 0}, from.shape, node);
    position += from.shape[axis];
  }
}

void Lowerer::emit_copy(Access from, Access to, const Shape& dims, const Node& node) {
  Region region;
  region.dims = dims;
  const auto dtype = static_cast<std::uint32_t>(program_.values[from.value].dtype);
  region.accesses = {std::move(from), std::move(to)};
  region.insts.push_back({ASG_EW_LOAD, dtype, 0, 0, 0, 0, 0});
  region.stores.push_back({ASG_STORE_REGISTER, 0, 1, 0});
  region.phases.push_back({1, 0, 1, 0});
  Step step = new_step(ASG_OP_REGION, node);
  step.name = "copy";
  emit_region(std::move(region), std::move(step));
}

// New values that could not be written while others still read the old ones.
void Lowerer::lower_late_assigns() {
  for (const NodeId id : graph_.assigns()) {
    const Node node = graph_.node(id);
    const Value base = layout_.sources.of(node.operands[1]).base;
    const Value variable = layout_.sources.of(node.operands[0]).base;
    const TensorType& type = graph_.type(variable);
    if (!fused_.late[base.node] || type.shape.numel() == 0) continue;
    const View whole = View::row_major({type.shape.numel()});
    emit_copy({whole_value(buffer_of(base), type.dtype), 0, whole.strides, {}, 0},
              {whole_value(buffer_of(variable), type.dtype), 0, whole.strides, {}, 0}, whole.shape,
              node);
  }
}

Program lower(TracedView traced, const PassContext& context) {
  return Lowerer(traced, context).run();
}

}  // namespace asg
