// The gradient of a convolution's weight.  Images are added up in chunks that follow from the
// shapes alone, and the chunks in their order: the sum does not depend on the number of threads.
#include <array>

#include <asg/sdk/composites.hpp>

#include "claimed/convolution/convolution.hpp"
#include "kernels.hpp"

namespace asg::cpu {

namespace {

namespace conv2d_weight_backward = sdk::composites::conv2d_weight_backward;

constexpr int64_t gradient_tasks = 16;
constexpr int64_t most_gradient_bytes = 4 << 20;  // of partial sums
// Positions in one sum of products: a strip of so many lines stays in the first cache.
constexpr int64_t most_positions = 256;
constexpr int64_t patches_bytes = 512 << 10;  // of the planes they are read from
constexpr int64_t parts_per_thread = 2;

template <class Owner, class Value>
std::array<convolution::Axis, 2> weight_gradient_axes(const Owner& owner, const Value& dy,
                                                      const Value& x, const Value& dweight) {
  std::array<convolution::Axis, 2> axes;
  convolution::read_axes(owner, axes[0], axes[1]);
  uint32_t d = 2;
  for (convolution::Axis& axis : axes) {
    axis.source = x.shape[d];
    axis.kernel = dweight.shape[d];
    axis.result = dy.shape[d];
    ++d;
  }
  return axes;
}
std::array<convolution::Axis, 2> axes_of(const sdk::ProgramCopy& program, const asg_step& step) {
  require_arity(step, 2, 1);
  return weight_gradient_axes(step, program.input(step, conv2d_weight_backward::dy),
                              program.input(step, conv2d_weight_backward::x),
                              program.output(step, conv2d_weight_backward::dweight));
}

template <class Value>
convolution::Layout weight_gradient_layout(const std::array<convolution::Axis, 2>& axes,
                                           const Value& dweight, int64_t groups) {
  return {convolution::forward_side(axes[0]),
          convolution::forward_side(axes[1]),
          dweight.shape[1],
          dweight.shape[0] / groups,
          {.strip = convolution::find_products().strip, .positions = most_positions}};
}

/// How the sum over the images is cut; all of it follows from the shapes.
struct GradientSums {
  GradientSums(const convolution::Layout& layout, int64_t images, int64_t of_groups);
  int64_t groups;
  int64_t filters;   // in whole strips
  int64_t size;      // elements of a group's sums
  int64_t units;     // blocks of images
  int64_t chunks;    // of the units; each has sums of its own
  int64_t together;  // units in one sum of products
  std::size_t bytes() const { return static_cast<std::size_t>(groups * chunks * size) * 4; }
};
GradientSums::GradientSums(const convolution::Layout& layout, int64_t images, int64_t of_groups)
    : groups(of_groups),
      filters(round_up(layout.filters, layout.strip)),
      size(layout.depth() * filters),
      units(images * layout.blocks()),
      chunks(std::clamp<int64_t>(most_gradient_bytes / (groups * size * 4), 1,
                                 std::min(units, divide_up(gradient_tasks, groups)))),
      together(1) {
  if (layout.blocks() > 1) return;
  const int64_t positions = layout.height.result * layout.width.result;
  const int64_t planes = layout.channels * layout.channel_size() * 4;
  together = std::clamp<int64_t>(std::min(most_positions / positions, patches_bytes / planes), 1,
                                 divide_up(units, chunks));
}

struct WeightGradient {
  WeightGradient(const sdk::ProgramCopy& program, const asg_step& step, Context& device);
  void run(const sdk::Call& call) const;
  void add_images(const sdk::Call& call, int64_t task, float* planes) const;
  void add_units(const float* from_dy, const float* from_x, int64_t first, int64_t count,
                 int64_t channels, float* planes, float* to) const;
  void add_chunks(float* sums, float* dweight) const;

  Context& context;
  convolution::Layout layout;
  convolution::Products loops;
  convolution::Strides dy, x, dweight;
  GradientSums sums;
  std::vector<int64_t> starts;  // of rows of positions in the planes of the units together
  int64_t parts;                // of the channels

