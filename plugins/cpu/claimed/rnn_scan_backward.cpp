// The gradients of an RNN's layer.
#include <asg/sdk/composites.hpp>

#include "claimed/recurrent/recurrent.hpp"
#include "kernels.hpp"

namespace asg::cpu {

sdk::Kernel make_rnn_scan_backward(Context* context) {
  namespace at = sdk::composites::rnn_scan_backward;
  return recurrent::make_kernel({.name = "rnn_scan_backward",
                                 .cell = recurrent::Cell::tanh,
                                 .backward = true,
                                 .weight = at::weight_hh,
                                 .state = at::y,
                                 .least_inputs = at::y + 1,
                                 .most_inputs = at::y + 1,
                                 .state_is_output = false},
                                context);
}

}  // namespace asg::cpu
