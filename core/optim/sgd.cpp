#include <asg/optim/sgd.hpp>

#include <utility>

#include <fmt/format.h>

#include <asg/ops/update.hpp>

#include "optim/settings.hpp"

namespace asg::optim {

SGD::SGD(SGDOptions options, Where where)
    : Optimizer(common(options), where), options_(std::move(options)) {
  require(!options_.nesterov || (options_.momentum != 0 && options_.dampening == 0), "SGD",
          fmt::format("Nesterov's momentum needs a momentum and no dampening, not {} and {}",
                      options_.momentum, options_.dampening),
          where);
}

void SGD::update(Graph& graph, const std::vector<Trained>& parameters) const {
  const bool has_momentum = options_.momentum != 0;
  const Tensor step = has_momentum && options_.dampening != 0 ? next_step(graph) : Tensor{};
  for (const Trained& p : parameters) {
    if (!has_momentum) {
      graph.assign(p.value, sgd_update(p.value, p.gradient, p.lr, p.weight_decay));
      continue;
    }
    const Tensor buffer = state(p, "momentum");
    const SgdMomentum next = sgd_momentum_update(p.value, p.gradient, buffer, p.lr,
                                                 {.momentum = options_.momentum,
                                                  .dampening = options_.dampening,
                                                  .weight_decay = p.weight_decay,
                                                  .nesterov = options_.nesterov},
                                                 step);
    graph.assign(p.value, next.parameter);
    graph.assign(buffer, next.buffer);
  }
}

}  // namespace asg::optim
