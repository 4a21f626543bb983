#include "claimed/attention/operands.hpp"

#include "claimed/attention/tiles.hpp"
#include "glsl/loops.hpp"

namespace asg::vulkan::attention {
namespace {

template <class T>
Sizes sizes_of(const T& query, const T& value) {
  Sizes s;
  s.queries = query.shape[query.rank - 2];
  s.keys = value.shape[value.rank - 2];
  s.size = query.shape[query.rank - 1];
  s.value_size = value.shape[value.rank - 1];
  return s;
}

}  // namespace

bool fits(const Traits& traits, const asg_step_request& request, const Places& places) {
  if (request.version != 1 || request.n_inputs < places.mask || !Tiles::available(traits))
    return false;
  for (uint32_t i = 0; i < request.types.count; ++i) {
    const asg_type& type = sdk::type_of(request, i);
    const bool flags = i == places.mask && i < request.n_inputs && type.dtype == ASG_BOOL;
    if (flags ? !traits.storage8 : type.dtype != ASG_F32) return false;
    const int64_t count = sdk::element_count(type);
    if (count == 0 || count >= int64_t{1} << 31) return false;
  }
  const Sizes s =
      sizes_of(sdk::type_of(request, places.query), sdk::type_of(request, places.value));
  // The sums of longer rows do not fit a thread's registers; a few queries leave tiles empty.
  constexpr int64_t longest = 256, few = 16;
  if (s.size > longest || s.value_size > longest || (s.queries < few && s.keys > few)) return false;
  if (!traits.software) return true;
  // Products by lanes are the faster way there, until the scores leave no room.
  constexpr uint64_t most_bytes = uint64_t{32} << 20;
  const auto rows =
      static_cast<uint64_t>(sdk::element_count(sdk::type_of(request, places.query)) / s.size);
  return rows * static_cast<uint64_t>(s.keys) * 4 > most_bytes;
}

void accept(const asg_step_request& request, asg_claim_reply& reply) {
  reply.accepted = 1;
  reply.strided_inputs = (uint64_t{1} << request.n_inputs) - 1;
  reply.strided_outputs = (uint64_t{1} << (request.types.count - request.n_inputs)) - 1;
}

Operands::Operands(const StepContext& context, const Places& places)
    : context_(context), mask_(places.mask), heads_(1) {
  const asg_step& step = context.step;
  const std::string name = step.name;
  require(step.n_inputs >= mask_ && step.n_inputs <= mask_ + 1 && step.n_outputs == places.outputs,
          name + ": wrong number of inputs or outputs");
  const asg_value &q = context.input(places.query), &k = context.input(places.key),
                  &v = context.input(places.value);
  for (uint32_t i = 0; i < step.n_inputs + step.n_outputs; ++i) {
    const asg_value& value =
        i < step.n_inputs ? context.input(i) : context.output(i - step.n_inputs);
    const bool flags = i == mask_ && i < step.n_inputs && value.dtype == ASG_BOOL;
    require(value.dtype == ASG_F32 || flags, name + ": an operand has the wrong type");
  }
  require(q.rank >= 2 && k.rank == q.rank && v.rank == q.rank,
          name + ": query, key and value need one rank, at least 2");
  sizes_ = sizes_of(q, v);
  sizes_.causal = sdk::attr_int(step, "causal") != 0;
  sizes_.scale = static_cast<float>(sdk::attr_float(step, "scale"));
  leading_.assign(q.shape, q.shape + q.rank - 2);
  heads_ = static_cast<uint64_t>(sdk::product(q.shape, q.rank - 2));
}

void Operands::print_head(Shader& shader) {
  head_ = print_coordinates(shader, leading_, "head", "h");
}

std::string Operands::index(const asg_value& value, int64_t base, const std::string& row,
                            const std::string& column) const {
  std::vector<std::string> at = head_;
  at.push_back(row);
  if (!column.empty()) at.push_back(column);
  return affine(base, value.strides, at);
}

std::string Operands::load(Shader& shader, uint32_t input, const std::string& row,
                           const std::string& column) const {
  const Shader::Elements from = shader.value(context_.step.inputs[input], false);
  return from.load(index(context_.input(input), from.base, row, column));
}

std::string Operands::store(Shader& shader, uint32_t output, const std::string& row,
                            const std::string& column, const std::string& value) const {
  const Shader::Elements to = shader.value(context_.step.outputs[output], true);
  return to.store(index(context_.output(output), to.base, row, column), value);
}

// The mask's axes are aligned at the last ones; those of size 1 are repeated.
std::string Operands::with_mask(Shader& shader, const std::string& score, const std::string& query,
                                const std::string& key) const {
  if (!masked()) return score;
  const asg_value& mask = context_.input(mask_);
  std::vector<std::string> all = head_;
  all.insert(all.end(), {query, key});
  std::vector<std::string> at(all.end() - mask.rank, all.end());
  std::vector<int64_t> strides(mask.strides, mask.strides + mask.rank);
  for (uint32_t d = 0; d < mask.rank; ++d)
    if (mask.shape[d] == 1) strides[d] = 0;
  const Shader::Elements from = shader.value(context_.step.inputs[mask_], false);
  const std::string element = from.load(affine(from.base, strides.data(), at));
  // A number of -inf hides a key as false does: be its score NaN.
  return mask.dtype == ASG_BOOL
             ? fmt::format("{} ? {} : minus_infinity", element, score)
             : fmt::format("{0} == minus_infinity ? minus_infinity : {1} + {0}", element, score);
}

}  // namespace asg::vulkan::attention
