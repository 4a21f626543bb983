// softmax(query key^T scale + mask) value.
#include <asg/sdk/composites.hpp>

#include "claimed/attention/steps.hpp"
#include "kernels.hpp"

namespace asg::cpu {

sdk::Kernel make_scaled_dot_product_attention(Context* context) {
  namespace at = sdk::composites::scaled_dot_product_attention;
  return attention::forward_kernel(context, "scaled_dot_product_attention",
                                   {at::query, at::value, at::mask});
}

}  // namespace asg::cpu
