#include <algorithm>

#include "claimed/convolution/convolution.hpp"

namespace asg::cpu::convolution {

namespace {

// Planes of this many bytes leave the second cache room for the weights.
constexpr int64_t planes_bytes = 192 << 10;
// Strips of vectors are read to their end, which may be behind that of the last plane.
constexpr int64_t slack = 64;

// Elements t of a plane's row for which t * stride + phase - pad is in [0, source).
struct Range {
  int64_t begin, end;
};
Range inside(const Axis& axis, int64_t phase, int64_t count) {
  const int64_t start = phase - axis.pad;
  const auto first_at_least = [&](int64_t x) {
    return x <= start ? int64_t{0} : divide_up(x - start, axis.stride);
  };
  const int64_t begin = std::min(first_at_least(0), count);
  return {begin, std::clamp(first_at_least(axis.source), begin, count)};
}

}  // namespace

Strides strides_of(const asg_value& value) {
  return {value.strides[0], value.strides[1], value.strides[2], value.strides[3]};
}

Layout::Layout(const Axis& rows, const Axis& columns, int64_t channels_of_group,
               int64_t filters_of_group)
    : height(rows),
      width(columns),
      channels(channels_of_group),
      filters(filters_of_group),
      depth(channels_of_group * rows.kernel * columns.kernel),
      wide(columns.result + columns.reach()) {
  const int64_t row = channels * height.stride * width.stride * wide * 4;
  block_rows = std::clamp(planes_bytes / std::max<int64_t>(row, 1) - height.reach(), int64_t{1},
                          height.result);
  tall = block_rows + height.reach();
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t i = 0; i < height.kernel; ++i)
      for (int64_t j = 0; j < width.kernel; ++j) {
        const int64_t plane = (c * height.stride + height.phase(i)) * width.stride + width.phase(j);
        places.push_back((plane * tall + height.step(i)) * wide + width.step(j));
      }
}

int64_t Layout::rows_of(int64_t block) const {
  return std::min(block_rows, height.result - block * block_rows);
}

std::size_t Layout::planes_size() const {
  return static_cast<std::size_t>(channels * height.stride * width.stride * tall * wide + slack);
}

void Layout::lay_out(const float* source, const Strides& strides, int64_t block,
                     float* planes) const {
  const int64_t rows = rows_of(block) + height.reach();
  for (int64_t c = 0; c < channels; ++c)
    for (int64_t i = 0; i < height.stride; ++i)
      for (int64_t j = 0; j < width.stride; ++j) {
        float* to = planes + ((c * height.stride + i) * width.stride + j) * tall * wide;
        const Range range = inside(width, j, wide);
        for (int64_t r = 0; r < rows; ++r, to += wide) {
          const int64_t h = (block * block_rows + r) * height.stride + i - height.pad;
          if (h < 0 || h >= height.source) {
            std::fill_n(to, wide, 0.0f);
            continue;
          }
          const float* from =
              source + c * strides.channel + h * strides.row + (j - width.pad) * strides.column;
          for (int64_t t = 0; t < range.begin; ++t) to[t] = 0;
          if (strides.column == 1 && width.stride == 1)
            for (int64_t t = range.begin; t < range.end; ++t) to[t] = from[t];
          else
            for (int64_t t = range.begin; t < range.end; ++t)
              to[t] = from[t * width.stride * strides.column];
          for (int64_t t = range.end; t < wide; ++t) to[t] = 0;
        }
      }
}

void read_axes(const asg_attr* stride, const asg_attr* padding, const asg_attr* dilation,
               Axis& height, Axis& width) {
  require(stride->count == 2 && padding->count == 2 && dilation->count == 2,
          "conv2d: stride, padding and dilation need two entries");
  Axis* axes[] = {&height, &width};
  for (uint32_t i = 0; i < 2; ++i) {
    axes[i]->stride = stride->ints[i];
    axes[i]->pad = padding->ints[i];
    axes[i]->dilation = dilation->ints[i];
  }
}

bool fits(const asg_claim_request& request) {
  if (request.version != 1) return false;
  for (uint32_t i = 0; i < request.n_inputs + request.n_outputs; ++i)
    if (request.types[i].dtype != ASG_F32 || sdk::element_count(request.types[i]) == 0)
      return false;
  return true;
}

}  // namespace asg::cpu::convolution
