// Smaller programs that fail in the same way.
#include <algorithm>
#include <chrono>
#include <optional>

#include <fmt/format.h>

#include <asg/asg.hpp>
#include <asg/passes/passes.hpp>

#include "passes/differential.hpp"
#include "passes/random_graph.hpp"

namespace passes_test {
namespace {

using namespace asg;

// What a copy leaves out.
struct Edit {
  std::optional<NodeId> node = {};  // goes; instead of its outputs come
  std::optional<Value> operand = {};
  std::vector<Array> values = {};  // or inputs with these values
  std::optional<std::size_t> output = {}, assign = {};
};

std::vector<bool> needed(const Case& from, const Edit& edit) {
  const Graph& graph = from.graph;
  std::vector<bool> live(graph.size(), false);
  for (std::size_t i = 0; i < from.outputs.size(); ++i)
    if (edit.output != i) live[from.outputs[i].value().node] = true;
  for (std::size_t i = 0; i < graph.assigns().size(); ++i)
    if (edit.assign != i) live[graph.assigns()[i]] = true;
  for (auto id = static_cast<NodeId>(graph.size()); id-- > 0;) {
    if (!live[id]) continue;
    if (edit.node == id) {
      if (edit.operand) live[edit.operand->node] = true;
      continue;
    }
    for (const Value operand : graph.node(id).operands) live[operand.node] = true;
  }
  return live;
}

Case edited(const Case& from, const Edit& edit) {
  const std::vector<bool> live = needed(from, edit);
  Case to;
  to.state = from.state;
  std::vector<Tensors> made(from.graph.size());
  std::size_t input = 0;
  for (NodeId id = 0; id < from.graph.size(); ++id) {
    const Node node = from.graph.node(id);
    const std::size_t number = node.op.name == "input" ? input++ : 0;
    if (!live[id]) continue;
    const OriginScope scope(to.graph, node.origin);
    const Attributes& a = node.attributes;
    if (edit.node == id) {
      if (edit.operand) {
        made[id] = {made[edit.operand->node][edit.operand->output]};
        continue;
      }
      for (const Array& value : edit.values) {
        made[id].push_back(
            to.graph.input(fmt::format("cut {}", to.graph.size()), value.dtype(), value.shape()));
        to.inputs.push_back(value);
      }
      continue;
    }
    Tensors operands;
    for (const Value operand : node.operands)
      operands.push_back(made[operand.node][operand.output]);
    if (node.op.name == "input") {
      made[id] = {
          to.graph.input(fmt::format("x{}", to.graph.size()), a.dtype("dtype"), a.shape("shape"))};
      to.inputs.push_back(from.inputs[number]);
    } else if (node.op.name == "variable") {
      made[id] = {
          to.graph.variable(*from.graph.find_variable(id), a.dtype("dtype"), a.shape("shape"))};
    } else if (node.op.name == "assign") {
      to.graph.assign(operands[0], operands[1]);
    } else {
      made[id] = to.graph.add(node.op, operands, a);
    }
  }
  for (std::size_t i = 0; i < from.outputs.size(); ++i) {
    const Value value = from.outputs[i].value();
    if (edit.output != i) to.outputs.push_back(made[value.node][value.output]);
  }
  return to;
}

// What every node gives in the first run; nothing when the program does not even run plainly.
std::vector<std::vector<Array>> values_of(const Case& from) {
  std::vector<std::vector<Array>> values(from.graph.size());
  try {
    Case all = copy_of(from);
    all.outputs.clear();
    std::vector<NodeId> owner;
    for (NodeId id = 0; id < all.graph.size(); ++id)
      for (std::uint32_t i = 0; i < all.graph.node(id).outputs.size(); ++i) {
        all.outputs.push_back(all.graph.tensor({id, i}));
        owner.push_back(id);
      }
    const Outcome outcome = run(reference(), all, without_passes(), 1);
    for (std::size_t i = 0; i < owner.size(); ++i) values[owner[i]].push_back(outcome.outputs[i]);
  } catch (const Error&) {
  }
  return values;
}

}  // namespace

Case copy_of(const Case& original) { return edited(original, {}); }

Case shrink(Case failing, const std::function<bool(const Case&)>& fails) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::seconds(10);
  const auto attempt = [&](const Edit& edit) {
    Case smaller = edited(failing, edit);
    if (Clock::now() > end || !fails(smaller)) return false;
    failing = std::move(smaller);
    return true;
  };
  failing = copy_of(failing);  // without the nodes that nobody needs
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = failing.outputs.size(); i-- > 0;)
      if (failing.outputs.size() > 1 || !failing.graph.assigns().empty())
        changed = attempt({.output = i}) || changed;
    for (std::size_t i = failing.graph.assigns().size(); i-- > 0;)
      changed = attempt({.assign = i}) || changed;
    std::vector<std::vector<Array>> values = values_of(failing);
    for (auto id = static_cast<NodeId>(failing.graph.size()); id-- > 0;) {
      if (id >= failing.graph.size()) continue;
      const Node node = failing.graph.node(id);
      if (node.outputs.empty() || node.op.name == "input" || node.op.name == "variable") continue;
      bool gone = false;
      for (const Value operand : node.operands)
        if (!gone && node.outputs.size() == 1 && failing.graph.type(operand) == node.outputs[0])
          gone = attempt({.node = id, .operand = operand});
      if (!gone && id < values.size() && !values[id].empty())
        gone = attempt({.node = id, .values = values[id]});
      if (gone) values = values_of(failing);
      changed = changed || gone;
    }
  }
  return failing;
}

}  // namespace passes_test
