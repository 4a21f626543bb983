#include <asg/optim/adagrad.hpp>

#include <utility>

#include <asg/ops/elementwise.hpp>

#include "optim/settings.hpp"

namespace asg::optim {

Adagrad::Adagrad(AdagradOptions options, Where where)
    : Optimizer(common(options), where), options_(std::move(options)) {
  require_not_negative("Adagrad", "lr_decay", options_.lr_decay, where);
  require_not_negative("Adagrad", "initial_accumulator_value", options_.initial_accumulator_value,
                       where);
  require_not_negative("Adagrad", "eps", options_.eps, where);
}

void Adagrad::update(Graph& graph, const std::vector<Trained>& parameters) const {
  const Tensor step = options_.lr_decay != 0 ? next_step(graph) : Tensor{};
  for (const Trained& p : parameters) {
    const Tensor g = p.decayed_gradient();
    const Tensor old = state(p, "sum", options_.initial_accumulator_value);
    const Tensor sum = old + square(g);
    const Tensor lr =
        step.defined() ? p.lr / (1 + (cast(step, p.value.dtype()) - 1) * options_.lr_decay) : p.lr;
    graph.assign(old, sum);
    graph.assign(p.value, p.value - lr * (g / (sqrt(sum) + options_.eps)));
  }
}

}  // namespace asg::optim
