#include <algorithm>
#include <cstdint>

#include "claimed/convolution/convolution.hpp"
#include "region/tile_ops_parts.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "claimed/convolution/products.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/highway.h>

#include "claimed/simd/block_gemm-inl.hpp"
#include "claimed/simd/turn-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

using convolution::Gradient;
using convolution::Layout;
using convolution::Lines;
using convolution::Part;
using convolution::Piece;
using convolution::Strides;

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

/// Results of all images at one filter out of its row of the product.
inline void write_filter(const Layout& layout, const Piece& piece, const Part& part,
                         const Lines& lines, int64_t filter, const float* from) {
  const int64_t rows = layout.rows_of(*piece.rows, part.block), columns = piece.columns->count;
  const int64_t width = layout.width.result, every = layout.width.every, joined = layout.joined;
  const int64_t first = piece.rows->first + part.block * layout.block_rows * layout.height.every;
  const float plus = part.bias == nullptr ? 0.0f : part.bias[filter * part.bias_step];
  float* y = part.y + (filter * layout.height.result + first) * width + piece.columns->first;
  if (joined == 1 && columns == width && layout.height.every == 1)
    return write_rows(from, lines.row, rows, width, plus, y);
  for (int64_t k = 0; k < part.images; ++k)
    for (int64_t r = 0; r < rows; ++r) {
      const float* row = from + r * lines.row + k;
      float* to = y + k * part.image + r * layout.height.every * width;
      for (int64_t c = 0; c < columns; ++c) to[c * every] = row[c * joined] + plus;
    }
}

void convolve(const Layout& layout, const Piece& piece, const Part& part) {
  const Lines lines = layout.lines(piece, layout.rows_of(*piece.rows, part.block));
  const int64_t length = round_to_strip(lines.length);
  const convolution::Tiles tiles(layout.filters, max_rows);
  for (int64_t t = part.first; t < part.end; ++t) {
    const int64_t f = tiles.begin(t), count = tiles.begin(t + 1) - f;
    for (int64_t line = 0; line < lines.count; ++line)
      multiply_rows<Together>(count, length, piece.depth,
                              Left{part.weights + f * piece.depth, 1, count},
                              ListedRight{part.planes + line * lines.step, piece.places.data()},
                              part.scratch + line * length, lines.size, false);
    for (int64_t i = 0; i < count; ++i)
      write_filter(layout, piece, part, lines, f + i, part.scratch + i * lines.size);
  }
}

void turn(const Layout& layout, int64_t block, const float* dy, const Strides& strides,
          int64_t first, int64_t positions, float* to) {
  const int64_t rows = layout.rows_of(*layout.pieces[0].rows, block), width = layout.width.result;
  const bool dense = strides.column == 1 && strides.row == width;  // all rows are one
  const int64_t runs = dense ? 1 : rows, length = dense ? rows * width : width;
  dy += block * layout.block_rows * strides.row;
  for (int64_t f = 0; f < layout.filters; f += strip)
    for (int64_t r = 0; r < runs; ++r)
      turn_channels(dy + f * strides.channel + r * strides.row, std::min(strip, layout.filters - f),
                    strides.channel, strides.column, length, strip,
                    to + f * positions + (first + r * length) * strip);
}

/// Elements of patches at one position after the other: rows of positions begin at `starts`.
struct Patches {
  const float* data;
  const int64_t* places;
  const int64_t* starts;
  int64_t length;
};
template <std::size_t rows>
struct OverRows {
  explicit OverRows(const Patches& a) : start(a.starts), length(a.length), left(a.length) {
    for (std::size_t r = 0; r < rows; ++r) at[r] = a.data + a.places[r];
    p = *start;
  }
  template <std::size_t R>
  HWY_INLINE float get() const {
    return at[R][p];
  }
  HWY_INLINE void next() {
    ++p;
    if (--left > 0) return;
    p = *++start;
    left = length;
  }
  const float* at[rows];
  const int64_t* start;
  int64_t length, left, p;
};

void add_gradient(const Layout& layout, const Gradient& gradient, const float* planes,
                  const float* turned, float* sums) {
  const int64_t filters = round_to_strip(layout.filters);
  const convolution::Tiles tiles(gradient.rows, max_rows);
  for (int64_t f = 0; f < filters; f += strip)
    for (int64_t t = 0; t < tiles.count; ++t) {
      const int64_t p = tiles.begin(t);
      multiply_rows<OverRows>(
          tiles.begin(t + 1) - p, strip, gradient.positions,
          Patches{planes, layout.pieces[0].places.data() + p, gradient.starts, layout.width.result},
          Right{turned + f * gradient.positions, strip}, sums + p * filters + f, filters, true);
    }
}

convolution::Products products() { return {strip, max_rows, convolve, turn, add_gradient}; }

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
