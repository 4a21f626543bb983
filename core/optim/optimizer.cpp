#include <asg/optim/optimizer.hpp>

#include <fnmatch.h>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <asg/autodiff/gradients.hpp>
#include <asg/graph/algorithms.hpp>
#include <asg/graph/build.hpp>
#include <asg/graph/error.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/update.hpp>

#include "optim/settings.hpp"

namespace asg::optim {
namespace {

std::string here(const Graph& graph) { return "\n  at " + to_string(graph.origin_now()); }

bool assigned(const Graph& graph, NodeId variable) {
  return std::any_of(graph.assigns().begin(), graph.assigns().end(),
                     [&](NodeId id) { return graph.node(id).operands[0].node == variable; });
}

Tensor begin_with(Graph& graph, std::string name, const TensorType& type, double initial) {
  VariableInfo info;
  info.name = std::move(name);
  info.trainable = false;
  info.initial = initial;
  return graph.variable(info, type.dtype, type.shape);
}

void check_loss(std::string_view function, const Operand& loss, const Graph& graph) {
  if (!loss.is_tensor())
    throw TypeError(
        fmt::format("{}: the loss is a number, on which nothing depends{}", function, here(graph)));
  const TensorType type = loss.tensor().type();
  if (type.shape.numel() != 1)
    throw ShapeError(
        fmt::format("{}: the loss is {}; it must have one element, for example "
                    "as its mean{}",
                    function, to_string(type), here(graph)));
  if (!is_float(type.dtype))
    throw TypeError(fmt::format("{}: the loss is {}; only floats have gradients{}", function,
                                to_string(type), here(graph)));
}

// The rate as a float scalar.
Tensor rate(std::string_view function, const Call& call, const Operand& lr, DType dtype) {
  const Tensor t = call.tensor(lr, dtype);
  if (t.rank() != 0)
    throw ShapeError(fmt::format("{}: the learning rate is {}; it must be a scalar{}", function,
                                 to_string(t.type()), here(call.graph())));
  return is_float(t.dtype()) ? t : cast(t, dtype);
}

std::vector<VariableInfo> trainable(std::string_view function, Graph& graph, const Tensor& loss,
                                    const Select& select) {
  const NodeId roots[] = {loss.value().node};
  const std::vector<bool> used = needed(graph, roots);
  std::vector<VariableInfo> found;
  bool frozen = false;
  bool passed_over = false;
  for (const VariableInfo& info : graph.variables()) {
    const TensorType& type = graph.type({info.node, 0});
    if (!used[info.node] || !is_float(type.dtype)) continue;
    frozen = frozen || !info.trainable;
    if (!info.trainable) continue;
    if (select && !select(info.name, type.shape)) {
      passed_over = true;
      continue;
    }
    found.push_back(info);
  }
  if (!found.empty()) return found;
  throw GradientError(fmt::format("{}: the loss depends on no trainable variable{}{}", function,
                                  passed_over ? " that the optimizer's `parameters` selects"
                                  : frozen    ? ": all are frozen; see set_trainable"
                                              : "; was it made with the model?",
                                  here(graph)));
}

void check_gradient(std::string_view function, const Graph& graph, const Gradient& g) {
  if (!g.value.defined() || graph.find_variable(g.value.value().node) == nullptr)
    throw TypeError(fmt::format("{}: '{}' is no variable of this program, and cannot be updated{}",
                                function, g.name, here(graph)));
  if (!g.gradient.defined() || g.gradient.type() != g.value.type())
    throw TypeError(fmt::format("{}: the gradient of '{}' is {}; it must be as the parameter, {}{}",
                                function, g.name,
                                g.gradient.defined() ? to_string(g.gradient.type()) : "none",
                                to_string(g.value.type()), here(graph)));
  if (assigned(graph, g.value.value().node))
    throw GradientError(
        fmt::format("{}: '{}' is updated already; one run gives it one value. Let the optimizers "
                    "select different `parameters`{}",
                    function, g.name, here(graph)));
}

bool takes(const ParameterGroup& group, const std::string& name) {
  return fnmatch(group.pattern.c_str(), name.c_str(), FNM_NOESCAPE) == 0;
}

// Which group each parameter belongs to; groups.size() stands for none.
std::vector<std::size_t> groups_of(std::string_view function, const Graph& graph,
                                   const ParameterGroups& groups, const Gradients& gradients) {
  std::vector<std::size_t> found;
  for (const Gradient& g : gradients)
    found.push_back(static_cast<std::size_t>(
        std::find_if(groups.begin(), groups.end(),
                     [&](const ParameterGroup& group) { return takes(group, g.name); }) -
        groups.begin()));
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (std::find(found.begin(), found.end(), i) != found.end()) continue;
    std::string names;
    for (std::size_t k = 0; k < gradients.size(); ++k) {
      names += fmt::format("\n  '{}'", gradients[k].name);
      if (takes(groups[i], gradients[k].name))
        names += fmt::format(", which the group '{}' takes before", groups[found[k]].pattern);
    }
    throw GradientError(
        fmt::format("{}: the group '{}' takes none of the parameters, which are{}{}", function,
                    groups[i].pattern, names, here(graph)));
  }
  return found;
}

// Keeps what was assigned since `first` unless `stepped`: variables then have their old values.
void hold(Graph& graph, std::size_t first, const Tensor& stepped) {
  const std::vector<NodeId> added(graph.assigns().begin() + static_cast<std::ptrdiff_t>(first),
                                  graph.assigns().end());
  for (const NodeId id : added) {
    const Tensor variable = graph.tensor(graph.node(id).operands[0]);
    graph.reassign(variable, where(stepped, graph.pending(variable), variable));
  }
}

}  // namespace

