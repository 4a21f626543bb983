// One direction of an LSTM's layer over all steps.
#include <asg/sdk/composites.hpp>

#include "claimed/recurrent/recurrent.hpp"
#include "kernels.hpp"

namespace asg::cpu {

sdk::Kernel make_lstm_scan(Context* context) {
  namespace at = sdk::composites::lstm_scan;
  return recurrent::make_kernel({.name = "lstm_scan",
                                 .cell = recurrent::Cell::lstm,
                                 .backward = false,
                                 .weight = at::weight_hh,
                                 .state = at::y,
                                 .least_inputs = at::weight_hh + 1,
                                 .most_inputs = at::weight_hh + 1,
                                 .state_is_output = true},
                                context);
}

}  // namespace asg::cpu
