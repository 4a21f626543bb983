// The few routines of BLAS that matmul uses, by element type.
#pragma once

#include <cblas.h>

#include <cstdint>

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

namespace asg::cpu {

/// One call into OpenBLAS. It takes a working buffer from its pool and gives it back: an exchange
/// on a lock in blas_memory_alloc, a store in blas_memory_free. That orders one caller's use of a
/// buffer before the next caller's, but in a library that the thread sanitizer did not instrument;
/// so we tell it. What two callers do inside their calls stays unordered, and is judged as before.
class BlasCall {
 public:
  BlasCall() {
#ifdef __SANITIZE_THREAD__
    __tsan_acquire(&pool_);
#endif
  }
  ~BlasCall() {
#ifdef __SANITIZE_THREAD__
    __tsan_release(&pool_);
#endif
  }
  BlasCall(const BlasCall&) = delete;
  BlasCall& operator=(const BlasCall&) = delete;

 private:
  inline static char pool_ = 0;  // stands for OpenBLAS's pool; never read or written
};

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
  const BlasCall call;
  cblas_sgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
              b.transposed ? CblasTrans : CblasNoTrans, static_cast<int>(m), static_cast<int>(n),
              static_cast<int>(k), 1.0f, a.data, static_cast<int>(a.stride), b.data,
              static_cast<int>(b.stride), 0.0f, c, static_cast<int>(c_stride));
}
inline void gemm(int64_t m, int64_t n, int64_t k, const Matrix<double>& a, const Matrix<double>& b,
                 double* c, int64_t c_stride) {
  const BlasCall call;
  cblas_dgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
              b.transposed ? CblasTrans : CblasNoTrans, static_cast<int>(m), static_cast<int>(n),
              static_cast<int>(k), 1.0, a.data, static_cast<int>(a.stride), b.data,
              static_cast<int>(b.stride), 0.0, c, static_cast<int>(c_stride));
}

/// y = a x for a of `rows` x `columns`; y must hold zeros.
inline void gemv(int64_t rows, int64_t columns, const Matrix<float>& a, const float* x,
                 int64_t x_stride, float* y, int64_t y_stride) {
  const BlasCall call;
  cblas_sgemv(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
              static_cast<int>(a.transposed ? columns : rows),
              static_cast<int>(a.transposed ? rows : columns), 1.0f, a.data,
              static_cast<int>(a.stride), x, static_cast<int>(x_stride), 0.0f, y,
              static_cast<int>(y_stride));
}
inline void gemv(int64_t rows, int64_t columns, const Matrix<double>& a, const double* x,
                 int64_t x_stride, double* y, int64_t y_stride) {
  const BlasCall call;
  cblas_dgemv(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
              static_cast<int>(a.transposed ? columns : rows),
              static_cast<int>(a.transposed ? rows : columns), 1.0, a.data,
              static_cast<int>(a.stride), x, static_cast<int>(x_stride), 0.0, y,
              static_cast<int>(y_stride));
}

/// OpenBLAS must not start threads of its own under ours; the library that Debian has for one
/// thread cannot, another could.
inline void use_one_blas_thread() { openblas_set_num_threads(1); }

/// Makes OpenBLAS take the working memory for so many callers at once, which it keeps.
/// Errors: ASG_OUT_OF_MEMORY when the process may not have it; OpenBLAS would try for ever.
void reserve_blas_memory(uint32_t callers);

}  // namespace asg::cpu
