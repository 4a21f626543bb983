#include "glsl/types.hpp"

#include <fmt/core.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include <asg/sdk/program.hpp>

namespace asg::vulkan {
namespace {

std::string float_literal(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  if (!std::isnormal(x) && bits != 0) return fmt::format("uintBitsToFloat({:#x}u)", bits);
  // As short as brings the same float back, whatever the program's locale.
  char digits[40];
  std::string result(digits, std::to_chars(digits, digits + sizeof digits, x).ptr);
  if (result.find_first_of(".e") == std::string::npos) result += ".0";
  return x < 0 ? "(" + result + ")" : result;
}

std::string two_words(uint64_t bits) {
  return fmt::format("uvec2({:#x}u, {:#x}u)", bits & 0xffffffffu, bits >> 32);
}

bool is_narrow(uint32_t dtype) { return dtype == ASG_I8 || dtype == ASG_U8; }

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
  if (dtype == ASG_I8) return "int8_t";
  return dtype == ASG_U8 || dtype == ASG_BOOL ? "uint8_t" : register_type(dtype);
}

std::string from_storage(uint32_t dtype, const std::string& element) {
  if (dtype == ASG_BOOL) return fmt::format("(uint({}) != 0u)", element);
  return is_narrow(dtype) ? fmt::format("{}({})", register_type(dtype), element) : element;
}

std::string to_storage(uint32_t dtype, const std::string& value) {
  if (dtype == ASG_BOOL) return fmt::format("uint8_t({} ? 1u : 0u)", value);
  return is_narrow(dtype) ? fmt::format("{}({})", storage_type(dtype), value) : value;
}

std::string literal(uint32_t dtype, uint64_t bits) {
  switch (dtype) {
    case ASG_F32:
      return float_literal(static_cast<uint32_t>(bits));
    case ASG_F64:
      return fmt::format("packDouble2x32({})", two_words(bits));
    case ASG_I64:
      return fmt::format("int64_t(packUint2x32({}))", two_words(bits));
    case ASG_I8:
      return fmt::format("({})", static_cast<int8_t>(bits));
    case ASG_I32:
      return fmt::format("int({:#x}u)", static_cast<uint32_t>(bits));
    case ASG_U8:
      return fmt::format("{:#x}u", static_cast<uint8_t>(bits));
    case ASG_BOOL:
      return (bits & 0xffu) != 0 ? "true" : "false";
    default:
      return fmt::format("{:#x}u", static_cast<uint32_t>(bits));
  }
}

std::string unseen(uint32_t dtype, const std::string& value) {
  // Steps are numbered far below 2^31.
  if (dtype == ASG_F64)
    return fmt::format("packDouble2x32(unpackDouble2x32({}) | uvec2((push.step >> 31)))", value);
  return fmt::format("uintBitsToFloat(floatBitsToUint({}) | (push.step >> 31))", value);
}

std::string opaque_literal(uint32_t dtype, uint64_t bits) {
  const std::string plain = literal(dtype, bits);
  if (dtype != ASG_F32 && dtype != ASG_F64) return plain;
  const uint64_t all = dtype == ASG_F32 ? 0xffu : 0x7ffu,
                 exponent = bits >> (dtype == ASG_F32 ? 23 : 52) & all;
  return exponent != 0 && exponent != all ? plain : unseen(dtype, plain);
}

std::string wrapped(uint32_t dtype, const std::string& value) {
  if (dtype == ASG_I8) return fmt::format("bitfieldExtract({}, 0, 8)", value);
  return dtype == ASG_U8 ? fmt::format("(({}) & 255u)", value) : value;
}

namespace {

/// What is above (or below) every number of the type.
std::string extreme(uint32_t dtype, bool largest) {
  if (dtype == ASG_F32) return opaque_literal(dtype, largest ? 0x7f800000u : 0xff800000u);
  if (dtype == ASG_F64) return opaque_literal(dtype, uint64_t{largest ? 0x7ffu : 0xfffu} << 52);
  const bool has_sign = dtype == ASG_I8 || dtype == ASG_I32 || dtype == ASG_I64;
  const uint64_t least = has_sign ? uint64_t{1} << (sdk::dtype_size(dtype) * 8 - 1) : 0;
  return literal(dtype, largest ? ~least : least);
}

}  // namespace

std::string neutral(uint32_t kind, uint32_t dtype) {
  switch (kind) {
    case ASG_REDUCE_SUM:
      return opaque_literal(dtype, 0);
    case ASG_REDUCE_PROD:
      return one(dtype);
    case ASG_REDUCE_ANY:
      return "false";
    case ASG_REDUCE_ALL:
      return "true";
    default:
      return extreme(dtype, kind == ASG_REDUCE_MIN);
  }
}

std::string one(uint32_t dtype) {
  if (dtype == ASG_F32) return literal(dtype, 0x3f800000u);
  return literal(dtype, dtype == ASG_F64 ? 0x3ff0000000000000u : 1);
}

std::string reduced(uint32_t kind, uint32_t dtype, const std::string& a, const std::string& b) {
  const bool flags = dtype == ASG_BOOL, is_max = kind == ASG_REDUCE_MAX;
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
    case ASG_REDUCE_MIN:
      if (flags) return a + (is_max ? " || " : " && ") + b;
      return fmt::format("{}{}({}, {})", sdk::is_float(dtype) ? "asg_" : "", is_max ? "max" : "min",
                         a, b);
    default:
      throw sdk::Error(ASG_UNSUPPORTED, fmt::format("reduction of kind {}", kind));
  }
}

uint32_t word_count(uint32_t dtype) { return sdk::dtype_size(dtype) == 8 ? 2 : 1; }

std::string from_words(uint32_t dtype, const std::string& array, const std::string& word) {
  const std::string low = fmt::format("{}[{}]", array, word),
                    both = fmt::format("uvec2({}, {}[{} + 1u])", low, array, word);
  switch (dtype) {
    case ASG_F32:
      return fmt::format("uintBitsToFloat({})", low);
    case ASG_F64:
      return fmt::format("packDouble2x32({})", both);
    case ASG_I64:
      return fmt::format("int64_t(packUint2x32({}))", both);
    case ASG_BOOL:
      return fmt::format("({} != 0u)", low);
    default:
      return fmt::format("{}({})", register_type(dtype), low);
  }
}

std::string to_words(uint32_t dtype, const std::string& array, const std::string& word,
                     const std::string& value) {
  const auto two = [&](const std::string& words) {
    return fmt::format("{{ uvec2 words = {0}; {1}[{2}] = words.x; {1}[{2} + 1u] = words.y; }}",
                       words, array, word);
  };
  switch (dtype) {
    case ASG_F32:
      return fmt::format("{}[{}] = floatBitsToUint({});", array, word, value);
    case ASG_F64:
      return two(fmt::format("unpackDouble2x32({})", value));
    case ASG_I64:
      return two(fmt::format("unpackUint2x32(uint64_t({}))", value));
    case ASG_BOOL:
      return fmt::format("{}[{}] = {} ? 1u : 0u;", array, word, value);
    default:
      return fmt::format("{}[{}] = uint({});", array, word, value);
  }
}

}  // namespace asg::vulkan
