#include "gemm/plan.hpp"

#include <climits>
#include <cmath>
#include <utility>

#include <asg/sdk/host_kernel.hpp>

#include "kernel.hpp"

namespace asg::cpu {

namespace {

void swap_operands(MatmulPlan& plan) {
  // c^T = b^T a^T
  std::swap(plan.m, plan.n);
  std::swap(plan.a, plan.b);
  plan.left = 1 - plan.left;
  for (Strides* s : {&plan.a, &plan.b, &plan.c}) std::swap(s->row, s->column);
}

/// For BLAS, whose bits depend on the shapes of the panels: a power of two of them, which most
/// numbers of threads divide, each of about 8 million multiplications or more.
void choose_blas_panels(MatmulPlan& plan) {
  const double area = static_cast<double>(plan.m) * static_cast<double>(plan.n);
  const double work = area * static_cast<double>(std::max<int64_t>(plan.k, 1));
  const double wanted = plan.batch.count() >= 16 ? 64e6 : 8e6;
  // Smaller panels would spend their time on being copied into BLAS's own format.
  constexpr double least_side = 384;
  double parts = std::min(work / wanted, std::max(area / (least_side * least_side), 4.0));
  plan.panel_m = plan.m;
  plan.panel_n = plan.n;
  // Halved where they are longer: of panels with the same area, square ones are copied least.
  for (; parts > std::sqrt(2.0) && std::max(plan.panel_m, plan.panel_n) >= 96; parts /= 2) {
    int64_t& side = plan.panel_n >= plan.panel_m ? plan.panel_n : plan.panel_m;
    side = round_up(divide_up(side, 2), 16);
  }
  if (!plan.has_epilogue || area == 0) return;
  // Short enough for the second cache or not much more, as an epilogue comes after.
  plan.panel_m = std::clamp<int64_t>((int64_t{1} << 18) / plan.n, 16,
                                     std::max<int64_t>(plan.panel_m * plan.panels_n(), 16));
  plan.panel_m = std::min(plan.panel_m, plan.m);
  plan.panel_n = plan.n;
}

/// For own loops: as few panels as give every thread the same, as each copies its operands.
void choose_own_panels(MatmulPlan& plan, uint32_t threads) {
  plan.panel_m = plan.m;
  plan.panel_n = plan.n;
  const int64_t batches = plan.batch.count();
  const double work = static_cast<double>(plan.m) * static_cast<double>(plan.n) *
                      static_cast<double>(plan.k) * static_cast<double>(batches);
  if (threads == 1 || work < 1e6 || batches % threads == 0 || batches >= 8 * threads) return;
  // Large products in more pieces than threads: not all cores are always free.
  const int64_t parts = work > 1e9 * threads ? int64_t{threads} * 2 : threads;
  double best = 0;
  for (int64_t down = 1; down <= parts; ++down) {
    const int64_t across = parts / down;
    if (down * across != parts) continue;
    const int64_t rows = round_up(divide_up(plan.m, down), 12);
    const int64_t columns = round_up(divide_up(plan.n, across), 32);
    // What is copied, and what the largest panel computes in excess of its share.
    const auto area = static_cast<double>(rows) * static_cast<double>(columns);
    double cost = static_cast<double>(rows * across * down + columns * down * across) * 8 +
                  area * static_cast<double>(parts);
    if (plan.has_epilogue && across > 1) cost *= 1.03;  // it prefers whole rows
    if (best != 0 && cost >= best) continue;
    best = cost;
    plan.panel_m = std::min(rows, plan.m);
    plan.panel_n = std::min(columns, plan.n);
  }
}

}  // namespace

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

int64_t MatmulPlan::packed_c() const {
  if (!packs_c) return 0;
  int64_t most = 0;
  for_each_size([&](int64_t rows, int64_t columns) {
    if (has_epilogue && simd != nullptr) {
      const SimdGemmBlock block = simd_gemm_block(rows, columns, k);
      rows = block.rows;
      columns = block.columns;
    }
    most = std::max(most, rows * columns);
  });
  // Whole cache lines, so that what follows it is aligned as vectors are.
  return round_up(most, 16);
}

bool MatmulPlan::whole_rows() const {
  return panels_n() <= 1 && (simd == nullptr || simd_gemm_block(panel_m, n, k).columns == n);
}

std::size_t MatmulPlan::scratch_bytes() const {
  const std::size_t size = sdk::dtype_size(dtype);
  std::size_t own = 0;
  if (simd != nullptr)
    for_each_size([&](int64_t rows, int64_t columns) {
      own = std::max(own, simd_gemm_scratch(rows, columns, k, static_cast<uint32_t>(size)));
    });
  return whole_lines(static_cast<std::size_t>(packed_a() + packed_b() + packed_c()) * size + own);
}

MatmulPlan make_matmul_plan(const sdk::ProgramCopy& program, const asg_step& step, bool blas_only,
                            uint32_t threads) {
  MatmulPlan plan;
  const sdk::MatmulForm form(program, step);
  const asg_value &a = program.input(step, 0), &b = program.input(step, 1), &c = form.c;
  const uint32_t rank = a.rank;
  plan.has_epilogue = form.has_epilogue;
  plan.dtype = c.dtype;
  plan.m = form.m;
  plan.n = form.n;
  plan.k = form.k;
  require(std::max({plan.m, plan.n, plan.k}) <= INT_MAX,
          "matmul: a side is longer than BLAS allows");
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
  if (one_b && rows.rank() == 1 && rows.count() <= INT_MAX) {
    plan.batch = {};
    plan.m = rows.count();
    plan.a.row = rows.inner_stride(0);
    plan.c.row = rows.inner_stride(1);
  }
  const Layout out = layout_of(plan.m, plan.n, plan.c);
  if (!plan.has_epilogue && out.fits && out.transposed) swap_operands(plan);
  // A vector times a matrix is a matter of memory: BLAS has loops for just that.
  if (!blas_only && plan.m > 1 && plan.n > 1 && plan.k > 0) plan.simd = find_simd_gemm(plan.dtype);
  if (plan.simd != nullptr)
    choose_own_panels(plan, threads);
  else
    choose_blas_panels(plan);
  plan.panel_m = std::max<int64_t>(plan.panel_m, 1);
  plan.panel_n = std::max<int64_t>(plan.panel_n, 1);
  plan.packs_c = plan.has_epilogue;
  plan.for_each_size([&](int64_t m, int64_t n) {
    plan.packs_a |= plan.simd == nullptr && !layout_of(m, plan.k, plan.a).fits;
    plan.packs_b |= plan.simd == nullptr && !layout_of(plan.k, n, plan.b).fits;
    plan.packs_c |= !layout_of(m, n, plan.c).plain();
  });
  return plan;
}

}  // namespace asg::cpu
