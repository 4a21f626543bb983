#include <asg/optim/nadam.hpp>

#include <cmath>
#include <utility>

#include <asg/ops/elementwise.hpp>

#include "ops/update_rules.hpp"
#include "optim/settings.hpp"

namespace asg::optim {

NAdam::NAdam(NAdamOptions options, Where where)
    : Optimizer(common(options), where), options_(std::move(options)) {
  require_betas("NAdam", options_.beta1, options_.beta2, options_.eps, where);
  require_not_negative("NAdam", "momentum_decay", options_.momentum_decay, where);
}

void NAdam::update(Graph& graph, const std::vector<Trained>& parameters) const {
  const double beta1 = options_.beta1, beta2 = options_.beta2;
  DType widest = parameters.front().value.dtype();
  for (const Trained& p : parameters) widest = promote(widest, p.value.dtype());
  const Tensor steps = next_step(graph);
  const Tensor step = cast(steps, widest);
  const double power = std::log(0.96) * options_.momentum_decay;
  const Tensor mu = beta1 * (1 - 0.5 * exp(step * power));
  const Tensor mu_next = beta1 * (1 - 0.5 * exp((step + 1) * power));
  const Tensor old_product = scalar_state(graph, "mu_product", widest, 1);
  const Tensor product = old_product * mu;
  graph.assign(old_product, product);
  const Tensor of_gradient = (1 - mu) / (1 - product);
  const Tensor of_mean = mu_next / (1 - product * mu_next);

  for (const Trained& p : parameters) {
    const DType dtype = p.value.dtype();
    const Tensor g = options_.decoupled_weight_decay ? p.gradient : p.decayed_gradient();
    const Tensor value = options_.decoupled_weight_decay ? p.decayed_value() : p.value;
    const Tensor m = state(p, "m"), v = state(p, "v");
    const Tensor first = beta1 * m + (1 - beta1) * g;
    const Tensor second = beta2 * v + (1 - beta2) * square(g);
    const Tensor scale = sqrt(updates::correction(cast(steps, dtype), beta2));
    const Tensor spread = sqrt(second) / scale + options_.eps;
    graph.assign(m, first);
    graph.assign(v, second);
    graph.assign(p.value, value - p.lr * cast(of_gradient, dtype) * (g / spread) -
                              p.lr * cast(of_mean, dtype) * (first / spread));
  }
}

}  // namespace asg::optim
