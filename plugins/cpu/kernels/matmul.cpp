// MATMUL: a [..., M, K], b [..., K, N] -> [..., M, N].  Floats are multiplied in panels whose
// shapes follow from the shapes of the operands alone, so that the bits do not depend on the
// threads: by own loops where the processor has 512-bit vectors, by BLAS elsewhere.
#include <algorithm>
#include <climits>
#include <cmath>

#include "blas.hpp"
#include "gemm/simd_gemm.hpp"
#include "kernels.hpp"
#include "kernels/arithmetic.hpp"
#include "kernels/loop.hpp"

namespace asg::cpu {

namespace {

struct Strides {
  int64_t row, column;
};

/// How BLAS sees an operand of `rows` x `columns`.
struct Layout {
  bool fits = false, transposed = false;
  int64_t stride = 1;
};
Layout layout_of(int64_t rows, int64_t columns, Strides s) {
  const auto leading = [](int64_t lines, int64_t length, int64_t stride) {
    return lines == 1 ? std::max<int64_t>(length, 1) : stride;
  };
  const auto fits = [](int64_t length, int64_t step, int64_t stride) {
    return (length == 1 || step == 1) && stride >= std::max<int64_t>(length, 1) &&
           stride <= INT_MAX;
  };
  const int64_t plain = leading(rows, columns, s.row), turned = leading(columns, rows, s.column);
  if (fits(columns, s.column, plain)) return {true, false, plain};
  if (fits(rows, s.row, turned)) return {true, true, turned};
  return {};
}

bool plain(const Layout& layout) { return layout.fits && !layout.transposed; }

struct Plan {
  Loop<3> batch;  // offsets in a, b, c
  int64_t m = 0, n = 0, k = 0;
  Strides a{}, b{}, c{};
  int64_t panel_m = 1, panel_n = 1;
  uint32_t left = 0;  // which input is a: c may be computed transposed
  bool packs_a = false, packs_b = false, packs_c = false;
  SimdGemm simd = nullptr;  // nullptr: BLAS

