#include "gemm/simd_gemm.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "region/tile_ops_parts.hpp"
#include "rounding.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "gemm/simd_gemm.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/highway.h>

#include <asg/sdk/backend.h>

// Once for all targets: the sizes of what is kept in which cache.
#ifndef ASG_CPU_SIMD_GEMM_SIZES
#define ASG_CPU_SIMD_GEMM_SIZES
namespace asg::cpu {
inline constexpr int64_t tile_rows = 12;        // 12 x 2 vectors of sums fill the registers
inline constexpr int64_t max_depth = 256;       // a strip of b, two vectors wide: first cache
inline constexpr int64_t block_rows = 12 * 16;  // rows of a packed at once: second cache
inline constexpr int64_t max_packed = 1 << 20;  // elements of b packed at once: third cache
inline constexpr int64_t strip = 32;            // columns of the widest strip, that of float32

/// How the loops are cut.  The depth of a block, which decides where sums are rounded, follows
/// from k alone.
struct Cut {
  int64_t depth;    // of a block
  int64_t columns;  // of b packed at once
  bool keeps_b;     // all its blocks, for all rows
  Cut(int64_t m, int64_t n, int64_t k) {
    depth = round_up(divide_up(k, divide_up(k, max_depth)), 8);
    keeps_b = m > block_rows && k <= max_packed / (2 * strip);
    columns = std::max(max_packed / (keeps_b ? k : depth) / strip * strip, strip);
    columns = std::min(columns, round_up(n, strip));
  }
  int64_t packed_b(int64_t k) const { return columns * (keeps_b ? round_up(k, 8) : depth); }
};
}  // namespace asg::cpu
#endif

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

// Targets get smaller numbers as they get better; those of 512 bits start here.
#if HWY_TARGET <= HWY_AVX3 && HWY_ARCH_X86
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
using Vector = hn::Vec<Tag<T>>;
template <class T>
inline constexpr int64_t vector_size = 64 / sizeof(T);
template <class T>
inline constexpr int64_t tile_columns = 2 * vector_size<T>;

template <class T>
struct Source {
  const T* data;
  int64_t row, column;
};

/// Rows four at a time: element (i, p) of rows i to i + 3 goes to to[p * 4 + i].  Rows from
/// `count` on are zero.
template <class T>
void pack_four_rows(const Source<T>& a, int64_t count, int64_t depth, T* to) {
  const Tag<T> d;
  int64_t p = 0;
  if (count == 4 && a.column == 1) {
    const T *r0 = a.data, *r1 = r0 + a.row, *r2 = r1 + a.row, *r3 = r2 + a.row;
    for (; p + vector_size<T> <= depth; p += vector_size<T>)
      hn::StoreInterleaved4(hn::LoadU(d, r0 + p), hn::LoadU(d, r1 + p), hn::LoadU(d, r2 + p),
                            hn::LoadU(d, r3 + p), d, to + p * 4);
  } else if (count == 4 && a.row == 1) {
    for (; p < depth; ++p) std::memcpy(to + p * 4, a.data + p * a.column, 4 * sizeof(T));
  }
  for (; p < depth; ++p)
    for (int64_t i = 0; i < 4; ++i)
      to[p * 4 + i] = i < count ? a.data[i * a.row + p * a.column] : T{0};
}

/// Rows of some tiles that lie one after the other in memory, as a transposed matrix has them:
/// every line of memory is read once.
template <class T>
void pack_tall(const Source<T>& a, int64_t tiles, int64_t depth, T* to) {
  const int64_t group = 4 * depth;
  for (int64_t p = 0; p < depth; ++p) {
    const T* from = a.data + p * a.column;
    for (int64_t g = 0; g < 3 * tiles; ++g)
      std::memcpy(to + g * group + p * 4, from + g * 4, 4 * sizeof(T));
  }
}

/// Tiles of tile_rows rows, each in groups of four that follow each other.
template <class T>
void pack_rows(const Source<T>& a, int64_t count, int64_t depth, T* to) {
  int64_t i = 0;
  if (a.row == 1)
    for (; i + tile_rows <= count; i += 4 * tile_rows) {
      const int64_t tiles = std::min<int64_t>((count - i) / tile_rows, 4);
      pack_tall(Source<T>{a.data + i, a.row, a.column}, tiles, depth, to + i * depth);
      if (tiles < 4) {
        i += tiles * tile_rows;
        break;
      }
    }
  for (; i < round_up(count, tile_rows); i += 4)
    pack_four_rows(Source<T>{a.data + i * a.row, a.row, a.column},
                   std::clamp<int64_t>(count - i, 0, 4), depth, to + i * depth);
}

