#include "region/emit.hpp"

#include <algorithm>
#include <cstdlib>

#include <asg/sdk/region_check.hpp>

#include "glsl/types.hpp"
#include "region/instructions.hpp"

namespace asg::vulkan {

std::vector<std::string> print_coordinates(Shader& shader, const std::vector<int64_t>& dims,
                                           const std::string& number, const std::string& prefix) {
  std::vector<std::string> names(dims.size());
  std::size_t moving = 0;
  for (const int64_t size : dims) moving += size != 1 ? 1 : 0;
  std::string rest = number;
  for (std::size_t d = dims.size(); d-- > 0;) {
    names[d] = prefix + std::to_string(d);
    if (dims[d] == 1) {
      names[d] = "0";
      continue;
    }
    if (--moving == 0) {
      shader.line("const int " + names[d] + " = int(" + rest + ");");
      break;
    }
    const std::string size = std::to_string(dims[d]) + "u", next = prefix + "r" + std::to_string(d);
    shader.line("const int " + names[d] + " = int(" + rest + " % " + size + ");");
    shader.line("const uint " + next + " = " + rest + " / " + size + ";");
    rest = next;
  }
  for (std::string& name : names)
    if (name.empty()) name = "0";
  return names;
}

std::string Emitter::inside(const Access& access) const {
  std::string text;
  for (const Bound& bound : access.bounds) {
    // Negative numbers are large ones: one comparison is enough.
    text += text.empty() ? "" : " && ";
    text += "uint(" + affine(bound.base, bound.coef.data(), coordinates_) + ") < " +
            std::to_string(std::max<int64_t>(bound.extent, 0)) + "u";
  }
  return text;
}

std::string Emitter::number(const Access& access, bool& wide) const {
  uint64_t reach = static_cast<uint64_t>(std::llabs(access.offset));
  for (std::size_t d = 0; d < access.strides.size(); ++d)
    reach += static_cast<uint64_t>(std::llabs(access.strides[d])) *
             static_cast<uint64_t>(std::max<int64_t>(form_.dims[d] - 1, 0));
  wide |= reach > INT32_MAX;
  if (!wide) return affine(access.offset, access.strides.data(), coordinates_);
  if (!shader_.context().traits.int64)
    throw sdk::Error(ASG_UNSUPPORTED, "numbers above 2^31, which need 64-bit integers");
  std::string text = literal(ASG_I64, static_cast<uint64_t>(access.offset));
  for (std::size_t d = 0; d < access.strides.size(); ++d)
    if (access.strides[d] != 0 && coordinates_[d] != "0")
      text += " + " + literal(ASG_I64, static_cast<uint64_t>(access.strides[d])) + " * int64_t(" +
              coordinates_[d] + ")";
  return text;
}

std::string Emitter::element(const Access& access, const Shader::Elements& buffer,
                             std::string& condition) {
  const std::string fixed =
      affine(access.offset + buffer.base, access.strides.data(), coordinates_);
  condition = inside(access);
  if (access.index_register == 0) return fixed;
  const uint32_t reg = access.index_register - 1;
  const uint32_t dtype = form_.insts[reg].dtype;
  const std::string index = name(reg);
  const std::string zero = literal(dtype, 0),
                    extent = literal(dtype, static_cast<uint64_t>(access.index_extent));
  const std::string valid = "(" + index + " >= " + zero + " && " + index + " < " + extent + ")";
  const std::string outside = condition.empty() ? "!" + valid : condition + " && !" + valid;
  shader_.line(shader_.report(outside, index, dtype, access.index_extent));
  condition = condition.empty() ? valid : condition + " && " + valid;
  const int64_t stride[] = {access.index_stride};
  return fixed + " + " + affine(0, stride, {"int(" + index + ")"});
}

std::string Emitter::load(const Access& access, uint32_t k) {
  const Shader::Elements from = touched(access, false);
  std::string condition;
  const std::string at = element(access, from, condition);
  if (condition.empty()) return from.load(at);
  const uint32_t dtype = form_.insts[k].dtype;
  shader_.line(register_type(dtype) + " l" + std::to_string(k) + " = " +
               opaque_literal(dtype, access.fill) + ";");
  shader_.line("if (" + condition + ") l" + std::to_string(k) + " = " + from.load(at) + ";");
  return "l" + std::to_string(k);
}

std::string Emitter::random(const asg_inst& inst) {
  bool wide = false;
  const std::string n = number(form_.accesses[inst.c], wide);
  const std::string word = wide ? "uint((" + n + ") & 3L)" : "uint(" + n + ") & 3u";
  const std::string block = wide ? "uint((" + n + ") >> 2)" : "uint(" + n + ") >> 2";
  const auto words = [](uint64_t bits) {
    return std::to_string(static_cast<uint32_t>(bits)) + "u";
  };
  return "asg_philox(uvec4(" + block + ", " + words(inst.imm) + ", " + words(inst.imm >> 32) +
         ", unpackUint2x32(uint64_t(" + name(inst.b) + ")).x), unpackUint2x32(uint64_t(" +
         name(inst.a) + ")), " + word + ")";
}

bool Emitter::needs_hiding(uint32_t k) {
  const asg_inst& inst = form_.insts[k];
  const uint32_t operands[] = {inst.a, inst.b, inst.c}, count = sdk::register_operands(inst.op);
  constant_.resize(form_.insts.size(), false);
  constant_[k] =
      inst.op == ASG_EW_IMM || (count > 0 && std::all_of(operands, operands + count,
                                                         [&](uint32_t r) { return constant_[r]; }));
  if (!sdk::is_float(inst.dtype) || inst.op == ASG_EW_IMM) return false;
  const bool converts = inst.op == ASG_EW_CAST || inst.op == ASG_EW_BITCAST;
  // Drivers may know an integer, and compute with constants.
  return constant_[k] || inst.op == ASG_EW_IOTA ||
         (converts && !sdk::is_float(form_.insts[inst.a].dtype));
}

std::string Emitter::compute(const asg_inst& inst, uint32_t k) {
  switch (inst.op) {
    case ASG_EW_LOAD:
      return load(form_.accesses[inst.a], k);
    case ASG_EW_IMM:
      // Mesa 22.3 takes a 32-bit number widened to 64 bits to be no less than any constant.
      if (inst.dtype == ASG_I64)
        return literal(inst.dtype, inst.imm) + " | int64_t(push.step >> 31)";
      return opaque_literal(inst.dtype, inst.imm);
    case ASG_EW_REDUCED:
      return reduced(inst.a);
    case ASG_EW_PRODUCT:
      return product;
    case ASG_EW_IOTA: {
      // llvmpipe (Mesa 22.3) extends a negative 32-bit sum of coordinates with zeros.
      bool wide = inst.dtype == ASG_I64;
      const std::string n = number(form_.accesses[inst.a], wide);
      return wrapped(inst.dtype, register_type(inst.dtype) + "(" + n + ")");
    }
    case ASG_EW_RANDOM:
      return random(inst);
    default:
      break;
  }
  const bool difference = inst.op == ASG_EW_SUB && sdk::is_float(inst.dtype);
  const std::string second = difference ? unseen(inst.dtype, name(inst.b)) : name(inst.b);
  const std::string text =
      instruction(shader_.context().traits, inst.op, inst.dtype, form_.insts[inst.a].dtype,
                  name(inst.a), second, name(inst.c));
  if (text.empty())
    throw sdk::Error(ASG_UNSUPPORTED, "instruction " + std::to_string(inst.op) + " on " +
                                          sdk::dtype_name(inst.dtype));
  return text;
}

void Emitter::instructions(uint32_t begin, uint32_t end, const std::vector<uint32_t>& registers,
                           const std::vector<uint32_t>& stores) {
  std::vector<bool> needed(end, false);
  const auto need_index = [&](const Access& access) {
    if (access.index_register != 0) needed[access.index_register - 1] = true;
  };
  for (const uint32_t r : registers) needed[r] = true;
  for (const uint32_t s : stores) {
    needed[form_.stores[s].source] = true;
    need_index(form_.accesses[form_.stores[s].access]);
  }
  for (uint32_t k = end; k-- > begin;) {
    if (!needed[k]) continue;
    const asg_inst& inst = form_.insts[k];
    if (inst.op == ASG_EW_LOAD) need_index(form_.accesses[inst.a]);
    const uint32_t operands[] = {inst.a, inst.b, inst.c};
    for (uint32_t i = 0; i < sdk::register_operands(inst.op); ++i) needed[operands[i]] = true;
  }
  for (uint32_t k = begin; k < end; ++k) {
    if (!needed[k]) continue;
    const asg_inst& inst = form_.insts[k];
    const bool hides = needs_hiding(k);
    const std::string value = hides ? unseen(inst.dtype, compute(inst, k)) : compute(inst, k);
    // Unmarked, a product and a sum could become one operation.
    shader_.line((sdk::is_float(inst.dtype) ? "precise " : "") + register_type(inst.dtype) + " " +
                 name(k) + " = " + value + ";");
  }
}

void Emitter::store(const asg_store& store, const std::string& value) {
  const Access& access = form_.accesses[store.access];
  const Shader::Elements to = touched(access, true);
  std::string condition;
  const std::string at = element(access, to, condition);
  const std::string statement = to.store(at, value);
  shader_.line(condition.empty() ? statement : "if (" + condition + ") " + statement);
}

}  // namespace asg::vulkan
