// Matrix multiplication in vectors of 512 bits, for processors whose OpenBLAS does not know them.
//
// OpenBLAS picks its kernels by the processor's model.  On one that is newer than the library it
// falls back to 256-bit kernels, at half the speed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace asg::cpu {

/// A matrix whose element (i, j) is at data[i * row + j * column]; strides in elements.
struct GemmOperand {
  const void* data;
  int64_t row, column;
};

/// c = a b for k > 0.  Without `done`, c has rows of dense elements, c_row apart, and is written,
/// never read before.  With it, c is memory for one block, written again for each: `done` is called
/// with every block of the product when it is complete.
struct GemmCall {
  int64_t m, n, k;
  GemmOperand a, b;
  void* c;
  int64_t c_row;
  void* scratch;
  void (*done)(void* context, const void* block, int64_t row, int64_t rows, int64_t column,
               int64_t columns);
  void* context;
};
using SimdGemm = void (*)(const GemmCall&);

/// nullptr where the processor has no 512-bit vectors or the dtype is no float.
SimdGemm find_simd_gemm(uint32_t dtype);

/// Bytes of scratch that a call needs.
std::size_t simd_gemm_scratch(int64_t m, int64_t n, int64_t k, uint32_t element_size);

/// The most rows and columns of a block that `done` gets.
struct SimdGemmBlock {
  int64_t rows, columns;
};
SimdGemmBlock simd_gemm_block(int64_t m, int64_t n, int64_t k);

}  // namespace asg::cpu
