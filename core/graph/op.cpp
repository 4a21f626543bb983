#include <asg/graph/op.hpp>

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include <asg/sdk/backend.h>
#include <asg/graph/error.hpp>

namespace asg {

std::string Signature::describe(std::string_view rule) const {
  std::string text = fmt::format("{}: {}", op.name, rule);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const bool named = !op.inputs.empty() && (i < op.inputs.size() || op.inputs.back().variadic);
    const Port* port = named ? &op.inputs[std::min(i, op.inputs.size() - 1)] : nullptr;
    const std::string label = port == nullptr  ? fmt::format("operand {}", i)
                              : port->variadic ? fmt::format("{} {}", port->name, i)
                                               : std::string(port->name);
    text += fmt::format("\n  {}: {}", label, to_string(inputs[i]));
  }
  for (const auto& [key, value] : attributes)
    text += fmt::format("\n  {} = {}", key, asg::to_string(value));
  return text + fmt::format("\n  at {}", asg::to_string(origin));
}

void Signature::require(bool holds, std::string_view rule) const {
  if (!holds) throw ShapeError(describe(rule));
}
void Signature::require_type(bool holds, std::string_view rule) const {
  if (!holds) throw TypeError(describe(rule));
}
void Signature::fail(std::string_view rule) const { throw ShapeError(describe(rule)); }

void Signature::require_same_types() const {
  for (const TensorType& input : inputs)
    require_type(input.dtype == inputs[0].dtype, "all operands must have one element type");
}

void Signature::require_attributes() const {
  for (const AttributeDef& declared : op.attributes) {
    const Attribute* value = attributes.find(declared.name);
    if (value == nullptr)
      require_type(false, fmt::format("the attribute '{}' is missing; it must be {}", declared.name,
                                      name(declared.type)));
    else if (type_of(*value) != declared.type)
      require_type(false, fmt::format("the attribute '{}' is {}, but must be {}", declared.name,
                                      name(type_of(*value)), name(declared.type)));
  }
  if (attributes.size() == op.attributes.size()) return;
  for (const auto& [key, value] : attributes)
    require_type(std::any_of(op.attributes.begin(), op.attributes.end(),
                             [&](const AttributeDef& declared) { return declared.name == key; }),
                 fmt::format("has no attribute '{}'", key));
}

Types same_as_first(const Signature& call) { return {call.in(0)}; }

std::uint32_t Lowering::region_instruction() const {
  switch (role) {
    case Role::iota:
      return ASG_EW_IOTA;
    case Role::random_bits:
      return ASG_EW_RANDOM;
    default:
      return instruction;
  }
}

Types infer_types(const Signature& call) {
  call.require_attributes();
  if (call.op.infer != nullptr) return call.op.infer(call);
  // A composite without a rule of its own has the types of its body.
  Graph scratch;
  const OriginScope origin(scratch, call.origin);
  Tensors inputs;
  for (std::size_t i = 0; i < call.inputs.size(); ++i)
    inputs.push_back(scratch.input(fmt::format("operand {}", i), call.dtype(i), call.shape(i)));
  Types types;
  for (const Tensor& output : call.op.decompose({inputs, call.attributes}))
    types.push_back(output.type());
  return types;
}

Tensors body_of(const OpDef& op, const OpCall& call, std::span<const TensorType> outputs,
                const Origin& origin) {
  Tensors result = op.decompose(call);
  const auto fail = [&](const std::string& why) {
    throw TypeError(
        fmt::format("{}: its decompose gives {}\n  at {}", op.name, why, asg::to_string(origin)));
  };
  if (result.size() != outputs.size())
    fail(fmt::format("{} tensors for the op's {} outputs", result.size(), outputs.size()));
  for (std::size_t i = 0; i < result.size(); ++i) {
    if (!result[i].defined() ||
        (!call.inputs.empty() && &result[i].graph() != &call.inputs[0].graph()))
      fail(fmt::format("an empty Tensor, or one of another graph, for output {}", i));
    if (result[i].type() != outputs[i])
      fail(fmt::format("{} for output {}, which is {}", asg::to_string(result[i].type()), i,
                       asg::to_string(outputs[i])));
  }
  return result;
}

const OpDef* known_op(std::string_view name) {
  static const auto index = [] {
    std::unordered_map<std::string_view, const OpDef*> map;
    for (const OpDef& op : op_table()) map.emplace(op.name, &op);
    return map;
  }();
  const auto found = index.find(name);
  return found == index.end() ? nullptr : found->second;
}

const OpDef& find_op(std::string_view name) {
  if (const OpDef* op = known_op(name)) return *op;
  std::string near;
  for (const OpDef& op : op_table())
    if (!name.empty() && op.name.substr(0, 2) == name.substr(0, 2))
      near += fmt::format("{}{}", near.empty() ? "; near it: " : ", ", op.name);
  throw TypeError(fmt::format("there is no op '{}'{}", name, near));
}

}  // namespace asg
