// asg ops: every op, and what a backend makes of it; or what one op is.
#include <memory>

#include <fmt/format.h>

#include <asg/sdk/backend.h>
#include <asg/graph/op.hpp>
#include <asg/passes/target.hpp>
#include <asg/runtime/target.hpp>

#include "cli/command.hpp"
#include "cli/op_text.hpp"

namespace asg::cli {
namespace {

constexpr DType arithmetic[] = {f32, f64, i32, i64, u32, boolean};

// The element types on which a backend executes a primitive by a kernel or an instruction.
std::string native_types(const OpDef& op, const Capabilities& capabilities) {
  std::string types;
  for (const DType dtype : arithmetic) {
    bool accepted = false;
    if (op.lowering.instruction != 0)
      accepted = capabilities.accepts_instruction(op.lowering.instruction, dtype);
    else if (op.name == "reduce")
      for (std::uint32_t kind = ASG_REDUCE_SUM; kind <= ASG_REDUCE_ALL; ++kind)
        accepted = accepted || capabilities.accepts_reduction(kind, dtype);
    else if (op.lowering.kernel != 0)
      for (const auto& row : capabilities.rows())
        accepted =
            accepted || (row.op == op.lowering.kernel && !row.dtypes.empty() &&
                         (row.dtypes[0] & ASG_DTYPE_BIT(static_cast<std::uint32_t>(dtype))) != 0);
    if (accepted) types += fmt::format("{}{}", types.empty() ? "" : " ", name(dtype));
  }
  return types;
}

// Whether the backend takes the composite as it is, for one of its samples in that type.
bool claims(const OpDef& op, DType dtype, const Target& target) {
  for (const Sample& sample : op.samples()) {
    Graph graph;
    Tensors inputs;
    for (const Array& value : sample.inputs)
      inputs.push_back(graph.input(fmt::format("{}", inputs.size()),
                                   value.dtype() == f64 ? dtype : value.dtype(), value.shape()));
    if (inputs.empty()) continue;
    const Tensors results = graph.add(op, inputs, sample.attributes);
    if (target.claim(graph.node(results[0].value().node), graph)) return true;
  }
  return false;
}

std::string composite_support(const OpDef& op, const Target& target) {
  std::string types;
  for (const DType dtype : {f32, f64})
    if ((op.lowering.instruction != 0 &&
         target.accepts_instruction(op.lowering.instruction, dtype)) ||
        (op.samples != nullptr && claims(op, dtype, target)))
      types += fmt::format("{}{}", types.empty() ? "" : " ", name(dtype));
  return types.empty() ? "decomposed" : "native: " + types;
}

std::string support(const OpDef& op, const Capabilities& capabilities) {
  if (op.lowering.instruction == 0 && op.lowering.kernel == 0 && op.name != "reduce") {
    if (op.lowering.view != nullptr) return "a view, no work";
    if (const std::uint32_t instruction = op.lowering.region_instruction(); instruction != 0) {
      const DType dtype = instruction == ASG_EW_IOTA ? i64 : u32;
      return capabilities.accepts_instruction(instruction, dtype) ? "native" : "refused";
    }
    return "part of every program";
  }
  const std::string types = native_types(op, capabilities);
  return types.empty() ? "refused" : "native: " + types;
}

struct OpsFlags {
  DeviceFlags device;
  std::string name, composites;
};

int list_ops(const DeviceFlags& flags) {
  const Device device = flags.open();
  const auto target = target_of(device);
  fmt::print("{:<36} {:<10} {:<9} {}\n", "op", "kind", "gradient", device.backend_name());
  for (const OpDef& op : op_table()) {
    const char* gradient = op.gradient != nullptr    ? "rule"
                           : !op.no_gradient.empty() ? "zero"
                           : op.is_composite()       ? "of body"
                                                     : "none";
    fmt::print(
        "{:<36} {:<10} {:<9} {}\n", op.name, op.is_composite() ? "composite" : "primitive",
        gradient,
        op.is_composite() ? composite_support(op, *target) : support(op, device.capabilities()));
  }
  return exit_done;
}

const OpDef& named_op(const std::string& name) try {
  return find_op(name);
} catch (const TypeError& error) {
  throw UsageError(fmt::format("{}; asg ops lists all", error.what()));
}

// What the table says needs no backend.
int show(const OpsFlags& flags) {
  if (flags.composites.empty() && flags.name.empty()) return list_ops(flags.device);
  const std::string text = flags.composites == "text"     ? composites_text()
                           : flags.composites == "header" ? composites_header()
                                                          : describe(named_op(flags.name));
  fmt::print("{}", text);
  return exit_done;
}

}  // namespace

Run add_ops(CLI::App& command) {
  auto flags = std::make_shared<OpsFlags>();
  command.description("list every op and what a backend makes of it, or say what one op is");
  CLI::Option* name = command.add_option("name", flags->name, "the op to describe")->type_name("");
  command
      .add_option("--composites", flags->composites,
                  "what backends may claim: a text of all composites, or a C header with the "
                  "places of their operands")
      ->check(CLI::IsMember({"text", "header"}))
      ->excludes(name);
  flags->device.add(command);
  return [flags] { return show(*flags); };
}

}  // namespace asg::cli
