#include <algorithm>
#include <cstdint>
#include <cstring>

#include "claimed/convolution/winograd.hpp"
#include "region/tile_ops_parts.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "claimed/convolution/winograd_products.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/highway.h>

#include "claimed/convolution/winograd-inl.hpp"
#include "claimed/simd/block_gemm-inl.hpp"
#include "claimed/simd/turn-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

using convolution::Kernels;
using convolution::Places;
using convolution::Results;
using convolution::Strides;
using convolution::Unit;
using convolution::Winograd;

int64_t source_columns(int64_t tiles) { return Winograd::tile * (tiles - 1) + Winograd::taken; }

int64_t sources(const Winograd& w, int64_t tiles) {
  return Winograd::taken * source_columns(tiles) * w.lines;
}

/// Rows of a unit's sources as [columns][lines], zeros outside of the image.
inline void lay_out_unit(const Winograd& w, const Unit& unit, const float* source, const Strides& s,
                         float* to) {
  const int64_t columns = source_columns(unit.tiles);
  const int64_t start = unit.first * Winograd::tile - w.pad_width;
  const int64_t begin = std::clamp<int64_t>(-start, 0, columns);
  const int64_t end = std::clamp<int64_t>(w.source_width - start, begin, columns);
  for (int64_t i = 0; i < Winograd::taken; ++i, to += columns * w.lines) {
    const int64_t row = unit.row * Winograd::tile + i - w.pad_height;
    if (row < 0 || row >= w.source_height || begin == end) {
      std::fill_n(to, columns * w.lines, 0.0f);
      continue;
    }
    std::fill_n(to, begin * w.lines, 0.0f);
    turn_channels(source + row * s.row + (start + begin) * s.column, w.channels, s.channel,
                  s.column, end - begin, w.lines, to + begin * w.lines);
    std::fill_n(to + end * w.lines, (columns - end) * w.lines, 0.0f);
  }
}

void transform_images(const Winograd& w, const Unit& unit, const float* source,
                      const Strides& strides, float* scratch, const Places& places, float* to) {
  const Floats d;
  lay_out_unit(w, unit, source, strides, scratch);
  const int64_t row = source_columns(unit.tiles) * w.lines;
  for (int64_t t = 0; t < unit.tiles; ++t)
    for (int64_t c = 0; c < w.lines; c += lanes) {
      const float* from = scratch + t * Winograd::tile * w.lines + c;
      float* place = to + t * places.tile + c / lanes * places.vector;
      transform_both<OfImage>(
          [&](int64_t i, int64_t j) { return hn::LoadU(d, from + i * row + j * w.lines); },
          [&](int64_t i, int64_t j, FloatVector x) {
            hn::StoreU(x, d, place + (i * Winograd::taken + j) * places.element);
          });
    }
}

// Of so many channels at once: their kernels lie one after the other, those of filters far apart.
constexpr int64_t kernel_channels = 8;

/// Kernels of some channels as [channels][9][strip].
inline void turn_kernels(const Kernels& k, int64_t channels, int64_t filters, float* to) {
  const bool dense = k.row == 3 && k.column == 1;
  if (dense && k.channel == 9)
    return turn_channels(k.data, filters, k.filter, 1, channels * 9, strip, to);
  for (int64_t c = 0; c < channels; ++c, to += 9 * strip) {
    const float* from = k.data + c * k.channel;
    if (dense)
      turn_channels(from, filters, k.filter, 1, 9, strip, to);
    else
      for (int64_t i = 0; i < 3; ++i)
        turn_channels(from + i * k.row, filters, k.filter, k.column, 3, strip, to + 3 * i * strip);
  }
}

void transform_kernels(const Winograd& w, const Kernels& kernels, int64_t filters, int64_t strips,
                       float* to) {
  const Floats d;
  HWY_ALIGN float turned[kernel_channels * 9 * strip];
  const int64_t element = convolution::element_stride(strips * w.channels * strip);
  for (int64_t first = 0; first < w.channels; first += kernel_channels) {
    const int64_t channels = std::min(kernel_channels, w.channels - first);
    Kernels some = kernels;
    some.data += first * kernels.channel;
    turn_kernels(some, channels, filters, turned);
    for (int64_t c = 0; c < channels; ++c, to += strip)
      for (int64_t f = 0; f < strip; f += lanes)
        transform_both<OfKernel>(
            [&](int64_t i, int64_t j) {
              const int64_t at = i * 3 + j;
              return hn::Load(d, turned + (c * 9 + (kernels.back ? 8 - at : at)) * strip + f);
            },
            [&](int64_t i, int64_t j, FloatVector x) {
              hn::StoreU(x, d, to + (i * Winograd::taken + j) * element + f);
            });
  }
}

// Channels in one chain of sums.  Longer ones would be further from the exact sums.
constexpr int64_t most_depth = 128;

