// What the recurrent ops share: their types, the order of steps, the gradient of weight_hh.
#pragma once
#include <functional>

#include <asg/graph/build.hpp>
#include <asg/graph/op.hpp>

namespace asg::recurrent {

struct Sizes {
  std::int64_t steps, batch, hidden;

  [[nodiscard]] Shape state() const { return {batch, hidden}; }
  [[nodiscard]] Shape sequence(std::int64_t states = 1) const {
    return {steps, batch, states * hidden};
  }
};

/// All operands are of one float type; operand `sequence` is [T, B, width * H], `weight`
/// [gates * H, H].
Sizes sizes_of(const Signature& call, std::size_t sequence, std::int64_t width, std::size_t weight,
               std::int64_t gates);
/// Operand i has that shape.
void require_shape(const Signature& call, std::size_t i, const Shape& shape, std::string_view rule);
/// For functions of one step: x_gates is [B, gates * H], the state [B, H].
void require_step(const Call& call, const Tensor& x_gates, const Tensor& h, const Tensor& weight,
                  std::int64_t gates);

AttributeDef reverse_attribute();

/// Calls visit(t) for every step in the order in which they are taken.
void for_each_step(std::int64_t steps, const Attributes& how,
                   const std::function<void(std::int64_t)>& visit);
/// The same from the last to the first; `before` is the step taken before t, below 0 for none.
void for_each_step_back(std::int64_t steps, const Attributes& how,
                        const std::function<void(std::int64_t t, std::int64_t before)>& visit);

/// One tensor for each step, as [T, ...]; `none` is of that type, for no step.
Tensor joined(const Tensors& steps, const Tensor& none);
/// The step taken last; `first` where there is none.
Tensor last(const Tensor& y, const Tensor& first, const Attributes& how);
/// dgates^T times the states before each step: the gradient of weight_hh.
Tensor weight_gradient(const Tensor& dgates, const Tensor& y, const Tensor& h0,
                       const Attributes& how);
/// The cotangent, or zeros shaped as `of`.
Tensor or_zeros(const Tensor& cotangent, const Tensor& of);
/// x times the derivative of sigmoid, and of tanh, where it gave y.
Tensor through_sigmoid(const Tensor& x, const Tensor& y);
Tensor through_tanh(const Tensor& x, const Tensor& y);

/// Sizes of samples: one of everything, none of each, several.
const std::vector<Sizes>& sample_sizes();

}  // namespace asg::recurrent
