#include <algorithm>
#include <cstdint>
#include <cstring>

#include "claimed/convolution/convolution.hpp"
#include "region/tile_ops_parts.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "claimed/convolution/products.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/highway.h>

#include "claimed/simd/block_gemm-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

using convolution::Layout;
using convolution::Strides;

std::size_t convolve_scratch(const Layout& layout) {
  return static_cast<std::size_t>(max_rows * round_to_strip(layout.positions(layout.block_rows)));
}

/// Rows of results out of the positions, plus a number.  Vectors reach into the next row, which is
/// written afterwards.
inline void write_rows(const float* from, int64_t from_row, int64_t rows, int64_t width, float plus,
                       float* to) {
  const Floats d;
  const FloatVector bias = hn::Set(d, plus);
  const int64_t size = rows * width;
  for (int64_t r = 0; r < rows; ++r) {
    int64_t c = 0;
    for (; c < width && r * width + c + lanes <= size; c += lanes)
      hn::StoreU(hn::Add(hn::LoadU(d, from + r * from_row + c), bias), d, to + r * width + c);
    for (; c < width; ++c) to[r * width + c] = from[r * from_row + c] + plus;
  }
}

void convolve(const Layout& layout, int64_t block, const float* weights, const float* planes,
              const float* bias, int64_t bias_step, int64_t first, int64_t end, float* y,
              float* scratch) {
  const int64_t rows = layout.rows_of(block), width = layout.width.result;
  const int64_t positions = round_to_strip(layout.positions(rows));
  const int64_t channel = layout.height.result * width;
  const Tiles tiles(end - first);
  for (int64_t t = 0; t < tiles.count; ++t) {
    const int64_t f = first + tiles.begin(t), count = first + tiles.begin(t + 1) - f;
    multiply_rows<Together>(count, positions, layout.depth, Left{weights + f, 1, layout.filters},
                            ListedRight{planes, layout.places.data()}, scratch, positions, false);
    for (int64_t i = f; i < f + count; ++i)
      write_rows(scratch + (i - f) * positions, layout.wide, rows, width,
                 bias == nullptr ? 0.0f : bias[i * bias_step],
                 y + i * channel + block * layout.block_rows * width);
  }
}

int64_t padded(int64_t filters) { return round_to_strip(filters); }

std::size_t gradient_scratch(const Layout& layout) {
  return static_cast<std::size_t>(layout.positions(layout.block_rows) *
                                  round_to_strip(layout.filters));
}

/// dy [filters][positions] as [positions][filters], zeros where there is no position or filter.
inline void turn_dy(const Layout& layout, int64_t block, const float* dy, const Strides& strides,
                    float* to) {
  const Floats d;
  const int64_t filters = round_to_strip(layout.filters), width = layout.width.result;
  const int64_t rows = layout.rows_of(block), positions = layout.positions(rows);
  HWY_ALIGN float part[4 * lanes];
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t row = block * layout.block_rows + r;
    // Vectors may reach into the rows that follow.
    const int64_t readable = strides.column != 1    ? 0
                             : strides.row == width ? (layout.height.result - row) * width
                                                    : width;
    float* lines = to + r * layout.wide * filters;
    for (int64_t f = 0; f < filters; f += 4) {
      const float* from = dy + f * strides.channel + row * strides.row;
      int64_t p = 0;
      if (f + 4 <= layout.filters)
        for (; p < width && p + lanes <= readable; p += lanes) {
          hn::StoreInterleaved4(hn::LoadU(d, from + p), hn::LoadU(d, from + strides.channel + p),
                                hn::LoadU(d, from + 2 * strides.channel + p),
                                hn::LoadU(d, from + 3 * strides.channel + p), d, part);
          const int64_t count = std::min(lanes, width - p);
          for (int64_t q = 0; q < count; ++q)
            std::memcpy(lines + (p + q) * filters + f, part + q * 4, 4 * sizeof(float));
        }
      for (; p < width; ++p)
        for (int64_t k = 0; k < std::min<int64_t>(4, filters - f); ++k)
          lines[p * filters + f + k] =
              f + k < layout.filters ? from[k * strides.channel + p * strides.column] : 0.0f;
    }
    const int64_t gap = std::min(layout.wide, positions - r * layout.wide);
    if (gap > width) std::fill_n(lines + width * filters, (gap - width) * filters, 0.0f);
  }
}

void add_gradient(const Layout& layout, int64_t block, const float* dy, const Strides& strides,
                  const float* planes, int64_t first, int64_t end, float* sums, float* turned) {
  const int64_t filters = round_to_strip(layout.filters);
  turn_dy(layout, block, dy, strides, turned);
  const Tiles tiles(end - first);
  for (int64_t t = 0; t < tiles.count; ++t) {
    const int64_t p = first + tiles.begin(t);
    multiply_rows<Listed>(first + tiles.begin(t + 1) - p, filters,
                          layout.positions(layout.rows_of(block)),
                          ListedLeft{planes, layout.places.data() + p, 1}, Right{turned, filters},
                          sums + p * filters, filters, true);
  }
}

convolution::Products products() {
  return {convolve_scratch, convolve, padded, gradient_scratch, add_gradient};
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace asg::cpu {
HWY_EXPORT(products);
namespace convolution {
Products find_products() { return HWY_DYNAMIC_DISPATCH(products)(); }
}  // namespace convolution
}  // namespace asg::cpu
#endif
