#include <asg/optim/adadelta.hpp>

#include <utility>

#include <fmt/format.h>

#include <asg/ops/elementwise.hpp>

#include "optim/settings.hpp"

namespace asg::optim {

Adadelta::Adadelta(AdadeltaOptions options, Where where)
    : Optimizer(common(options), where), options_(std::move(options)) {
  require(options_.rho >= 0 && options_.rho <= 1, "Adadelta",
          fmt::format("rho must be in [0, 1], not {}", options_.rho), where);
  require_not_negative("Adadelta", "eps", options_.eps, where);
}

void Adadelta::update(Graph& graph, const std::vector<Trained>& parameters) const {
  const double rho = options_.rho;
  for (const Trained& p : parameters) {
    const Tensor g = p.decayed_gradient();
    const Tensor squares = state(p, "square_avg");
    const Tensor moves = state(p, "acc_delta");
    const Tensor square_avg = rho * squares + (1 - rho) * square(g);
    const Tensor delta = sqrt(moves + options_.eps) / sqrt(square_avg + options_.eps) * g;
    graph.assign(squares, square_avg);
    graph.assign(moves, rho * moves + (1 - rho) * square(delta));
    graph.assign(p.value, p.value - p.lr * delta);
  }
}

}  // namespace asg::optim
