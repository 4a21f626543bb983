// The gradients of attention with dropout, which drops the same weights again.
#include <asg/sdk/composites.hpp>

#include "claimed/attention/steps.hpp"
#include "kernels.hpp"

namespace asg::cpu {

sdk::Kernel make_scaled_dot_product_attention_dropout_backward(Context* context) {
  namespace at = sdk::composites::scaled_dot_product_attention_dropout_backward;
  return attention::backward_kernel(context, "scaled_dot_product_attention_dropout_backward",
                                    {at::query, at::value, at::mask, at::seed});
}

}  // namespace asg::cpu
