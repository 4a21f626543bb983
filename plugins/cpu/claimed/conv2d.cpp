// Convolution of images, plus bias.
#include <asg/sdk/composites.hpp>

#include "claimed/convolution/step.hpp"
#include "kernels.hpp"

namespace asg::cpu {

namespace {

namespace conv2d = sdk::composites::conv2d;

sdk::Run prepare_conv2d(const sdk::ProgramCopy& program, const asg_step& step, Context& context) {
  require(step.n_inputs >= conv2d::bias && step.n_inputs <= conv2d::bias + 1 && step.n_outputs == 1,
          "conv2d: wrong number of inputs or outputs");
  const asg_value &x = program.input(step, conv2d::x),
                  &weight = program.input(step, conv2d::weight);
  const asg_value& y = program.output(step, conv2d::y);
  convolution::Axis height, width;
  convolution::read_axes(step, height, width);
  uint32_t d = 2;
  for (convolution::Axis* axis : {&height, &width}) {
    axis->source = x.shape[d];
    axis->kernel = weight.shape[d];
    axis->result = y.shape[d];
    ++d;
  }
  return convolution::prepare(program, step, height, width, false, context);
}

}  // namespace

sdk::Kernel make_conv2d(Context* context) {
  sdk::Kernel kernel;
  kernel.claimed_op = "conv2d";
  kernel.claim = [](const asg_step_request& request, asg_claim_reply& reply) {
    reply.accepted = convolution::fits(request) ? 1 : 0;
    reply.strided_inputs = 7;
  };
  kernel.prepare = [context](const sdk::ProgramCopy& program, const asg_step& step) {
    return prepare_conv2d(program, step, *context);
  };
  return kernel;
}

}  // namespace asg::cpu
