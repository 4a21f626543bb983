#include <asg/optim/sgd.hpp>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/ops/update.hpp>

namespace asg::optim {

SGD::SGD(SGDOptions options, Where where)
    : Optimizer({options.name, options.clip_norm, options.parameters}), options_(options) {
  if (options.nesterov && (options.momentum == 0 || options.dampening != 0))
    throw TypeError(fmt::format(
        "SGD: Nesterov's momentum needs a momentum and no dampening, not {} and {}\n  at {}",
        options.momentum, options.dampening, to_string(Origin{where.file, where.line, {}, false})));
}

void SGD::update(Graph& graph, const std::vector<Trained>& parameters, const Tensor& lr) const {
  const bool has_momentum = options_.momentum != 0;
  const Tensor step = has_momentum && options_.dampening != 0 ? next_step(graph) : Tensor{};
  for (const Trained& p : parameters) {
    const bool decays = !options_.decays || options_.decays(p.name, p.value.shape());
    const double decay = decays ? options_.weight_decay : 0;
    if (!has_momentum) {
      graph.assign(p.value, sgd_update(p.value, p.gradient, lr, decay));
      continue;
    }
    const Tensor buffer = state(p, "momentum");
    const SgdMomentum next = sgd_momentum_update(p.value, p.gradient, buffer, lr,
                                                 {.momentum = options_.momentum,
                                                  .dampening = options_.dampening,
                                                  .weight_decay = decay,
                                                  .nesterov = options_.nesterov},
                                                 step);
    graph.assign(p.value, next.parameter);
    graph.assign(buffer, next.buffer);
  }
}

}  // namespace asg::optim
