// Products of small blocks that are in the cache already: nothing is packed that can be read where
// it is.  Included once for each target.
#if defined(ASG_CPU_BLOCK_GEMM_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASG_CPU_BLOCK_GEMM_INL
#undef ASG_CPU_BLOCK_GEMM_INL
#else
#define ASG_CPU_BLOCK_GEMM_INL
#endif

#include <algorithm>
#include <cstdint>
#include <utility>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using FloatVector = hn::Vec<Floats>;
inline constexpr int64_t lanes = static_cast<int64_t>(hn::MaxLanes(Floats()));
/// A strip is two vectors wide; the right operand of a product is read by whole strips.
inline constexpr int64_t strip = 2 * lanes;
// Two vectors for each row, two of the right operand and one factor fit into the registers.
inline constexpr int64_t max_rows = HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4 ? 6 : 12;

constexpr int64_t round_to_strip(int64_t n) { return (n + strip - 1) / strip * strip; }

/// The left operand: element (i, p) at data[i * row + p * column].
struct Left {
  const float* data;
  int64_t row, column;
};

using TileOfRows = void (*)(int64_t depth, const Left& a, const float* b, int64_t b_row, float* c,
                            int64_t c_row, bool add, int64_t columns);

/// c (+)= a b for as many rows as R has, one strip wide, of which `columns` are written.  Every
/// element is one chain of multiply-adds in the order of p, so its bits do not depend on the tile.
/// `together`: a.row is 1.
template <bool together, std::size_t... R>
void multiply_tile(int64_t depth, const Left& a, const float* b, int64_t b_row, float* c,
                   int64_t c_row, bool add, int64_t columns) {
  const Floats d;
  constexpr std::size_t rows = sizeof...(R);
  FloatVector low[rows] = {((void)R, hn::Zero(d))...}, high[rows] = {((void)R, hn::Zero(d))...};
  // Three rows share a pointer: as many as addresses of the form base + index * 2 reach.
  const float* from[(rows + 2) / 3];
  for (std::size_t g = 0; g < (rows + 2) / 3; ++g)
    from[g] = a.data + static_cast<int64_t>(g) * 3 * a.row;
  const float* line = a.data;
  for (int64_t p = 0; p < depth; ++p, b += b_row) {
    const FloatVector b0 = hn::LoadU(d, b), b1 = hn::LoadU(d, b + lanes);
    if constexpr (together) {
      ((low[R] = hn::MulAdd(hn::Set(d, line[R]), b0, low[R]),
        high[R] = hn::MulAdd(hn::Set(d, line[R]), b1, high[R])),
       ...);
      line += a.column;
    } else {
      ((low[R] =
            hn::MulAdd(hn::Set(d, from[R / 3][static_cast<int64_t>(R % 3) * a.row]), b0, low[R]),
        high[R] =
            hn::MulAdd(hn::Set(d, from[R / 3][static_cast<int64_t>(R % 3) * a.row]), b1, high[R])),
       ...);
      for (const float*& at : from) at += a.column;
    }
  }
  if (columns == strip && add) {
    ((hn::StoreU(hn::Add(hn::LoadU(d, c + R * c_row), low[R]), d, c + R * c_row),
      hn::StoreU(hn::Add(hn::LoadU(d, c + R * c_row + lanes), high[R]), d, c + R * c_row + lanes)),
     ...);
  } else if (columns == strip) {
    ((hn::StoreU(low[R], d, c + R * c_row), hn::StoreU(high[R], d, c + R * c_row + lanes)), ...);
  } else {
    HWY_ALIGN float tile[rows * strip];
    ((hn::Store(low[R], d, tile + R * strip), hn::Store(high[R], d, tile + R * strip + lanes)),
     ...);
    for (int64_t i = 0; i < static_cast<int64_t>(rows); ++i)
      for (int64_t j = 0; j < columns; ++j)
        c[i * c_row + j] = add ? c[i * c_row + j] + tile[i * strip + j] : tile[i * strip + j];
  }
}

template <bool together, std::size_t... R>
constexpr TileOfRows tile_of(std::index_sequence<R...>) {
  return multiply_tile<together, R...>;
}
template <bool together, std::size_t... N>
TileOfRows tile_of_rows(int64_t rows, std::index_sequence<N...>) {
  static constexpr TileOfRows tiles[] = {tile_of<together>(std::make_index_sequence<N + 1>())...};
  return tiles[rows - 1];
}

/// Cuts m rows into tiles that differ by at most one row.
struct Tiles {
  explicit Tiles(int64_t rows) : m(rows), count((rows + max_rows - 1) / max_rows) {}
  int64_t begin(int64_t tile) const { return m * tile / count; }
  int64_t m, count;
};

/// c (+)= a b for `rows` <= max_rows rows and n columns; b and, unless n fills strips, its padding
/// are readable by whole strips.
template <bool together>
void multiply_rows(int64_t rows, int64_t n, int64_t depth, const Left& a, const float* b,
                   int64_t b_row, float* c, int64_t c_row, bool add) {
  const TileOfRows tile = tile_of_rows<together>(rows, std::make_index_sequence<max_rows>());
  for (int64_t j = 0; j < n; j += strip)
    tile(depth, a, b + j, b_row, c + j, c_row, add, std::min(strip, n - j));
}

/// The same for any number of rows.
template <bool together>
void multiply(int64_t m, int64_t n, int64_t depth, const Left& a, const float* b, int64_t b_row,
              float* c, int64_t c_row, bool add) {
  const Tiles tiles(m);
  for (int64_t t = 0; t < tiles.count; ++t) {
    const int64_t i = tiles.begin(t);
    multiply_rows<together>(tiles.begin(t + 1) - i, n, depth,
                            Left{a.data + i * a.row, a.row, a.column}, b, b_row, c + i * c_row,
                            c_row, add);
  }
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