void multiply_elements(const Winograd& w, const float* images, int64_t all, int64_t tiles,
                       const float* kernels, int64_t strips, float* products) {
  const int64_t of_images = convolution::element_stride(all * w.lines);
  const int64_t of_kernels = convolution::element_stride(strips * w.channels * strip);
  const int64_t of_products = convolution::element_stride(tiles * strips * strip);
  const convolution::Tiles rows(tiles, max_rows), parts(w.channels, most_depth);
  for (int64_t e = 0; e < Winograd::elements; ++e)
    for (int64_t s = 0; s < strips; ++s)
      for (int64_t p = 0; p < parts.count; ++p) {
        const int64_t c = parts.begin(p), depth = parts.begin(p + 1) - c;
        const float* from = images + e * of_images + c;
        const Right right{kernels + e * of_kernels + (s * w.channels + c) * strip, strip};
        float* to = products + e * of_products + s * tiles * strip;
        for (int64_t t = 0; t < rows.count; ++t) {
          const int64_t first = rows.begin(t);
          multiply_rows<Apart>(rows.begin(t + 1) - first, strip, depth,
                               Left{from + first * w.lines, w.lines, 1}, right, to + first * strip,
                               strip, p > 0);
        }
      }
}

/// A row of a tile's results of each filter, [2][lanes], to rows `step` apart for filters.
inline void write_row(const float* results, int64_t filters, int64_t step, float* to) {
  const Floats d;
  static_assert(Winograd::tile == 2);
  HWY_ALIGN float row[2 * lanes];
  hn::StoreInterleaved2(hn::Load(d, results), hn::Load(d, results + lanes), d, row);
  for (int64_t f = 0; f < filters; ++f) std::memcpy(to + f * step, row + f * 2, 2 * sizeof(float));
}

/// Rows of a unit's results of one filter to their places.
inline void write_unit(const Winograd& w, const Unit& unit, const float* from, float* y) {
  const int64_t row = unit.row * Winograd::tile, column = unit.first * Winograd::tile;
  const int64_t columns = unit.tiles * Winograd::tile, count = std::min(columns, w.width - column);
  y += row * w.width + column;
  for (int64_t i = 0; i < std::min(Winograd::tile, w.height - row); ++i)
    std::copy_n(from + i * columns, count, y + i * w.width);
}

bool transform_back(const Winograd& w, const Unit& unit, const float* products, int64_t all,
                    int64_t strips, const Results& results) {
  const Floats d;
  const int64_t element = convolution::element_stride(all * strips * strip);
  const int64_t row = unit.tiles * Winograd::tile, step = Winograd::tile * row;
  HWY_ALIGN float out[Winograd::tile * Winograd::tile * lanes];
  // Rows of some filters, as their places in memory are far apart and only together whole lines.
  HWY_ALIGN float rows[lanes * Winograd::tile * Winograd::tile * Winograd::longest_unit];
  HWY_ALIGN float bias[lanes];
  FloatVector nothing = hn::Zero(d);  // 0 times what is not finite is NaN
  for (int64_t f = 0; f < results.filters; f += lanes) {
    const int64_t filters = std::min(lanes, results.filters - f);
    for (int64_t k = 0; k < lanes; ++k)
      bias[k] = results.bias == nullptr || k >= filters ? 0.0f
                                                        : results.bias[(f + k) * results.bias_step];
    const FloatVector plus = hn::Load(d, bias);
    for (int64_t t = 0; t < unit.tiles; ++t) {
      const float* from = products + (f / strip * all + t) * strip + f % strip;
      transform_both<ToResults>(
          [&](int64_t i, int64_t j) {
            return hn::LoadU(d, from + (i * Winograd::taken + j) * element);
          },
          [&](int64_t i, int64_t j, FloatVector x) {
            nothing = hn::MulAdd(x, hn::Zero(d), nothing);
            hn::Store(hn::Add(x, plus), d, out + (i * Winograd::tile + j) * lanes);
          });
      for (int64_t i = 0; i < Winograd::tile; ++i)
        write_row(out + i * Winograd::tile * lanes, filters, step,
                  rows + i * row + t * Winograd::tile);
    }
    for (int64_t k = 0; k < filters; ++k)
      write_unit(w, unit, rows + k * step, results.y + (f + k) * w.height * w.width);
  }
  return hn::AllTrue(d, hn::Eq(nothing, hn::Zero(d)));
}

convolution::WinogradLoops winograd_loops() {
  return {strip,         lanes, sources, transform_images, transform_kernels, multiply_elements,
          transform_back};
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace asg::cpu {
HWY_EXPORT(winograd_loops);
namespace convolution {
WinogradLoops find_winograd_loops() { return HWY_DYNAMIC_DISPATCH(winograd_loops)(); }
}  // namespace convolution
}  // namespace asg::cpu
#endif
