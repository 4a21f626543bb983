// One direction of a GRU's layer over all steps.
#include <asg/sdk/composites.hpp>

#include "claimed/recurrent/recurrent.hpp"
#include "kernels.hpp"

namespace asg::cpu {

sdk::Kernel make_gru_scan(Context* context) {
  namespace at = sdk::composites::gru_scan;
  return recurrent::make_kernel({.name = "gru_scan",
                                 .cell = recurrent::Cell::gru,
                                 .backward = false,
                                 .weight = at::weight_hh,
                                 .state = at::y,
                                 .least_inputs = at::weight_hh + 1,
                                 .most_inputs = at::bias_hh + 1,
                                 .state_is_output = true},
                                context);
}

}  // namespace asg::cpu
