// One direction of an RNN's layer over all steps.
#include <asg/sdk/composites.hpp>

#include "claimed/recurrent/recurrent.hpp"
#include "kernels.hpp"

namespace asg::cpu {

sdk::Kernel make_rnn_scan(Context* context) {
  namespace at = sdk::composites::rnn_scan;
  return recurrent::make_kernel({.name = "rnn_scan",
                                 .cell = recurrent::Cell::tanh,
                                 .backward = false,
                                 .weight = at::weight_hh,
                                 .state = at::y,
                                 .least_inputs = at::weight_hh + 1,
                                 .most_inputs = at::weight_hh + 1,
                                 .state_is_output = true},
                                context);
}

}  // namespace asg::cpu
