// The gradients of attention's query, key and value.
#include <asg/sdk/composites.hpp>

#include "claimed/attention/steps.hpp"
#include "kernels.hpp"

namespace asg::cpu {

sdk::Kernel make_scaled_dot_product_attention_backward(Context* context) {
  namespace at = sdk::composites::scaled_dot_product_attention_backward;
  return attention::backward_kernel(context, "scaled_dot_product_attention_backward",
                                    {at::query, at::value, at::mask});
}

}  // namespace asg::cpu
