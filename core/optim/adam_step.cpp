#include "optim/adam_step.hpp"

#include <asg/graph/graph.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/update_rules.hpp"

namespace asg::optim {
namespace {

// The same with the largest second moment so far, of which no composite knows.
AdamWState amsgrad(const Tensor& parameter, const Tensor& g, const AdamMoments& moments,
                   const Tensor& lr, const Tensor& steps, const asg::AdamWOptions& o) {
  const Tensor step = cast(steps, parameter.dtype());
  const Tensor first = moments.first + (1 - o.beta1) * (g - moments.first);
  const Tensor second = o.beta2 * moments.second + (1 - o.beta2) * square(g);
  const Tensor largest = maximum(moments.largest, second);
  const Tensor scale = sqrt(updates::correction(step, o.beta2));
  const Tensor spread = sqrt(largest) / scale + o.eps;
  const Tensor kept = o.weight_decay == 0 ? parameter : parameter * (1 - lr * o.weight_decay);
  parameter.graph().assign(moments.largest, largest);
  return {kept - lr / updates::correction(step, o.beta1) * (first / spread), first, second};
}

}  // namespace

void adam_step(const Tensor& parameter, const Tensor& gradient, const AdamMoments& moments,
               const Tensor& lr, const Tensor& step, const asg::AdamWOptions& options) {
  const AdamWState next =
      moments.largest.defined()
          ? amsgrad(parameter, gradient, moments, lr, step, options)
          : adamw_update({parameter, moments.first, moments.second}, gradient, lr, step, options);
  Graph& graph = parameter.graph();
  graph.assign(parameter, next.parameter);
  graph.assign(moments.first, next.first);
  graph.assign(moments.second, next.second);
}

}  // namespace asg::optim
