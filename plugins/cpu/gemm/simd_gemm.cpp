#include "gemm/simd_gemm.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "region/tile_ops_parts.hpp"

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
inline constexpr int64_t tile_rows = 12;           // 12 x 2 vectors of sums fill the registers
inline constexpr int64_t block_depth = 256;        // a strip of b, two vectors wide: first cache
inline constexpr int64_t block_rows = 12 * 16;     // rows of a packed at once: second cache
inline constexpr int64_t block_columns = 32 * 32;  // columns of b packed at once

inline int64_t round_up(int64_t n, int64_t unit) { return (n + unit - 1) / unit * unit; }
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

/// The rows of a tile, in groups of four that follow each other.
template <class T>
void pack_rows(const Source<T>& a, int64_t count, int64_t depth, T* to) {
  const int64_t group = 4 * depth;
  if (count == tile_rows && a.row == 1) {
    for (int64_t p = 0; p < depth; ++p) {
      const T* from = a.data + p * a.column;
      std::memcpy(to + p * 4, from, 4 * sizeof(T));
      std::memcpy(to + group + p * 4, from + 4, 4 * sizeof(T));
      std::memcpy(to + 2 * group + p * 4, from + 8, 4 * sizeof(T));
    }
    return;
  }
  for (int64_t i = 0; i < tile_rows; i += 4)
    pack_four_rows(Source<T>{a.data + i * a.row, a.row, a.column},
                   std::clamp<int64_t>(count - i, 0, 4), depth, to + i * depth);
}

/// A strip of tile_columns columns of b: element (p, j) goes to to[p * tile_columns + j].
template <class T>
void pack_strip(const Source<T>& b, int64_t count, int64_t depth, T* to) {
  const Tag<T> d;
  constexpr int64_t width = tile_columns<T>;
  if (count == width && b.column == 1) {
    for (int64_t p = 0; p < depth; ++p) {
      hn::StoreU(hn::LoadU(d, b.data + p * b.row), d, to + p * width);
      hn::StoreU(hn::LoadU(d, b.data + p * b.row + vector_size<T>), d,
                 to + p * width + vector_size<T>);
    }
    return;
  }
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

template <class T>
void gemm(int64_t m, int64_t n, int64_t k, const GemmOperand& left, const GemmOperand& right,
          void* result, int64_t c_row, void* scratch) {
  constexpr int64_t width = tile_columns<T>;
  const Source<T> a{static_cast<const T*>(left.data), left.row, left.column};
  const Source<T> b{static_cast<const T*>(right.data), right.row, right.column};
  T* c = static_cast<T*>(result);
  T* packed_b = static_cast<T*>(scratch);
  T* packed_a = packed_b + std::min(k, block_depth) * round_up(std::min(n, block_columns), width);
  for (int64_t j0 = 0; j0 < n; j0 += block_columns) {
    const int64_t columns = std::min(block_columns, n - j0);
    for (int64_t p0 = 0; p0 < k; p0 += block_depth) {
      const int64_t depth = std::min(block_depth, k - p0);
      for (int64_t j = 0; j < columns; j += width)
        pack_strip(Source<T>{b.data + p0 * b.row + (j0 + j) * b.column, b.row, b.column},
                   std::min(width, columns - j), depth, packed_b + j * depth);
      for (int64_t i0 = 0; i0 < m; i0 += block_rows) {
        const int64_t rows = std::min(block_rows, m - i0);
        for (int64_t i = 0; i < rows; i += tile_rows)
          pack_rows(Source<T>{a.data + (i0 + i) * a.row + p0 * a.column, a.row, a.column},
                    std::min(tile_rows, rows - i), depth, packed_a + i * depth);
        for (int64_t j = 0; j < columns; j += width)
          for (int64_t i = 0; i < rows; i += tile_rows) {
            T* to = c + (i0 + i) * c_row + j0 + j;
            const int64_t tall = std::min(tile_rows, rows - i), wide = std::min(width, columns - j);
            if (tall == tile_rows && wide == width)
              multiply_tile(depth, packed_a + i * depth, packed_b + j * depth, to, c_row, p0 > 0);
            else
              multiply_edge(depth, packed_a + i * depth, packed_b + j * depth, to, c_row, p0 > 0,
                            tall, wide);
          }
      }
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
  const int64_t depth = std::min(k, block_depth);
  // A strip of float32 is the widest in elements.
  const int64_t columns = round_up(std::min(n, block_columns), 32);
  const int64_t rows = round_up(std::min(m, block_rows), tile_rows);
  return static_cast<std::size_t>(depth * (columns + rows)) * element_size + 64;
}

}  // namespace asg::cpu
#endif
