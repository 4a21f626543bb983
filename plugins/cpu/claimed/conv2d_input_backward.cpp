// The gradient of a convolution's images: convolutions of dy with the kernel turned around, one for
// each phase of the stride.
#include <asg/sdk/composites.hpp>

#include "claimed/convolution/convolution.hpp"
#include "kernels.hpp"

namespace asg::cpu {

namespace {

namespace conv2d_input_backward = sdk::composites::conv2d_input_backward;

convolution::Layout input_gradient_layout(const sdk::ProgramCopy& program, const asg_step& step) {
  require_arity(step, 2, 1);
  const asg_value &dy = program.input(step, conv2d_input_backward::dy),
                  &weight = program.input(step, conv2d_input_backward::weight);
  const asg_value& dx = program.output(step, conv2d_input_backward::dx);
  convolution::Axis height, width;
  convolution::read_axes(step, height, width);
  uint32_t d = 2;
  for (convolution::Axis* axis : {&height, &width}) {
    axis->source = dx.shape[d];
    axis->kernel = weight.shape[d];
    axis->result = dy.shape[d];
    ++d;
  }
  return {convolution::backward_side(height),
          convolution::backward_side(width),
          dy.shape[1] / sdk::attr_int(step, "groups"),
          weight.shape[1],
          {.strip = convolution::find_products().strip, .images = dy.shape[0]}};
}

}  // namespace

sdk::Kernel make_conv2d_input_backward(Context* context) {
  sdk::Kernel kernel;
  kernel.claimed_op = "conv2d_input_backward";
  kernel.claim = [](const asg_claim_request& request, asg_claim_reply& reply) {
    reply.accepted = convolution::fits(request) ? 1 : 0;
    reply.strided_inputs = 3;
  };
  kernel.prepare = [context](const sdk::ProgramCopy& program, const asg_step& step) {
    return convolution::prepare(program, step, input_gradient_layout(program, step), true,
                                *context);
  };
  return kernel;
}

}  // namespace asg::cpu
