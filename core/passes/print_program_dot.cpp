#include <locale>
#include <sstream>

#include <fmt/format.h>

#include <asg/graph/algorithms.hpp>
#include <asg/passes/cost.hpp>
#include <asg/passes/print.hpp>

#include "passes/abi_names.hpp"

namespace asg {
namespace {

struct Write {
  std::uint64_t begin, end;
  NodeId step;
};

const char* color(std::uint32_t op) {
  switch (op) {
    case ASG_OP_REGION:
      return "#ffffff";
    case ASG_OP_MATMUL:
      return "#ffe3b3";
    case ASG_OP_CLAIMED:
      return "#cfe8ff";
    default:
      return "#eeeeee";
  }
}

std::string node_attributes(const Program& program, std::size_t index) {
  const Step& step = program.steps[index];
  const Cost cost = cost_of(program, step);
  std::string label = step.name;
  for (const std::uint32_t v : step.outputs)
    label += "\n" + to_string(TensorType{program.values[v].dtype, program.values[v].shape});
  const std::string tooltip =
      fmt::format("step {}, stage {}, {}\n{:.4g} FLOP, {:.4g} bytes\n{}", index, step.stage,
                  abi::op_name(step.op), cost.flops, cost.bytes(), step.origin);
  return fmt::format("label={}, tooltip={}, fillcolor=\"{}\"", dot_quoted(label),
                     dot_quoted(tooltip), color(step.op));
}

}  // namespace

std::string to_dot(const Program& program) {
  Picture picture;
  picture.preamble = "node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];\n";
  std::vector<std::vector<Write>> writes(program.slots.size());  // what no later one covers
  for (NodeId id = 0; id < program.steps.size(); ++id) {
    const Step& step = program.steps[id];
    picture.nodes.push_back(node_attributes(program, id));
    std::vector<bool> known(id);
    for (const std::uint32_t v : step.inputs) {
      const Placed& value = program.values[v];
      for (const Write& write : writes[value.slot]) {
        if (write.end <= value.extent_begin || value.extent_end <= write.begin) continue;
        if (known[write.step]) continue;
        known[write.step] = true;
        picture.edges.push_back({write.step, id});
        picture.edge_attributes.emplace_back();
      }
    }
    for (const std::uint32_t v : step.outputs) {
      const Placed& value = program.values[v];
      auto& list = writes[value.slot];
      std::erase_if(list, [&](const Write& old) {
        return value.extent_begin <= old.begin && old.end <= value.extent_end;
      });
      list.push_back({value.extent_begin, value.extent_end, id});
    }
  }
  std::ostringstream out;
  out.imbue(std::locale::classic());
  write_dot(out, picture);
  return std::move(out).str();
}

}  // namespace asg