  int64_t taps() const { return layout.depth() / layout.channels; }
  int64_t planes_size() const { return layout.channels * layout.channel_size(); }
};

WeightGradient::WeightGradient(const sdk::ProgramCopy& program, const asg_step& step,
                               Context& device)
    : context(device),
      layout(weight_gradient_layout(axes_of(program, step),
                                    program.output(step, conv2d_weight_backward::dweight),
                                    sdk::attr_int(step, "groups"))),
      loops(convolution::find_products()),
      dy(convolution::strides_of(program.input(step, conv2d_weight_backward::dy))),
      x(convolution::strides_of(program.input(step, conv2d_weight_backward::x))),
      dweight(convolution::strides_of(program.output(step, conv2d_weight_backward::dweight))),
      sums(layout, program.input(step, conv2d_weight_backward::x).shape[0],
           sdk::attr_int(step, "groups")) {
  for (int64_t unit = 0; unit < sums.together; ++unit)
    for (int64_t row = 0; row < layout.block_rows; ++row)
      starts.push_back(unit * planes_size() + row * layout.wide);
  starts.push_back(0);
  const int64_t threads = device.pool.threads();
  const int64_t wanted = threads > 1 ? parts_per_thread * threads : 1;
  parts = std::clamp<int64_t>(wanted / (sums.chunks * sums.groups), 1, layout.channels);
  const int64_t positions = sums.together * layout.block_rows * layout.width.result;
  const int64_t floats = sums.together * planes_size() + positions * sums.filters;
  context.workspace.reserve(static_cast<std::size_t>(floats) * sizeof(float), 0);
}

/// Products of some units with the patches of the first channels.
void WeightGradient::add_units(const float* from_dy, const float* from_x, int64_t first,
                               int64_t count, int64_t channels, float* planes, float* to) const {
  const int64_t block = first % layout.blocks();
  const int64_t rows = layout.rows_of(*layout.pieces[0].rows, block);
  const int64_t positions = rows * layout.width.result;
  float* turned = planes + sums.together * planes_size();
  for (int64_t unit = 0; unit < count; ++unit) {
    const int64_t image = (first + unit) / layout.blocks();
    layout.lay_out(from_x + image * x.image, x, 1, channels, block, planes + unit * planes_size());
    loops.turn(layout, block, from_dy + image * dy.image, dy, unit * positions, count * positions,
               turned);
  }
  loops.add_gradient(layout, {count * positions, starts.data(), channels * taps()}, planes, turned,
                     to);
}

/// A part of the sums of a chunk.
void WeightGradient::add_images(const sdk::Call& call, int64_t task, float* planes) const {
  const int64_t part = task % parts, chunk = task / parts % sums.chunks;
  const int64_t group = task / parts / sums.chunks;
  const int64_t channel = layout.channels * part / parts;
  const int64_t channels = layout.channels * (part + 1) / parts - channel;
  const float* from_dy =
      call.input(conv2d_weight_backward::dy).as<float>() + group * layout.filters * dy.channel;
  const float* from_x = call.input(conv2d_weight_backward::x).as<float>() +
                        (group * layout.channels + channel) * x.channel;
  float* to = call.scratch().as<float>() + (group * sums.chunks + chunk) * sums.size +
              channel * taps() * sums.filters;
  std::fill_n(to, channels * taps() * sums.filters, 0.0f);
  const int64_t end = sums.units * (chunk + 1) / sums.chunks;
  for (int64_t unit = sums.units * chunk / sums.chunks; unit < end; unit += sums.together)
    add_units(from_dy, from_x, unit, std::min(sums.together, end - unit), channels, planes, to);
}

/// Adds the chunks up, into the first of them, and turns the sum to the weight's order, some lines
/// at a time: they are neighbours there.
void WeightGradient::add_chunks(float* of_chunks, float* to_weight) const {
  constexpr int64_t together = 16;
  const int64_t depth = layout.depth(), blocks = divide_up(depth, together);
  const auto columns = static_cast<int64_t>(layout.width.combs[0].taps.size());
  const int64_t work = together * layout.filters * sums.chunks;
  context.share_items(sums.groups * blocks, work, [&](int64_t item, uint32_t) {
    const int64_t group = item / blocks, first = item % blocks * together;
    const int64_t lines = std::min(together, depth - first);
    float* total = of_chunks + group * sums.chunks * sums.size + first * sums.filters;
    for (int64_t chunk = 1; chunk < sums.chunks; ++chunk)
      for (int64_t i = 0; i < lines * sums.filters; ++i) total[i] += total[chunk * sums.size + i];
    int64_t offsets[together];
    for (int64_t i = 0; i < lines; ++i) {
      const int64_t p = first + i;
      offsets[i] = p / taps() * dweight.channel + p % taps() / columns * dweight.row +
                   p % columns * dweight.column;
    }
    float* to = to_weight + group * layout.filters * dweight.image;
    for (int64_t f = 0; f < layout.filters; ++f, to += dweight.image)
      for (int64_t i = 0; i < lines; ++i) to[offsets[i]] = total[i * sums.filters + f];
  });
}

void WeightGradient::run(const sdk::Call& call) const {
  const int64_t tasks = sums.groups * sums.chunks * parts;
  const int64_t rows = divide_up(sums.units, sums.chunks) * layout.block_rows;
  const int64_t work = rows * layout.wide * sums.size / 16;
  context.share_items(tasks, work / parts, [&](int64_t task, uint32_t thread) {
    add_images(call, task, reinterpret_cast<float*>(context.workspace.thread(thread)));
  });
  add_chunks(call.scratch().as<float>(), call.output(conv2d_weight_backward::dweight).as<float>());
}

}  // namespace

sdk::Kernel make_conv2d_weight_backward(Context* context) {
  sdk::Kernel kernel;
  kernel.claimed_op = "conv2d_weight_backward";
  kernel.claim = [](const asg_step_request& request, asg_claim_reply& reply) {
    if (!convolution::fits(request)) return;
    const asg_type& x = sdk::type_of(request, conv2d_weight_backward::x);
    const asg_type& dweight =
        sdk::type_of(request, request.n_inputs + conv2d_weight_backward::dweight);
    const int64_t groups = sdk::attr_int(request, "groups");
    const convolution::Layout layout = weight_gradient_layout(
        weight_gradient_axes(request, sdk::type_of(request, conv2d_weight_backward::dy), x,
                             dweight),
        dweight, groups);
    reply.accepted = 1;
    reply.strided_inputs = 3;
    reply.scratch_bytes = GradientSums(layout, x.shape[0], groups).bytes();
  };
  kernel.prepare = prepare<WeightGradient>(context);
  return kernel;
}

}  // namespace asg::cpu
