// The instructions that compute a register from registers, for many points at a time.
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>

#include <asg/sdk/dispatch.hpp>

namespace example {

// r[i] = f(a[i], b[i], c[i]) for i < n; what f does not use may be anything.
using Compute = void (*)(int64_t n, void* r, const void* a, const void* b, const void* c);

// f is a function of a[i], or of a[i] and b[i].
template <class R, class A, class F>
Compute loop(F) {
  return [](int64_t n, void* r, const void* a, const void* b, const void*) {
    auto *x = static_cast<const A*>(a), *y = static_cast<const A*>(b);
    for (int64_t i = 0; i < n; ++i)
      if constexpr (std::is_invocable_v<F, A>)
        static_cast<R*>(r)[i] = F{}(x[i]);
      else
        static_cast<R*>(r)[i] = F{}(x[i], y[i]);
  };
}

// clang-format off
template <class T>
Compute find_float(uint32_t opcode) {
  switch (opcode) {
    case ASG_EW_NEG: return loop<T, T>([](T a) { return -a; });
    case ASG_EW_ABS: return loop<T, T>([](T a) { return std::fabs(a); });
    case ASG_EW_SIGN: return loop<T, T>([](T a) { return a > 0 ? T(1) : a < 0 ? T(-1) : a; });
    case ASG_EW_FLOOR: return loop<T, T>([](T a) { return std::floor(a); });
    case ASG_EW_CEIL: return loop<T, T>([](T a) { return std::ceil(a); });
    case ASG_EW_ROUND: return loop<T, T>([](T a) { return std::nearbyint(a); });
    case ASG_EW_EXP: return loop<T, T>([](T a) { return std::exp(a); });
    case ASG_EW_LOG: return loop<T, T>([](T a) { return std::log(a); });
    case ASG_EW_SQRT: return loop<T, T>([](T a) { return std::sqrt(a); });
    case ASG_EW_RSQRT: return loop<T, T>([](T a) { return 1 / std::sqrt(a); });
    case ASG_EW_SIN: return loop<T, T>([](T a) { return std::sin(a); });
    case ASG_EW_COS: return loop<T, T>([](T a) { return std::cos(a); });
    case ASG_EW_TANH: return loop<T, T>([](T a) { return std::tanh(a); });
    case ASG_EW_ADD: return loop<T, T>([](T a, T b) { return a + b; });
    case ASG_EW_SUB: return loop<T, T>([](T a, T b) { return a - b; });
    case ASG_EW_MUL: return loop<T, T>([](T a, T b) { return a * b; });
    case ASG_EW_DIV: return loop<T, T>([](T a, T b) { return a / b; });
    case ASG_EW_POW: return loop<T, T>([](T a, T b) { return std::pow(a, b); });
    default: return nullptr;
  }
}

// They wrap: what may overflow is computed without a sign.
template <class T>
Compute find_integer(uint32_t opcode) {
  using U = std::make_unsigned_t<T>;
  switch (opcode) {
    case ASG_EW_NEG: return loop<T, T>([](T a) { return T(0 - U(a)); });
    case ASG_EW_ABS: return loop<T, T>([](T a) { return a < 0 ? T(0 - U(a)) : a; });
    case ASG_EW_SIGN: return loop<T, T>([](T a) { return T((a > 0) - (a < 0)); });
    case ASG_EW_ADD: return loop<T, T>([](T a, T b) { return T(U(a) + U(b)); });
    case ASG_EW_SUB: return loop<T, T>([](T a, T b) { return T(U(a) - U(b)); });
    case ASG_EW_MUL: return loop<T, T>([](T a, T b) { return T(U(a) * U(b)); });
    case ASG_EW_DIV:
      return loop<T, T>([](T a, T b) { return b == 0 ? 0 : b == -1 ? T(0 - U(a)) : a / b; });
    default: return nullptr;
  }
}

inline Compute find_bool(uint32_t opcode) {
  switch (opcode) {
    case ASG_EW_NOT: return loop<bool, bool>([](bool a) { return !a; });
    case ASG_EW_AND: return loop<bool, bool>([](bool a, bool b) { return a && b; });
    case ASG_EW_OR: return loop<bool, bool>([](bool a, bool b) { return a || b; });
    case ASG_EW_XOR: return loop<bool, bool>([](bool a, bool b) { return a != b; });
    default: return nullptr;
  }
}

template <class T>
Compute find_comparison(uint32_t opcode) {
  switch (opcode) {
    case ASG_EW_EQ: return loop<bool, T>([](T a, T b) { return a == b; });
    case ASG_EW_NE: return loop<bool, T>([](T a, T b) { return a != b; });
    case ASG_EW_LT: return loop<bool, T>([](T a, T b) { return a < b; });
    case ASG_EW_LE: return loop<bool, T>([](T a, T b) { return a <= b; });
    case ASG_EW_GT: return loop<bool, T>([](T a, T b) { return a > b; });
    default: return loop<bool, T>([](T a, T b) { return a >= b; });
  }
}
// clang-format on

template <class T>
Compute find_any(uint32_t opcode) {
  if (opcode == ASG_EW_WHERE)
    return [](int64_t n, void* r, const void* a, const void* b, const void* c) {
      for (int64_t i = 0; i < n; ++i)
        static_cast<T*>(r)[i] = static_cast<const T*>(static_cast<const bool*>(a)[i] ? b : c)[i];
    };
  // A NaN gives NaN; of equal ones, 0 and -0 too, the first.
  if (opcode == ASG_EW_MAX)
    return loop<T, T>([](T a, T b) { return a != a || a == b || b < a ? a : b; });
  if (opcode == ASG_EW_MIN)
    return loop<T, T>([](T a, T b) { return a != a || a == b || a < b ? a : b; });
  if constexpr (std::is_same_v<T, bool>) return find_bool(opcode);
  if constexpr (std::is_floating_point_v<T>) return find_float<T>(opcode);
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) return find_integer<T>(opcode);
}