/// Whole strips whose rows lie one after the other in memory.
template <class T>
void pack_wide(const Source<T>& b, int64_t strips, int64_t depth, T* to) {
  const Tag<T> d;
  constexpr int64_t width = tile_columns<T>;
  for (int64_t p = 0; p < depth; ++p)
    for (int64_t s = 0; s < strips; ++s) {
      const T* from = b.data + p * b.row + s * width;
      T* place = to + (s * depth + p) * width;
      hn::StoreU(hn::LoadU(d, from), d, place);
      hn::StoreU(hn::LoadU(d, from + vector_size<T>), d, place + vector_size<T>);
    }
}

/// A strip of tile_columns columns of b: element (p, j) goes to to[p * tile_columns + j].
template <class T>
void pack_strip(const Source<T>& b, int64_t count, int64_t depth, T* to) {
  const Tag<T> d;
  constexpr int64_t width = tile_columns<T>;
  if (count == width && b.row == 1) {
    HWY_ALIGN T part[4 * vector_size<T>];
    for (int64_t j = 0; j < width; j += 4) {
      const T* column = b.data + j * b.column;
      int64_t p = 0;
      for (; p + vector_size<T> <= depth; p += vector_size<T>) {
        hn::StoreInterleaved4(hn::LoadU(d, column + p), hn::LoadU(d, column + b.column + p),
                              hn::LoadU(d, column + 2 * b.column + p),
                              hn::LoadU(d, column + 3 * b.column + p), d, part);
        for (int64_t q = 0; q < vector_size<T>; ++q)
          std::memcpy(to + (p + q) * width + j, part + q * 4, 4 * sizeof(T));
      }
      for (; p < depth; ++p)
        for (int64_t c = 0; c < 4; ++c) to[p * width + j + c] = column[c * b.column + p];
    }
    return;
  }
  for (int64_t p = 0; p < depth; ++p)
    for (int64_t j = 0; j < width; ++j)
      to[p * width + j] = j < count ? b.data[p * b.row + j * b.column] : T{0};
}

template <class T>
void pack_columns(const Source<T>& b, int64_t count, int64_t depth, T* to) {
  constexpr int64_t width = tile_columns<T>;
  int64_t j = 0;
  if (b.column == 1)
    for (; j + width <= count;) {
      const int64_t strips = std::min<int64_t>((count - j) / width, 4);
      pack_wide(Source<T>{b.data + j, b.row, b.column}, strips, depth, to + j * depth);
      j += strips * width;
    }
  for (; j < count; j += width)
    pack_strip(Source<T>{b.data + j * b.column, b.row, b.column}, std::min(width, count - j), depth,
               to + j * depth);
}

template <class T>
struct Sums {
  Vector<T> low[tile_rows], high[tile_rows];
};

// Written as packs: every element of `sums` has a constant index and so a register.
template <class T, std::size_t... R>
HWY_INLINE void clear(Sums<T>& sums, std::index_sequence<R...>) {
  const Tag<T> d;
  ((sums.low[R] = hn::Zero(d), sums.high[R] = hn::Zero(d)), ...);
}
template <class T, std::size_t... R>
HWY_INLINE void update(Sums<T>& sums, const T* a, int64_t group, Vector<T> b0, Vector<T> b1,
                       std::index_sequence<R...>) {
  const Tag<T> d;
  ((sums.low[R] =
        hn::MulAdd(hn::Set(d, a[static_cast<int64_t>(R / 4) * group + R % 4]), b0, sums.low[R]),
    sums.high[R] =
        hn::MulAdd(hn::Set(d, a[static_cast<int64_t>(R / 4) * group + R % 4]), b1, sums.high[R])),
   ...);
}
template <class T, std::size_t... R>
HWY_INLINE void write(const Sums<T>& sums, T* c, int64_t c_row, bool add,
                      std::index_sequence<R...>) {
  const Tag<T> d;
  constexpr int64_t n = vector_size<T>;
  if (add) {
    ((hn::StoreU(hn::Add(hn::LoadU(d, c + R * c_row), sums.low[R]), d, c + R * c_row),
      hn::StoreU(hn::Add(hn::LoadU(d, c + R * c_row + n), sums.high[R]), d, c + R * c_row + n)),
     ...);
  } else {
    ((hn::StoreU(sums.low[R], d, c + R * c_row), hn::StoreU(sums.high[R], d, c + R * c_row + n)),
     ...);
  }
}

