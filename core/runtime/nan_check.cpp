#include "runtime/nan_check.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>
#include <asg/graph/print.hpp>
#include <asg/passes/passes.hpp>
#include <asg/runtime/compile.hpp>

#include "passes/finite_probe.hpp"

namespace asg {
namespace {

// "-1.5 to 2, 3 of 8 NaN"
std::string contents(const Array& array) {
  double least = HUGE_VAL, most = -HUGE_VAL;
  std::int64_t nans = 0, infinities = 0;
  for (std::int64_t i = 0; i < array.numel(); ++i) {
    const double x = array.get(i);
    if (std::isnan(x)) {
      ++nans;
    } else if (std::isinf(x)) {
      ++infinities;
    } else {
      least = std::min(least, x);
      most = std::max(most, x);
    }
  }
  std::string text = least <= most ? fmt::format("{} to {}", least, most) : "nothing finite";
  if (array.numel() == 0) text = "no elements";
  if (nans > 0) text += fmt::format(", {} of {} NaN", nans, array.numel());
  if (infinities > 0) text += fmt::format(", {} of {} infinite", infinities, array.numel());
  return text;
}

// As everything is compiled, but for looking at what looks.
PassOptions pass_options() {
  PassOptions options = PassOptions::from_environment();
  options.check_nan = false;
  return options;
}

// The names of what is wrong, the tail of a long list left out.
std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t shown = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(shown, names.size()); ++i)
    text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > shown) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

}  // namespace

struct NanCheck::Impl {
  Impl(const Device& on, TracedView given, std::string called)
      : device(on), name(std::move(called)), traced(copy_of(given)), probe(probe_finite(traced)) {
    if (!probe.values.empty())
      program = compile(device, probe.traced.graph, probe.traced.outputs, name, pass_options());
  }

  Device device;
  std::string name;
  Traced traced;
  FiniteProbe probe;
  CompiledGraph program;
  std::vector<Array> classes;

  [[nodiscard]] Finite at(Value value) const {
    const auto place = std::lower_bound(
        probe.values.begin(), probe.values.end(), value,
        [](Value a, Value b) { return a.node != b.node ? a.node < b.node : a.output < b.output; });
    // What is no float, or has no elements, is finite.
    if (place == probe.values.end() || !(*place == value)) return Finite::all;
    return static_cast<Finite>(classes[0].data<std::int32_t>()[place - probe.values.begin()]);
  }

  // The operand that explains what the value holds: a NaN before an infinity.
  [[nodiscard]] std::optional<Value> cause(Value value, Finite kind) const {
    for (const Value operand : traced.graph.node(value.node).operands)
      if (at(operand) == kind) return operand;
    return std::nullopt;
  }

  // From a value back to the node that made it NaN, or infinite, out of what is not.
  [[nodiscard]] Value origin(Value value) const {
    const Finite kind = at(value);
    while (const std::optional<Value> before = cause(value, kind)) value = *before;
    return value;
  }

  [[nodiscard]] std::string tell(const std::vector<std::string>& wrong, Value first, State& state,
                                 const std::vector<Array>& inputs);
  [[nodiscard]] std::string operands_of(const Node& node, State& state,
                                        const std::vector<Array>& inputs);
};

std::string NanCheck::Impl::operands_of(const Node& node, State& state,
                                        const std::vector<Array>& inputs) {
  const std::vector<Value> operands(node.operands.begin(), node.operands.end());
  const Traced values = without_assigns(traced, operands);
  const std::vector<Array> arrays =
      compile(device, values.graph, values.outputs, name, pass_options()).run(state, inputs);
  std::string text;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const std::string_view port =
        i < node.op.inputs.size() ? node.op.inputs[i].name : node.op.inputs.back().name;
    text += fmt::format("\n    {}: {}, {}", port, to_string(arrays[i].type()), contents(arrays[i]));
    if (at(operands[i]) == Finite::all) continue;
    const Value made = origin(operands[i]);
    text += fmt::format(", first in {}", to_text(traced.graph.tensor(made)));
  }
  return text;
}

std::string NanCheck::Impl::tell(const std::vector<std::string>& wrong, Value first, State& state,
                                 const std::vector<Array>& inputs) {
  const bool nan = at(first) == Finite::nan;
  const Node node = traced.graph.node(first.node);
  std::string text = fmt::format("{}: {} would hold {}; first in\n  {}", name, listed(wrong),
                                 nan ? "NaN" : "infinities", to_text(traced.graph.tensor(first)));
  if (node.operands.empty()) return text + "\n  which is given to the program so";
  text += operands_of(node, state, inputs);
  if (nan && node.origin.backward)
    text +=
        "\n  Where a function has an infinite slope, 0 times that slope is NaN, even behind a "
        "`where`"
        "\n  that does not choose it. Choose its operand too: where(c, f(where(c, x, 1)), 0)";
  return text;
}

NanCheck::NanCheck(const Device& device, const Graph& graph, const Tensors& outputs,
                   std::string name)
    : impl_(std::make_unique<Impl>(device, TracedView(graph, outputs), std::move(name))) {}

NanCheck::~NanCheck() = default;

std::optional<std::string> NanCheck::find(State& state, const std::vector<Array>& inputs) {
  Impl& impl = *impl_;
  if (impl.probe.values.empty()) return std::nullopt;
  impl.program.run(state, inputs, impl.classes);

  std::vector<std::string> wrong;
  std::optional<Value> first;
  const auto look = [&](Value value, std::string name) {
    if (impl.at(value) == Finite::all) return;
    wrong.push_back(std::move(name));
    const Value made = impl.origin(value);
    if (!first || made.node < first->node) first = made;
  };
  for (std::size_t i = 0; i < impl.traced.outputs.size(); ++i)
    look(impl.traced.outputs[i].value(), fmt::format("output {}", i));
  for (const NodeId id : impl.traced.graph.assigns()) {
    const Node node = impl.traced.graph.node(id);
    look(node.operands[1], impl.traced.graph.find_variable(node.operands[0].node)->name);
  }
  if (!first) return std::nullopt;
  return impl.tell(wrong, *first, state, inputs);
}

void NanCheck::require_finite(State& state, const std::vector<Array>& inputs) {
  if (const std::optional<std::string> wrong = find(state, inputs))
    throw NumericError(*wrong + "\n  The state is as it was before the run.");
}

}  // namespace asg
