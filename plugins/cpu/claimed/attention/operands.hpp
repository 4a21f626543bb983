// What attention and its gradients read from requests and steps.
#pragma once

#include <cstddef>

#include "claimed/attention/attention.hpp"
#include "kernel.hpp"
#include "loop.hpp"

namespace asg::cpu::attention {

/// The places of what both read among the inputs; the mask, which may be missing, is the last. With
/// dropout the step stands behind the seed.
struct Operands {
  static constexpr uint32_t none = ~uint32_t{0};
  uint32_t query, value, mask, seed = none;
  bool drops() const { return seed != none; }
  bool is_random(uint32_t input) const { return drops() && (input == seed || input == seed + 1); }
};

/// Whether query, key, value and mask are what the blocks are made for.
bool fits(const asg_step_request& request, const Operands& operands);

/// Accepts a request, all inputs with any strides, all results with dense rows in any order.
inline void accept(const asg_step_request& request, asg_claim_reply& reply) {
  reply.accepted = 1;
  reply.strided_inputs = (uint64_t{1} << request.n_inputs) - 1;
  reply.strided_outputs = (uint64_t{1} << (request.types.count - request.n_inputs)) - 1;
}

/// The sizes alone.
Sizes sizes_of(const asg_step_request& request, const Operands& operands);
/// Sizes and attributes.
Sizes sizes_of(const sdk::ProgramCopy& program, const asg_step& step, const Operands& operands);

/// The leading axes of a step as a loop over the heads, with the element offsets of N operands:
/// first the inputs, then the outputs.  An operand with fewer leading axes, a mask, is broadcast.
template <std::size_t N>
Loop<N> heads_of(const sdk::ProgramCopy& program, const asg_step& step, const Operands& operands) {
  const asg_value& q = program.input(step, operands.query);
  const uint32_t leading = q.rank - 2;
  Loop<N> heads;
  for (uint32_t d = 0; d < leading; ++d) {
    std::array<int64_t, N> strides{};
    for (uint32_t i = 0; i < step.n_inputs + step.n_outputs; ++i) {
      const bool is_input = i < step.n_inputs;
      const asg_value& value =
          is_input ? program.input(step, i) : program.output(step, i - step.n_inputs);
      if (is_input && operands.is_random(i)) continue;
      // Masks are aligned at their last axes, everything else has all leading axes.
      const bool is_mask = is_input && i == operands.mask;
      const int64_t axis = is_mask ? int64_t{d} + value.rank - q.rank : int64_t{d};
      if (axis >= 0 && (!is_mask || value.shape[axis] != 1)) strides[i] = value.strides[axis];
    }
    heads.add(q.shape[d], strides);
  }
  return heads;
}

inline Matrix matrix_of(const sdk::Tensor& tensor, int64_t offset) {
  const uint32_t rank = tensor.rank();
  return {tensor.as<float>() + offset, tensor.stride(rank - 2), tensor.stride(rank - 1)};
}
inline int64_t last_stride(const sdk::Tensor& tensor) { return tensor.stride(tensor.rank() - 1); }
/// Distance of the rows of a result, whose elements lie side by side.
int64_t result_row(const asg_step& step, const asg_value& value);
Mask mask_of(const sdk::Tensor& tensor, int64_t offset);
/// Of a head, numbered in the order of the leading axes.
Words words_of(const sdk::Call& call, const Operands& operands, const Sizes& sizes, int64_t head);

}  // namespace asg::cpu::attention
