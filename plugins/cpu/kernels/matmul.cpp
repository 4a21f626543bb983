// MATMUL: a [..., M, K], b [..., K, N] -> [..., M, N], stored or handed to an epilogue.  Floats are
// multiplied in panels: by own loops where the processor has 512-bit vectors, by BLAS elsewhere.
#include <algorithm>
#include <optional>
#include <utility>

#include "blas.hpp"
#include "gemm/epilogue.hpp"
#include "gemm/plan.hpp"
#include "kernels.hpp"
#include "kernels/arithmetic.hpp"

namespace asg::cpu {

namespace {

template <class T>
const T* pack(const T* from, int64_t rows, int64_t columns, Strides s, T* to) {
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) to[i * columns + j] = from[i * s.row + j * s.column];
  return to;
}

/// The operand as BLAS can read it; copied to `to` where it must be.
template <class T>
Matrix<T> readable(const T* from, int64_t rows, int64_t columns, Strides s, T* to) {
  const Layout layout = layout_of(rows, columns, s);
  if (layout.fits) return {from, layout.stride, layout.transposed};
  return {pack(from, rows, columns, s, to), std::max<int64_t>(columns, 1), false};
}

/// BLAS on operands that it can read; copied where they must be.
template <class T>
void multiply_by_blas(const MatmulPlan& plan, const T* a, const T* b, T* c, int64_t c_row,
                      int64_t m, int64_t n, T* scratch) {
  if (n == 1 || m == 1 || plan.k == 0)
    for (int64_t i = 0; i < m; ++i) std::fill_n(c + i * c_row, n, T{0});
  if (plan.k == 0) return;
  const Matrix<T> left = readable(a, m, plan.k, plan.a, scratch);
  const Matrix<T> right = readable(b, plan.k, n, plan.b, scratch + plan.packed_a());
  if (n == 1) {
    gemv(m, plan.k, left, right.data, right.transposed ? 1 : right.stride, c, c_row);
  } else if (m == 1) {
    // A vector times a matrix is the transposed matrix times the vector.
    gemv(n, plan.k, Matrix<T>{right.data, right.stride, !right.transposed}, left.data,
         left.transposed ? left.stride : 1, c, 1);
  } else {
    gemm(m, n, plan.k, left, right, c, c_row);
  }
}

class Matmul {
 public:
  Matmul(const sdk::ProgramCopy& program, const asg_step& step, Context& context)
      : context_(context),
        plan_(make_matmul_plan(program, step, context.settings.blas_only, context.pool.threads())) {
    std::size_t bytes = sdk::is_float(plan_.dtype)
                            ? plan_.scratch_bytes()
                            : static_cast<std::size_t>(plan_.n) * sdk::dtype_size(plan_.dtype);
    if (plan_.has_epilogue) {
      epilogue_.emplace(program, step, !sdk::is_float(plan_.dtype) || plan_.whole_rows());
      bytes = whole_lines(bytes);
      epilogue_scratch_ = bytes;
      bytes += epilogue_->scratch_bytes();
    }
    context.workspace.reserve(bytes, 0);
    if (sdk::is_float(plan_.dtype) && plan_.simd == nullptr)
      reserve_blas_memory(context.pool.threads());
  }

  void run(const sdk::Call& call) const {
    if (plan_.batch.count() * plan_.m * plan_.n == 0) return;
    dispatch(plan_.dtype, [&](auto zero) {
      using T = decltype(zero);
      const T *a = call.input(plan_.left).as<T>(), *b = call.input(1 - plan_.left).as<T>();
      T* c = plan_.has_epilogue ? nullptr : call.output(0).as<T>();
      if constexpr (is_float<T>) {
        multiply_floats(a, b, c, call.addresses);
      } else {
        multiply_integers(a, b, c, call.addresses);
      }
    });
  }

 private:
  /// Where a panel lies in the whole: the batches' rows counted through.
  struct Place {
    int64_t row, column;
    std::byte* const* values;
    std::byte* scratch;  // of the thread
  };

  void finish(const Place& place, const ProductBlock& block) const {
    epilogue_->run(place.scratch + epilogue_scratch_, place.values, block);
  }

  template <class T>
  void multiply_by_own_loops(const T* a, const T* b, T* c, int64_t c_row, int64_t m, int64_t n,
                             T* work, const Place& place) const {
    GemmCall call{m,
                  n,
                  plan_.k,
                  {a, plan_.a.row, plan_.a.column},
                  {b, plan_.b.row, plan_.b.column},
                  c,
                  c_row,
                  work,
                  nullptr,
                  nullptr};
    struct Finish {
      const Matmul& matmul;
      const Place& place;
      int64_t stride;
    } context{*this, place, c_row};
    if (plan_.has_epilogue) {
      call.c_row = context.stride = simd_gemm_block(m, n, plan_.k).columns;
      call.context = &context;
      call.done = [](void* to, const void* block, int64_t row, int64_t rows, int64_t column,
                     int64_t columns) {
        const Finish& f = *static_cast<const Finish*>(to);
        f.matmul.finish(f.place, {static_cast<const std::byte*>(block), f.stride, f.place.row + row,
                                  rows, f.place.column + column, columns});
      };
    }
    plan_.simd(call);
  }

