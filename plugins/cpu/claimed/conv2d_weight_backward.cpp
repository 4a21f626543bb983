// The gradient of a convolution's weight.  Images are added up in chunks that follow from the
// shapes alone, and the chunks in their order: the sum does not depend on the number of threads.
#include "claimed/convolution/convolution.hpp"
#include "kernels.hpp"

namespace asg::cpu {

namespace {

constexpr int64_t wanted_tasks = 16;
constexpr int64_t most_bytes = 4 << 20;  // of partial sums

struct Plan {
  convolution::Layout layout;
  convolution::Products loops;
  int64_t images, groups, chunks, parts;  // parts: of a patch's elements
  convolution::Strides dy, x, dweight;

  int64_t sums() const { return layout.depth * loops.padded(layout.filters); }
};

int64_t chunks_of(int64_t images, int64_t groups, int64_t sums) {
  return std::clamp<int64_t>(most_bytes / (groups * sums * 4), 1,
                             std::min(images, (wanted_tasks + groups - 1) / groups));
}
int64_t padded_sums(int64_t depth, int64_t filters) {
  return depth * convolution::find_products().padded(filters);
}

Plan make_plan(const sdk::ProgramCopy& program, const asg_step& step) {
  require_arity(step, 2, 1);
  const asg_value &dy = program.input(step, 0), &x = program.input(step, 1);
  const asg_value& dweight = program.output(step, 0);
  const int64_t groups = sdk::attr_int(step, "groups");
  convolution::Axis height, width;
  convolution::read_axes(step, height, width);
  uint32_t d = 2;
  for (convolution::Axis* axis : {&height, &width}) {
    axis->source = x.shape[d];
    axis->kernel = dweight.shape[d];
    axis->result = dy.shape[d];
    ++d;
  }
  Plan plan{{height, width, dweight.shape[1], dweight.shape[0] / groups},
            convolution::find_products(),
            x.shape[0],
            groups,
            1,
            1,
            convolution::strides_of(dy),
            convolution::strides_of(x),
            convolution::strides_of(dweight)};
  plan.chunks = chunks_of(plan.images, groups, plan.sums());
  plan.parts =
      std::clamp<int64_t>(wanted_tasks / (plan.chunks * groups), 1, (plan.layout.depth + 23) / 24);
  return plan;
}

/// Adds the chunks up, into the first of them, and turns the sum to the weight's order.
void finish(const Plan& plan, Context& context, float* sums, float* dweight) {
  const convolution::Layout& l = plan.layout;
  const int64_t padded = plan.loops.padded(l.filters), size = plan.sums();
  const int64_t window = l.height.kernel * l.width.kernel, lines = plan.groups * l.depth;
  context.pool.parallel(lines, grain_for(lines, l.filters * plan.chunks, context.pool.threads()),
                        [&](int64_t begin, int64_t end, uint32_t) {
                          for (int64_t line = begin; line < end; ++line) {
                            const int64_t group = line / l.depth, p = line % l.depth;
                            float* total = sums + group * plan.chunks * size + p * padded;
                            for (int64_t chunk = 1; chunk < plan.chunks; ++chunk)
                              for (int64_t f = 0; f < padded; ++f)
                                total[f] += total[chunk * size + f];
                            float* to = dweight + group * l.filters * plan.dweight.image +
                                        p / window * plan.dweight.channel +
                                        p % window / l.width.kernel * plan.dweight.row +
                                        p % l.width.kernel * plan.dweight.column;
                            for (int64_t f = 0; f < l.filters; ++f)
                              to[f * plan.dweight.image] = total[f];
                          }
                        });
}

void run(const Plan& plan, Context& context, const sdk::Call& call) {
  const convolution::Layout& l = plan.layout;
  const float *dy = call.input(0).as<float>(), *x = call.input(1).as<float>();
  auto* sums = call.scratch().as<float>();
  const int64_t padded = plan.loops.padded(l.filters);
  const int64_t tasks = plan.groups * plan.chunks * plan.parts;
  const int64_t work = l.height.result * l.wide * l.depth * padded / 16 * plan.images / plan.chunks;
  context.pool.parallel(
      tasks, grain_for(tasks, work / plan.parts, context.pool.threads()),
      [&](int64_t begin, int64_t end, uint32_t thread) {
        auto* planes = reinterpret_cast<float*>(context.workspace.thread(thread));
        float* turned = planes + l.planes_size();
        for (int64_t task = begin; task < end; ++task) {
          const int64_t part = task % plan.parts, chunk = task / plan.parts % plan.chunks;
          const int64_t group = task / plan.parts / plan.chunks;
          const int64_t first = l.depth * part / plan.parts,
                        last = l.depth * (part + 1) / plan.parts;
          float* to = sums + (group * plan.chunks + chunk) * plan.sums();
          std::fill(to + first * padded, to + last * padded, 0.0f);
          for (int64_t image = plan.images * chunk / plan.chunks;
               image < plan.images * (chunk + 1) / plan.chunks; ++image)
            for (int64_t block = 0; block < l.blocks(); ++block) {
              l.lay_out(x + image * plan.x.image + group * l.channels * plan.x.channel, plan.x,
                        block, planes);
              plan.loops.add_gradient(
                  l, block, dy + image * plan.dy.image + group * l.filters * plan.dy.channel,
                  plan.dy, planes, first, last, to, turned);
            }
        }
      });
  finish(plan, context, sums, call.output(0).as<float>());
}

}  // namespace

sdk::Kernel make_conv2d_weight_backward(Context* context) {
  sdk::Kernel kernel;
  kernel.claimed_op = "conv2d_weight_backward";
  kernel.claim = [](const asg_claim_request& request, asg_claim_reply& reply) {
    if (!convolution::fits(request)) return;
    const asg_type& dweight = request.types[2];
    const int64_t groups = sdk::attr_int(request, "groups");
    const int64_t sums = padded_sums(dweight.shape[1] * dweight.shape[2] * dweight.shape[3],
                                     dweight.shape[0] / groups);
    reply.accepted = 1;
    reply.strided_inputs = 3;
    reply.scratch_bytes = static_cast<uint64_t>(chunks_of(request.types[1].shape[0], groups, sums) *
                                                groups * sums * 4);
  };
  kernel.prepare = [context](const sdk::ProgramCopy& program, const asg_step& step) -> sdk::Run {
    Plan plan = make_plan(program, step);
    context->workspace.reserve(
        (plan.layout.planes_size() + plan.loops.gradient_scratch(plan.layout)) * sizeof(float), 0);
    return [context, plan = std::move(plan)](const sdk::Call& call) { run(plan, *context, call); };
  };
  return kernel;
}

}  // namespace asg::cpu