/// A tile of c from a packed strip of a, in three groups of four rows, and one of b.
template <class T>
void multiply_tile(int64_t depth, const T* a, const T* b, T* c, int64_t c_row, bool add) {
  const Tag<T> d;
  constexpr auto rows = std::make_index_sequence<tile_rows>();
  Sums<T> sums;
  clear(sums, rows);
  const int64_t group = depth * 4;
  for (int64_t p = 0; p < depth; ++p, a += 4, b += tile_columns<T>)
    update(sums, a, group, hn::Load(d, b), hn::Load(d, b + vector_size<T>), rows);
  write(sums, c, c_row, add, rows);
}

template <class T>
void multiply_edge(int64_t depth, const T* a, const T* b, T* c, int64_t c_row, bool add,
                   int64_t rows, int64_t columns) {
  HWY_ALIGN T tile[tile_rows * tile_columns<T>];
  multiply_tile(depth, a, b, tile, tile_columns<T>, false);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      const T x = tile[i * tile_columns<T> + j];
      c[i * c_row + j] = add ? c[i * c_row + j] + x : x;
    }
}

/// Rows x columns of c from packed blocks.
template <class T>
void multiply_block(int64_t rows, int64_t columns, int64_t depth, const T* a, const T* b, T* c,
                    int64_t c_row, bool add) {
  constexpr int64_t width = tile_columns<T>;
  for (int64_t j = 0; j < columns; j += width)
    for (int64_t i = 0; i < rows; i += tile_rows) {
      T* to = c + i * c_row + j;
      const int64_t tall = std::min(tile_rows, rows - i), wide = std::min(width, columns - j);
      if (tall == tile_rows && wide == width)
        multiply_tile(depth, a + i * depth, b + j * depth, to, c_row, add);
      else
        multiply_edge(depth, a + i * depth, b + j * depth, to, c_row, add, tall, wide);
    }
}

template <class T>
void gemm(const GemmCall& call) {
  const auto& [m, n, k, left, right, result, c_row, scratch, done, context] = call;
  const Source<T> a{static_cast<const T*>(left.data), left.row, left.column};
  const Source<T> b{static_cast<const T*>(right.data), right.row, right.column};
  const Cut cut(m, n, k);
  T* packed_b = static_cast<T*>(scratch);
  T* packed_a = packed_b + cut.packed_b(k);
  for (int64_t j0 = 0; j0 < n; j0 += cut.columns) {
    const int64_t columns = std::min(cut.columns, n - j0);
    for (int64_t i0 = 0; i0 < m; i0 += block_rows) {
      const int64_t rows = std::min(block_rows, m - i0);
      T* c = static_cast<T*>(result) + (done != nullptr ? 0 : i0 * c_row + j0);
      for (int64_t p0 = 0; p0 < k; p0 += cut.depth) {
        const int64_t depth = std::min(cut.depth, k - p0);
        T* part = packed_b + (cut.keeps_b ? p0 * cut.columns : 0);
        if (i0 == 0 || !cut.keeps_b)
          pack_columns(Source<T>{b.data + p0 * b.row + j0 * b.column, b.row, b.column}, columns,
                       depth, part);
        pack_rows(Source<T>{a.data + i0 * a.row + p0 * a.column, a.row, a.column}, rows, depth,
                  packed_a);
        multiply_block(rows, columns, depth, packed_a, part, c, c_row, p0 > 0);
      }
      if (done != nullptr) done(context, c, i0, rows, j0, columns);
    }
  }
}

SimdGemm find_gemm(uint32_t dtype) {
  if (dtype == ASG_F32) return gemm<float>;
  if (dtype == ASG_F64) return gemm<double>;
  return nullptr;
}
#else
SimdGemm find_gemm(uint32_t) { return nullptr; }
#endif

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace asg::cpu {

HWY_EXPORT(find_gemm);
SimdGemm find_simd_gemm(uint32_t dtype) { return HWY_DYNAMIC_DISPATCH(find_gemm)(dtype); }

std::size_t simd_gemm_scratch(int64_t m, int64_t n, int64_t k, uint32_t element_size) {
  const Cut cut(m, n, k);
  const int64_t rows = round_up(std::min(m, block_rows), tile_rows);
  return static_cast<std::size_t>(cut.packed_b(k) + cut.depth * rows) * element_size + 64;
}

SimdGemmBlock simd_gemm_block(int64_t m, int64_t n, int64_t k) {
  return {std::min(m, block_rows), std::min(n, Cut(m, n, k).columns)};
}

}  // namespace asg::cpu
#endif