bool matrices_only(std::string_view, const Shape& shape) { return shape.rank() >= 2; }

Optimizer::Optimizer(Common common, Where where) : common_(std::move(common)) {
  const auto positive = [](const std::optional<double>& limit) { return !limit || *limit > 0; };
  require(positive(common_.clip_norm) && positive(common_.clip_value), common_.name,
          "clip_norm and clip_value must be positive", where);
  require(common_.accumulate >= 1, common_.name,
          fmt::format("accumulate is the number of runs for one step, not {}", common_.accumulate),
          where);
}

Minimized Optimizer::minimize(const Operand& loss, const Operand& lr) const {
  const Call call("minimize", {loss, lr});
  return step("minimize", differentiate("minimize", call.graph(), loss), lr);
}

Gradients Optimizer::gradients(const Operand& loss) const {
  const Call call("gradients", {loss});
  return differentiate("gradients", call.graph(), loss);
}

Minimized Optimizer::apply(const Gradients& gradients, const Operand& lr) const {
  if (gradients.empty())
    throw GradientError("apply: there are no gradients\n  at " +
                        to_string(Origin{lr.where().file, lr.where().line, {}, false}));
  const Call call("apply", {lr, gradients.front().value});
  call.graph().set_training(true);
  return step("apply", gradients, lr);
}

Gradients Optimizer::differentiate(std::string_view function, Graph& graph,
                                   const Operand& loss) const {
  check_loss(function, loss, graph);
  graph.set_training(true);

  const std::vector<VariableInfo> variables =
      trainable(function, graph, loss.tensor(), common_.parameters);
  Tensors wrt;
  for (const VariableInfo& info : variables) wrt.push_back(graph.tensor({info.node, 0}));
  std::vector<bool> reached;
  const Tensors all = asg::gradients(loss, wrt, {}, {.reached = &reached});

  // What no gradient reaches is left alone: weight decay and momentum would move it all the same.
  Gradients found;
  for (std::size_t i = 0; i < all.size(); ++i)
    if (reached[i]) found.push_back({variables[i].name, wrt[i], all[i]});
  if (found.empty())
    throw GradientError(
        fmt::format("{}: no gradient reaches '{}' or any other trainable variable that the "
                    "loss depends on: stop_gradient, an integer or a comparison is on every way{}",
                    function, variables[0].name, here(graph)));
  return found;
}

Minimized Optimizer::step(std::string_view function, const Gradients& gradients,
                          const Operand& lr) const {
  const Call call(function, {lr, gradients.front().value});
  Graph& graph = call.graph();
  DType widest = gradients.front().value.dtype();
  for (const Gradient& g : gradients) {
    check_gradient(function, graph, g);
    widest = promote(widest, g.value.dtype());
  }
  std::vector<Trained> parameters =
      with_groups(function, gradients, rate(function, call, lr, widest));

  const PathScope scope(graph, common_.name);
  Minimized result;
  if (common_.accumulate > 1) result.stepped = accumulate(graph, parameters);
  result.grad_norm = clip(parameters);
  const std::size_t first = graph.assigns().size();
  update(graph, parameters);
  if (result.stepped.defined()) hold(graph, first, result.stepped);
  for (const Trained& p : parameters) result.parameters.push_back(p.value);

  if (const VariableInfo* random = graph.find_variable("random.step");
      random != nullptr && !assigned(graph, random->node)) {
    const Tensor old = graph.tensor({random->node, 0});
    graph.assign(old, old + 1);
  }
  return result;
}

