// The instructions of regions as loops over tiles, compiled for several instruction sets.
#pragma once

#include <cstddef>
#include <cstdint>

namespace asg::cpu {

/// dst[i] = op(a[i], b[i], c[i]) for i < n.  A uniform operand is read at element 0 only.  dst may
/// be the same array as an operand of the same element size.
using TileFn = void (*)(void* dst, const void* a, const void* b, const void* c, int64_t n);

struct TileOp {
  uint32_t op;       // ASG_EW_*
  uint32_t dtype;    // of the result
  uint32_t source;   // of operand a (CAST, BITCAST, comparisons, IS_FINITE); else as dtype
  uint32_t uniform;  // bit 0: a, bit 1: b, bit 2: c
};

// A product and what is done with it in one loop, each rounded as if alone; beyond the ABI's
// opcodes.
inline constexpr uint32_t mul_add = 128;  // a * b + c
inline constexpr uint32_t mul_sub = 129;  // a * b - c
inline constexpr uint32_t sub_mul = 130;  // c - a * b
inline constexpr uint32_t mul_mul = 131;  // (a * b) * c

/// The loop for an instruction, or nullptr where it has no meaning for the dtypes.
TileFn find_tile_fn(const TileOp& op);

inline constexpr int64_t lane_count = 16;
inline constexpr int64_t block_size = 4096;

/// One kind of reduction on one dtype, in the pieces of the fixed tree.
struct ReduceFns {
  /// dst[i] = the neutral element.
  void (*fill)(void* dst, int64_t n);
  /// Point i of x goes to lane i mod 16.
  void (*accumulate)(void* lanes, const void* x, int64_t n);
  /// Combines 16 lanes of `width` elements each into the first.  Only the first `used` lanes hold
  /// points; the others are neutral and are not read.
  void (*fold)(void* lanes, int64_t width, int64_t used);
  /// dst[i] = op(dst[i], x[i])
  TileFn combine;
  /// result[r] = reduction of the n <= 4096 elements of row r; rows follow each other densely.
  void (*rows)(void* result, const void* x, int64_t rows, int64_t n);
};

/// nullptr where the kind has no meaning for the dtype.
const ReduceFns* find_reduce_fns(uint32_t kind, uint32_t dtype);

/// Copies with stores that go past the caches.
void copy_past_caches(void* to, const void* from, int64_t bytes);
/// Before another thread reads what this one has so copied.
void finish_copies();

/// Words of the Philox4x32-10 stream: dst[i] = word of element first + i * stride.
struct RandomStream {
  uint64_t seed, step, stream;
};
void fill_random(uint32_t* dst, const RandomStream& stream, int64_t first, int64_t stride,
                 int64_t n);

/// Names of the instruction set that is in use: "AVX3".
const char* simd_name();

}  // namespace asg::cpu
