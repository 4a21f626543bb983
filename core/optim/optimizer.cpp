#include <asg/optim/optimizer.hpp>

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <asg/autodiff/gradients.hpp>
#include <asg/graph/algorithms.hpp>
#include <asg/graph/build.hpp>
#include <asg/graph/error.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/update.hpp>

namespace asg::optim {
namespace {

std::string here(const Graph& graph) { return "\n  at " + to_string(graph.origin_now()); }

bool assigned(const Graph& graph, NodeId variable) {
  return std::any_of(graph.assigns().begin(), graph.assigns().end(),
                     [&](NodeId id) { return graph.node(id).operands[0].node == variable; });
}

Tensor zero_at_first(Graph& graph, std::string name, const TensorType& type) {
  VariableInfo info;
  info.name = std::move(name);
  info.trainable = false;
  info.initial = 0;
  return graph.variable(info, type.dtype, type.shape);
}

void check_loss(const Call& call, const Operand& loss) {
  Graph& graph = call.graph();
  if (!loss.is_tensor())
    throw TypeError("minimize: the loss is a number, on which nothing depends" + here(graph));
  const TensorType type = loss.tensor().type();
  if (type.shape.numel() != 1)
    throw ShapeError(
        fmt::format("minimize: the loss is {}; it must have one element, for example "
                    "as its mean{}",
                    to_string(type), here(graph)));
  if (!is_float(type.dtype))
    throw TypeError(fmt::format("minimize: the loss is {}; only floats have gradients{}",
                                to_string(type), here(graph)));
}

// The rate as a float scalar; the updates cast it to the type of their parameter.
Tensor rate(const Call& call, const Operand& lr, DType dtype) {
  const Tensor t = call.tensor(lr, dtype);
  if (t.rank() != 0)
    throw ShapeError(fmt::format("minimize: the learning rate is {}; it must be a scalar{}",
                                 to_string(t.type()), here(call.graph())));
  return is_float(t.dtype()) ? t : cast(t, dtype);
}

std::vector<VariableInfo> trainable(Graph& graph, const Tensor& loss, const Select& select) {
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
  throw GradientError(fmt::format("minimize: the loss depends on no trainable variable{}{}",
                                  passed_over ? " that the optimizer's `parameters` selects"
                                  : frozen    ? ": all are frozen; see set_trainable"
                                              : "; was it made with the model?",
                                  here(graph)));
}

}  // namespace

bool matrices_only(std::string_view, const Shape& shape) { return shape.rank() >= 2; }

Optimizer::Optimizer(Common common) : common_(std::move(common)) {}

Minimized Optimizer::minimize(const Operand& loss, const Operand& lr) const {
  const Call call("minimize", {loss, lr});
  Graph& graph = call.graph();
  check_loss(call, loss);
  graph.set_training(true);

  const std::vector<VariableInfo> variables = trainable(graph, loss.tensor(), common_.parameters);
  Tensors wrt;
  for (const VariableInfo& info : variables) wrt.push_back(graph.tensor({info.node, 0}));
  std::vector<bool> reached;
  const Tensors all = gradients(loss, wrt, {}, {.reached = &reached});

  // What no gradient reaches is left alone: weight decay and momentum would move it all the same.
  std::vector<Trained> parameters;
  Tensors found;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!reached[i]) continue;
    if (assigned(graph, variables[i].node))
      throw GradientError(fmt::format(
          "minimize: '{}' is updated already; one run gives it one value. Let the optimizers "
          "select different `parameters`{}",
          variables[i].name, here(graph)));
    parameters.push_back({variables[i].name, wrt[i], {}});
    found.push_back(all[i]);
  }
  DType widest = loss.tensor().dtype();
  for (const Trained& p : parameters) widest = promote(widest, p.value.dtype());
  const Tensor scalar = rate(call, lr, widest);
  if (found.empty())
    throw GradientError(
        fmt::format("minimize: no gradient reaches '{}' or any other trainable variable that the "
                    "loss depends on: stop_gradient, an integer or a comparison is on every way{}",
                    variables[0].name, here(graph)));

  const PathScope scope(graph, common_.name);
  Minimized result;
  if (common_.clip_norm) {
    ClippedGradients clipped = clip_grad_norm(found, *common_.clip_norm);
    result.grad_norm = clipped.norm;
    found = std::move(clipped.gradients);
  } else {
    result.grad_norm = global_norm(found);
  }
  for (std::size_t i = 0; i < found.size(); ++i) parameters[i].gradient = found[i];
  update(graph, parameters, scalar);

  if (const VariableInfo* step = graph.find_variable("random.step");
      step != nullptr && !assigned(graph, step->node)) {
    const Tensor old = graph.tensor({step->node, 0});
    graph.assign(old, old + 1);
  }
  return result;
}

Tensor Optimizer::state(const Trained& parameter, std::string_view kind) const {
  return zero_at_first(parameter.value.graph(),
                       fmt::format("{}.{}.{}", common_.name, kind, parameter.name),
                       parameter.value.type());
}

Tensor Optimizer::next_step(Graph& graph) const {
  const Tensor old = zero_at_first(graph, common_.name + ".step", {i64, {}});
  if (assigned(graph, old.value().node))
    throw GradientError(fmt::format(
        "minimize: '{0}' counts its steps already in this program; give the second optimizer a "
        "name of its own: {{.name = \"{0}_2\"}}{1}",
        common_.name, here(graph)));
  const Tensor step = old + 1;
  graph.assign(old, step);
  return step;
}

}  // namespace asg::optim