std::vector<Optimizer::Trained> Optimizer::with_groups(std::string_view function,
                                                       const Gradients& gradients,
                                                       const Tensor& lr) const {
  Graph& graph = lr.graph();
  const std::vector<std::size_t> groups = groups_of(function, graph, common_.groups, gradients);
  std::vector<Trained> parameters;
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    const Gradient& g = gradients[i];
    const bool decays = !common_.decays || common_.decays(g.name, g.value.shape());
    Trained p{g.name, g.value, g.gradient, cast(lr, g.value.dtype()),
              decays ? common_.weight_decay : 0};
    if (groups[i] < common_.groups.size()) {
      const ParameterGroup& group = common_.groups[groups[i]];
      if (group.lr) p.lr = graph.constant(Array(*group.lr).to(g.value.dtype()));
      if (group.lr_factor != 1) p.lr = p.lr * group.lr_factor;
      p.weight_decay = group.weight_decay.value_or(p.weight_decay);
    }
    parameters.push_back(std::move(p));
  }
  return parameters;
}

// Adds up the gradients of the runs since the last step; gives whether this run takes one.
Tensor Optimizer::accumulate(Graph& graph, std::vector<Trained>& parameters) const {
  const Tensor old = scalar_state(graph, "run", i64);
  const Tensor run = old + 1;
  const Tensor stepped = ge(run, common_.accumulate);
  graph.assign(old, where(stepped, 0, run));
  for (Trained& p : parameters) {
    const Tensor before = state(p, "accumulated");
    const Tensor total = before + p.gradient;
    graph.assign(before, where(stepped, 0.0, total));
    p.gradient = total / static_cast<double>(common_.accumulate);
  }
  return stepped;
}

// Limits the gradients; gives the norm that they had.
Tensor Optimizer::clip(std::vector<Trained>& parameters) const {
  Tensors found;
  for (const Trained& p : parameters) found.push_back(p.gradient);
  Tensor norm;
  if (common_.clip_value) {
    norm = global_norm(found);
    for (Tensor& g : found) g = clamp(g, -*common_.clip_value, *common_.clip_value);
  }
  if (common_.clip_norm) {
    ClippedGradients clipped = clip_grad_norm(found, *common_.clip_norm);
    if (!norm.defined()) norm = clipped.norm;
    found = std::move(clipped.gradients);
  } else if (!norm.defined()) {
    norm = global_norm(found);
  }
  for (std::size_t i = 0; i < found.size(); ++i) parameters[i].gradient = found[i];
  return norm;
}

Tensor Optimizer::Trained::decayed_gradient() const {
  return weight_decay == 0 ? gradient : gradient + weight_decay * value;
}

Tensor Optimizer::Trained::decayed_value() const {
  return weight_decay == 0 ? value : value * (1 - lr * weight_decay);
}

Tensor Optimizer::state(const Trained& parameter, std::string_view kind, double initial) const {
  return begin_with(parameter.value.graph(),
                    fmt::format("{}.{}.{}", common_.name, kind, parameter.name),
                    parameter.value.type(), initial);
}

Tensor Optimizer::scalar_state(Graph& graph, std::string_view kind, DType dtype,
                               double initial) const {
  const Tensor old =
      begin_with(graph, fmt::format("{}.{}", common_.name, kind), {dtype, {}}, initial);
  if (assigned(graph, old.value().node))
    throw GradientError(fmt::format(
        "minimize: '{0}' counts its steps already in this program; give the second optimizer a "
        "name of its own: {{.name = \"{0}_2\"}}{1}",
        common_.name, here(graph)));
  return old;
}

Tensor Optimizer::next_step(Graph& graph) const {
  const Tensor old = scalar_state(graph, "step", i64);
  const Tensor step = old + 1;
  graph.assign(old, step);
  return step;
}

}  // namespace asg::optim
