#include "claimed/convolution/convolution.hpp"

#include <algorithm>

namespace asg::cpu::convolution {

Convolution::Convolution(const sdk::ProgramCopy& program, const asg_step& step,
                         const Layout& layout, bool transposed, Context& context)
    : context_(context),
      layout_(layout),
      loops_(find_products()),
      transposed_(transposed),
      images_(program.input(step, 0).shape[0]),
      groups_(program.output(step, 0).shape[1] / layout.filters),
      source_(strides_of(program.input(step, 0))),
      weight_(strides_of(program.input(step, 1))) {
  if (!sdk::is_row_major(program.output(step, 0)))
    throw sdk::Error(ASG_UNSUPPORTED, std::string(step.name) + ": the result must be row-major");
  if (step.n_inputs > 2) bias_step_ = program.input(step, 2).strides[0];
  const int64_t tasks = images_ * groups_ * layout_.blocks();
  parts_ = std::clamp<int64_t>(16 / tasks, 1, divide_up(layout_.filters, 24));
  const std::size_t per_thread = layout_.planes_size() + loops_.convolve_scratch(layout_);
  const auto weights = static_cast<std::size_t>(groups_ * layout_.depth * layout_.filters);
  context.workspace.reserve(per_thread * sizeof(float), weights * sizeof(float));
}

/// [groups][depth][filters], the order in which they are used.
void Convolution::arrange_weights(const float* from, float* to) const {
  const Layout& l = layout_;
  const Strides& w = weight_;
  const int64_t kh = l.height.kernel, kw = l.width.kernel, lines = groups_ * l.depth;
  const int64_t step = transposed_ ? w.channel : w.image;
  context_.share_items(lines, l.filters, [&](int64_t line, uint32_t) {
    const int64_t group = line / l.depth, p = line % l.depth;
    const int64_t c = p / (kh * kw), i = p / kw % kh, j = p % kw;
    const int64_t at =
        transposed_
            ? (group * l.channels + c) * w.image + (kh - 1 - i) * w.row + (kw - 1 - j) * w.column
            : group * l.filters * w.image + c * w.channel + i * w.row + j * w.column;
    for (int64_t f = 0; f < l.filters; ++f) to[line * l.filters + f] = from[at + f * step];
  });
}

void Convolution::run(const sdk::Call& call) const {
  const Layout& l = layout_;
  auto* weights = reinterpret_cast<float*>(context_.workspace.shared());
  arrange_weights(call.input(1).as<float>(), weights);
  const float* x = call.input(0).as<float>();
  const float* bias = call.step.n_inputs > 2 ? call.input(2).as<float>() : nullptr;
  float* y = call.output(0).as<float>();
  const int64_t blocks = l.blocks(), size = l.height.result * l.width.result;
  const int64_t tasks = images_ * groups_ * blocks * parts_;
  const int64_t work = l.block_rows * l.wide * l.depth * l.filters / parts_ / 16;
  context_.share_items(tasks, work, [&](int64_t task, uint32_t thread) {
    auto* planes = reinterpret_cast<float*>(context_.workspace.thread(thread));
    const int64_t part = task % parts_, block = task / parts_ % blocks;
    const int64_t group = task / parts_ / blocks % groups_,
                  image = task / parts_ / blocks / groups_;
    l.lay_out(x + image * source_.image + group * l.channels * source_.channel, source_, block,
              planes);
    loops_.convolve(l, block, weights + group * l.depth * l.filters, planes,
                    bias == nullptr ? nullptr : bias + group * l.filters * bias_step_, bias_step_,
                    l.filters * part / parts_, l.filters * (part + 1) / parts_,
                    y + (image * groups_ + group) * l.filters * size, planes + l.planes_size());
  });
}

}  // namespace asg::cpu::convolution
