#include <cmath>

#include <asg/ops/creation.hpp>
#include <asg/ops/diagonal.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types cholesky_infer(const Signature& call) {
  const Shape& a = call.shape(0);
  call.require(a.rank() >= 2 && a.at(-1) == a.at(-2), "a must be square, [..., N, N]");
  return rules::floats(call);
}

Tensor symmetric(const Tensor& a) { return 0.5 * (a + transpose(a)); }

// By halves: of [a11 . ; a21 a22] the factor is [l11 0; l21 l22], where l21 l11^T is a21 and l22
// the factor of what l21 leaves of a22.
Tensor cholesky_factor(const Tensor& a) {
  const std::int64_t size = a.size(-1), half = size / 2;
  if (size <= 1) return sqrt(a);
  const auto part = [&](bool low, bool right) {
    return slice(slice(a, -2, low ? half : 0, low ? size : half), -1, right ? half : 0,
                 right ? size : half);
  };
  const Tensor above = cholesky_factor(part(false, false));
  const Tensor across = transpose(solve_triangular(above, transpose(part(true, false))));
  const Tensor below = cholesky_factor(part(true, true) - matmul(across, transpose(across)));
  return concat({concat({above, zeros_like(part(false, true))}, -1), concat({across, below}, -1)},
                -2);
}

Tensors cholesky_body(const OpCall& call) { return {cholesky_factor(symmetric(call.in(0)))}; }

// With p the lower triangle of l^T dl, its diagonal halved: l^-T p l^-1, made symmetric.
Tensors cholesky_gradient(const GradientCall& call) {
  const Tensor& l = call.out();
  const Tensor up = transpose(l), product = matmul(up, call.dy());
  const Tensor p = 0.5 * (tril(product) + tril(product, -1));
  const Tensor half = solve_triangular(up, p, true);
  return {symmetric(transpose(solve_triangular(up, transpose(half), true)))};
}

// x x^T, with a diagonal that keeps it far from singular.
Array positive_definite(const Shape& shape) {
  const Array x = spread(shape, -1, 1, 1);
  const std::int64_t n = shape.back();
  Array a(f64, shape);
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    const std::int64_t matrix = i / (n * n) * n * n, row = i / n % n, column = i % n;
    double sum = row == column ? 0.5 : 0;
    for (std::int64_t k = 0; k < n; ++k)
      sum += x.get(matrix + row * n + k) * x.get(matrix + column * n + k);
    a.set(i, sum);
  }
  return a;
}

// The algorithm of Cholesky and Banachiewicz, row by row.
Array factored(const Array& a) {
  const std::int64_t n = a.shape().back();
  Array l = Array::zeros(f64, a.shape());
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    const std::int64_t matrix = i / (n * n) * n * n, row = i / n % n, column = i % n;
    if (column > row) continue;
    double rest = a.get(i);
    for (std::int64_t k = 0; k < column; ++k)
      rest -= l.get(matrix + row * n + k) * l.get(matrix + column * n + k);
    l.set(i, row == column ? std::sqrt(rest) : rest / l.get(matrix + column * n + column));
  }
  return l;
}

std::vector<Sample> cholesky_samples() {
  std::vector<Sample> samples = {
      {.inputs = {Array({2, 2}, {4.0, 2.0, 2.0, 10.0})},
       .outputs = {Array({2, 2}, {2.0, 0.0, 1.0, 3.0})}},
      // Of what is not positive definite there is no factor.
      kink({Array({2, 2}, {4.0, 2.0, 2.0, -1.0})}, Array({2, 2}, {2.0, 0.0, 1.0, std::nan("")}))};
  for (const Shape& shape :
       std::vector<Shape>{{1, 1}, {3, 3}, {2, 4, 4}, {5, 5}, {0, 0}, {0, 2, 2}}) {
    const Array a = positive_definite(shape);
    samples.push_back({.inputs = {a}, .outputs = {factored(a)}});
  }
  return samples;
}

}  // namespace

Tensor cholesky(const Operand& a, bool upper) {
  const Call call("cholesky", {a});
  const Tensor l = call.make("cholesky", {call.as_float(call.tensor(a))});
  return upper ? transpose(l) : l;
}

namespace ops {
std::vector<OpDef> cholesky() {
  return {{
      .name = "cholesky",
      .summary = "The lower triangular l with l * l^T = (a + a^T) / 2.",
      .inputs = {{"a", "[..., N, N]", "float"}},
      .outputs = {{"l", "as a", "as a"}},
      .infer = cholesky_infer,
      .gradient = cholesky_gradient,
      .decompose = cholesky_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.linalg.cholesky.html",
      .samples = cholesky_samples,
  }};
}
}  // namespace ops

}  // namespace asg
