// The step that Adam and AdamW share.
#pragma once
#include <asg/ops/update.hpp>

namespace asg::optim {

struct AdamMoments {
  Tensor first, second;
  Tensor largest;  ///< AMSGrad's; none without
};

/// Assigns the parameter and its moments their new values. The options' weight_decay acts beside
/// the means.
void adam_step(const Tensor& parameter, const Tensor& gradient, const AdamMoments& moments,
               const Tensor& lr, const Tensor& step, const asg::AdamWOptions& options);

}  // namespace asg::optim
