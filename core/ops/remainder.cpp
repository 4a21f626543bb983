#include <cmath>

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

// Whether the remainder toward zero must be moved by one divisor to have the sign of b.
Tensor remainder_moved(const Tensor& r, const Tensor& b) {
  return logical_and(ne(r, 0), logical_xor(lt(r, 0), lt(b, 0)));
}

Tensors remainder_body(const OpCall& call) {
  const Tensor& b = call.in(1);
  const Tensor r = rem(call.in(0), b);
  return {where(remainder_moved(r, b), r + b, r)};
}

// The quotient of what the remainder leaves is whole but for its rounding. (a / b itself may round
// up to a whole number that it does not reach.)
Tensors floor_divide_body(const OpCall& call) {
  const Tensor& a = call.in(0);
  const Tensor& b = call.in(1);
  const Tensor r = rem(a, b);
  const Tensor moved = remainder_moved(r, b);
  if (!is_float(a.dtype())) return {elementwise("div", {a, b}) - cast(moved, a.dtype())};
  const Tensor whole = round((a - r) / b - cast(moved, a.dtype()));
  return {where(eq(b, 0), a / b, whole)};
}

Array whole_numbers(std::initializer_list<std::int64_t> values) {
  return Array({static_cast<std::int64_t>(values.size())}, std::vector<std::int64_t>(values));
}

std::vector<Sample> remainder_samples() {
  const double inf = INFINITY, nan = std::nan("");
  return joined(binary_samples({-5.1, 5.2}, {0.9, 1.1},
                               [](double a, double b) { return a - b * std::floor(a / b); }),
                {kink({Array({9}, {7.0, -7.0, 7.0, -7.0, 8.0, 5.0, -5.0, 1.0, nan}),
                       Array({9}, {4.0, 4.0, -4.0, -4.0, -4.0, inf, inf, 0.0, 1.0})},
                      Array({9}, {3.0, 1.0, -1.0, -3.0, 0.0, 5.0, inf, nan, nan})),
                 kink({whole_numbers({7, -7, 7, -7, 8, 5}), whole_numbers({4, 4, -4, -4, -4, 0})},
                      whole_numbers({3, 1, -1, -3, 0, 0}))});
}

std::vector<Sample> floor_divide_samples() {
  const double inf = INFINITY, nan = std::nan("");
  return joined(binary_constants({-5.1, 5.2}, {0.9, 1.1},
                                 [](double a, double b) { return std::floor(a / b); }),
                {kink({Array({9}, {7.0, -7.0, 7.0, -7.0, 1.0, 5.0, -5.0, 1.0, nan}),
                       Array({9}, {4.0, 4.0, -4.0, -4.0, 0.1, inf, inf, 0.0, 1.0})},
                      Array({9}, {1.0, -2.0, -2.0, 1.0, 9.0, 0.0, -1.0, inf, nan})),
                 kink({whole_numbers({7, -7, 7, -7, 8, 5}), whole_numbers({4, 4, -4, -4, -4, 0})},
                      whole_numbers({1, -2, -2, 1, -2, 0}))});
}

}  // namespace

Tensor remainder(const Operand& a, const Operand& b) { return elementwise("remainder", {a, b}); }
Tensor floor_divide(const Operand& a, const Operand& b) {
  return elementwise("floor_divide", {a, b});
}

namespace ops {
std::vector<OpDef> remainder() {
  return {{
              .name = "remainder",
              .summary = "a - b * floor(a / b), with the sign of b. Integers: 0 when b is 0.",
              .inputs = {{"a", "[...]", "number"}, {"b", "as a", "as a"}},
              .outputs = {{"y", "as a", "as a"}},
              .infer = rules::numbers,
              .decompose = remainder_body,
              .source = "https://pytorch.org/docs/stable/generated/torch.remainder.html",
              .samples = remainder_samples,
          },
          {
              .name = "floor_divide",
              .summary = "floor(a / b). Integers: 0 when b is 0.",
              .inputs = {{"a", "[...]", "number"}, {"b", "as a", "as a"}},
              .outputs = {{"y", "as a", "as a"}},
              .infer = rules::numbers,
              .decompose = floor_divide_body,
              .no_gradient = "constant wherever it is smooth",
              .source = "https://pytorch.org/docs/stable/generated/torch.floor_divide.html",
              .samples = floor_divide_samples,
          }};
}
}  // namespace ops

}  // namespace asg