  template <class T>
  void multiply_panel(const T* a, const T* b, T* c, int64_t m, int64_t n,
                      const Place& place) const {
    const Layout out = layout_of(m, n, plan_.c);
    const bool direct = !plan_.has_epilogue && out.plain();
    T* scratch = reinterpret_cast<T*>(place.scratch);
    T* result = direct ? c : scratch + plan_.packed_a() + plan_.packed_b();
    const int64_t row = direct ? out.stride : n;
    if (plan_.simd != nullptr)
      multiply_by_own_loops(a, b, result, row, m, n, scratch + plan_.packed_c(), place);
    else
      multiply_by_blas(plan_, a, b, result, row, m, n, scratch);
    if (direct) return;
    if (!plan_.has_epilogue) {
      for (int64_t i = 0; i < m; ++i)
        for (int64_t j = 0; j < n; ++j) c[i * plan_.c.row + j * plan_.c.column] = result[i * n + j];
    } else if (plan_.simd == nullptr) {
      finish(place, {reinterpret_cast<const std::byte*>(result), n, place.row, m, place.column, n});
    }
  }

  template <class T>
  void multiply_floats(const T* a, const T* b, T* c, std::byte* const* values) const {
    const int64_t per_matrix = plan_.panels_m() * plan_.panels_n();
    const int64_t tasks = plan_.batch.count() * per_matrix;
    const int64_t work = plan_.panel_m * plan_.panel_n * std::max<int64_t>(plan_.k, 1) / 8;
    context_.share_items(tasks, work, [&](int64_t task, uint32_t thread) {
      const int64_t batch = task / per_matrix;
      const int64_t i = task % per_matrix / plan_.panels_n() * plan_.panel_m;
      const int64_t j = task % plan_.panels_n() * plan_.panel_n;
      const Place place{batch * plan_.m + i, j, values, context_.workspace.thread(thread)};
      const auto at = plan_.batch.at(batch);
      multiply_panel(
          a + at[plan_.left] + i * plan_.a.row, b + at[1 - plan_.left] + j * plan_.b.column,
          c + (plan_.has_epilogue ? 0 : at[2] + i * plan_.c.row + j * plan_.c.column),
          std::min(plan_.panel_m, plan_.m - i), std::min(plan_.panel_n, plan_.n - j), place);
    });
  }

  /// Rows of c one after the other; integers wrap, so any order gives the same.
  template <class T>
  void multiply_integers(const T* a, const T* b, T* c, std::byte* const* values) const {
    const int64_t rows = plan_.batch.count() * plan_.m;
    const int64_t step = plan_.has_epilogue ? 1 : plan_.c.column;
    context_.share_items(rows, plan_.n * plan_.k, [&](int64_t row, uint32_t thread) {
      std::byte* scratch = context_.workspace.thread(thread);
      const int64_t i = row % plan_.m, batch = row / plan_.m;
      const auto at = plan_.batch.at(batch);
      T* out = plan_.has_epilogue ? reinterpret_cast<T*>(scratch) : c + at[2] + i * plan_.c.row;
      for (int64_t j = 0; j < plan_.n; ++j) out[j * step] = 0;
      for (int64_t k = 0; k < plan_.k; ++k) {
        const T factor = a[at[plan_.left] + i * plan_.a.row + k * plan_.a.column];
        const T* line = b + at[1 - plan_.left] + k * plan_.b.row;
        for (int64_t j = 0; j < plan_.n; ++j)
          out[j * step] = add(out[j * step], multiply(factor, line[j * plan_.b.column]));
      }
      if (plan_.has_epilogue)
        finish(Place{row, 0, values, scratch}, {scratch, plan_.n, row, 1, 0, plan_.n});
    });
  }

  Context& context_;
  MatmulPlan plan_;
  std::optional<Epilogue> epilogue_;
  std::size_t epilogue_scratch_ = 0;  // its offset in a thread's scratch
};

}  // namespace

sdk::Kernel make_matmul(Context* context) {
  std::vector<sdk::Capability> rows = rows_per_dtype(ASG_OP_MATMUL, number_dtypes, {same});
  for (sdk::Capability& row : rows) row.flags |= ASG_CAP_EPILOGUE;
  return {std::move(rows), prepare<Matmul>(context)};
}

}  // namespace asg::cpu
