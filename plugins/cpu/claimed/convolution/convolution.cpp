#include <algorithm>
#include <utility>

#include "claimed/convolution/step.hpp"

namespace asg::cpu::convolution {

namespace {

constexpr int64_t tasks_per_thread = 4;

Layout layout_of(const sdk::ProgramCopy& program, const asg_step& step, const Axis& height,
                 const Axis& width, bool transposed, const Products& loops) {
  const asg_value &source = program.input(step, 0), &weight = program.input(step, 1);
  const int64_t groups = sdk::attr_int(step, "groups");
  const Limits limits = {.strip = loops.strip, .images = source.shape[0]};
  if (transposed)
    return {backward_side(height), backward_side(width), source.shape[1] / groups, weight.shape[1],
            limits};
  return {forward_side(height), forward_side(width), weight.shape[1], weight.shape[0] / groups,
          limits};
}

}  // namespace

Convolution::Convolution(const sdk::ProgramCopy& program, const asg_step& step, const Axis& height,
                         const Axis& width, bool transposed, Context& context)
    : context_(context),
      loops_(find_products()),
      transposed_(transposed),
      groups_(sdk::attr_int(step, "groups")),
      layout_(layout_of(program, step, height, width, transposed, loops_)),
      tiles_(layout_.filters, loops_.most_rows),
      images_(program.input(step, 0).shape[0]),
      source_(strides_of(program.input(step, 0))),
      weight_(strides_of(program.input(step, 1))) {
  if (!sdk::is_row_major(program.output(step, 0)))
    throw sdk::Error(ASG_UNSUPPORTED, std::string(step.name) + ": the result must be row-major");
  if (step.n_inputs > 2) bias_step_ = program.input(step, 2).strides[0];
  const int64_t tasks = divide_up(images_, layout_.joined) * groups_ * layout_.blocks();
  const int64_t wanted = context.pool.threads() > 1 ? tasks_per_thread * context.pool.threads() : 1;
  parts_ = std::clamp<int64_t>(wanted / tasks, 1, tiles_.count);
  for (const Piece& piece : layout_.pieces) {
    const Lines lines = layout_.lines(piece, std::min(layout_.block_rows, piece.rows->count));
    product_ = std::max(product_, lines.size * loops_.most_rows);
  }
  int64_t per_thread = static_cast<int64_t>(layout_.planes_size(layout_.channels)) + product_;
  int64_t shared = groups_ * layout_.depth() * layout_.filters;
  const Axis along[] = {transposed ? turned_axis(height) : height,
                        transposed ? turned_axis(width) : width};
  if (winograd_pays(along[0], along[1], images_, layout_.channels, layout_.filters)) {
    winograd_.emplace(Winograd(along[0], along[1], images_, layout_.channels, layout_.filters),
                      groups_, context);
    per_thread = std::max(per_thread, winograd_->thread_floats());
    shared = std::max(shared, winograd_->shared_floats());
  }
  flags_ = static_cast<std::size_t>(shared) * sizeof(float);
  context.workspace.reserve(static_cast<std::size_t>(per_thread) * sizeof(float),
                            flags_ + static_cast<std::size_t>(images_));
}

/// [depth][filters of the tile] of a piece.
void Convolution::arrange_tile(const Piece& piece, const float* from, int64_t filters,
                               float* to) const {
  const Strides& w = weight_;
  const int64_t channel = transposed_ ? w.image : w.channel;
  const int64_t filter = transposed_ ? w.channel : w.image;
  for (int64_t c = 0; c < layout_.channels; ++c)
    for (const Tap& i : piece.rows->taps)
      for (const Tap& j : piece.columns->taps) {
        const float* at = from + c * channel + i.kernel * w.row + j.kernel * w.column;
        for (int64_t f = 0; f < filters; ++f) *to++ = at[f * filter];
      }
}

/// [groups][pieces][tiles], the order in which they are used.
void Convolution::arrange_weights(const float* from, float* to) const {
  const Layout& l = layout_;
  const int64_t work = l.depth() * l.filters / tiles_.count;
  context_.share_items(groups_ * tiles_.count, work, [&](int64_t item, uint32_t) {
    const int64_t group = item / tiles_.count, tile = item % tiles_.count;
    const int64_t first = tiles_.begin(tile), filters = tiles_.begin(tile + 1) - first;
    const float* at =
        from + (transposed_ ? group * l.channels * weight_.image + first * weight_.channel
                            : (group * l.filters + first) * weight_.image);
    float* group_weights = to + group * l.depth() * l.filters;
    for (const Piece& piece : l.pieces)
      arrange_tile(piece, at, filters,
                   group_weights + piece.weights * l.filters + first * piece.depth);
  });
}

/// Some filters of a group for the images that stand side by side and a block of their rows.
void Convolution::run_task(const sdk::Call& call, int64_t task, float* planes) const {
  const Layout& l = layout_;
  const int64_t part = task % parts_, block = task / parts_ % l.blocks();
  const int64_t group = task / parts_ / l.blocks() % groups_;
  const int64_t image = task / parts_ / l.blocks() / groups_ * l.joined;
  const int64_t images = std::min(l.joined, images_ - image);
  if (winograd_ && std::find(not_finite() + image, not_finite() + image + images, 1) ==
                       not_finite() + image + images)
    return;
  const int64_t filter = group * l.filters, size = l.height.result * l.width.result;
  l.lay_out(
      call.input(0).as<float>() + image * source_.image + group * l.channels * source_.channel,
      source_, images, l.channels, block, planes);
  const float* weights =
      reinterpret_cast<const float*>(context_.workspace.shared()) + group * l.depth() * l.filters;
  const float* bias =
      call.step.n_inputs > 2 ? call.input(2).as<float>() + filter * bias_step_ : nullptr;
  for (const Piece& piece : l.pieces)
    if (l.rows_of(*piece.rows, block) > 0)
      loops_.convolve(
          l, piece,
          {.block = block,
           .images = images,
           .first = tiles_.count * part / parts_,
           .end = tiles_.count * (part + 1) / parts_,
           .weights = weights + piece.weights * l.filters,
           .planes = planes,
           .bias = bias,
           .bias_step = bias_step_,
           .y = call.output(0).as<float>() + (image * groups_ * l.filters + filter) * size,
           .image = groups_ * l.filters * size,
           .scratch = planes + l.planes_size(l.channels)});
}

/// Returns whether all results are finite; not_finite() says which images' are not.
bool Convolution::run_winograd(const sdk::Call& call) const {
  const Layout& l = layout_;
  std::fill_n(not_finite(), images_, uint8_t{0});
  const int64_t of_group = transposed_ ? l.channels * weight_.image : l.filters * weight_.image;
  winograd_->run({.source = call.input(0).as<float>(),
                  .strides = source_,
                  .kernels = {.data = call.input(1).as<float>(),
                              .filter = transposed_ ? weight_.channel : weight_.image,
                              .channel = transposed_ ? weight_.image : weight_.channel,
                              .row = weight_.row,
                              .column = weight_.column,
                              .back = transposed_},
                  .kernels_of_group = of_group,
                  .bias = call.step.n_inputs > 2 ? call.input(2).as<float>() : nullptr,
                  .bias_step = bias_step_,
                  .y = call.output(0).as<float>(),
                  .image = groups_ * l.filters * l.height.result * l.width.result,
                  .shared = reinterpret_cast<float*>(context_.workspace.shared()),
                  .not_finite = not_finite()});
  return std::find(not_finite(), not_finite() + images_, 1) == not_finite() + images_;
}

// What is not finite spreads in Winograd's tiles, so that such images are computed once more, with
// those beside them.
void Convolution::run(const sdk::Call& call) const {
  if (winograd_ && run_winograd(call)) return;
  const Layout& l = layout_;
  arrange_weights(call.input(1).as<float>(), reinterpret_cast<float*>(context_.workspace.shared()));
  const int64_t tasks = divide_up(images_, l.joined) * groups_ * l.blocks() * parts_;
  const int64_t work = l.joined * l.block_rows * l.wide * l.depth() * l.filters / 16;
  context_.share_items(tasks, work / parts_, [&](int64_t task, uint32_t thread) {
    run_task(call, task, reinterpret_cast<float*>(context_.workspace.thread(thread)));
  });
}

sdk::Run prepare(const sdk::ProgramCopy& program, const asg_step& step, const Axis& height,
                 const Axis& width, bool transposed, Context& context) {
  return [made = std::make_shared<const Convolution>(program, step, height, width, transposed,
                                                     context)](const sdk::Call& call) {
    made->run(call);
  };
}

}  // namespace asg::cpu::convolution
