#include <asg/optim/lion.hpp>

#include <utility>

#include <asg/ops/elementwise.hpp>

#include "optim/settings.hpp"

namespace asg::optim {

Lion::Lion(LionOptions options, Where where)
    : Optimizer(common(options), where), options_(std::move(options)) {
  require_betas("Lion", options_.beta1, options_.beta2, 0, where);
}

void Lion::update(Graph& graph, const std::vector<Trained>& parameters) const {
  for (const Trained& p : parameters) {
    const Tensor m = state(p, "m");
    const Tensor followed = options_.beta1 * m + (1 - options_.beta1) * p.gradient;
    graph.assign(p.value, p.decayed_value() - p.lr * sign(followed));
    graph.assign(m, options_.beta2 * m + (1 - options_.beta2) * p.gradient);
  }
}

}  // namespace asg::optim
