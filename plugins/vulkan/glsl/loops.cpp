#include "glsl/loops.hpp"

#include <algorithm>
#include <bit>

#include "glsl/types.hpp"

namespace asg::vulkan {

void begin_elements(Shader& shader, uint64_t count, const char* name) {
  if (count >= uint64_t{1} << 31)
    throw sdk::Error(ASG_UNSUPPORTED,
                     fmt::format("{} elements; this backend numbers them in 31 bits", count));
  shader.print("const uint {} = group * {}u + thread;", name, shader.group_size());
  shader.print("if ({} >= push.count) return;", name);
}

void end_elements(Shader& shader, StepPlan& plan, uint64_t count, bool barrier) {
  plan.add(shader.finish(ceil_div(count, shader.group_size()), barrier));
  plan.dispatches.back().count = static_cast<uint32_t>(count);
}

std::vector<std::string> print_coordinates(Shader& shader, const std::vector<int64_t>& dims,
                                           const std::string& number, const std::string& prefix) {
  std::vector<std::string> names(dims.size(), "0");
  std::ptrdiff_t moving = std::ssize(dims) - std::count(dims.begin(), dims.end(), 1);
  std::string rest = number;
  for (std::size_t d = dims.size(); d-- > 0;) {
    if (dims[d] == 1) continue;
    names[d] = fmt::format("{}{}", prefix, d);
    if (--moving == 0) {
      shader.print("const int {} = int({});", names[d], rest);
      break;
    }
    const std::string next = fmt::format("{}r{}", prefix, d);
    shader.print("const int {} = int({} % {}u);", names[d], rest, dims[d]);
    shader.print("const uint {} = {} / {}u;", next, rest, dims[d]);
    rest = next;
  }
  return names;
}

std::string element_of(const asg_value& value, const Shader::Elements& buffer,
                       const std::vector<std::string>& coordinates) {
  return affine(buffer.base, value.strides, coordinates);
}

std::vector<int64_t> shape_of(const asg_value& value) {
  return {value.shape, value.shape + value.rank};
}

std::string each(const std::string& name, uint64_t count, uint32_t threads) {
  return loop("uint {0} = thread; {0} < {1}u; {0} += {2}u", ceil_div(count, threads), name, count,
              threads);
}

std::string halving(const std::string& condition, uint64_t count) {
  return loop("; {};", static_cast<uint64_t>(std::bit_width(count)), condition);
}

std::vector<sdk::Capability> rows_per_dtype(const Traits& traits, uint32_t op, bool bools,
                                            const std::vector<uint64_t>& operands) {
  std::vector<uint32_t> dtypes;
  for (const uint32_t dtype : sdk::computed_dtypes)
    if (has_registers(traits, dtype) && (dtype != ASG_BOOL || bools)) dtypes.push_back(dtype);
  return sdk::rows_per_dtype(op, dtypes, operands);
}

uint64_t index_dtypes(const Traits& traits) {
  return ASG_DTYPE_BIT(ASG_I32) | (traits.int64 ? ASG_DTYPE_BIT(ASG_I64) : 0);
}

}  // namespace asg::vulkan
