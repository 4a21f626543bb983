#include "claimed/convolution/winograd.hpp"

#include <algorithm>
#include <atomic>

namespace asg::cpu::convolution {

namespace {

// What transforms cost, in products that the same time is enough for: those of a tile of one
// channel or filter, and those of one kernel.
constexpr double tile_cost = 350, kernel_cost = 200;
// What is transformed for a block, and its products, are to stay in the second cache.
constexpr int64_t block_bytes = 704 << 10;
constexpr int64_t fewest_tiles = 24, most_tiles = 96;  // of a block, where that many are left
constexpr int64_t blocks_per_thread = 4;

bool three_steps_of_one(const Axis& axis) {
  return axis.kernel == 3 && axis.stride == 1 && axis.dilation == 1;
}

}  // namespace

bool winograd_pays(const Axis& height, const Axis& width, int64_t images, int64_t channels,
                   int64_t filters) {
  if (!three_steps_of_one(height) || !three_steps_of_one(width)) return false;
  const auto results = static_cast<double>(images * height.result * width.result);
  const auto tiles = static_cast<double>(images * divide_up(height.result, Winograd::tile) *
                                         divide_up(width.result, Winograd::tile));
  const auto c = static_cast<double>(channels), f = static_cast<double>(filters);
  const double direct = results * 9 * c * f;
  const double products = tiles * Winograd::elements * c * f;
  return products + tiles * tile_cost * (c + f) + kernel_cost * c * f < 0.9 * direct;
}

Winograd::Winograd(const Axis& h, const Axis& w, int64_t of_images, int64_t of_channels,
                   int64_t of_filters)
    : source_height(h.source),
      source_width(w.source),
      pad_height(h.pad),
      pad_width(w.pad),
      height(h.result),
      width(w.result),
      images(of_images),
      channels(of_channels),
      filters(of_filters),
      tall(divide_up(h.result, tile)),
      wide(divide_up(w.result, tile)),
      segments(divide_up(wide, longest_unit)) {
  const WinogradLoops loops = find_winograd_loops();
  lines = round_up(channels, loops.lanes);
  strips = divide_up(filters, loops.strip);
}

Unit unit_of(const Winograd& w, int64_t unit) {
  const int64_t row = unit / w.segments, segment = unit % w.segments;
  const int64_t first = w.wide * segment / w.segments;
  return {row / w.tall, row % w.tall, first, w.wide * (segment + 1) / w.segments - first,
          row * w.wide + first};
}

WinogradStep::WinogradStep(const Winograd& sizes, int64_t groups, Context& context)
    : context_(context), loops_(find_winograd_loops()), w_(sizes), groups_(groups) {
  const int64_t threads = context.pool.threads(), longest = divide_up(w_.wide, w_.segments);
  const int64_t width = w_.strips * loops_.strip;
  by_filters_ =
      w_.tiles() * w_.lines < w_.channels * width && (threads == 1 || w_.strips >= 2 * threads);
  const int64_t per_tile = Winograd::elements * 4 * (by_filters_ ? loops_.strip : w_.lines + width);
  const int64_t most = std::clamp<int64_t>(block_bytes / per_tile, fewest_tiles, most_tiles);
  const int64_t even =
      threads > 1 ? divide_up(w_.units(), blocks_per_thread * threads) : w_.units();
  block_units_ = std::clamp<int64_t>(most / longest, 1, by_filters_ ? w_.units() : even);
  block_tiles_ = block_units_ * longest;
  images_ =
      Winograd::elements * element_stride((by_filters_ ? w_.tiles() : block_tiles_) * w_.lines);
  kernels_ =
      Winograd::elements * element_stride(w_.channels * (by_filters_ ? loops_.strip : width));
  products_ =
      Winograd::elements * element_stride(block_tiles_ * (by_filters_ ? loops_.strip : width));
}

int64_t WinogradStep::shared_floats() const { return by_filters_ ? images_ : kernels_; }

int64_t WinogradStep::thread_floats() const {
  const int64_t longest = divide_up(w_.wide, w_.segments);
  return loops_.sources(w_, longest) + (by_filters_ ? kernels_ : images_) + products_;
}

void WinogradStep::run(const WinogradCall& call) const {
  for (int64_t group = 0; group < groups_; ++group) {
    WinogradCall of = call;
    of.source += group * w_.channels * call.strides.channel;
    of.kernels.data += group * call.kernels_of_group;
    of.y += group * w_.filters * w_.height * w_.width;
    if (of.bias != nullptr) of.bias += group * w_.filters * call.bias_step;
    if (by_filters_)
      run_by_filters(of);
    else
      run_by_tiles(of);
  }
}

void WinogradStep::transform_unit(const WinogradCall& call, int64_t unit, int64_t first_tile,
                                  int64_t all, float* scratch, float* to) const {
  const Unit u = unit_of(w_, unit);
  loops_.transform_images(w_, u, call.source + u.image * call.strides.image, call.strides, scratch,
                          {w_.lines, loops_.lanes, element_stride(all * w_.lines)},
                          to + (u.at - first_tile) * w_.lines);
}

void WinogradStep::transform_strip(const WinogradCall& call, int64_t at, int64_t strips,
                                   float* to) const {
  Kernels kernels = call.kernels;
  kernels.data += at * loops_.strip * kernels.filter;
  loops_.transform_kernels(w_, kernels, std::min(loops_.strip, w_.filters - at * loops_.strip),
                           strips, to);
}

/// A block of tiles times some strips of filters.
void WinogradStep::finish_block(const WinogradCall& call, int64_t block, int64_t first_strip,
                                const float* images, int64_t all, const float* kernels,
                                float* products) const {
  const int64_t strips = by_filters_ ? 1 : w_.strips, width = strips * loops_.strip;
  const int64_t first = block * block_units_, end = std::min(first + block_units_, w_.units());
  const int64_t at = unit_of(w_, first).at;
  const Unit last = unit_of(w_, end - 1);
  const int64_t tiles = last.at + last.tiles - at, filter = first_strip * loops_.strip;
  loops_.multiply(w_, images, all, tiles, kernels, strips, products);
  for (int64_t unit = first; unit < end; ++unit) {
    const Unit u = unit_of(w_, unit);
    const Results results = {call.y + u.image * call.image + filter * w_.height * w_.width,
                             call.bias == nullptr ? nullptr : call.bias + filter * call.bias_step,
                             call.bias_step, std::min(width, w_.filters - filter)};
    if (!loops_.transform_back(w_, u, products + (u.at - at) * loops_.strip, tiles, strips,
                               results))
      std::atomic_ref(call.not_finite[u.image]).store(1, std::memory_order_relaxed);
  }
}

/// Kernels transformed once for all; each block of tiles goes all the way.
void WinogradStep::run_by_tiles(const WinogradCall& call) const {
  float* kernels = call.shared;
  context_.share_items(w_.strips, w_.channels * 500, [&](int64_t strip, uint32_t) {
    transform_strip(call, strip, w_.strips, kernels + strip * w_.channels * loops_.strip);
  });
  const int64_t work = block_tiles_ * w_.channels * w_.filters;
  context_.share_items(blocks(), work, [&](int64_t block, uint32_t thread) {
    auto* images = reinterpret_cast<float*>(context_.workspace.thread(thread));
    float *products = images + images_, *scratch = products + products_;
    const int64_t first = block * block_units_, end = std::min(first + block_units_, w_.units());
    const Unit last = unit_of(w_, end - 1);
    const int64_t at = unit_of(w_, first).at, tiles = last.at + last.tiles - at;
    for (int64_t unit = first; unit < end; ++unit)
      transform_unit(call, unit, at, tiles, scratch, images);
    finish_block(call, block, 0, images, tiles, kernels, products);
  });
}

/// Images transformed once for all; each strip of filters goes all the way.
void WinogradStep::run_by_filters(const WinogradCall& call) const {
  float* images = call.shared;
  const int64_t all = w_.tiles();
  const int64_t longest = divide_up(w_.wide, w_.segments);
  context_.share_items(w_.units(), longest * w_.channels * 20, [&](int64_t unit, uint32_t thread) {
    transform_unit(call, unit, 0, all, reinterpret_cast<float*>(context_.workspace.thread(thread)),
                   images);
  });
  const int64_t work = all * w_.channels * loops_.strip;
  context_.share_items(w_.strips, work, [&](int64_t strip, uint32_t thread) {
    auto* kernels = reinterpret_cast<float*>(context_.workspace.thread(thread));
    transform_strip(call, strip, 1, kernels);
    for (int64_t block = 0; block < blocks(); ++block)
      finish_block(call, block, strip, images + unit_of(w_, block * block_units_).at * w_.lines,
                   all, kernels, kernels + kernels_);
  });
}

}  // namespace asg::cpu::convolution
