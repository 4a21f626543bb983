#include <asg/optim/adamw.hpp>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/ops/update.hpp>

namespace asg::optim {

AdamW::AdamW(AdamWOptions options, Where where)
    : Optimizer({options.name, options.clip_norm, options.parameters}), options_(options) {
  const auto is_beta = [](double beta) { return beta >= 0 && beta < 1; };
  if (!is_beta(options.beta1) || !is_beta(options.beta2) || !(options.eps >= 0))
    throw TypeError(fmt::format(
        "AdamW: the betas must be in [0, 1) and eps not negative, not {}, {} and {}\n  at {}",
        options.beta1, options.beta2, options.eps,
        to_string(Origin{where.file, where.line, {}, false})));
}

void AdamW::update(Graph& graph, const std::vector<Trained>& parameters, const Tensor& lr) const {
  const Tensor step = next_step(graph);
  for (const Trained& p : parameters) {
    const bool decays = !options_.decays || options_.decays(p.name, p.value.shape());
    const Tensor first = state(p, "m");
    const Tensor second = state(p, "v");
    const AdamWState next = adamw_update({p.value, first, second}, p.gradient, lr, step,
                                         {.beta1 = options_.beta1,
                                          .beta2 = options_.beta2,
                                          .eps = options_.eps,
                                          .weight_decay = decays ? options_.weight_decay : 0});
    graph.assign(p.value, next.parameter);
    graph.assign(first, next.first);
    graph.assign(second, next.second);
  }
}

}  // namespace asg::optim
