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

/// A left operand: element (i, p) at data[i * row + p * column].
struct Left {
  const float* data;
  int64_t row, column;
};
/// One whose rows begin at data[rows[i]].
struct ListedLeft {
  const float* data;
  const int64_t* rows;
  int64_t column;
};

// How the rows of a tile are walked together, column after column.
/// Rows side by side: row is 1.
template <std::size_t rows>
struct Together {
  explicit Together(const Left& a) : at(a.data), column(a.column) {}
  template <std::size_t R>
  HWY_INLINE float get() const {
    return at[R];
  }
  HWY_INLINE void next() { at += column; }
  const float* at;
  int64_t column;
};
/// Rows anywhere.  Three share a pointer: as many as addresses of the form base + index * 2 reach.
template <std::size_t rows>
struct Apart {
  explicit Apart(const Left& a) : row(a.row), column(a.column) {
    for (std::size_t g = 0; g < groups; ++g) at[g] = a.data + static_cast<int64_t>(g) * 3 * a.row;
  }
  template <std::size_t R>
  HWY_INLINE float get() const {
    return at[R / 3][static_cast<int64_t>(R % 3) * row];
  }
  HWY_INLINE void next() {
    for (const float*& from : at) from += column;
  }
  static constexpr std::size_t groups = (rows + 2) / 3;
  const float* at[groups];
  int64_t row, column;
};
template <std::size_t rows>
struct Listed {
  explicit Listed(const ListedLeft& a) : column(a.column) {
    for (std::size_t r = 0; r < rows; ++r) at[r] = a.data + a.rows[r];
  }
  template <std::size_t R>
  HWY_INLINE float get() const {
    return at[R][p];
  }
  HWY_INLINE void next() { p += column; }
  const float* at[rows];
  int64_t column, p = 0;
};

/// A right operand: row p at data + p * row.
struct Right {
  const float* data;
  int64_t row;
  HWY_INLINE const float* line() const { return data; }
  HWY_INLINE void next() { data += row; }
  Right from(int64_t column) const { return {data + column, row}; }
};
/// One whose row p is at data + rows[p].
struct ListedRight {
  const float* data;
  const int64_t* rows;
  HWY_INLINE const float* line() const { return data + *rows; }
  HWY_INLINE void next() { ++rows; }
  ListedRight from(int64_t column) const { return {data + column, rows}; }
};

/// c (+)= a b for as many rows as R has, one strip wide, of which `columns` are written.  Every
/// element is one chain of multiply-adds in the order of p, so its bits do not depend on the tile.
template <template <std::size_t> class Rows, class A, class B, std::size_t... R>
void multiply_tile(int64_t depth, const A& a, B b, float* c, int64_t c_row, bool add,
                   int64_t columns) {
  const Floats d;
  constexpr std::size_t rows = sizeof...(R);
  FloatVector low[rows] = {((void)R, hn::Zero(d))...}, high[rows] = {((void)R, hn::Zero(d))...};
  Rows<rows> left(a);
  for (int64_t p = 0; p < depth; ++p) {
    const FloatVector b0 = hn::LoadU(d, b.line()), b1 = hn::LoadU(d, b.line() + lanes);
    ((low[R] = hn::MulAdd(hn::Set(d, left.template get<R>()), b0, low[R]),
      high[R] = hn::MulAdd(hn::Set(d, left.template get<R>()), b1, high[R])),
     ...);
    left.next();
    b.next();
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

template <class A, class B>
using Tile = void (*)(int64_t depth, const A& a, B b, float* c, int64_t c_row, bool add,
                      int64_t columns);
template <template <std::size_t> class Rows, class A, class B, std::size_t... R>
constexpr Tile<A, B> tile_of(std::index_sequence<R...>) {
  return multiply_tile<Rows, A, B, R...>;
}
template <template <std::size_t> class Rows, class A, class B, std::size_t... N>
Tile<A, B> find_tile(int64_t rows, std::index_sequence<N...>) {
  static constexpr Tile<A, B> tiles[] = {tile_of<Rows, A, B>(std::make_index_sequence<N + 1>())...};
  return tiles[rows - 1];
}

/// Cuts m rows into tiles that differ by at most one row.
struct Tiles {
  explicit Tiles(int64_t rows) : m(rows), count((rows + max_rows - 1) / max_rows) {}
  int64_t begin(int64_t tile) const { return m * tile / count; }
  int64_t m, count;
};

/// c (+)= a b for `rows` <= max_rows rows and n columns; the rows of b can be read by whole strips.
template <template <std::size_t> class Rows, class A, class B>
void multiply_rows(int64_t rows, int64_t n, int64_t depth, const A& a, const B& b, float* c,
                   int64_t c_row, bool add) {
  const Tile<A, B> tile = find_tile<Rows, A, B>(rows, std::make_index_sequence<max_rows>());
  for (int64_t j = 0; j < n; j += strip)
    tile(depth, a, b.from(j), c + j, c_row, add, std::min(strip, n - j));
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
