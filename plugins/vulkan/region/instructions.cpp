#include "region/instructions.hpp"

#include <fmt/core.h>

#include <asg/sdk/program.hpp>

#include "glsl/types.hpp"

namespace asg::vulkan {
namespace {

std::string cast(uint32_t to, uint32_t from, const std::string& a) {
  if (to == from) return a;
  if (to == ASG_BOOL) return fmt::format("({} != {})", a, literal(from, 0));
  const std::string type = register_type(to);
  if (from == ASG_BOOL) return fmt::format("{}({} ? 1 : 0)", type, a);
  // Mesa 22.3 compares what was extended by a conversion with constants as if it were unsigned.
  if (to == ASG_I64 && (from == ASG_I32 || from == ASG_I8))
    return fmt::format("packInt2x32(ivec2({0}, ({0}) >> 31))", a);
  if (!sdk::is_float(from) || sdk::is_float(to)) return wrapped(to, fmt::format("{}({})", type, a));
  switch (to) {
    case ASG_I64:
      return fmt::format("asg_to_int64({})", a);
    case ASG_U32:
      return fmt::format("asg_to_uint({})", a);
    case ASG_I8:
      return fmt::format("clamp(asg_to_int({}), -128, 127)", a);
    case ASG_U8:
      return fmt::format("min(asg_to_uint({}), 255u)", a);
    default:
      return fmt::format("asg_to_int({})", a);
  }
}

std::string bitcast(uint32_t to, uint32_t from, const std::string& a) {
  if (to == ASG_BOOL || sdk::dtype_size(to) != sdk::dtype_size(from)) return {};
  if (to == from) return a;
  const std::string type = register_type(to);
  if (from == ASG_BOOL) return fmt::format("{}({} ? 1 : 0)", type, a);
  if (to == ASG_F32) return fmt::format("{}BitsToFloat({})", register_type(from), a);
  if (from == ASG_F32) return fmt::format("floatBitsTo{}({})", to == ASG_I32 ? "Int" : "Uint", a);
  if (to == ASG_F64) return fmt::format("packDouble2x32(unpackUint2x32(uint64_t({})))", a);
  if (from == ASG_F64) return fmt::format("int64_t(packUint2x32(unpackDouble2x32({})))", a);
  return wrapped(to, fmt::format("{}({})", type, a));
}

// As sdk::shift_left and sdk::shift_right: by the width or more, 0 or what a's sign leaves.
std::string shifted(uint32_t opcode, uint32_t dtype, const std::string& a, const std::string& b) {
  const uint32_t width = sdk::dtype_size(dtype) * 8;
  const bool left = opcode == ASG_EW_SHIFT_LEFT, wide = dtype == ASG_I64,
             has_sign = wide || dtype == ASG_I32 || dtype == ASG_I8;
  const std::string beyond =
      left || !has_sign ? literal(dtype, 0) : wrapped(dtype, fmt::format("{} >> {}", a, width - 1));
  return fmt::format(
      "({} < {}{} ? {} : {})", has_sign ? fmt::format("{}({})", wide ? "uint64_t" : "uint", b) : b,
      width, wide ? "UL" : "u",
      wrapped(dtype, fmt::format("{} {} int({})", a, left ? "<<" : ">>", b)), beyond);
}

namespace patterns {

/// Sets of element types.
enum Types : uint8_t { f32 = 1, f64 = 2, i32 = 4, i64 = 8, u32 = 16, flags = 32 };

struct Pattern {
  uint32_t opcode;
  int types;
  const char* glsl;
  bool wraps = false;  // the result may leave the range of small integers
};

constexpr int floats = f32 | f64, signs = i32 | i64, integers = signs | u32,
              numbers = floats | integers;

// 64-bit floats have the functions that IEEE 754 defines, and no others.
constexpr Pattern all[] = {
    {ASG_EW_NEG, u32, "0u - {a}", true},
    {ASG_EW_NEG, numbers, "-{a}", true},
    {ASG_EW_ABS, floats, "abs({a})"},
    {ASG_EW_ABS, u32, "{a}"},
    {ASG_EW_ABS, signs, "({a} < {zero} ? -{a} : {a})", true},
    {ASG_EW_SIGN, u32, "({a} > {zero} ? {type}(1) : {a})"},
    {ASG_EW_SIGN, numbers, "({a} > {zero} ? {type}(1) : {a} < {zero} ? {type}(-1) : {a})"},
    {ASG_EW_ADD, numbers, "{a} + {b}", true},
    {ASG_EW_SUB, numbers, "{a} - {b}", true},
    {ASG_EW_MUL, numbers, "{a} * {b}", true},
    {ASG_EW_DIV, floats, "{a} / {b}"},
    {ASG_EW_DIV, integers, "asg_div({a}, {b})", true},
    {ASG_EW_REM, f32, "asg_fmod({a}, {b})"},
    {ASG_EW_REM, f64, "asg_fmod64({a}, {b})"},
    {ASG_EW_REM, integers, "asg_rem({a}, {b})", true},
    {ASG_EW_POW, f32, "asg_pow({a}, {b})"},
    {ASG_EW_POW, i64, "asg_power64({a}, {b})"},
    {ASG_EW_POW, i32 | u32, "asg_power({a}, {b})", true},
    {ASG_EW_FLOOR, floats, "floor({a})"},
    {ASG_EW_CEIL, floats, "ceil({a})"},
    {ASG_EW_ROUND, floats, "roundEven({a})"},
    {ASG_EW_SQRT, floats, "sqrt({a})"},
    {ASG_EW_RSQRT, floats, "{one} / sqrt({a})"},
    {ASG_EW_EXP, f32, "asg_exp({a})"},
    {ASG_EW_LOG, f32, "asg_log({a})"},
    {ASG_EW_SIN, f32, "asg_sin({a})"},
    {ASG_EW_COS, f32, "asg_cos({a})"},
    {ASG_EW_TANH, f32, "asg_tanh({a})"},
    {ASG_EW_ERF, f32, "asg_erf({a})"},
    {ASG_EW_EXPM1, f32, "asg_expm1({a})"},
    {ASG_EW_LOG1P, f32, "asg_log1p({a})"},
    {ASG_EW_BIT_AND, integers, "{a} & {b}"},
    {ASG_EW_BIT_OR, integers, "{a} | {b}"},
    {ASG_EW_BIT_XOR, integers, "{a} ^ {b}"},
    {ASG_EW_NOT, flags, "!{a}"},
    {ASG_EW_AND, flags, "{a} && {b}"},
    {ASG_EW_OR, flags, "{a} || {b}"},
    {ASG_EW_XOR, flags, "{a} != {b}"},
};

int types_of(uint32_t dtype) {
  switch (dtype) {
    case ASG_F32:
      return f32;
    case ASG_F64:
      return f64;
    case ASG_I64:
      return i64;
    case ASG_BOOL:
      return flags;
    default:
      return dtype == ASG_U8 || dtype == ASG_U32 ? u32 : i32;
  }
}

}  // namespace patterns

std::string computed(uint32_t opcode, uint32_t dtype, const std::string& a, const std::string& b) {
  for (const patterns::Pattern& pattern : patterns::all) {
    if (pattern.opcode != opcode || (pattern.types & patterns::types_of(dtype)) == 0) continue;
    const std::string text =
        fmt::format(fmt::runtime(pattern.glsl), fmt::arg("a", a), fmt::arg("b", b),
                    fmt::arg("type", register_type(dtype)), fmt::arg("zero", literal(dtype, 0)),
                    fmt::arg("one", one(dtype)));
    return pattern.wraps ? wrapped(dtype, text) : text;
  }
  return {};
}

std::string comparison(uint32_t opcode, uint32_t from, std::string a, std::string b) {
  constexpr const char* signs[] = {" == ", " != ", " < ", " <= ", " > ", " >= "};
  if (from == ASG_BOOL) {
    a = fmt::format("uint({})", a);
    b = fmt::format("uint({})", b);
  }
  return a + signs[opcode - ASG_EW_EQ] + b;
}

}  // namespace

std::string instruction(const Traits& traits, uint32_t opcode, uint32_t dtype, uint32_t from,
                        const std::string& a, const std::string& b, const std::string& c) {
  if (!has_registers(traits, dtype) || !has_registers(traits, from)) return {};
  if (opcode == ASG_EW_CAST) return cast(dtype, from, a);
  if (opcode == ASG_EW_BITCAST) {
    const bool wide = sdk::dtype_size(dtype) == 8 && dtype != from;
    return wide && !traits.int64 ? std::string() : bitcast(dtype, from, a);
  }
  if (opcode == ASG_EW_WHERE) return fmt::format("{} ? {} : {}", a, b, c);
  if (opcode == ASG_EW_IS_FINITE)
    return sdk::is_float(from) ? fmt::format("!isnan({0}) && !isinf({0})", a) : "";
  if (sdk::is_comparison(opcode)) return comparison(opcode, from, a, b);
  if (opcode == ASG_EW_MAX) return reduced(ASG_REDUCE_MAX, dtype, a, b);
  if (opcode == ASG_EW_MIN) return reduced(ASG_REDUCE_MIN, dtype, a, b);
  const bool shifts = opcode == ASG_EW_SHIFT_LEFT || opcode == ASG_EW_SHIFT_RIGHT;
  if (shifts && sdk::is_integer(dtype)) return shifted(opcode, dtype, a, b);
  return computed(opcode, dtype, a, b);
}

}  // namespace asg::vulkan
