#include <asg/optim/ema.hpp>

#include <utility>
#include <vector>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/ops/elementwise.hpp>

#include "optim/settings.hpp"

namespace asg::optim {
namespace {

std::string at(Where where) {
  return "\n  at " + to_string(Origin{where.file, where.line, {}, false});
}

// The parameters that the state has averages of.
std::vector<std::string> averages_in(const State& state, const std::string& prefix, Where where) {
  std::vector<std::string> found;
  for (const std::string& name : state.names())
    if (name.starts_with(prefix) && state.has(name.substr(prefix.size())))
      found.push_back(name.substr(prefix.size()));
  if (found.empty())
    throw StateError(fmt::format(
        "EMA: the state has no averages '{}...'; run a program with EMA::update first{}", prefix,
        at(where)));
  return found;
}

}  // namespace

EMA::EMA(EMAOptions options, Where where) : options_(std::move(options)) {
  require(options_.decay >= 0 && options_.decay <= 1, "EMA",
          fmt::format("decay must be in [0, 1], not {}", options_.decay), where);
}

void EMA::update(const Minimized& step, Where where) const {
  Tensors chosen;
  for (const Tensor& p : step.parameters) {
    const VariableInfo& info = *p.graph().find_variable(p.value().node);
    if (!options_.parameters || options_.parameters(info.name, p.shape())) chosen.push_back(p);
  }
  if (chosen.empty())
    throw GradientError("EMA: `parameters` chooses none of what the optimizer updates" + at(where));
  Graph& graph = chosen.front().graph();
  const WhereScope line(graph, where);
  const PathScope scope(graph, options_.name);
  const auto variable = [&](const std::string& name, const TensorType& type) {
    VariableInfo info;
    info.name = fmt::format("{}.{}", options_.name, name);
    info.trainable = false;
    info.initial = 0;
    return graph.variable(info, type.dtype, type.shape);
  };
  const auto assign = [&](const Tensor& old, const Tensor& value) {
    graph.assign(old, step.stepped.defined() ? asg::where(step.stepped, value, old) : value);
  };

  const Tensor count = variable("step", {i64, {}});
  if (!graph.pending(count).same_as(count))
    throw GradientError(fmt::format(
        "EMA: '{0}' counts its updates already in this program; give the second a name of its own: "
        "{{.name = \"{0}_2\"}}{1}",
        options_.name, at(where)));
  assign(count, count + 1);
  for (const Tensor& p : chosen) {
    const DType dtype = p.dtype();
    const Tensor n = cast(count, dtype);
    Tensor decay = graph.constant(Array(options_.decay).to(dtype));
    if (options_.warmup) decay = minimum(decay, (1 + n) / (10 + n));
    const Tensor average =
        variable("average." + graph.find_variable(p.value().node)->name, p.type());
    const Tensor now = graph.pending(p);
    assign(average, asg::where(eq(count, 0), now, decay * average + (1 - decay) * now));
  }
}

State EMA::averaged(const State& state, Where where) const {
  const std::string prefix = options_.name + ".average.";
  State result = state.clone(state.device());
  for (const std::string& name : averages_in(state, prefix, where))
    result.set(name, state.get(prefix + name));
  return result;
}

void EMA::swap(State& state, Where where) const {
  const std::string prefix = options_.name + ".average.";
  for (const std::string& name : averages_in(state, prefix, where)) {
    const Array weights = state.get(name), average = state.get(prefix + name);
    state.set(name, average);
    state.set(prefix + name, weights);
  }
}

}  // namespace asg::optim
