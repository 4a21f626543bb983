#include <asg/optim/rmsprop.hpp>

#include <utility>

#include <fmt/format.h>

#include <asg/ops/elementwise.hpp>

#include "optim/settings.hpp"

namespace asg::optim {

RMSprop::RMSprop(RMSpropOptions options, Where where)
    : Optimizer(common(options), where), options_(std::move(options)) {
  require(options_.alpha >= 0 && options_.alpha <= 1, "RMSprop",
          fmt::format("alpha must be in [0, 1], not {}", options_.alpha), where);
  require_not_negative("RMSprop", "eps", options_.eps, where);
  require_not_negative("RMSprop", "momentum", options_.momentum, where);
}

void RMSprop::update(Graph& graph, const std::vector<Trained>& parameters) const {
  const double alpha = options_.alpha;
  for (const Trained& p : parameters) {
    const Tensor g = p.decayed_gradient();
    const Tensor old = state(p, "square_avg");
    const Tensor square_avg = alpha * old + (1 - alpha) * square(g);
    graph.assign(old, square_avg);
    Tensor spread = square_avg;
    if (options_.centered) {
      const Tensor before = state(p, "grad_avg");
      const Tensor grad_avg = before + (1 - alpha) * (g - before);
      graph.assign(before, grad_avg);
      // Rounding can leave less than nothing of a gradient that stays the same.
      spread = maximum(square_avg - square(grad_avg), 0);
    }
    Tensor move = g / (sqrt(spread) + options_.eps);
    if (options_.momentum > 0) {
      const Tensor buffer = state(p, "momentum");
      move = options_.momentum * buffer + move;
      graph.assign(buffer, move);
    }
    graph.assign(p.value, p.value - p.lr * move);
  }
}

}  // namespace asg::optim
