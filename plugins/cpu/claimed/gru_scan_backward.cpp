// The gradients of a GRU's layer; those of second derivatives are left to the body.
#include <asg/sdk/composites.hpp>

#include "claimed/recurrent/recurrent.hpp"
#include "kernels.hpp"

namespace asg::cpu {

sdk::Kernel make_gru_scan_backward(Context* context) {
  namespace at = sdk::composites::gru_scan_backward;
  return recurrent::make_kernel({.name = "gru_scan_backward",
                                 .cell = recurrent::Cell::gru,
                                 .backward = true,
                                 .weight = at::weight_hh,
                                 .state = at::dy,
                                 .least_inputs = at::gates + 1,
                                 .most_inputs = at::gates + 1,
                                 .state_is_output = false},
                                context);
}

}  // namespace asg::cpu
