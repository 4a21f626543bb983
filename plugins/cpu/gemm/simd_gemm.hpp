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

/// c = a b; c has rows of dense elements and is written, never read before.
using SimdGemm = void (*)(int64_t m, int64_t n, int64_t k, const GemmOperand& a,
                          const GemmOperand& b, void* c, int64_t c_row, void* scratch);

/// nullptr where the processor has no 512-bit vectors or the dtype is no float.
SimdGemm find_simd_gemm(uint32_t dtype);

/// Bytes of scratch that a call needs.
std::size_t simd_gemm_scratch(int64_t m, int64_t n, int64_t k, uint32_t element_size);

}  // namespace asg::cpu
