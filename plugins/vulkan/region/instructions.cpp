#include "region/instructions.hpp"

#include <asg/sdk/program.hpp>

#include "glsl/types.hpp"

namespace asg::vulkan {
namespace {

std::string call(const char* name, const std::string& a) {
  return std::string(name) + "(" + a + ")";
}
std::string call(const char* name, const std::string& a, const std::string& b) {
  return std::string(name) + "(" + a + ", " + b + ")";
}

std::string cast(uint32_t to, uint32_t from, const std::string& a) {
  const std::string type = register_type(to);
  if (to == from) return a;
  if (to == ASG_BOOL) return "(" + a + " != " + literal(from, 0) + ")";
  if (from == ASG_BOOL) return call(type.c_str(), a + " ? 1 : 0");
  // Mesa 22.3 compares what was extended by a conversion with constants as if it were unsigned.
  if (to == ASG_I64 && (from == ASG_I32 || from == ASG_I8))
    return "packInt2x32(ivec2(" + a + ", (" + a + ") >> 31))";
  if (!sdk::is_float(from) || sdk::is_float(to)) {
    const bool narrow = to == ASG_I8 || to == ASG_U8;
    return narrow ? wrapped(to, call(type.c_str(), a)) : call(type.c_str(), a);
  }
  switch (to) {
    case ASG_I64:
      return call("asg_to_int64", a);
    case ASG_U32:
      return call("asg_to_uint", a);
    case ASG_I8:
      return "clamp(" + call("asg_to_int", a) + ", -128, 127)";
    case ASG_U8:
      return "min(" + call("asg_to_uint", a) + ", 255u)";
    default:
      return call("asg_to_int", a);
  }
}

std::string bitcast(uint32_t to, uint32_t from, const std::string& a) {
  if (to == ASG_BOOL || sdk::dtype_size(to) != sdk::dtype_size(from)) return {};
  if (to == from) return a;
  if (from == ASG_BOOL) return call(register_type(to).c_str(), a + " ? 1 : 0");
  const auto is = [](uint32_t x, uint32_t y) { return x == y; };
  if (is(to, ASG_F32))
    return from == ASG_I32 ? call("intBitsToFloat", a) : call("uintBitsToFloat", a);
  if (is(from, ASG_F32))
    return to == ASG_I32 ? call("floatBitsToInt", a) : call("floatBitsToUint", a);
  if (is(to, ASG_F64)) return "packDouble2x32(unpackUint2x32(uint64_t(" + a + ")))";
  if (is(from, ASG_F64)) return "int64_t(packUint2x32(unpackDouble2x32(" + a + ")))";
  return wrapped(to, call(register_type(to).c_str(), a));
}

const char* float_function(uint32_t opcode) {
  switch (opcode) {
    case ASG_EW_EXP:
      return "asg_exp";
    case ASG_EW_LOG:
      return "asg_log";
    case ASG_EW_SIN:
      return "asg_sin";
    case ASG_EW_COS:
      return "asg_cos";
    case ASG_EW_TANH:
      return "asg_tanh";
    case ASG_EW_ERF:
      return "asg_erf";
    case ASG_EW_EXPM1:
      return "asg_expm1";
    case ASG_EW_LOG1P:
      return "asg_log1p";
    default:
      return nullptr;
  }
}

std::string of_float(uint32_t opcode, uint32_t dtype, const std::string& a, const std::string& b) {
  switch (opcode) {
    case ASG_EW_FLOOR:
      return call("floor", a);
    case ASG_EW_CEIL:
      return call("ceil", a);
    case ASG_EW_ROUND:
      return call("roundEven", a);
    case ASG_EW_SQRT:
      return call("sqrt", a);
    case ASG_EW_RSQRT:
      return literal(dtype, dtype == ASG_F32 ? 0x3f800000u : 0x3ff0000000000000u) + " / sqrt(" + a +
             ")";
    case ASG_EW_DIV:
      return a + " / " + b;
    case ASG_EW_REM:
      return call(dtype == ASG_F32 ? "asg_fmod" : "asg_fmod64", a, b);
    default:
      break;
  }
  // 64-bit floats have the functions that IEEE 754 defines, and no others.
  if (dtype != ASG_F32) return {};
  if (opcode == ASG_EW_POW) return call("asg_pow", a, b);
  const char* function = float_function(opcode);
  return function == nullptr ? std::string() : call(function, a);
}

std::string of_integer(uint32_t opcode, uint32_t dtype, const std::string& a,
                       const std::string& b) {
  const uint32_t width = sdk::dtype_size(dtype) * 8;
  // As sdk::shift_left and sdk::shift_right: by the width or more, 0 or what a's sign leaves.
  const auto shift = [&](const char* op, const std::string& beyond) {
    const std::string distance = dtype == ASG_I64                      ? "uint64_t(" + b + ")"
                                 : dtype == ASG_I32 || dtype == ASG_I8 ? "uint(" + b + ")"
                                                                       : b;
    const std::string in_range =
        distance + " < " + std::to_string(width) + (dtype == ASG_I64 ? "UL" : "u");
    return "(" + in_range + " ? " + wrapped(dtype, a + op + "int(" + b + ")") + " : " + beyond +
           ")";
  };
  switch (opcode) {
    case ASG_EW_DIV:
      return wrapped(dtype, call("asg_div", a, b));
    case ASG_EW_REM:
      return wrapped(dtype, call("asg_rem", a, b));
    case ASG_EW_POW:
      return wrapped(dtype, call(dtype == ASG_I64 ? "asg_power64" : "asg_power", a, b));
    case ASG_EW_BIT_AND:
      return a + " & " + b;
    case ASG_EW_BIT_OR:
      return a + " | " + b;
    case ASG_EW_BIT_XOR:
      return a + " ^ " + b;
    case ASG_EW_SHIFT_LEFT:
      return shift(" << ", literal(dtype, 0));
    case ASG_EW_SHIFT_RIGHT:
      return shift(" >> ", dtype == ASG_I64 || dtype == ASG_I32 || dtype == ASG_I8
                              ? wrapped(dtype, a + " >> " + std::to_string(width - 1))
                              : literal(dtype, 0));
    default:
      return {};
  }
}

std::string of_number(uint32_t opcode, uint32_t dtype, const std::string& a, const std::string& b) {
  const std::string zero = literal(dtype, 0);
  const std::string type = register_type(dtype);
  const bool is_unsigned = dtype == ASG_U8 || dtype == ASG_U32;
  switch (opcode) {
    case ASG_EW_NEG:
      return is_unsigned ? wrapped(dtype, "0u - " + a) : wrapped(dtype, "-" + a);
    case ASG_EW_ABS:
      if (sdk::is_float(dtype)) return call("abs", a);
      return is_unsigned ? a
                         : wrapped(dtype, "(" + a + " < " + zero + " ? -" + a + " : " + a + ")");
    case ASG_EW_SIGN:
      return "(" + a + " > " + zero + " ? " + call(type.c_str(), "1") + " : " +
             (is_unsigned ? a : a + " < " + zero + " ? " + call(type.c_str(), "-1") + " : " + a) +
             ")";
    case ASG_EW_ADD:
      return wrapped(dtype, a + " + " + b);
    case ASG_EW_SUB:
      return wrapped(dtype, a + " - " + b);
    case ASG_EW_MUL:
      return wrapped(dtype, a + " * " + b);
    case ASG_EW_MAX:
      return reduced(ASG_REDUCE_MAX, dtype, a, b);
    case ASG_EW_MIN:
      return reduced(ASG_REDUCE_MIN, dtype, a, b);
    default:
      return sdk::is_float(dtype) ? of_float(opcode, dtype, a, b) : of_integer(opcode, dtype, a, b);
  }
}

std::string of_bool(uint32_t opcode, const std::string& a, const std::string& b) {
  switch (opcode) {
    case ASG_EW_NOT:
      return "!" + a;
    case ASG_EW_AND:
    case ASG_EW_MIN:
      return a + " && " + b;
    case ASG_EW_OR:
    case ASG_EW_MAX:
      return a + " || " + b;
    case ASG_EW_XOR:
      return a + " != " + b;
    default:
      return {};
  }
}

std::string comparison(uint32_t opcode, uint32_t from, std::string a, std::string b) {
  constexpr const char* signs[] = {" == ", " != ", " < ", " <= ", " > ", " >= "};
  if (from == ASG_BOOL) {
    a = "uint(" + a + ")";
    b = "uint(" + b + ")";
  }
  return a + signs[opcode - ASG_EW_EQ] + b;
}

}  // namespace

bool has_registers(const Traits& traits, uint32_t dtype) {
  switch (dtype) {
    case ASG_F32:
    case ASG_I32:
    case ASG_U32:
      return true;
    case ASG_F64:
      return traits.float64;
    case ASG_I64:
      return traits.int64;
    case ASG_I8:
    case ASG_U8:
    case ASG_BOOL:
      return traits.storage8;
    default:
      return false;
  }
}

std::string instruction(const Traits& traits, uint32_t opcode, uint32_t dtype, uint32_t from,
                        const std::string& a, const std::string& b, const std::string& c) {
  if (!has_registers(traits, dtype) || !has_registers(traits, from)) return {};
  if (opcode == ASG_EW_CAST) return cast(dtype, from, a);
  if (opcode == ASG_EW_BITCAST) {
    const bool wide = sdk::dtype_size(dtype) == 8 && dtype != from;
    return wide && !traits.int64 ? std::string() : bitcast(dtype, from, a);
  }
  if (opcode == ASG_EW_WHERE) return a + " ? " + b + " : " + c;
  if (opcode == ASG_EW_IS_FINITE) {
    if (!sdk::is_float(from)) return {};
    return "!isnan(" + a + ") && !isinf(" + a + ")";
  }
  if (sdk::is_comparison(opcode)) return comparison(opcode, from, a, b);
  return dtype == ASG_BOOL ? of_bool(opcode, a, b) : of_number(opcode, dtype, a, b);
}

}  // namespace asg::vulkan