  int64_t panels_m() const { return (m + panel_m - 1) / panel_m; }
  int64_t panels_n() const { return (n + panel_n - 1) / panel_n; }
  // Elements of scratch for panels that BLAS cannot read or write where they are.
  int64_t packed_a() const { return packs_a ? panel_m * k : 0; }
  int64_t packed_b() const { return packs_b ? panel_n * k : 0; }
  // Whole cache lines, so that what follows it is aligned as vectors are.
  int64_t packed_c() const { return packs_c ? (panel_m * panel_n + 15) / 16 * 16 : 0; }
  std::size_t packed() const {
    return static_cast<std::size_t>(packed_a() + packed_b() + packed_c());
  }
};

void swap_operands(Plan& plan) {
  // c^T = b^T a^T
  std::swap(plan.m, plan.n);
  std::swap(plan.a, plan.b);
  plan.left = 1 - plan.left;
  for (Strides* s : {&plan.a, &plan.b, &plan.c}) std::swap(s->row, s->column);
}

/// Panels of about 8 million multiplications or more, as square as the matrix allows.
void choose_panels(Plan& plan) {
  const double work = static_cast<double>(plan.m) * static_cast<double>(plan.n) *
                      static_cast<double>(std::max<int64_t>(plan.k, 1));
  const double wanted = plan.batch.count() >= 16 ? 64e6 : 8e6;
  // Smaller panels would spend their time on being copied into BLAS's own format.
  const double area = static_cast<double>(plan.m) * static_cast<double>(plan.n);
  const double parts = std::clamp(work / wanted, 1.0, std::max(area / (320.0 * 320.0), 4.0));
  const double square = std::sqrt(area / parts);
  const auto panel = [](double size, int64_t extent) {
    const int64_t rounded = std::max<int64_t>(static_cast<int64_t>(size) / 48 * 48, 96);
    const int64_t count = std::max<int64_t>((extent + rounded / 2) / rounded, 1);
    const int64_t even = (extent + count - 1) / count;
    return std::min(extent, (even + 15) / 16 * 16);
  };
  // A side shorter than the square stays whole and the other one is cut finer.
  const double m = static_cast<double>(plan.m), n = static_cast<double>(plan.n);
  const double side_m = n < square ? square * square / n : square;
  const double side_n = m < square ? square * square / m : square;
  plan.panel_m = parts < 1.5 ? plan.m : panel(std::min(side_m, m), plan.m);
  plan.panel_n = parts < 1.5 ? plan.n : panel(std::min(side_n, n), plan.n);
}

Plan make_plan(const sdk::ProgramCopy& program, const asg_step& step, bool blas_only) {
  require_arity(step, 2, 1);
  const asg_value &a = program.input(step, 0), &b = program.input(step, 1);
  const asg_value& c = program.output(step, 0);
  const uint32_t rank = c.rank;
  require(rank >= 2 && a.rank == rank && b.rank == rank, "matmul: ranks differ or are below 2");
  bool fits = a.shape[rank - 1] == b.shape[rank - 2] && a.shape[rank - 2] == c.shape[rank - 2] &&
              b.shape[rank - 1] == c.shape[rank - 1];
  for (uint32_t d = 0; d + 2 < rank; ++d)
    fits &= a.shape[d] == c.shape[d] && b.shape[d] == c.shape[d];
  require(fits, "matmul: shapes do not fit");
  Plan plan;
  plan.m = c.shape[rank - 2];
  plan.n = c.shape[rank - 1];
  plan.k = a.shape[rank - 1];
  plan.a = {a.strides[rank - 2], a.strides[rank - 1]};
  plan.b = {b.strides[rank - 2], b.strides[rank - 1]};
  plan.c = {c.strides[rank - 2], c.strides[rank - 1]};
  // One b for all: the batch is nothing but more rows, where they follow each other evenly.
  Loop<2> rows;
  bool one_b = true;
  for (uint32_t d = 0; d + 2 < rank; ++d) {
    plan.batch.add(c.shape[d], {a.strides[d], b.strides[d], c.strides[d]});
    rows.add(c.shape[d], {a.strides[d], c.strides[d]});
    one_b &= c.shape[d] == 1 || b.strides[d] == 0;
  }
  rows.add(plan.m, {plan.a.row, plan.c.row});
  if (one_b && rows.rank() == 1) {
    plan.batch = {};
    plan.m = rows.count();
    plan.a.row = rows.inner_stride(0);
    plan.c.row = rows.inner_stride(1);
  }
  const Layout out = layout_of(plan.m, plan.n, plan.c);
  if (out.fits && out.transposed) swap_operands(plan);
  choose_panels(plan);
  // A vector times a matrix is a matter of memory: BLAS has loops for just that.
  if (!blas_only && plan.m > 1 && plan.n > 1 && plan.k > 0) plan.simd = find_simd_gemm(c.dtype);
  for (const int64_t m : {plan.panel_m, plan.m % std::max<int64_t>(plan.panel_m, 1)}) {
    plan.packs_a |= plan.simd == nullptr && m > 0 && !layout_of(m, plan.k, plan.a).fits;
    for (const int64_t n : {plan.panel_n, plan.n % std::max<int64_t>(plan.panel_n, 1)}) {
      plan.packs_b |= plan.simd == nullptr && n > 0 && !layout_of(plan.k, n, plan.b).fits;
      plan.packs_c |= m > 0 && n > 0 && !plain(layout_of(m, n, plan.c));
    }
  }
  require(std::max({plan.m, plan.n, plan.k}) <= INT_MAX,
          "matmul: a side is longer than BLAS allows");
  return plan;
}

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
void multiply_by_blas(const Plan& plan, const T* a, const T* b, T* c, int64_t c_row, int64_t m,
                      int64_t n, T* scratch) {
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

template <class T>
void multiply_panel(const Plan& plan, const T* a, const T* b, T* c, int64_t m, int64_t n,
                    T* scratch) {
  const Layout out = layout_of(m, n, plan.c);
  const bool direct = plain(out);
  T* result = direct ? c : scratch + plan.packed_a() + plan.packed_b();
  const int64_t row = direct ? out.stride : n;
  if (plan.simd != nullptr) {
    T* work = scratch + plan.packed_c();
    plan.simd(m, n, plan.k, {a, plan.a.row, plan.a.column}, {b, plan.b.row, plan.b.column}, result,
              row, work);
  } else {
    multiply_by_blas(plan, a, b, result, row, m, n, scratch);
  }
  if (direct) return;
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) c[i * plan.c.row + j * plan.c.column] = result[i * n + j];
}

template <class T>
void multiply_floats(const Plan& plan, Context& context, const T* a, const T* b, T* c) {
  const int64_t per_matrix = plan.panels_m() * plan.panels_n();
  const int64_t tasks = plan.batch.count() * per_matrix;
  const int64_t work = plan.panel_m * plan.panel_n * std::max<int64_t>(plan.k, 1) / 8;
  context.pool.parallel(
      tasks, grain_for(tasks, work, context.pool.threads()),
      [&](int64_t begin, int64_t end, uint32_t thread) {
        T* scratch = reinterpret_cast<T*>(context.workspace.thread(thread));
        for (int64_t task = begin; task < end; ++task) {
          const int64_t i = task % per_matrix / plan.panels_n() * plan.panel_m;
          const int64_t j = task % plan.panels_n() * plan.panel_n;
          plan.batch.for_each(task / per_matrix, task / per_matrix + 1, [&](const auto& at) {
            multiply_panel(
                plan, a + at[plan.left] + i * plan.a.row, b + at[1 - plan.left] + j * plan.b.column,
                c + at[2] + i * plan.c.row + j * plan.c.column, std::min(plan.panel_m, plan.m - i),
                std::min(plan.panel_n, plan.n - j), scratch);
          });
        }
      });
}

/// Rows of c one after the other; integers wrap, so any order gives the same.
template <class T>
void multiply_integers(const Plan& plan, Context& context, const T* a, const T* b, T* c) {
  const int64_t rows = plan.batch.count() * plan.m;
  context.pool.parallel(
      rows, grain_for(rows, plan.n * plan.k, context.pool.threads()),
      [&](int64_t begin, int64_t end, uint32_t) {
        for (int64_t row = begin; row < end; ++row) {
          const int64_t i = row % plan.m;
          plan.batch.for_each(row / plan.m, row / plan.m + 1, [&](const auto& at) {
            T* out = c + at[2] + i * plan.c.row;
            for (int64_t j = 0; j < plan.n; ++j) out[j * plan.c.column] = 0;
            for (int64_t k = 0; k < plan.k; ++k) {
              const T factor = a[at[plan.left] + i * plan.a.row + k * plan.a.column];
              const T* line = b + at[1 - plan.left] + k * plan.b.row;
              for (int64_t j = 0; j < plan.n; ++j)
                out[j * plan.c.column] =
                    add(out[j * plan.c.column], multiply(factor, line[j * plan.b.column]));
            }
          });
        }
      });
}

void run(const Plan& plan, Context& context, const sdk::Call& call) {
  if (call.output(0).count() == 0) return;
  dispatch(call.output(0).dtype(), [&](auto zero) {
    using T = decltype(zero);
    const T *a = call.input(plan.left).as<T>(), *b = call.input(1 - plan.left).as<T>();
    T* c = call.output(0).as<T>();
    if constexpr (is_float<T>) {
      multiply_floats(plan, context, a, b, c);
    } else {
      multiply_integers(plan, context, a, b, c);
    }
  });
}

}  // namespace

sdk::Kernel make_matmul(Context* context) {
  return {rows_per_dtype(ASG_OP_MATMUL, number_dtypes, {same}),
          [context](const sdk::ProgramCopy& program, const asg_step& step) -> sdk::Run {
            Plan plan = make_plan(program, step, context->settings.blas_only);
            const uint32_t size = sdk::dtype_size(program.output(step, 0).dtype);
            std::size_t bytes = size * plan.packed();
            if (plan.simd != nullptr)
              bytes += simd_gemm_scratch(plan.panel_m, plan.panel_n, plan.k, size);
            context->workspace.reserve(bytes, 0);
            return [context, plan = std::move(plan)](const sdk::Call& call) {
              run(plan, *context, call);
            };
          }};
}

}  // namespace asg::cpu
