// How a MATMUL step is computed: which operand is on the left, how the product is cut into panels,
// what must be copied.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <asg/sdk/program_copy.hpp>

#include "gemm/simd_gemm.hpp"
#include "loop.hpp"
#include "rounding.hpp"

namespace asg::cpu {

struct Strides {
  int64_t row, column;
};

/// How BLAS sees an operand of `rows` x `columns`.
struct Layout {
  bool fits = false, transposed = false;
  int64_t stride = 1;
  bool plain() const { return fits && !transposed; }
};
Layout layout_of(int64_t rows, int64_t columns, Strides s);

struct MatmulPlan {
  Loop<3> batch;  // offsets in a, b, c
  int64_t m = 0, n = 0, k = 0;
  Strides a{}, b{}, c{};
  int64_t panel_m = 1, panel_n = 1;
  uint32_t left = 0;  // which input is a: c may be computed transposed
  bool packs_a = false, packs_b = false, packs_c = false;
  SimdGemm simd = nullptr;  // nullptr: BLAS
  uint32_t dtype = 0;       // of the product
  bool has_epilogue = false;

  int64_t panels_m() const { return divide_up(m, panel_m); }
  int64_t panels_n() const { return divide_up(n, panel_n); }
  // Elements of scratch for panels that BLAS cannot read or write where they are, or that an
  // epilogue reads.
  int64_t packed_a() const { return packs_a ? panel_m * k : 0; }
  int64_t packed_b() const { return packs_b ? panel_n * k : 0; }
  int64_t packed_c() const;
  /// Every block for the epilogue has all columns.
  bool whole_rows() const;
  /// Bytes of scratch that a thread needs, those of the epilogue apart.
  std::size_t scratch_bytes() const;

  /// Calls visit(m, n) for the sizes that panels have.
  template <class Visit>
  void for_each_size(Visit visit) const {
    for (const int64_t rows : {panel_m, m % std::max<int64_t>(panel_m, 1)})
      for (const int64_t columns : {panel_n, n % std::max<int64_t>(panel_n, 1)})
        if (rows > 0 && columns > 0) visit(rows, columns);
  }
};

/// `threads` decides only how own loops share the work: no result depends on it.
/// Errors: ASG_INVALID_ARGUMENT when the step breaks the contract.
MatmulPlan make_matmul_plan(const sdk::ProgramCopy& program, const asg_step& step, bool blas_only,
                            uint32_t threads);

}  // namespace asg::cpu
