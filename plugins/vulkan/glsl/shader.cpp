#include "glsl/shader.hpp"

#include "glsl/prelude.hpp"
#include "glsl/types.hpp"

namespace asg::vulkan {
namespace {

std::string int_literal(int64_t x) {
  const auto wrapped = static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(x)));
  if (wrapped == INT32_MIN) return "int(0x80000000u)";
  return wrapped < 0 ? fmt::format("({})", wrapped) : fmt::format("{}", wrapped);
}

// glslang refuses a constant below 0 even where a condition keeps it from being used.
std::string indexed(const std::string& name, const std::string& index) {
  const bool constant = index.find_first_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
  return fmt::format("{}[{}{}]", name, constant ? "int(push.step & 0u) + " : "", index);
}

std::string scaled(uint32_t dtype, const std::string& number) {
  return word_count(dtype) == 1 ? number : fmt::format("({}) * 2u", number);
}

}  // namespace

std::string affine(int64_t offset, const int64_t* strides, const std::vector<std::string>& names) {
  std::string text;
  const auto plus = [&](const std::string& term) { text += text.empty() ? term : " + " + term; };
  for (std::size_t d = 0; d < names.size(); ++d) {
    if (strides[d] == 0) continue;
    plus(strides[d] == 1 ? names[d] : names[d] + " * " + int_literal(strides[d]));
  }
  if (offset != 0 || text.empty()) plus(int_literal(offset));
  return text;
}

std::string Shader::Elements::load(const std::string& index) const {
  return from_storage(dtype, indexed(name, start + index));
}
std::string Shader::Elements::store(const std::string& index, const std::string& value) const {
  return fmt::format("{}{} = {};", kept ? "if (asg_good) " : "", indexed(name, start + index),
                     to_storage(dtype, value));
}
std::string Shader::Words::load(const std::string& number) const {
  return from_words(dtype, name, scaled(dtype, number));
}
std::string Shader::Words::store(const std::string& number, const std::string& value) const {
  return to_words(dtype, name, scaled(dtype, number), value);
}

std::string Shader::add(Binding binding, const std::string& element, bool writes) {
  binding.writes = writes;
  std::size_t i = 0;
  while (i < buffers_.size() && (buffers_[i].binding != binding || buffers_[i].element != element))
    ++i;
  if (i == buffers_.size()) {
    check_range(binding);
    buffers_.push_back({binding, element});
  }
  return fmt::format("b{}", i);
}

void Shader::check_range(const Binding& binding) const {
  if (binding.size > context_.traits.max_range)
    throw sdk::Error(ASG_UNSUPPORTED,
                     fmt::format("a value spans {} bytes, and a shader of this device reaches {} "
                                 "(maxStorageBufferRange); make the tensor smaller",
                                 binding.size, context_.traits.max_range));
}

RegionInstance::Place Shader::place_of(uint32_t index) const {
  const asg_value& value = context_.program.values()[index];
  const uint64_t alignment = context_.traits.offset_alignment;
  const uint64_t begin = value.extent_begin / alignment * alignment;
  const uint64_t size = value.extent_end > begin ? value.extent_end - begin : 0;
  const uint32_t element_size = sdk::dtype_size(value.dtype);
  const int64_t base = (static_cast<int64_t>(value.offset) - static_cast<int64_t>(begin)) /
                       static_cast<int64_t>(element_size);
  const RegionInstance::Place place{
      {Binding::Kind::value, value.slot, begin, size}, base, element_size};
  check_range(place.range);
  return place;
}

bool Shader::keeps(uint32_t index) const {
  const sdk::ProgramCopy& program = context_.program;
  if (program.slots()[program.values()[index].slot].role != ASG_SLOT_STATE) return false;
  for (const asg_step& step : program.steps())
    if (step.op == ASG_OP_GATHER || step.op == ASG_OP_SCATTER) return true;
  return false;
}

Shader::Elements Shader::value(uint32_t index, bool writes) {
  const RegionInstance::Place place = place_of(index);
  const uint32_t dtype = context_.program.values()[index].dtype;
  const bool kept = writes && keeps(index);
  keeps_ |= kept;
  return {add(place.range, storage_type(dtype), writes), place.base, dtype, {}, kept};
}

