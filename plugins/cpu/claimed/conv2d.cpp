// Convolution of images, plus bias.
#include <asg/sdk/composites.hpp>

#include "claimed/convolution/convolution.hpp"
#include "kernels.hpp"

namespace asg::cpu {

namespace {

namespace conv2d = sdk::composites::conv2d;

convolution::Layout convolution_layout(const sdk::ProgramCopy& program, const asg_step& step) {
  require(step.n_inputs >= conv2d::bias && step.n_inputs <= conv2d::bias + 1 && step.n_outputs == 1,
          "conv2d: wrong number of inputs or outputs");
  const asg_value &x = program.input(step, conv2d::x),
                  &weight = program.input(step, conv2d::weight);
  const asg_value& y = program.output(step, conv2d::y);
  convolution::Axis height, width;
  convolution::read_axes(step, height, width);
  height.source = x.shape[2];
  width.source = x.shape[3];
  height.kernel = weight.shape[2];
  width.kernel = weight.shape[3];
  height.result = y.shape[2];
  width.result = y.shape[3];
  return {height, width, weight.shape[1], y.shape[1] / sdk::attr_int(step, "groups")};
}

}  // namespace

sdk::Kernel make_conv2d(Context* context) {
  sdk::Kernel kernel;
  kernel.claimed_op = "conv2d";
  kernel.claim = [](const asg_claim_request& request, asg_claim_reply& reply) {
    reply.accepted = convolution::fits(request) ? 1 : 0;
    reply.strided_inputs = 7;
  };
  kernel.prepare = [context](const sdk::ProgramCopy& program, const asg_step& step) -> sdk::Run {
    return [made = convolution::Convolution(program, step, convolution_layout(program, step), false,
                                            *context)](const sdk::Call& call) { made.run(call); };
  };
  return kernel;
}

}  // namespace asg::cpu
