#include "glsl/shader.hpp"

#include "glsl/prelude.hpp"
#include "glsl/types.hpp"

namespace asg::vulkan {
namespace {

std::string number(int64_t x) {
  const auto wrapped = static_cast<int32_t>(static_cast<uint32_t>(static_cast<uint64_t>(x)));
  if (wrapped == INT32_MIN) return "int(0x80000000u)";
  return wrapped < 0 ? "(" + std::to_string(wrapped) + ")" : std::to_string(wrapped);
}

}  // namespace

std::string affine(int64_t offset, const int64_t* strides, const std::vector<std::string>& names) {
  std::string text;
  const auto plus = [&](const std::string& term) { text += text.empty() ? term : " + " + term; };
  for (std::size_t d = 0; d < names.size(); ++d) {
    if (strides[d] == 0) continue;
    plus(strides[d] == 1 ? names[d] : names[d] + " * " + number(strides[d]));
  }
  if (offset != 0 || text.empty()) plus(number(offset));
  return text;
}

namespace {

// glslang refuses a constant below 0 even where a condition keeps it from being used.
std::string indexed(const std::string& name, const std::string& index) {
  const bool constant = index.find_first_of("abcdefghijklmnopqrstuvwxyz") == std::string::npos;
  return name + (constant ? "[int(push.step & 0u) + " : "[") + index + "]";
}

}  // namespace

std::string Shader::Elements::load(const std::string& index) const {
  return from_storage(dtype, indexed(name, start + index));
}
std::string Shader::Elements::store(const std::string& index, const std::string& value) const {
  return (kept ? "if (asg_good) " : "") + indexed(name, start + index) + " = " +
         to_storage(dtype, value) + ";";
}

std::string Shader::add(Binding binding, const std::string& element, bool writes) {
  binding.writes = writes;
  for (std::size_t i = 0; i < buffers_.size(); ++i)
    if (buffers_[i].binding == binding && buffers_[i].element == element)
      return "b" + std::to_string(i);
  check_range(binding);
  buffers_.push_back({binding, element});
  return "b" + std::to_string(buffers_.size() - 1);
}

void Shader::check_range(const Binding& binding) const {
  if (binding.size > context_.traits.max_range)
    throw sdk::Error(ASG_UNSUPPORTED, "a value spans " + std::to_string(binding.size) +
                                          " bytes, and a shader of this device reaches " +
                                          std::to_string(context_.traits.max_range) +
                                          " (maxStorageBufferRange); make the tensor smaller");
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
  for (const asg_step& step : program.steps()) {
    if (step.op == ASG_OP_GATHER || step.op == ASG_OP_SCATTER) return true;
    const asg_region* region = program.region(step);
    if (region == nullptr) continue;
    for (const asg_access& access : sdk::Span<asg_access>(region->accesses))
      if (access.index_register != 0) return true;
  }
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

std::string Shader::temporary(uint64_t begin, uint64_t bytes, bool writes) {
  return add({Binding::Kind::temporary, 0, begin, bytes}, "uint", writes);
}

std::string Shader::report(const std::string& condition, const std::string& index, uint32_t dtype,
                           int64_t extent) {
  errors_ = true;
  const std::string words =
      dtype == ASG_I64 ? "unpackUint2x32(uint64_t(" + index + "))"
                       : "uvec2(uint(" + index + "), (" + index + ") < 0 ? 0xffffffffu : 0u)";
  return "if (" + condition + ") asg_report(" + words + ", " +
         std::to_string(static_cast<uint32_t>(extent)) + "u);";
}

// The functions and main.
std::string Shader::program() const {
  const std::string rest = globals_ +
                           "void main() {\n  const uint group = gl_WorkGroupID.x + push.base;\n"
                           "  const uint thread = gl_LocalInvocationID.x;\n" +
                           (keeps_ ? "  const bool asg_good = errors[0] == 0u;\n" : "") + body_ +
                           "}\n";
  return prelude_functions(context_.traits, rest) + rest;
}

Dispatch Shader::finish(uint64_t groups, bool barrier) {
  std::string program = this->program();
  const uint64_t most = vulkan::iterations(program);
  if (most > context_.traits.max_iterations)
    throw sdk::Error(ASG_UNSUPPORTED,
                     "the loops of a shader would run " + std::to_string(most) +
                         " iterations in one invocation, and this device is trusted with " +
                         std::to_string(context_.traits.max_iterations) +
                         "; make the axes smaller or take another backend");
  const bool watched_loops = context_.traits.watches_loops && most > 0;
  if (watched_loops) program = watched(std::move(program), "asg_overrun");
  Dispatch dispatch;
  dispatch.groups = groups;
  dispatch.group_size = group_size_;
  dispatch.barrier = barrier;
  std::string text =
      "#version 450\n" + prelude_header(context_.traits) +
      "layout(local_size_x = " + std::to_string(group_size_) +
      ") in;\nlayout(push_constant) uniform Push { uint base, count, step, part; } push;\n";
  for (std::size_t i = 0; i < buffers_.size(); ++i) {
    const std::string number = std::to_string(i);
    text += "layout(std430, set = 0, binding = " + number + ") " +
            (buffers_[i].binding.writes ? "writeonly" : "readonly") + " buffer B" + number + " { " +
            buffers_[i].element + " b" + number + "[]; };\n";
    dispatch.bindings.push_back(buffers_[i].binding);
  }
  if (errors_ || keeps_ || watched_loops) {
    text += "layout(std430, set = 0, binding = " + std::to_string(buffers_.size()) +
            ") coherent buffer Errors { uint errors[]; };\n"
            "void asg_report(uvec2 index, uint extent) {\n"
            "  if (atomicCompSwap(errors[0], 0u, push.step + 1u) == 0u) {\n"
            "    errors[1] = index.x;\n    errors[2] = index.y;\n    errors[3] = extent;\n  }\n}\n";
    if (watched_loops)
      text +=
          "void asg_overrun(uint times, uint most) {\n"
          "  if (atomicCompSwap(errors[0], 0u, push.step + 0x80000001u) == 0u) {\n"
          "    errors[1] = times;\n    errors[3] = most;\n  }\n}\n";
    // What reads the report comes after what makes it.
    dispatch.bindings.push_back({Binding::Kind::errors, 0, 0, 0, errors_ || watched_loops});
  }
  dispatch.source = text + program;
  return dispatch;
}

}  // namespace asg::vulkan