Shader::Elements Shader::place(uint32_t number, uint32_t dtype, const std::string& start,
                               bool writes, bool keeps) {
  const std::string name = add({Binding::Kind::place, number, 0, 0}, storage_type(dtype), writes);
  keeps_ |= writes && keeps;
  return {name, 0, dtype, start + " + ", writes && keeps};
}

std::string Shader::table() { return add({Binding::Kind::table, 0, 0, 0}, "int", false); }

Shader::Words Shader::temporary(const Temporary& memory, bool writes) {
  return {add({Binding::Kind::temporary, 0, memory.begin, memory.bytes}, "uint", writes),
          memory.dtype};
}

std::string Shader::report(const std::string& condition, const std::string& index, uint32_t dtype,
                           int64_t extent) {
  errors_ = true;
  const std::string words =
      dtype == ASG_I64 ? fmt::format("unpackUint2x32(uint64_t({}))", index)
                       : fmt::format("uvec2(uint({0}), ({0}) < 0 ? 0xffffffffu : 0u)", index);
  return fmt::format("if ({}) asg_report({}, {}u);", condition, words,
                     static_cast<uint32_t>(extent));
}

// The functions and main.
std::string Shader::program() const {
  const std::string rest =
      fmt::format(R"({}void main() {{
const uint group = gl_WorkGroupID.x + push.base;
const uint thread = gl_LocalInvocationID.x;
{}{}}}
)",
                  globals_, keeps_ ? "const bool asg_good = errors[0] == 0u;\n" : "", body_);
  return prelude_functions(context_.traits, rest) + rest;
}

namespace {

constexpr const char* report_function = R"(
void asg_report(uvec2 index, uint extent) {
  if (atomicCompSwap(errors[0], 0u, push.step + 1u) == 0u) {
    errors[1] = index.x; errors[2] = index.y; errors[3] = extent;
  }
}
)";
constexpr const char* overrun_function = R"(
void asg_overrun(uint times, uint most) {
  if (atomicCompSwap(errors[0], 0u, push.step + 0x80000001u) == 0u) {
    errors[1] = times; errors[3] = most;
  }
}
)";

}  // namespace

Dispatch Shader::finish(uint64_t groups, bool barrier) {
  std::string program = this->program();
  const uint64_t most = vulkan::iterations(program);
  if (most > context_.traits.max_iterations)
    throw sdk::Error(ASG_UNSUPPORTED,
                     fmt::format("the loops of a shader would run {} iterations in one "
                                 "invocation, and this device is trusted with {}; make the axes "
                                 "smaller or take another backend",
                                 most, context_.traits.max_iterations));
  const bool watched_loops = context_.traits.watches_loops && most > 0;
  if (watched_loops) program = watched(std::move(program), "asg_overrun");
  Dispatch dispatch;
  dispatch.groups = groups;
  dispatch.group_size = group_size_;
  dispatch.barrier = barrier;
  std::string text = fmt::format(R"(#version 450
{}layout(local_size_x = {}) in;
layout(push_constant) uniform Push {{ uint base, count, step, part; }} push;
)",
                                 prelude_header(context_.traits), group_size_);
  for (const Buffer& buffer : buffers_) {
    text += fmt::format(
        "layout(std430, set = 0, binding = {0}) {1} buffer B{0} {{ {2} b{0}[]; }};\n",
        dispatch.bindings.size(), buffer.binding.writes ? "writeonly" : "readonly", buffer.element);
    dispatch.bindings.push_back(buffer.binding);
  }
  if (errors_ || keeps_ || watched_loops) {
    text += fmt::format(
        "layout(std430, set = 0, binding = {}) coherent buffer Errors {{ uint errors[]; }};",
        buffers_.size());
    text += report_function;
    if (watched_loops) text += overrun_function;
    // What reads the report comes after what makes it.
    dispatch.bindings.push_back({Binding::Kind::errors, 0, 0, 0, errors_ || watched_loops});
  }
  dispatch.source = text + program;
  return dispatch;
}

}  // namespace asg::vulkan
