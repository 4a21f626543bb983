// The gradient of a convolution's images: for steps of 1 a convolution of dy with the kernel turned
// around.
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
    axis->source = dy.shape[d];
    axis->kernel = weight.shape[d];
    axis->result = dx.shape[d];
    axis->pad = axis->dilation * (axis->kernel - 1) - axis->pad;
    ++d;
  }
  return {height, width, dy.shape[1] / sdk::attr_int(step, "groups"), weight.shape[1]};
}

}  // namespace

sdk::Kernel make_conv2d_input_backward(Context* context) {
  sdk::Kernel kernel;
  kernel.claimed_op = "conv2d_input_backward";
  kernel.claim = [](const asg_claim_request& request, asg_claim_reply& reply) {
    convolution::Axis height, width;
    convolution::read_axes(request, height, width);
    // Longer steps would leave most of the products zero.
    reply.accepted = convolution::fits(request) && height.stride == 1 && width.stride == 1 ? 1 : 0;
    reply.strided_inputs = 3;
  };
  kernel.prepare = [context](const sdk::ProgramCopy& program, const asg_step& step) -> sdk::Run {
    return
        [made = convolution::Convolution(program, step, input_gradient_layout(program, step), true,
                                         *context)](const sdk::Call& call) { made.run(call); };
  };
  return kernel;
}

}  // namespace asg::cpu
