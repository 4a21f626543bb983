// Matrix products in which pairs that are not seen play no part, whatever stands there: 0 times NaN
// is NaN, so that weights of 0 would not do. Each is the gradient of the other.
#include <cmath>
#include <limits>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// Inputs weight, x, seen.
Types masked_matmul_infer(const Signature& call) {
  const Shape &weight = call.shape(0), &x = call.shape(1);
  call.require_type(is_float(call.dtype(0)) && call.dtype(0) == call.dtype(1),
                    "weight and x must have one float type");
  call.require_type(call.dtype(2) == boolean && call.shape(2) == weight,
                    "seen must be bool, shaped as weight");
  const int rank = weight.rank();
  call.require(rank >= 2 && x.rank() == rank && x.slice(0, rank - 2) == weight.slice(0, rank - 2) &&
                   x.at(-2) == weight.back(),
               "weight must be [..., M, K] and x [..., K, N]");
  Shape shape = weight;
  shape[rank - 1] = x.back();
  return {{call.dtype(0), shape}};
}

// Where nothing that is seen is infinite or NaN, the product of the rest.
Tensors masked_matmul_body(const OpCall& call) {
  const Tensor &x = call.in(1), &seen = call.in(2);
  const Tensor weight = where(seen, call.in(0), 0);
  const Tensor sound = is_finite(x);
  const Tensor unsound = matmul(cast(seen, x.dtype()), cast(logical_not(sound), x.dtype()));
  return {where(unsound > 0, matmul(weight, x), matmul(weight, where(sound, x, 0)))};
}

Tensors masked_matmul_gradient(const GradientCall& call) {
  const Tensor &weight = call.in(0), &x = call.in(1), &seen = call.in(2);
  return {sampled_matmul(call.dy(), x, seen),
          masked_matmul(transpose(weight), call.dy(), transpose(seen)), Tensor{}};
}

// Inputs a, b, seen.
Types infer_sampled(const Signature& call) {
  const Shape &a = call.shape(0), &b = call.shape(1);
  call.require_type(is_float(call.dtype(0)) && call.dtype(0) == call.dtype(1),
                    "a and b must have one float type");
  const int rank = a.rank();
  call.require(rank >= 2 && b.rank() == rank && b.slice(0, rank - 2) == a.slice(0, rank - 2) &&
                   b.back() == a.back(),
               "a must be [..., M, N] and b [..., K, N]");
  Shape shape = a;
  shape[rank - 1] = b.at(-2);
  call.require_type(call.dtype(2) == boolean && call.shape(2) == shape,
                    "seen must be bool [..., M, K]");
  return {{call.dtype(0), shape}};
}

Tensors body_sampled(const OpCall& call) {
  return {where(call.in(2), matmul(call.in(0), transpose(call.in(1))), 0)};
}

Tensors gradient_sampled(const GradientCall& call) {
  const Tensor &a = call.in(0), &b = call.in(1), &seen = call.in(2);
  return {masked_matmul(call.dy(), b, seen),
          masked_matmul(transpose(call.dy()), a, transpose(seen)), Tensor{}};
}

Array flags(const Shape& shape, int period) {
  Array result(boolean, shape);
  for (std::int64_t i = 0; i < result.numel(); ++i) result.set(i, i % period != 0);
  return result;
}

std::vector<Sample> masked_matmul_samples() {
  const double nan = std::nan(""), inf = std::numeric_limits<double>::infinity();
  const Array seen({2, 2}, {true, false, true, true});
  return {{.inputs = {Array({2, 2}, {1.0, 2.0, 3.0, 4.0}), Array({2, 1}, {5.0, 6.0}), seen},
           .outputs = {Array({2, 1}, {5.0, 39.0})}},
          kink({Array({2, 2}, {1.0, 0.0, 3.0, 4.0}), Array({2, 1}, {5.0, nan}), seen},
               Array({2, 1}, {5.0, nan})),
          kink({Array({2, 2}, {1.0, 0.0, 3.0, 4.0}), Array({2, 1}, {5.0, inf}), seen},
               Array({2, 1}, {5.0, inf})),
          {.inputs = {Array(f64, {0, 2}), Array({2, 1}, {5.0, 6.0}), Array(boolean, {0, 2})},
           .outputs = {Array(f64, {0, 1})}}};
}

std::vector<Sample> samples_sampled() {
  const double nan = std::nan("");
  return {{.inputs = {Array({2, 1}, {2.0, 3.0}), Array({2, 1}, {5.0, 7.0}),
                      Array({2, 2}, {true, false, true, true})},
           .outputs = {Array({2, 2}, {10.0, 0.0, 15.0, 21.0})}},
          kink({Array({2, 1}, {2.0, 3.0}), Array({2, 1}, {5.0, nan}),
                Array({2, 2}, {true, false, true, true})},
               Array({2, 2}, {10.0, 0.0, 15.0, nan})),
          {.inputs = {spread({2, 3, 4}), spread({2, 5, 4}, -2, 2, 1), flags({2, 3, 5}, 3)}},
          {.inputs = {Array(f64, {2, 0}), Array(f64, {3, 0}), flags({2, 3}, 2)},
           .outputs = {Array::zeros(f64, {2, 3})}}};
}

}  // namespace

Tensor masked_matmul(const Operand& weight, const Operand& x, const Operand& seen) {
  const Call call("masked_matmul", {weight, x, seen});
  return call.make("masked_matmul", {weight.tensor(), x.tensor(), seen.tensor()});
}
Tensor sampled_matmul(const Operand& a, const Operand& b, const Operand& seen) {
  const Call call("sampled_matmul", {a, b, seen});
  return call.make("sampled_matmul", {a.tensor(), b.tensor(), seen.tensor()});
}

namespace ops {
std::vector<OpDef> masked_matmul() {
  return {{
              .name = "masked_matmul",
              .summary = "The sum of weight * x over the pairs that are seen; what the others hold "
                         "plays no part.",
              .inputs = {{"weight", "[..., M, K]", "float"},
                         {"x", "[..., K, N]", "as weight"},
                         {"seen", "[..., M, K]", "bool"}},
              .outputs = {{"y", "[..., M, N]", "as weight"}},
              .infer = masked_matmul_infer,
              .gradient = masked_matmul_gradient,
              .decompose = masked_matmul_body,
              .samples = masked_matmul_samples,
          },
          {
              .name = "sampled_matmul",
              .summary = "Rows of a times rows of b where they see each other, else 0.",
              .inputs = {{"a", "[..., M, N]", "float"},
                         {"b", "[..., K, N]", "as a"},
                         {"seen", "[..., M, K]", "bool"}},
              .outputs = {{"y", "[..., M, K]", "as a"}},
              .infer = infer_sampled,
              .gradient = gradient_sampled,
              .decompose = body_sampled,
              .source = "https://pytorch.org/docs/stable/generated/torch.sparse.sampled_addmm.html",
              .samples = samples_sampled,
          }};
}
}  // namespace ops

}  // namespace asg
