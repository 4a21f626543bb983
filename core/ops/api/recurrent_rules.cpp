#include "ops/recurrent_rules.hpp"

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>

namespace asg::recurrent {
namespace {

Tensor as_rows(const Tensor& x) { return reshape(x, {x.size(0) * x.size(1), x.size(2)}); }

std::int64_t step_at(std::int64_t place, std::int64_t steps, const Attributes& how) {
  return how.flag("reverse") ? steps - 1 - place : place;
}

}  // namespace

Sizes sizes_of(const Signature& call, std::size_t sequence, std::int64_t width, std::size_t weight,
               std::int64_t gates) {
  call.require_same_types();
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  const Shape &x = call.shape(sequence), &w = call.shape(weight);
  call.require(x.rank() == 3, "the sequence must be [T, B, ...]");
  call.require(w.rank() == 2 && w[0] % gates == 0 && w[0] / gates == w[1],
               "weight_hh must be [gates * H, H]");
  call.require(x[2] % width == 0 && x[2] / width == w[1],
               "the sequence's last axis must fit weight_hh's");
  return {x[0], x[1], w[1]};
}

void require_shape(const Signature& call, std::size_t i, const Shape& shape,
                   std::string_view rule) {
  call.require(call.shape(i) == shape, rule);
}

void require_step(const Call& call, const Tensor& x_gates, const Tensor& h, const Tensor& weight,
                  std::int64_t gates) {
  call.require(h.rank() == 2, "the state must be [B, H]");
  const std::int64_t hidden = h.size(1);
  call.require(weight.rank() == 2 && weight.size(1) == hidden && weight.size(0) % gates == 0 &&
                   weight.size(0) / gates == hidden,
               "weight_hh must be [gates * H, H]");
  call.require(x_gates.shape() == Shape{h.size(0), weight.size(0)},
               "x_gates must be [B, gates * H]");
}

AttributeDef reverse_attribute() {
  return {"reverse", AttributeType::integer, "1: begins with the last step"};
}

void for_each_step(std::int64_t steps, const Attributes& how,
                   const std::function<void(std::int64_t)>& visit) {
  for (std::int64_t place = 0; place < steps; ++place) visit(step_at(place, steps, how));
}

void for_each_step_back(std::int64_t steps, const Attributes& how,
                        const std::function<void(std::int64_t, std::int64_t)>& visit) {
  for (std::int64_t place = steps; place-- > 0;)
    visit(step_at(place, steps, how), place > 0 ? step_at(place - 1, steps, how) : -1);
}

Tensor joined(const Tensors& steps, const Tensor& none) {
  return steps.empty() ? none : stack(steps, 0);
}

Tensor last(const Tensor& y, const Tensor& first, const Attributes& how) {
  const std::int64_t steps = y.size(0);
  return steps == 0 ? first : select(y, 0, step_at(steps - 1, steps, how));
}

Tensor weight_gradient(const Tensor& dgates, const Tensor& y, const Tensor& h0,
                       const Attributes& how) {
  const std::int64_t steps = y.size(0);
  if (steps == 0) return zeros(y.graph(), {dgates.size(2), y.size(2)}, y.dtype());
  const Tensor first = unsqueeze(h0, 0);
  const Tensor before = how.flag("reverse") ? concat({slice(y, 0, 1, steps), first}, 0)
                                            : concat({first, slice(y, 0, 0, steps - 1)}, 0);
  return matmul(transpose(as_rows(dgates)), as_rows(before));
}

Tensor or_zeros(const Tensor& cotangent, const Tensor& of) {
  return cotangent.defined() ? cotangent : zeros_like(of);
}

Tensor through_sigmoid(const Tensor& x, const Tensor& y) { return x * y * (1 - y); }
Tensor through_tanh(const Tensor& x, const Tensor& y) { return x * (1 - square(y)); }

const std::vector<Sizes>& sample_sizes() {
  static const std::vector<Sizes> sizes = {{1, 1, 1}, {2, 1, 2}, {3, 2, 1},
                                           {0, 1, 2}, {2, 0, 2}, {2, 1, 0}};
  return sizes;
}

}  // namespace asg::recurrent
