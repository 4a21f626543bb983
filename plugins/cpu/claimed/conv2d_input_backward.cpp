// The gradient of a convolution's images: convolutions of dy with the kernel turned around, one for
// each phase of the stride.
#include <asg/sdk/composites.hpp>

#include "claimed/convolution/step.hpp"
#include "kernels.hpp"

namespace asg::cpu {

namespace {

namespace conv2d_input_backward = sdk::composites::conv2d_input_backward;

sdk::Run prepare_input_gradient(const sdk::ProgramCopy& program, const asg_step& step,
                                Context& context) {
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
  return convolution::prepare(program, step, height, width, true, context);
}

}  // namespace

sdk::Kernel make_conv2d_input_backward(Context* context) {
  sdk::Kernel kernel;
  kernel.claimed_op = "conv2d_input_backward";
  kernel.claim = [](const asg_step_request& request, asg_claim_reply& reply) {
    reply.accepted = convolution::fits(request) ? 1 : 0;
    reply.strided_inputs = 3;
  };
  kernel.prepare = [context](const sdk::ProgramCopy& program, const asg_step& step) {
    return prepare_input_gradient(program, step, *context);
  };
  return kernel;
}

}  // namespace asg::cpu
