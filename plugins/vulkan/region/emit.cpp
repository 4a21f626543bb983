#include "region/emit.hpp"

#include <algorithm>
#include <cstdlib>

#include <asg/sdk/region_check.hpp>

#include "glsl/types.hpp"
#include "region/instructions.hpp"

namespace asg::vulkan {

std::string Emitter::inside(const asg_access& access) const {
  std::string text;
  for (const asg_bound& bound : sdk::Span<asg_bound>(access.bounds)) {
    // Negative numbers are large ones: one comparison is enough.
    text += fmt::format("{}uint({}) < {}u", text.empty() ? "" : " && ",
                        affine(bound.base, bound.coef, coordinates_),
                        std::max<int64_t>(bound.extent, 0));
  }
  return text;
}

std::string Emitter::number(const asg_access& access, bool& wide) const {
  uint64_t reach = static_cast<uint64_t>(std::llabs(access.offset));
  for (uint32_t d = 0; d < form_.rank(); ++d)
    reach += static_cast<uint64_t>(std::llabs(access.strides[d])) *
             static_cast<uint64_t>(std::max<int64_t>(form_.dims[d] - 1, 0));
  wide |= reach > INT32_MAX;
  if (!wide) return affine(access.offset, access.strides, coordinates_);
  if (!shader_.context().traits.int64)
    throw sdk::Error(ASG_UNSUPPORTED, "numbers above 2^31, which need 64-bit integers");
  std::string text = literal(ASG_I64, static_cast<uint64_t>(access.offset));
  for (uint32_t d = 0; d < form_.rank(); ++d)
    if (access.strides[d] != 0 && coordinates_[d] != "0")
      text +=
          fmt::format(" + {} * int64_t({})",
                      literal(ASG_I64, static_cast<uint64_t>(access.strides[d])), coordinates_[d]);
  return text;
}

std::string Emitter::element(const asg_access& access, const Shader::Elements& buffer,
                             std::string& condition) {
  condition = inside(access);
  return affine(access.offset + buffer.base, access.strides, coordinates_);
}

std::string Emitter::load(uint32_t access, uint32_t k) {
  const Shader::Elements from = touched(access, false);
  std::string condition;
  const std::string at = element(form_.accesses[access], from, condition);
  if (condition.empty()) return from.load(at);
  const uint32_t dtype = form_.insts[k].dtype;
  shader_.print("{} l{} = {};\nif ({}) l{} = {};", register_type(dtype), k,
                opaque_literal(dtype, form_.accesses[access].fill), condition, k, from.load(at));
  return fmt::format("l{}", k);
}

std::string Emitter::random(const asg_inst& inst) {
  bool wide = false;
  const std::string n = number(form_.accesses[inst.c], wide);
  const std::string word = wide ? "uint((" + n + ") & 3L)" : "uint(" + n + ") & 3u",
                    block = wide ? "uint((" + n + ") >> 2)" : "uint(" + n + ") >> 2";
  return fmt::format(
      "asg_philox(uvec4({}, {}u, {}u, unpackUint2x32(uint64_t({})).x), "
      "unpackUint2x32(uint64_t({})), {})",
      block, static_cast<uint32_t>(inst.imm), static_cast<uint32_t>(inst.imm >> 32), name(inst.b),
      name(inst.a), word);
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
      return load(inst.a, k);
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
      return wrapped(inst.dtype, fmt::format("{}({})", register_type(inst.dtype), n));
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
    throw sdk::Error(ASG_UNSUPPORTED,
                     fmt::format("instruction {} on {}", inst.op, sdk::dtype_name(inst.dtype)));
  return text;
}

void Emitter::instructions(uint32_t phase, const std::vector<uint32_t>& registers,
                           const std::vector<uint32_t>& stores) {
  const uint32_t begin = form_.begin_of(phase).insts_end, end = form_.phases[phase].insts_end;
  std::vector<bool> needed(end, false);
  for (const uint32_t r : registers) needed[r] = true;
  for (const uint32_t s : stores) needed[form_.stores[s].source] = true;
  for (uint32_t k = end; k-- > begin;) {
    if (!needed[k]) continue;
    const asg_inst& inst = form_.insts[k];
    const uint32_t operands[] = {inst.a, inst.b, inst.c};
    for (uint32_t i = 0; i < sdk::register_operands(inst.op); ++i) needed[operands[i]] = true;
  }
  for (uint32_t k = begin; k < end; ++k) {
    if (!needed[k]) continue;
    const asg_inst& inst = form_.insts[k];
    const bool hides = needs_hiding(k);
    const std::string value = compute(inst, k);
    // Unmarked, a product and a sum could become one operation.
    shader_.print("{}{} {} = {};", sdk::is_float(inst.dtype) ? "precise " : "",
                  register_type(inst.dtype), name(k), hides ? unseen(inst.dtype, value) : value);
  }
}

void Emitter::store_registers(const std::vector<uint32_t>& stores) {
  for (const uint32_t s : stores) store(s, name(form_.stores[s].source));
}

void Emitter::phase(uint32_t phase) {
  const std::vector<uint32_t> stores = form_.register_stores(phase);
  instructions(phase, {}, stores);
  store_registers(stores);
}

void Emitter::store(uint32_t store, const std::string& value) {
  const uint32_t access = form_.stores[store].access;
  const Shader::Elements to = touched(access, true);
  std::string condition;
  const std::string at = element(form_.accesses[access], to, condition);
  if (!condition.empty()) shader_.print("if ({})", condition);
  shader_.print(to.store(at, value));
}

}  // namespace asg::vulkan
