#include "glsl/prelude.hpp"

#include <fmt/core.h>

#include <cstdint>
#include <vector>

namespace asg::vulkan {
namespace {

struct Function {
  const char* name;
  const char* text;
};

// Each may call those before it; loops are written as loop() does.  The polynomials are Chebyshev
// fits made for these intervals.
constexpr Function functions[] = {
    // A NaN operand gives NaN.
    {"asg_max", R"(
float asg_max(float a, float b) { return isnan(a) || b <= a ? a : b; })"},
    {"asg_min", R"(
float asg_min(float a, float b) { return isnan(a) || a <= b ? a : b; })"},
    {"asg_div", R"(
int asg_div(int a, int b) { return b == 0 ? 0 : b == -1 ? -a : a / b; }
uint asg_div(uint a, uint b) { return b == 0u ? 0u : a / b; })"},
    {"asg_rem", R"(
int asg_rem(int a, int b) {
  if (b == 0 || b == -1) return 0;
  return a - (a / b) * b;
}
uint asg_rem(uint a, uint b) { return b == 0u ? 0u : a % b; })"},
    {"asg_fmod", R"(
int asg_exponent(float x) { return (floatBitsToInt(x) >> 23) & 255; }
float asg_fmod(float a, float b) {
  if (isnan(a) || isnan(b) || isinf(a) || b == 0.0) return uintBitsToFloat(0x7fc00000u);
  if (isinf(b)) return a;
  precise float rest = abs(a);
  const float divisor = abs(b);
  for (int k = asg_exponent(rest) - asg_exponent(divisor); k >= 0; --k) {  // at most 255
    precise float part = ldexp(divisor, k);
    if (rest >= part) rest -= part;
  }
  return (floatBitsToInt(a) < 0) ? -rest : rest;
})"},
    {"asg_power", R"(
int asg_power(int a, int b) {
  if (b < 0) return a == 1 ? 1 : a == -1 ? ((b & 1) == 0 ? 1 : -1) : 0;
  int result = 1;
  for (uint n = uint(b); n > 0u; n >>= 1) {  // at most 32
    if ((n & 1u) != 0u) result *= a;
    a *= a;
  }
  return result;
}
uint asg_power(uint a, uint n) {
  uint result = 1u;
  for (; n > 0u; n >>= 1) {  // at most 32
    if ((n & 1u) != 0u) result *= a;
    a *= a;
  }
  return result;
})"},
    // 2^n * x for any n of int's range that exp and pow need, without leaving the floats on the
    // way.
    {"asg_scale", R"(
float asg_scale(float x, int n) {
  const int half_n = n >> 1;
  precise float y = x * intBitsToFloat((half_n + 127) << 23);
  y *= intBitsToFloat((n - half_n + 127) << 23);
  return y;
})"},
    // x = n ln 2 + r with |r| <= ln(2) / 2; returns (e^r - 1 - r) / r^2.
    {"asg_exp_part", R"(
float asg_exp_part(float x, out int n, out float r) {
  precise float k = roundEven(x * 1.44269504);
  precise float rest = (x - k * 0.693359375) + k * 2.12194440e-4;
  n = int(k);
  r = rest;
  return 0.5 + rest * (0.166666667 + rest * (0.0416664649 + rest * (0.00833331093 +
         rest * (0.00139336479 + rest * 0.000198909885))));
})"},
    {"asg_exp", R"(
float asg_exp(float x) {
  if (isnan(x)) return x;
  if (x > 88.7228394) return uintBitsToFloat(0x7f800000u);
  if (x < -104.0) return 0.0;
  int n;
  float r;
  const float p = asg_exp_part(x, n, r);
  precise float y = 1.0 + (r + r * r * p);
  return asg_scale(y, n);
})"},
    {"asg_expm1", R"(
float asg_expm1(float x) {
  if (isnan(x)) return x;
  if (x > 88.7228394) return uintBitsToFloat(0x7f800000u);
  if (x < -18.0) return -1.0;
  if (abs(x) < 1e-8) return x;
  int n;
  float r;
  const float p = asg_exp_part(x, n, r);
  precise float small = r + r * r * p;
  if (n == 0) return small;
  if (n > 60) return asg_scale(1.0 + small, n);
  precise float y = asg_scale(small, n) + (asg_scale(1.0, n) - 1.0);
  return y;
})"},
    // ln(2^k (1 + f)) + c, where 1 + f is near 1.
    {"asg_log_part", R"(
float asg_log_part(int k, float f, float c) {
  precise float s = f / (2.0 + f);
  precise float z = s * s;
  precise float tail = z * (0.666666667 + z * (0.4 + z * (0.285714286 + z * (0.222222222 + z * 0.181818182))));
  precise float half_square = 0.5 * f * f;
  precise float low = s * (half_square + tail) + (float(k) * 1.42860682e-6 + c);
  precise float y = float(k) * 0.693145752 - ((half_square - low) - f);
  return y;
})"},
    {"asg_log", R"(
float asg_log(float x) {
  if (isnan(x) || x < 0.0) return uintBitsToFloat(0x7fc00000u);
  if (x == 0.0) return uintBitsToFloat(0xff800000u);
  if (isinf(x)) return x;
  int k = 0;
  if (x < 1.17549435e-38) { x *= 16777216.0; k = -24; }
  const int bits = floatBitsToInt(x) - 0x3f3504f3;
  precise float f = intBitsToFloat((bits & 0x7fffff) + 0x3f3504f3) - 1.0;
  return asg_log_part(k + (bits >> 23), f, 0.0);
})"},
    {"asg_log1p", R"(
float asg_log1p(float x) {
  if (isnan(x) || x < -1.0) return uintBitsToFloat(0x7fc00000u);
  if (x == -1.0) return uintBitsToFloat(0xff800000u);
  if (isinf(x) || abs(x) < 1e-8) return x;
  if (x > -0.25 && x < 0.4) return asg_log_part(0, x, 0.0);
  precise float u = 1.0 + x;
  precise float c = x < 1.0 ? x - (u - 1.0) : 1.0 - (u - x);
  c = c / u;
  const int bits = floatBitsToInt(u) - 0x3f3504f3;
  precise float f = intBitsToFloat((bits & 0x7fffff) + 0x3f3504f3) - 1.0;
  return asg_log_part(bits >> 23, f, c);
})"},
    {"asg_tanh", R"(
float asg_tanh(float x) {
  if (isnan(x)) return x;
  const float a = abs(x);
  if (a < 1e-4) return x;
  precise float y;
  if (a > 10.0) {
    y = 1.0;
  } else if (a >= 1.0) {
    y = 1.0 - 2.0 / (asg_expm1(2.0 * a) + 2.0);
  } else {
    const float t = asg_expm1(-2.0 * a);
    y = -t / (t + 2.0);
  }
  return x < 0.0 ? -y : y;
})"},
    {"asg_erf", R"(
float asg_erf(float x) {
  if (isnan(x)) return x;
  const float a = abs(x);
  precise float z = x * x;
  if (a < 1.0) {
    precise float p = 0.128379167 + z * (-0.376126385 + z * (0.112837825 + z * (-0.0268654307 +
        z * (0.00522103181 + z * (-0.000848408039 + z * (0.000112659589 + z * -9.66704441e-6))))));
    precise float y = x + x * p;
    return y;
  }
  precise float y = 1.0;
  if (a < 4.0) {
    precise float u = (a - 2.5) / 1.5;
    precise float q = 0.210806364 + u * (-0.111521391 + u * (0.056110628 + u * (-0.0269979374 +
        u * (0.0124866996 + u * (-0.00561123364 + u * (0.00241838423 + u * (-0.000916272603 +
        u * (0.000376477275 + u * (-0.000245186452 + u * 9.2949743e-5)))))))));
    y = 1.0 - asg_exp(-z) * q;
  }
  return x < 0.0 ? -y : y;
})"},
    {"asg_sin_part", R"(
float asg_sin_part(float r, bool cosine) {
  precise float z = r * r;
  if (cosine) {
    precise float p = z * z * (0.0416666667 + z * (-0.00138888877 + z * (2.48005999e-5 + z * -2.73008972e-7)));
    precise float y = 1.0 - (0.5 * z - p);
    return y;
  }
  precise float y = r + r * z * (-0.166666667 + z * (0.00833333187 + z * (-0.000198400862 + z * 2.72498516e-6)));
  return y;
})"},
    // x = n pi/2 + r with |r| <= pi/4, for |x| of 2^-7 and more: Payne and Hanek's reduction. Of
    // 2/pi the 96 bits count that meet x's 24 between 4 and 2^-70; those above give whole turns.
    {"asg_large_angle", R"(
float asg_large_angle(float x, out int n) {
  const uint two_over_pi[8] = uint[8](0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u,
                                      0xdb629599u, 0x3c439041u, 0xfe5163abu);
  const uint bits = floatBitsToUint(x), m = (bits & 0x7fffffu) | 0x800000u;
  const int first = int((bits >> 23) & 255u) - 120, word = first >> 5, shift = first & 31;
  uint t[3];
  for (int i = 0; i < 3; ++i) {  // at most 3
    t[i] = (two_over_pi[word + i] << shift) | ((two_over_pi[word + i + 1] >> 1) >> (31 - shift));
  }
  uint low, middle, high, carry, part;
  umulExtended(t[2], m, part, low);
  umulExtended(t[1], m, high, middle);
  middle = uaddCarry(middle, part, carry);
  high += t[0] * m + carry;
  n = int(high >> 30);
  high = (high << 2) | (middle >> 30);
  middle = (middle << 2) | (low >> 30);
  const bool above = (high >> 31) != 0u;
  if (above) {
    ++n;
    high = ~high;
    middle = ~middle;
  }
  int zeros = 0;
  if (high == 0u) {
    zeros = 32;
    high = middle;
    middle = 0u;
  }
  const int more = 31 - findMSB(high | 1u);
  high = (high << more) | ((middle >> 1) >> (31 - more));
  umulExtended(high, 0xc90fdaa2u, part, low);
  const float r = float(part) * uintBitsToFloat(uint(96 - zeros - more) << 23);
  const bool negative = floatBitsToInt(x) < 0;
  if (negative) n = -n;
  return above != negative ? -r : r;
})"},
    // Below 16 the products with pi/2's first two parts are exact.
    {"asg_quarter_turns", R"(
float asg_quarter_turns(float x, out int n) {
  if (abs(x) >= 16.0) return asg_large_angle(x, n);
  precise float k = roundEven(x * 0.636619772);
  precise float r = ((x - k * 1.57079697) + k * 6.39757673e-7) + k * 1.65139956e-13;
  n = int(k);
  return r;
})"},
    {"asg_sin", R"(
float asg_sin(float x) {
  if (isnan(x) || isinf(x)) return uintBitsToFloat(0x7fc00000u);
  int n;
  const float r = asg_quarter_turns(x, n);
  const float y = asg_sin_part(r, (n & 1) != 0);
  return (n & 2) != 0 ? -y : x == 0.0 ? x : y;
})"},
    {"asg_cos", R"(
float asg_cos(float x) {
  if (isnan(x) || isinf(x)) return uintBitsToFloat(0x7fc00000u);
  int n;
  const float r = asg_quarter_turns(x, n);
  const float y = asg_sin_part(r, (n & 1) == 0);
  return ((n + 1) & 2) != 0 ? -y : y;
})"},
    {"asg_pow", R"(
float asg_pow(float a, float b) {
  if (b == 0.0 || a == 1.0) return 1.0;
  if (isnan(a) || isnan(b)) return uintBitsToFloat(0x7fc00000u);
  const float size = abs(a);
  const bool whole = abs(b) >= 8388608.0 || floor(b) == b;
  const bool odd = whole && abs(b) < 16777216.0 && (int(b) & 1) != 0;
  const bool negative = floatBitsToInt(a) < 0 && odd;
  precise float y;
  if (isinf(b)) {
    return size == 1.0 ? 1.0 : (size > 1.0) == (b > 0.0) ? uintBitsToFloat(0x7f800000u) : 0.0;
  } else if (size == 0.0 || isinf(a)) {
    y = (size == 0.0) == (b > 0.0) ? 0.0 : uintBitsToFloat(0x7f800000u);
  } else if (a < 0.0 && !whole) {
    return uintBitsToFloat(0x7fc00000u);
  } else {
    y = asg_pow_part(size, b);
  }
  return negative ? -y : y;
})"},
    // Saturating; NaN gives 0.
    {"asg_to_int", R"(
int asg_to_int(float x) {
  return isnan(x) ? 0 : x >= 2147483648.0 ? 0x7fffffff : x <= -2147483648.0 ? int(0x80000000u) : int(x);
})"},
    {"asg_to_uint", R"(
uint asg_to_uint(float x) {
  return !(x > 0.0) ? 0u : x >= 4294967296.0 ? 0xffffffffu : uint(x);
})"},
    {"asg_philox", R"(
uint asg_philox(uvec4 counter, uvec2 key, uint word) {
  for (int i = 0; i < 10; ++i) {  // at most 10
    uint high0, low0, high1, low1;
    umulExtended(0xD2511F53u, counter.x, high0, low0);
    umulExtended(0xCD9E8D57u, counter.z, high1, low1);
    counter = uvec4(high1 ^ counter.y ^ key.x, low1, high0 ^ counter.w ^ key.y, low0);
    key += uvec2(0x9E3779B9u, 0xBB67AE85u);
  }
  return counter[word];
})"},
};

// Where the device has 64-bit floats, these need no tricks.
constexpr Function pow_part64 = {"asg_pow_part", R"(
float asg_pow_part(float a, float b) {
  int k = 0;
  if (a < 1.17549435e-38) { a *= 16777216.0; k = -24; }
  const int bits = floatBitsToInt(a) - 0x3f3504f3;
  k += bits >> 23;
  const double m = double(intBitsToFloat((bits & 0x7fffff) + 0x3f3504f3));
  const double s = (m - 1.0LF) / (m + 1.0LF);
  const double z = s * s;
  double p = 1.0LF / 15.0LF;
  p = p * z + 1.0LF / 13.0LF;
  p = p * z + 1.0LF / 11.0LF;
  p = p * z + 1.0LF / 9.0LF;
  p = p * z + 1.0LF / 7.0LF;
  p = p * z + 1.0LF / 5.0LF;
  p = p * z + 1.0LF / 3.0LF;
  const double log2_a = double(k) + 2.8853900817779268LF * (s + s * z * p);
  const double t = clamp(double(b) * log2_a, -200.0LF, 200.0LF);
  const double n = roundEven(t);
  const double r = (t - n) * 0.69314718055994531LF;
  double e = 1.0LF / 362880.0LF;
  e = e * r + 1.0LF / 40320.0LF;
  e = e * r + 1.0LF / 5040.0LF;
  e = e * r + 1.0LF / 720.0LF;
  e = e * r + 1.0LF / 120.0LF;
  e = e * r + 1.0LF / 24.0LF;
  e = e * r + 1.0LF / 6.0LF;
  e = e * r + 0.5LF;
  e = e * r + 1.0LF;
  e = e * r + 1.0LF;
  return asg_scale(float(e), int(n));
})"};
constexpr Function pow_part32 = {"asg_pow_part", R"(
float asg_pow_part(float a, float b) {
  precise float log_a = asg_log(a);
  precise float t = log_a * b;
  precise float a_high = intBitsToFloat(floatBitsToInt(log_a) & 0xfffff000);
  precise float b_high = intBitsToFloat(floatBitsToInt(b) & 0xfffff000);
  precise float low = ((a_high * b_high - t) + a_high * (b - b_high) + (log_a - a_high) * b_high) +
                      (log_a - a_high) * (b - b_high);
  const float y = asg_exp(t);
  return isinf(y) || y == 0.0 ? y : y + y * low;
})"};

// The same names for 64-bit types, where the device has them.
constexpr Function functions_f64[] = {
    {"asg_max", R"(
double asg_max(double a, double b) { return isnan(a) || b <= a ? a : b; })"},
    {"asg_min", R"(
double asg_min(double a, double b) { return isnan(a) || a <= b ? a : b; })"},
    {"asg_fmod64", R"(
int asg_exponent(double x) { return int(unpackDouble2x32(x).y >> 20) & 2047; }
double asg_power_of_two(int n) { return packDouble2x32(uvec2(0u, uint(n + 1023) << 20)); }
double asg_fmod64(double a, double b) {
  if (isnan(a) || isnan(b) || isinf(a) || b == 0.0LF) return packDouble2x32(uvec2(0u, 0x7ff80000u));
  if (isinf(b)) return a;
  precise double rest = abs(a);
  const double divisor = abs(b);
  for (int k = asg_exponent(rest) - asg_exponent(divisor); k >= 0; --k) {  // at most 2047
    precise double part = divisor * asg_power_of_two(k >> 1);
    part *= asg_power_of_two(k - (k >> 1));
    if (rest >= part) rest -= part;
  }
  return (unpackDouble2x32(a).y >> 31) != 0u ? -rest : rest;
})"},
    {"asg_to_int", R"(
int asg_to_int(double x) {
  return isnan(x) ? 0 : x >= 2147483648.0LF ? 0x7fffffff : x <= -2147483648.0LF ? int(0x80000000u) : int(x);
})"},
    {"asg_to_uint", R"(
uint asg_to_uint(double x) {
  return !(x > 0.0LF) ? 0u : x >= 4294967296.0LF ? 0xffffffffu : uint(x);
})"},
};
constexpr Function functions_i64[] = {
    {"asg_div", R"(
int64_t asg_div(int64_t a, int64_t b) { return b == 0L ? 0L : b == -1L ? -a : a / b; })"},
    {"asg_rem", R"(
int64_t asg_rem(int64_t a, int64_t b) {
  if (b == 0L || b == -1L) return 0L;
  return a - (a / b) * b;
})"},
    {"asg_power64", R"(
int64_t asg_power64(int64_t a, int64_t b) {
  if (b < 0L) return a == 1L ? 1L : a == -1L ? ((b & 1L) == 0L ? 1L : -1L) : 0L;
  int64_t result = 1L;
  for (uint64_t n = uint64_t(b); n > 0UL; n >>= 1) {  // at most 64
    if ((n & 1UL) != 0UL) result *= a;
    a *= a;
  }
  return result;
})"},
    {"asg_to_int64", R"(
int64_t asg_to_int64(float x) {
  return isnan(x) ? 0L : x >= 9223372036854775808.0 ? int64_t(0x7fffffffffffffffUL) :
         x <= -9223372036854775808.0 ? int64_t(0x8000000000000000UL) : int64_t(x);
})"},
};
constexpr Function functions_i64_f64[] = {
    {"asg_to_int64", R"(
int64_t asg_to_int64(double x) {
  return isnan(x) ? 0L : x >= 9223372036854775808.0LF ? int64_t(0x7fffffffffffffffUL) :
         x <= -9223372036854775808.0LF ? int64_t(0x8000000000000000UL) : int64_t(x);
})"},
};

bool calls(const std::string& text, const std::string& name) {
  return text.find(name + "(") != std::string::npos;
}

std::vector<Function> available(const Traits& traits) {
  std::vector<Function> all;
  for (const Function& f : functions) {
    const std::string name = f.name;
    if (name == "asg_pow") all.push_back(traits.float64 ? pow_part64 : pow_part32);
    all.push_back(f);
  }
  const auto append = [&](const auto& more) {
    all.insert(all.end(), std::begin(more), std::end(more));
  };
  if (traits.float64) append(functions_f64);
  if (traits.int64) append(functions_i64);
  if (traits.int64 && traits.float64) append(functions_i64_f64);
  return all;
}

}  // namespace

std::string prelude_header(const Traits& traits) {
  std::string text;
  if (traits.storage8) text += "#extension GL_EXT_shader_8bit_storage : require\n";
  if (traits.int64) text += "#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require\n";
  text += "#extension GL_EXT_control_flow_attributes : require\n";
  if (traits.lanes > 0)
    text +=
        "#extension GL_KHR_shader_subgroup_basic : require\n"
        "#extension GL_KHR_shader_subgroup_shuffle : require\n";
  std::string modes;
  const auto mode = [&](bool has, int capability, int number, int width) {
    if (!has) return;
    modes += fmt::format("spirv_execution_mode(capabilities = [{}], {}, {});\n", capability, number,
                         width);
  };
  mode(traits.denorm_preserve32, 4464, 4459, 32);
  mode(traits.nan_preserve32, 4466, 4461, 32);
  mode(traits.round_even32, 4467, 4462, 32);
  mode(traits.denorm_preserve64, 4464, 4459, 64);
  mode(traits.nan_preserve64, 4466, 4461, 64);
  mode(traits.round_even64, 4467, 4462, 64);
  if (!modes.empty()) text += "#extension GL_EXT_spirv_intrinsics : require\n" + modes;
  return text;
}

std::string prelude_functions(const Traits& traits, const std::string& text) {
  std::string result;
  const std::vector<Function> all = available(traits);
  for (std::size_t i = all.size(); i-- > 0;)
    if (calls(text, all[i].name) || calls(result, all[i].name))
      result = (all[i].text + 1) + ("\n" + result);
  return result;
}

}  // namespace asg::vulkan
