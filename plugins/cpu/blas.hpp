// The few routines of BLAS that matmul uses, by element type.
#pragma once

#include <cblas.h>

#include <cstdint>

namespace asg::cpu {

/// A matrix operand in memory: element (i, j) at data[i * stride] when not transposed.
template <class T>
struct Matrix {
  const T* data;
  int64_t stride;  // leading dimension
  bool transposed;
};

/// c = a b, all row-major; c is written, never read.
inline void gemm(int64_t m, int64_t n, int64_t k, const Matrix<float>& a, const Matrix<float>& b,
                 float* c, int64_t c_stride) {
  cblas_sgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
              b.transposed ? CblasTrans : CblasNoTrans, static_cast<int>(m), static_cast<int>(n),
              static_cast<int>(k), 1.0f, a.data, static_cast<int>(a.stride), b.data,
              static_cast<int>(b.stride), 0.0f, c, static_cast<int>(c_stride));
}
inline void gemm(int64_t m, int64_t n, int64_t k, const Matrix<double>& a, const Matrix<double>& b,
                 double* c, int64_t c_stride) {
  cblas_dgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
              b.transposed ? CblasTrans : CblasNoTrans, static_cast<int>(m), static_cast<int>(n),
              static_cast<int>(k), 1.0, a.data, static_cast<int>(a.stride), b.data,
              static_cast<int>(b.stride), 0.0, c, static_cast<int>(c_stride));
}

/// y = a x for a of `rows` x `columns`; y must hold zeros.
inline void gemv(int64_t rows, int64_t columns, const Matrix<float>& a, const float* x,
                 int64_t x_stride, float* y, int64_t y_stride) {
  cblas_sgemv(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
              static_cast<int>(a.transposed ? columns : rows),
              static_cast<int>(a.transposed ? rows : columns), 1.0f, a.data,
              static_cast<int>(a.stride), x, static_cast<int>(x_stride), 0.0f, y,
              static_cast<int>(y_stride));
}
inline void gemv(int64_t rows, int64_t columns, const Matrix<double>& a, const double* x,
                 int64_t x_stride, double* y, int64_t y_stride) {
  cblas_dgemv(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
              static_cast<int>(a.transposed ? columns : rows),
              static_cast<int>(a.transposed ? rows : columns), 1.0, a.data,
              static_cast<int>(a.stride), x, static_cast<int>(x_stride), 0.0, y,
              static_cast<int>(y_stride));
}

/// OpenBLAS must not start threads of its own under ours; the library that Debian has for one thread
/// cannot, another could.
inline void use_one_blas_thread() { openblas_set_num_threads(1); }

/// Makes OpenBLAS take the working memory for so many callers at once, which it keeps.
/// Errors: ASG_OUT_OF_MEMORY when the process may not have it; OpenBLAS would try for ever.
void reserve_blas_memory(uint32_t callers);

}  // namespace asg::cpu