// Toward zero; what the integer type lacks becomes its nearest end, and a NaN 0.
template <class R, class A>
R convert(A x) {
  if constexpr (std::is_same_v<R, bool>) {
    return x != A{0};
  } else if constexpr (std::is_floating_point_v<A> && std::is_integral_v<R>) {
    const A end = std::ldexp(A{1}, std::numeric_limits<R>::digits);
    if (x >= end) return std::numeric_limits<R>::max();
    if (x >= -end) return static_cast<R>(x);
    return std::isnan(x) ? R{0} : std::numeric_limits<R>::min();
  } else {
    return static_cast<R>(x);
  }
}

/// Returns f(T{}) with the C++ type of a dtype that the plugin computes in.
template <class F>
Compute with_type(uint32_t dtype, F f) {
  switch (dtype) {
    case ASG_F32:
      return f(float{});
    case ASG_I32:
      return f(int32_t{});
    case ASG_I64:
      return f(int64_t{});
    case ASG_BOOL:
      return f(bool{});
    default:
      return nullptr;
  }
}
constexpr uint32_t dtypes[] = {ASG_F32, ASG_I32, ASG_I64, ASG_BOOL};

/// The code of an instruction with a result of `dtype`; `operand` is the type of its register a.
/// nullptr where there is none: the capability rows are made of these answers, so that the plugin
/// cannot promise what it does not have.
inline Compute find_compute(uint32_t opcode, uint32_t dtype, uint32_t operand) {
  if (opcode == ASG_EW_CAST)
    return with_type(dtype, [&](auto r) {
      return with_type(operand, [](auto a) {
        using R = decltype(r);
        using A = decltype(a);
        return loop<R, A>([](A x) { return convert<R>(x); });
      });
    });
  if (opcode == ASG_EW_IS_FINITE)
    return dtype == ASG_BOOL ? loop<bool, float>([](float a) { return std::isfinite(a); })
                             : nullptr;
  const bool compares = asg::sdk::is_comparison(opcode);
  return with_type(compares ? operand : dtype, [&](auto zero) {
    using T = decltype(zero);
    return compares ? find_comparison<T>(opcode) : find_any<T>(opcode);
  });
}

}  // namespace example
