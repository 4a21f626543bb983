#include <asg/optim/lamb.hpp>

#include <utility>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/update.hpp>

#include "ops/update_rules.hpp"
#include "optim/settings.hpp"

namespace asg::optim {

LAMB::LAMB(LAMBOptions options, Where where)
    : Optimizer(common(options), where), options_(std::move(options)) {
  require_betas("LAMB", options_.beta1, options_.beta2, options_.eps, where);
}

void LAMB::update(Graph& graph, const std::vector<Trained>& parameters) const {
  const double beta1 = options_.beta1, beta2 = options_.beta2;
  const Tensor steps = next_step(graph);
  for (const Trained& p : parameters) {
    const Tensor step = cast(steps, p.value.dtype());
    const Tensor m = state(p, "m"), v = state(p, "v");
    const Tensor first = beta1 * m + (1 - beta1) * p.gradient;
    const Tensor second = beta2 * v + (1 - beta2) * square(p.gradient);
    const Tensor spread = sqrt(second / updates::correction(step, beta2)) + options_.eps;
    const Tensor adam = first / updates::correction(step, beta1) / spread;
    const Tensor move = p.weight_decay == 0 ? adam : adam + p.weight_decay * p.value;
    const Tensor size = global_norm({p.value}), length = global_norm({move});
    const Tensor some = size > 0 && length > 0;
    const Tensor trust = where(some, size / where(some, length, 1), 1);
    graph.assign(m, first);
    graph.assign(v, second);
    graph.assign(p.value, p.value - p.lr * trust * move);
  }
}

}  // namespace asg::optim
