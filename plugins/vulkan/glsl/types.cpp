#include "glsl/types.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

#include <asg/sdk/program.hpp>

#include "kernel.hpp"

namespace asg::vulkan {
namespace {

std::string hex(uint64_t bits) {
  char text[32];
  return "0x" + std::string(text, std::to_chars(text, text + sizeof text, bits, 16).ptr);
}

std::string float_literal(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  if (!std::isnormal(x) && bits != 0) return "uintBitsToFloat(" + hex(bits) + "u)";
  // As short as brings the same float back, whatever the program's locale.
  char text[40];
  std::string result(text, std::to_chars(text, text + sizeof text, x).ptr);
  if (result.find_first_of(".e") == std::string::npos) result += ".0";
  return x < 0 ? "(" + result + ")" : result;
}

std::string wide(uint64_t bits) {
  return "uvec2(" + hex(bits & 0xffffffffu) + "u, " + hex(bits >> 32) + "u)";
}

}  // namespace

std::string register_type(uint32_t dtype) {
  switch (dtype) {
    case ASG_F32:
      return "float";
    case ASG_F64:
      return "double";
    case ASG_I8:
    case ASG_I32:
      return "int";
    case ASG_U8:
    case ASG_U32:
      return "uint";
    case ASG_I64:
      return "int64_t";
    case ASG_BOOL:
      return "bool";
    default:
      throw sdk::Error(ASG_UNSUPPORTED, std::string("no arithmetic in ") + sdk::dtype_name(dtype));
  }
}

std::string storage_type(uint32_t dtype) {
  switch (dtype) {
    case ASG_I8:
      return "int8_t";
    case ASG_U8:
    case ASG_BOOL:
      return "uint8_t";
    default:
      return register_type(dtype);
  }
}

std::string from_storage(uint32_t dtype, const std::string& element) {
  switch (dtype) {
    case ASG_I8:
      return "int(" + element + ")";
    case ASG_U8:
      return "uint(" + element + ")";
    case ASG_BOOL:
      return "(uint(" + element + ") != 0u)";
    default:
      return element;
  }
}

std::string to_storage(uint32_t dtype, const std::string& value) {
  switch (dtype) {
    case ASG_I8:
      return "int8_t(" + value + ")";
    case ASG_U8:
      return "uint8_t(" + value + ")";
    case ASG_BOOL:
      return "uint8_t(" + value + " ? 1u : 0u)";
    default:
      return value;
  }
}

std::string literal(uint32_t dtype, uint64_t bits) {
  switch (dtype) {
    case ASG_F32:
      return float_literal(static_cast<uint32_t>(bits));
    case ASG_F64:
      return "packDouble2x32(" + wide(bits) + ")";
    case ASG_I64:
      return "int64_t(packUint2x32(" + wide(bits) + "))";
    case ASG_I8: {
      const auto x = static_cast<int8_t>(bits);
      return "(" + std::to_string(x) + ")";
    }
    case ASG_I32:
      return "int(" + hex(bits & 0xffffffffu) + "u)";
    case ASG_U8:
      return hex(bits & 0xffu) + "u";
    case ASG_BOOL:
      return (bits & 0xffu) != 0 ? "true" : "false";
    default:
      return hex(bits & 0xffffffffu) + "u";
  }
}

std::string unseen(uint32_t dtype, const std::string& value) {
  // Steps are numbered far below 2^31.
  const std::string zero = "(push.step >> 31)";
  if (dtype == ASG_F64)
    return "packDouble2x32(unpackDouble2x32(" + value + ") | uvec2(" + zero + "))";
  return "uintBitsToFloat(floatBitsToUint(" + value + ") | " + zero + ")";
}

std::string opaque_literal(uint32_t dtype, uint64_t bits) {
  const std::string plain = literal(dtype, bits);
  if (dtype == ASG_F32) {
    const uint32_t exponent = static_cast<uint32_t>(bits) >> 23 & 0xffu;
    return exponent != 0 && exponent != 0xffu ? plain : unseen(dtype, plain);
  }
  if (dtype == ASG_F64) {
    const uint64_t exponent = bits >> 52 & 0x7ffu;
    return exponent != 0 && exponent != 0x7ffu ? plain : unseen(dtype, plain);
  }
  return plain;
}

std::string wrapped(uint32_t dtype, const std::string& value) {
  if (dtype == ASG_I8) return "bitfieldExtract(" + value + ", 0, 8)";
  if (dtype == ASG_U8) return "((" + value + ") & 255u)";
  return value;
}

std::string neutral(uint32_t kind, uint32_t dtype) {
  const bool largest = kind == ASG_REDUCE_MIN;
  switch (kind) {
    case ASG_REDUCE_SUM:
      return opaque_literal(dtype, 0);
    case ASG_REDUCE_PROD:
      if (dtype == ASG_F32) return literal(dtype, 0x3f800000u);
      if (dtype == ASG_F64) return literal(dtype, 0x3ff0000000000000u);
      return literal(dtype, 1);
    case ASG_REDUCE_ANY:
      return "false";
    case ASG_REDUCE_ALL:
      return "true";
    default:
      break;
  }
  switch (dtype) {
    case ASG_F32:
      return opaque_literal(dtype, largest ? 0x7f800000u : 0xff800000u);
    case ASG_F64:
      return opaque_literal(dtype, largest ? 0x7ff0000000000000u : 0xfff0000000000000u);
    case ASG_BOOL:
      return largest ? "true" : "false";
    case ASG_I64:
      return literal(dtype, largest ? 0x7fffffffffffffffu : 0x8000000000000000u);
    case ASG_I32:
      return literal(dtype, largest ? 0x7fffffffu : 0x80000000u);
    case ASG_I8:
      return literal(dtype, largest ? 0x7fu : 0x80u);
    default:
      return literal(dtype, largest ? 0xffffffffu : 0u);
  }
}

std::string reduced(uint32_t kind, uint32_t dtype, const std::string& a, const std::string& b) {
  switch (kind) {
    case ASG_REDUCE_SUM:
      return wrapped(dtype, a + " + " + b);
    case ASG_REDUCE_PROD:
      return wrapped(dtype, a + " * " + b);
    case ASG_REDUCE_ANY:
      return a + " || " + b;
    case ASG_REDUCE_ALL:
      return a + " && " + b;
    case ASG_REDUCE_MAX:
      if (dtype == ASG_BOOL) return a + " || " + b;
      return sdk::is_float(dtype) ? "asg_max(" + a + ", " + b + ")" : "max(" + a + ", " + b + ")";
    case ASG_REDUCE_MIN:
      if (dtype == ASG_BOOL) return a + " && " + b;
      return sdk::is_float(dtype) ? "asg_min(" + a + ", " + b + ")" : "min(" + a + ", " + b + ")";
    default:
      throw sdk::Error(ASG_UNSUPPORTED, "reduction of kind " + std::to_string(kind));
  }
}

uint32_t word_count(uint32_t dtype) { return sdk::dtype_size(dtype) == 8 ? 2 : 1; }

std::string from_words(uint32_t dtype, const std::string& array, const std::string& word) {
  const std::string one = array + "[" + word + "]";
  const std::string two = "uvec2(" + one + ", " + array + "[" + word + " + 1u])";
  switch (dtype) {
    case ASG_F32:
      return "uintBitsToFloat(" + one + ")";
    case ASG_F64:
      return "packDouble2x32(" + two + ")";
    case ASG_I64:
      return "int64_t(packUint2x32(" + two + "))";
    case ASG_BOOL:
      return "(" + one + " != 0u)";
    default:
      return register_type(dtype) + "(" + one + ")";
  }
}

std::string to_words(uint32_t dtype, const std::string& array, const std::string& word,
                     const std::string& value) {
  const std::string one = array + "[" + word + "] = ";
  const auto two = [&](const std::string& words) {
    return "{ uvec2 words = " + words + "; " + one + "words.x; " + array + "[" + word +
           " + 1u] = words.y; }";
  };
  switch (dtype) {
    case ASG_F32:
      return one + "floatBitsToUint(" + value + ");";
    case ASG_F64:
      return two("unpackDouble2x32(" + value + ")");
    case ASG_I64:
      return two("unpackUint2x32(uint64_t(" + value + "))");
    case ASG_BOOL:
      return one + value + " ? 1u : 0u;";
    default:
      return one + "uint(" + value + ");";
  }
}

}  // namespace asg::vulkan
