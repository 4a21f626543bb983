// The gradient of a convolution's weight.  Images are added up in chunks that follow from the
// shapes alone, and the chunks in their order: the sum does not depend on the number of threads.
#include <asg/sdk/composites.hpp>

#include "claimed/convolution/convolution.hpp"
#include "kernels.hpp"

namespace asg::cpu {

namespace {

namespace conv2d_weight_backward = sdk::composites::conv2d_weight_backward;

constexpr int64_t gradient_tasks = 16;
constexpr int64_t most_gradient_bytes = 4 << 20;  // of partial sums

int64_t gradient_chunks(int64_t images, int64_t groups, int64_t sums) {
  return std::clamp<int64_t>(most_gradient_bytes / (groups * sums * 4), 1,
                             std::min(images, divide_up(gradient_tasks, groups)));
}
struct WeightGradient {
  WeightGradient(const sdk::ProgramCopy& program, const asg_step& step, Context& device);
  void run(const sdk::Call& call) const;
  void add_images(const sdk::Call& call, int64_t task, float* planes) const;
  void add_chunks(float* sums, float* dweight) const;

  Context& context;
  convolution::Layout layout;
  convolution::Products loops;
  int64_t images, groups;
  convolution::Strides dy, x, dweight;
  int64_t chunks, parts;  // parts: of a patch's elements

  int64_t padded() const { return loops.padded(layout.filters); }
  int64_t sums() const { return layout.depth * padded(); }
};

convolution::Layout weight_gradient_layout(const sdk::ProgramCopy& program, const asg_step& step) {
  require_arity(step, 2, 1);
  const asg_value &dy = program.input(step, conv2d_weight_backward::dy),
                  &x = program.input(step, conv2d_weight_backward::x);
  const asg_value& dweight = program.output(step, conv2d_weight_backward::dweight);
  convolution::Axis height, width;
  convolution::read_axes(step, height, width);
  uint32_t d = 2;
  for (convolution::Axis* axis : {&height, &width}) {
    axis->source = x.shape[d];
    axis->kernel = dweight.shape[d];
    axis->result = dy.shape[d];
    ++d;
  }
  return {height, width, dweight.shape[1], dweight.shape[0] / sdk::attr_int(step, "groups")};
}

WeightGradient::WeightGradient(const sdk::ProgramCopy& program, const asg_step& step,
                               Context& device)
    : context(device),
      layout(weight_gradient_layout(program, step)),
      loops(convolution::find_products()),
      images(program.input(step, conv2d_weight_backward::x).shape[0]),
      groups(sdk::attr_int(step, "groups")),
      dy(convolution::strides_of(program.input(step, conv2d_weight_backward::dy))),
      x(convolution::strides_of(program.input(step, conv2d_weight_backward::x))),
      dweight(convolution::strides_of(program.output(step, conv2d_weight_backward::dweight))),
      chunks(gradient_chunks(images, groups, sums())),
      parts(
          std::clamp<int64_t>(gradient_tasks / (chunks * groups), 1, divide_up(layout.depth, 24))) {
  context.workspace.reserve((layout.planes_size() + loops.gradient_scratch(layout)) * sizeof(float),
                            0);
}

/// A part of the sums of a chunk of the images.
void WeightGradient::add_images(const sdk::Call& call, int64_t task, float* planes) const {
  const int64_t part = task % parts, chunk = task / parts % chunks, group = task / parts / chunks;
  const int64_t first = layout.depth * part / parts, last = layout.depth * (part + 1) / parts;
  const float* from_dy =
      call.input(conv2d_weight_backward::dy).as<float>() + group * layout.filters * dy.channel;
  const float* from_x =
      call.input(conv2d_weight_backward::x).as<float>() + group * layout.channels * x.channel;
  float* to = call.scratch().as<float>() + (group * chunks + chunk) * sums();
  std::fill(to + first * padded(), to + last * padded(), 0.0f);
  for (int64_t image = images * chunk / chunks; image < images * (chunk + 1) / chunks; ++image)
    for (int64_t block = 0; block < layout.blocks(); ++block) {
      layout.lay_out(from_x + image * x.image, x, block, planes);
      loops.add_gradient(layout, block, from_dy + image * dy.image, dy, planes, first, last, to,
                         planes + layout.planes_size());
    }
}

/// Adds the chunks up, into the first of them, and turns the sum to the weight's order.
void WeightGradient::add_chunks(float* sums_of_chunks, float* to_weight) const {
  const int64_t kernel = layout.height.kernel * layout.width.kernel;
  const int64_t lines = groups * layout.depth, filters = padded(), size = sums();
  context.share_items(lines, layout.filters * chunks, [&](int64_t line, uint32_t) {
    const int64_t group = line / layout.depth, p = line % layout.depth;
    float* total = sums_of_chunks + group * chunks * size + p * filters;
    for (int64_t chunk = 1; chunk < chunks; ++chunk)
      for (int64_t f = 0; f < filters; ++f) total[f] += total[chunk * size + f];
    float* to = to_weight + group * layout.filters * dweight.image + p / kernel * dweight.channel +
                p % kernel / layout.width.kernel * dweight.row +
                p % layout.width.kernel * dweight.column;
    for (int64_t f = 0; f < layout.filters; ++f) to[f * dweight.image] = total[f];
  });
}

void WeightGradient::run(const sdk::Call& call) const {
  const int64_t tasks = groups * chunks * parts;
  const int64_t work = layout.height.result * layout.wide * sums() / 16 * images / chunks;
  context.share_items(tasks, work / parts, [&](int64_t task, uint32_t thread) {
    add_images(call, task, reinterpret_cast<float*>(context.workspace.thread(thread)));
  });
  add_chunks(call.scratch().as<float>(), call.output(conv2d_weight_backward::dweight).as<float>());
}

}  // namespace

sdk::Kernel make_conv2d_weight_backward(Context* context) {
  sdk::Kernel kernel;
  kernel.claimed_op = "conv2d_weight_backward";
  kernel.claim = [](const asg_claim_request& request, asg_claim_reply& reply) {
    if (!convolution::fits(request)) return;
    const asg_type& dweight = request.types[request.n_inputs + conv2d_weight_backward::dweight];
    const int64_t groups = sdk::attr_int(request, "groups");
    const int64_t sums = dweight.shape[1] * dweight.shape[2] * dweight.shape[3] *
                         convolution::find_products().padded(dweight.shape[0] / groups);
    reply.accepted = 1;
    reply.strided_inputs = 3;
    reply.scratch_bytes = static_cast<uint64_t>(
        gradient_chunks(request.types[conv2d_weight_backward::x].shape[0], groups, sums) * groups *
        sums * 4);
  };
  kernel.prepare = prepare<WeightGradient>(context);
  return kernel;
}

}  // namespace asg::cpu
