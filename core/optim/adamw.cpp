#include <asg/optim/adamw.hpp>

#include <utility>

#include "optim/adam_step.hpp"
#include "optim/settings.hpp"

namespace asg::optim {

AdamW::AdamW(AdamWOptions options, Where where)
    : Optimizer(common(options), where), options_(std::move(options)) {
  require_betas("AdamW", options_.beta1, options_.beta2, options_.eps, where);
}

void AdamW::update(Graph& graph, const std::vector<Trained>& parameters) const {
  const Tensor step = next_step(graph);
  for (const Trained& p : parameters)
    adam_step(p.value, p.gradient,
              {state(p, "m"), state(p, "v"), options_.amsgrad ? state(p, "max_v") : Tensor{}}, p.lr,
              step,
              {.beta1 = options_.beta1,
               .beta2 = options_.beta2,
               .eps = options_.eps,
               .weight_decay = p.weight_decay});
}

}  // namespace asg::optim
