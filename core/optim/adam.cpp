#include <asg/optim/adam.hpp>

#include <utility>

#include "optim/adam_step.hpp"
#include "optim/settings.hpp"

namespace asg::optim {

Adam::Adam(AdamOptions options, Where where)
    : Optimizer(common(options), where), options_(std::move(options)) {
  require_betas("Adam", options_.beta1, options_.beta2, options_.eps, where);
}

void Adam::update(Graph& graph, const std::vector<Trained>& parameters) const {
  const Tensor step = next_step(graph);
  for (const Trained& p : parameters)
    adam_step(
        p.value, p.decayed_gradient(),
        {state(p, "m"), state(p, "v"), options_.amsgrad ? state(p, "max_v") : Tensor{}}, p.lr, step,
        {.beta1 = options_.beta1, .beta2 = options_.beta2, .eps = options_.eps, .weight_decay = 0});
}

}  // namespace asg::optim
