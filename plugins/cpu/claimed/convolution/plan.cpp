#include <algorithm>

#include "claimed/convolution/convolution.hpp"
#include "kernels.hpp"

namespace asg::cpu::convolution {

Plan::Plan(const sdk::ProgramCopy& program, const asg_step& step, const Layout& of_group,
           bool turned_around)
    : layout(of_group),
      loops(find_products()),
      transposed(turned_around),
      images(program.input(step, 0).shape[0]),
      groups(program.output(step, 0).shape[1] / of_group.filters),
      source(strides_of(program.input(step, 0))),
      weight(strides_of(program.input(step, 1))) {
  if (!sdk::is_row_major(program.output(step, 0)))
    throw sdk::Error(ASG_UNSUPPORTED, std::string(step.name) + ": the result must be row-major");
  if (step.n_inputs > 2) bias_step = program.input(step, 2).strides[0];
  const int64_t tasks = images * groups * layout.blocks();
  parts = std::clamp<int64_t>(16 / tasks, 1, (layout.filters + 23) / 24);
}

void Plan::reserve(Context& context) const {
  const std::size_t per_thread = layout.planes_size() + loops.convolve_scratch(layout);
  const auto weights = static_cast<std::size_t>(groups * layout.depth * layout.filters);
  context.workspace.reserve(per_thread * sizeof(float), weights * sizeof(float));
}

/// [groups][depth][filters], the order in which they are used.
void Plan::arrange_weights(Context& context, const float* from, float* to) const {
  const int64_t kh = layout.height.kernel, kw = layout.width.kernel;
  const int64_t lines = groups * layout.depth;
  context.pool.parallel(lines, grain_for(lines, layout.filters, context.pool.threads()),
                        [&](int64_t begin, int64_t end, uint32_t) {
                          for (int64_t line = begin; line < end; ++line) {
                            const int64_t group = line / layout.depth, p = line % layout.depth;
                            const int64_t c = p / (kh * kw), i = p / kw % kh, j = p % kw;
                            // The gradient slides the kernel turned around from the results to the
                            // images.
                            const int64_t at =
                                transposed
                                    ? (group * layout.channels + c) * weight.image +
                                          (kh - 1 - i) * weight.row + (kw - 1 - j) * weight.column
                                    : group * layout.filters * weight.image + c * weight.channel +
                                          i * weight.row + j * weight.column;
                            const int64_t step = transposed ? weight.channel : weight.image;
                            for (int64_t f = 0; f < layout.filters; ++f)
                              to[line * layout.filters + f] = from[at + f * step];
                          }
                        });
}

void Plan::run(Context& context, const sdk::Call& call) const {
  auto* weights = reinterpret_cast<float*>(context.workspace.shared());
  arrange_weights(context, call.input(1).as<float>(), weights);
  const float* x = call.input(0).as<float>();
  const float* bias = call.step.n_inputs > 2 ? call.input(2).as<float>() : nullptr;
  float* y = call.output(0).as<float>();
  const int64_t blocks = layout.blocks(), size = layout.height.result * layout.width.result;
  const int64_t tasks = images * groups * blocks * parts;
  const int64_t work = layout.block_rows * layout.wide * layout.depth * layout.filters / parts / 16;
  context.pool.parallel(
      tasks, grain_for(tasks, work, context.pool.threads()),
      [&](int64_t begin, int64_t end, uint32_t thread) {
        auto* planes = reinterpret_cast<float*>(context.workspace.thread(thread));
        float* scratch = planes + layout.planes_size();
        for (int64_t task = begin; task < end; ++task) {
          const int64_t part = task % parts, block = task / parts % blocks;
          const int64_t group = task / parts / blocks % groups;
          const int64_t image = task / parts / blocks / groups;
          layout.lay_out(x + image * source.image + group * layout.channels * source.channel,
                         source, block, planes);
          const float* its_bias =
              bias == nullptr ? nullptr : bias + group * layout.filters * bias_step;
          loops.convolve(layout, block, weights + group * layout.depth * layout.filters, planes,
                         its_bias, bias_step, layout.filters * part / parts,
                         layout.filters * (part + 1) / parts,
                         y + (image * groups + group) * layout.filters * size, scratch);
        }
      });
}

}  // namespace asg::cpu::convolution
