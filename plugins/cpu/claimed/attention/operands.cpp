#include "claimed/attention/operands.hpp"

#include <algorithm>
#include <cmath>

namespace asg::cpu::attention {

bool fits(const asg_step_request& request, const Operands& operands) {
  if (request.version != 1 || request.n_inputs < operands.mask) return false;
  for (uint32_t i = 0; i < request.types.count; ++i) {
    if (i < request.n_inputs && operands.is_random(i)) continue;
    const bool is_mask = i == operands.mask && i < request.n_inputs;
    if (sdk::type_of(request, i).dtype != ASG_F32 &&
        !(is_mask && sdk::type_of(request, i).dtype == ASG_BOOL))
      return false;
    if (sdk::element_count(sdk::type_of(request, i)) == 0) return false;
  }
  const Sizes s = sizes_of(request, operands);
  // Longer rows than heads have would need blocks of another shape to stay in the caches; a few
  // queries, which fill a part of the vectors' lanes only, are better multiplied with many keys.
  constexpr int64_t longest = 256, few = 16;
  return s.size <= longest && s.value_size <= longest && (s.queries >= few || s.keys <= few);
}

namespace {
template <class T>
Sizes sizes(const T& query, const T& value) {
  Sizes s;
  s.queries = query.shape[query.rank - 2];
  s.keys = value.shape[value.rank - 2];
  s.size = query.shape[query.rank - 1];
  s.value_size = value.shape[value.rank - 1];
  return s;
}
}  // namespace

Sizes sizes_of(const asg_step_request& request, const Operands& operands) {
  return sizes(sdk::type_of(request, operands.query), sdk::type_of(request, operands.value));
}

Sizes sizes_of(const sdk::ProgramCopy& program, const asg_step& step, const Operands& operands) {
  Sizes s = sizes(program.input(step, operands.query), program.input(step, operands.value));
  s.causal = sdk::attr_int(step, "causal") != 0;
  s.scale = static_cast<float>(sdk::attr_float(step, "scale"));
  if (!operands.drops()) return s;
  const double p = sdk::attr_float(step, "p");
  const double threshold = std::min(std::round(std::ldexp(p, 32)), std::ldexp(1.0, 32) - 1);
  s.dropout.on = true;
  s.dropout.threshold = static_cast<uint32_t>(threshold);
  s.dropout.factor = p < 1 ? static_cast<float>(1 / (1 - p)) : 0;
  s.dropout.stream = static_cast<uint64_t>(sdk::attr_int(step, "stream"));
  return s;
}

Words words_of(const sdk::Call& call, const Operands& operands, const Sizes& sizes, int64_t head) {
  if (!operands.drops()) return {};
  const auto number = [&](uint32_t input) {
    return static_cast<uint64_t>(*call.input(input).as<int64_t>());
  };
  return {{number(operands.seed), number(operands.seed + 1), sizes.dropout.stream},
          head * sizes.queries * sizes.keys};
}

int64_t result_row(const asg_step& step, const asg_value& value) {
  const uint32_t rank = value.rank;
  if (value.shape[rank - 1] > 1 && value.strides[rank - 1] != 1)
    throw sdk::Error(ASG_UNSUPPORTED,
                     std::string(step.name) + ": the rows of a result must be dense");
  return value.strides[rank - 2];
}

Mask mask_of(const sdk::Tensor& tensor, int64_t offset) {
  const uint32_t rank = tensor.rank();
  const auto stride = [&](uint32_t from_end) {
    return rank < from_end || tensor.size(rank - from_end) == 1 ? 0
                                                                : tensor.stride(rank - from_end);
  };
  Mask mask;
  mask.kind = tensor.dtype() == ASG_BOOL ? Mask::Kind::flags : Mask::Kind::scores;
  mask.data = tensor.data + offset * sdk::dtype_size(tensor.dtype());
  mask.row = stride(2);
  mask.column = stride(1);
  return mask;
}

}  // namespace asg::cpu::attention
