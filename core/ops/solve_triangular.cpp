#include <cmath>

#include <asg/ops/creation.hpp>
#include <asg/ops/diagonal.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>

#include "ops/operand_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types solve_triangular_infer(const Signature& call) {
  const Shape &a = call.shape(0), &b = call.shape(1);
  call.require_same_types();
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  const int rank = a.rank();
  call.require(rank >= 2 && a.at(-1) == a.at(-2), "a must be square, [..., N, N]");
  call.require(b.rank() == rank && b.slice(0, rank - 1) == a.slice(0, rank - 1),
               "b must be [..., N, K] with a's leading axes");
  return {call.in(1)};
}

// Rows [first, end) of the solution for what is left of b. A block's upper half is solved, taken
// off the lower one, and so on: the work is in products of blocks, one for each row of a.
Tensor solve_lower(const Tensor& a, const Tensor& b, std::int64_t first, std::int64_t end) {
  const auto block = [&](std::int64_t row, std::int64_t row_end, std::int64_t column,
                         std::int64_t column_end) {
    return slice(slice(a, -2, row, row_end), -1, column, column_end);
  };
  if (end - first == 1) return b / block(first, end, first, end);
  const std::int64_t middle = first + (end - first) / 2;
  const Tensor upper = solve_lower(a, slice(b, -2, 0, middle - first), first, middle);
  const Tensor rest =
      slice(b, -2, middle - first, end - first) - matmul(block(middle, end, first, middle), upper);
  return concat({upper, solve_lower(a, rest, middle, end)}, -2);
}

Tensors solve_triangular_body(const OpCall& call) {
  const Tensor &a = call.in(0), &b = call.in(1);
  const std::int64_t size = a.size(-1);
  if (size == 0) return {b};
  if (!call.attributes.flag("upper")) return {solve_lower(a, b, 0, size)};
  return {flip(solve_lower(flip(a, {-2, -1}), flip(b, -2), 0, size), -2)};
}

Tensors solve_triangular_gradient(const GradientCall& call) {
  const bool upper = call.attributes.flag("upper");
  const Tensor db = solve_triangular(transpose(call.in(0)), call.dy(), !upper);
  const Tensor da = -matmul(db, transpose(call.out()));
  return {upper ? triu(da) : tril(da), db};
}

// Irregular, with a diagonal far from 0; what must not be read is NaN.
Array triangular_sample(const Shape& shape, bool upper, bool poisoned) {
  Array a = spread(shape, -1, 1, 1);
  const std::int64_t n = shape.back();
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    const std::int64_t row = i / n % n, column = i % n;
    if (row == column) a.set(i, 2 + a.get(i));
    if (poisoned && (upper ? row > column : row < column)) a.set(i, std::nan(""));
  }
  return a;
}

// By substitution, from the row that has one element.
Array substituted(const Array& a, const Array& b, bool upper) {
  Array x = b.clone();
  const std::int64_t n = a.shape().back(), k = b.shape().back();
  for (std::int64_t i = 0; i < b.numel(); ++i) {
    const std::int64_t matrix = i / (n * k), step = i / k % n, column = i % k;
    const std::int64_t row = upper ? n - 1 - step : step;
    const std::int64_t row_of_a = (matrix * n + row) * n, place = (matrix * n + row) * k + column;
    double rest = b.get(place);
    for (std::int64_t j = upper ? row + 1 : 0; j < (upper ? n : row); ++j)
      rest -= a.get(row_of_a + j) * x.get((matrix * n + j) * k + column);
    x.set(place, rest / a.get(row_of_a + row));
  }
  return x;
}

std::vector<Sample> solve_triangular_samples() {
  std::vector<Sample> samples;
  const auto sample = [&](const Shape& of_a, const Shape& of_b, bool upper, bool poisoned = false) {
    const Array a = triangular_sample(of_a, upper, poisoned), b = spread(of_b, -2, 2, 2);
    samples.push_back({.inputs = {a, b},
                       .attributes = {{"upper", upper}},
                       .outputs = {substituted(a, b, upper)},
                       .gradient = !poisoned});
  };
  for (const bool upper : {false, true}) {
    sample({1, 1}, {1, 1}, upper);
    sample({3, 3}, {3, 2}, upper);
    sample({2, 5, 5}, {2, 5, 1}, upper);
    sample({4, 4}, {4, 3}, upper, true);
    sample({0, 0}, {0, 2}, upper);
    sample({0, 2, 2}, {0, 2, 1}, upper);
    sample({2, 2}, {2, 0}, upper);
  }
  return samples;
}

}  // namespace

Tensor solve_triangular(const Operand& a, const Operand& b, bool upper, bool left,
                        bool unitriangular) {
  const Call call("solve_triangular", {a, b});
  const Tensors both = operands::of_one_float("solve_triangular", call, {a, b});
  Tensor matrix = call.as_float(both[0]), right = call.as_float(both[1]);
  call.require(matrix.rank() >= 2 && right.rank() >= 2, "a and b need two axes at least");
  if (unitriangular)
    matrix = where(eye(call.graph(), matrix.size(-2), matrix.size(-1), boolean), 1, matrix);
  if (!left) return transpose(solve_triangular(transpose(matrix), transpose(right), !upper));
  const Tensors matrices = operands::with_common_batch(call, matrix, right);
  return call.make("solve_triangular", {matrices[0], matrices[1]}, {{"upper", upper}});
}

namespace ops {
std::vector<OpDef> solve_triangular() {
  return {{
      .name = "solve_triangular",
      .summary = "The x with a * x = b, of a triangle of a; the rest of it is not read.",
      .inputs = {{"a", "[..., N, N]", "float"}, {"b", "[..., N, K]", "as a"}},
      .outputs = {{"x", "[..., N, K]", "as a"}},
      .attributes = {{"upper", AttributeType::integer, "1: the upper triangle; 0: the lower"}},
      .infer = solve_triangular_infer,
      .gradient = solve_triangular_gradient,
      .decompose = solve_triangular_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.linalg.solve_triangular.html",
      .samples = solve_triangular_samples,
  }};
}
}  // namespace ops

}  // namespace asg
