#include <algorithm>
#include <atomic>

#include "claimed/convolution/winograd.hpp"

namespace asg::cpu::convolution {

namespace {

// What is transformed in a round stays in the last cache, and mostly in the second.
constexpr int64_t round_bytes = 6 << 20;
constexpr int64_t round_tiles = 128;  // a panel and a strip of so many fit the first cache
constexpr int64_t panels_per_thread = 4;

}  // namespace

WinogradGradient::WinogradGradient(const Winograd& sizes, Context& context)
    : context_(context),
      loops_(find_winograd_loops()),
      w_(sizes),
      panels_(sizes.lines / loops_.lanes) {
  const int64_t width = w_.strips * loops_.strip;
  const int64_t bytes = Winograd::elements * w_.tiles() * (w_.lines + width) * 4;
  rounds_ = std::max(divide_up(bytes, round_bytes), divide_up(w_.tiles(), round_tiles));
  rounds_ = std::clamp<int64_t>(rounds_, 1, w_.units());
  int64_t tiles = 0;
  for (int64_t round = 0; round < rounds_; ++round) tiles = std::max(tiles, tiles_of(round));
  images_ = Winograd::elements * element_stride(tiles * w_.lines);
  results_ = Winograd::elements * element_stride(tiles * width);
  const int64_t threads = context.pool.threads();
  const int64_t wanted = threads > 1 ? panels_per_thread * threads : 1;
  strip_parts_ = std::clamp<int64_t>(wanted / panels_, 1, w_.strips);
}

int64_t WinogradGradient::tiles_of(int64_t round) const {
  const Unit last = unit_of(w_, round_begin(round + 1) - 1);
  return last.at + last.tiles - unit_of(w_, round_begin(round)).at;
}

/// Floats of the sums of a task.
int64_t WinogradGradient::sums_size() const {
  return Winograd::elements * loops_.lanes * divide_up(w_.strips, strip_parts_) * loops_.strip;
}

int64_t WinogradGradient::shared_floats() const {
  const int64_t tasks = rounds_ > 1 ? panels_ * strip_parts_ : 0;
  return images_ + results_ + tasks * sums_size();
}

int64_t WinogradGradient::thread_floats() const {
  const int64_t longest = divide_up(w_.wide, w_.segments);
  return std::max(
      {loops_.sources(w_, longest), loops_.results(w_, longest), rounds_ > 1 ? 0 : sums_size()});
}

Panel WinogradGradient::panel_of(int64_t task) const {
  const int64_t panel = task / strip_parts_, part = task % strip_parts_;
  const int64_t strip = w_.strips * part / strip_parts_;
  return {panel, std::min(loops_.lanes, w_.channels - panel * loops_.lanes), strip,
          w_.strips * (part + 1) / strip_parts_ - strip};
}

/// Both operands of a round's products, tile by tile.
void WinogradGradient::transform(const GradientCall& call, int64_t round) const {
  const int64_t first = round_begin(round), units = round_begin(round + 1) - first;
  const int64_t tiles = tiles_of(round), at = unit_of(w_, first).at;
  const int64_t work = divide_up(w_.wide, w_.segments) * w_.lines * 20;
  context_.share_items(2 * units, work, [&](int64_t item, uint32_t thread) {
    auto* scratch = reinterpret_cast<float*>(context_.workspace.thread(thread));
    const Unit unit = unit_of(w_, first + item / 2);
    if (item % 2 == 0)
      loops_.transform_images(
          w_, unit, call.x + unit.image * call.x_strides.image, call.x_strides, scratch,
          {loops_.lanes, tiles * loops_.lanes, element_stride(tiles * w_.lines)},
          call.shared + (unit.at - at) * loops_.lanes);
    else
      loops_.transform_results(w_, unit, call.dy + unit.image * call.dy_strides.image,
                               call.dy_strides, scratch, tiles,
                               call.shared + images_ + (unit.at - at) * loops_.strip);
  });
}

bool WinogradGradient::run(const GradientCall& call) const {
  std::atomic<bool> finite{true};
  for (int64_t round = 0; round < rounds_; ++round) {
    transform(call, round);
    const int64_t tasks = panels_ * strip_parts_, tiles = tiles_of(round);
    const int64_t work = tiles * w_.channels * w_.filters / tasks;
    context_.share_items(tasks, work, [&](int64_t task, uint32_t thread) {
      float* sums = rounds_ > 1 ? call.shared + images_ + results_ + task * sums_size()
                                : reinterpret_cast<float*>(context_.workspace.thread(thread));
      const Panel part = panel_of(task);
      loops_.add_products(w_, part, call.shared, call.shared + images_, tiles, round == 0, sums);
      if (round + 1 == rounds_ &&
          !loops_.gradient_back(w_, part, sums, call.dweight, call.dweight_strides))
        finite.store(false, std::memory_order_relaxed);
    });
  }
  return finite.load();
}

}  // namespace asg::cpu::convolution
