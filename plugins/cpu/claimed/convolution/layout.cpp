#include <algorithm>
#include <utility>

#include "claimed/convolution/convolution.hpp"

namespace asg::cpu::convolution {

namespace {

// Planes of this many bytes leave the second cache room for the weights.
constexpr int64_t planes_bytes = 192 << 10;
// Several images may take more: each line of weights that is read serves all of them.
constexpr int64_t joined_bytes = 640 << 10;
constexpr int64_t most_joined = 32;
// Costs, where a weight's products with a strip of positions are 1: of reading a weight, and of an
// element that goes to or comes from a place between those of other images.
constexpr double weight_cost = 0.5, element_cost = 1.5;
// What side by side must save.
constexpr double worth_joining = 0.97;

// Elements t of a plane's row for which t * stride + phase - pad is in [0, source).
struct Range {
  int64_t begin, end;
};
Range inside(const Side& side, int64_t phase, int64_t count) {
  const int64_t start = phase - side.pad;
  const auto first_at_least = [&](int64_t x) {
    return x <= start ? int64_t{0} : divide_up(x - start, side.stride);
  };
  const int64_t begin = std::min(first_at_least(0), count);
  return {begin, std::clamp(first_at_least(side.source), begin, count)};
}

/// Elements of a row, `step` apart in the source.
void lay_row(const float* from, int64_t step, int64_t count, float* to) {
  if (step == 1)
    std::copy_n(from, count, to);
  else
    for (int64_t t = 0; t < count; ++t) to[t] = from[t * step];
}
/// Those of several images next to each other, zeros for images that there are not.
void lay_rows(const float* from, int64_t step, int64_t count, int64_t image, int64_t images,
              int64_t joined, float* to) {
  for (int64_t t = 0; t < count; ++t, to += joined) {
    const float* place = from + t * step;
    for (int64_t k = 0; k < images; ++k) to[k] = place[k * image];
    for (int64_t k = images; k < joined; ++k) to[k] = 0;
  }
}

}  // namespace

Strides strides_of(const asg_value& value) {
  return {value.strides[0], value.strides[1], value.strides[2], value.strides[3]};
}

Layout::Layout(Side rows, Side columns, int64_t channels_of_group, int64_t filters_of_group,
               const Limits& limits)
    : height(std::move(rows)),
      width(std::move(columns)),
      channels(channels_of_group),
      filters(filters_of_group),
      strip(limits.strip),
      wide(width.longest() + width.reach) {
  for (const Comb& r : height.combs)
    for (const Comb& c : width.combs) {
      const auto taps = static_cast<int64_t>(r.taps.size() * c.taps.size());
      pieces.push_back({&r, &c, channels * taps, depth(), {}});
    }
  choose_sizes(limits);
  for (Piece& piece : pieces)
    for (int64_t c = 0; c < channels; ++c)
      for (const Tap& i : piece.rows->taps)
        for (const Tap& j : piece.columns->taps) {
          const int64_t plane = (c * height.planes() + i.plane) * width.planes() + j.plane;
          piece.places.push_back(((plane * tall + i.step) * wide + j.step) * joined);
        }
}

int64_t Layout::depth() const {
  return pieces.empty() ? 0 : pieces.back().weights + pieces.back().depth;
}

/// Everything here follows from the shapes alone.
void Layout::choose_sizes(const Limits& limits) {
  const int64_t row = std::max<int64_t>(channels * height.planes() * width.planes() * wide * 4, 1);
  const int64_t rows = std::min(planes_bytes / row - height.reach,
                                limits.positions / std::max<int64_t>(width.longest(), 1));
  block_rows = std::clamp(rows, int64_t{1}, height.longest());
  tall = block_rows + height.reach;
  const int64_t all = height.longest();
  double best = cost_of_image();
  for (int64_t n = 2; n <= std::min(limits.images, most_joined); ++n) {
    if (row * (all + height.reach) * n > joined_bytes) break;
    const int64_t before = std::exchange(joined, n);
    const double cost = cost_of_image();
    if (cost < best * worth_joining)
      best = cost;
    else
      joined = before;
  }
  if (joined == 1) return;
  // As even as the number of images allows.
  joined = divide_up(limits.images, divide_up(limits.images, joined));
  block_rows = all;
  tall = all + height.reach;
}

double Layout::cost_of_image() const {
  double cost = weight_cost * static_cast<double>(depth() * filters);
  for (const Piece& piece : pieces) {
    const int64_t strips = lines(piece, piece.rows->count).size / strip;
    cost += static_cast<double>(strips * piece.depth * filters);
  }
  cost /= static_cast<double>(joined);
  if (joined == 1) return cost;
  const int64_t plane = (height.longest() + height.reach) * wide;
  const int64_t planes = channels * height.planes() * width.planes();
  const int64_t elements = height.result * width.result * filters + planes * plane;
  return cost + element_cost * static_cast<double>(elements);
}

Lines Layout::lines(const Piece& piece, int64_t rows) const {
  const int64_t step = wide * joined, columns = piece.columns->count * joined;
  const int64_t all = (rows - 1) * step + columns, each = round_up(columns, strip);
  // From the first position to the last, those between two rows dropped later.
  if (round_up(all, strip) <= rows * each) return {1, all, 0, step, round_up(all, strip)};
  return {rows, columns, step, each, rows * each};
}

void Layout::lay_out(const float* source, const Strides& strides, int64_t images,
                     int64_t of_channels, int64_t block, float* planes) const {
  const int64_t rows = std::min(block_rows, height.longest() - block * block_rows) + height.reach;
  const int64_t step = width.stride * strides.column;
  float* plane = planes;
  for (int64_t c = 0; c < of_channels; ++c)
    for (const int64_t i : height.phases)
      for (const int64_t j : width.phases) {
        const Range range = inside(width, j, wide);
        float* to = plane;
        for (int64_t r = 0; r < rows; ++r, to += wide * joined) {
          const int64_t h = (block * block_rows + r) * height.stride + i - height.pad;
          if (h < 0 || h >= height.source) {
            std::fill_n(to, wide * joined, 0.0f);
            continue;
          }
          const float* from = source + c * strides.channel + h * strides.row +
                              (j - width.pad + range.begin * width.stride) * strides.column;
          float* first = to + range.begin * joined;
          std::fill(to, first, 0.0f);
          if (joined == 1)
            lay_row(from, step, range.end - range.begin, first);
          else
            lay_rows(from, step, range.end - range.begin, strides.image, images, joined, first);
          std::fill(to + range.end * joined, to + wide * joined, 0.0f);
        }
        plane += tall * wide * joined;
      }
}

bool fits(const asg_step_request& request) {
  if (request.version != 1) return false;
  for (uint32_t i = 0; i < request.types.count; ++i)
    if (sdk::type_of(request, i).dtype != ASG_F32 ||
        sdk::element_count(sdk::type_of(request, i)) == 0)
      return false;
  return true;
}

}  // namespace asg::cpu::convolution
