// Scalar arithmetic as the ABI defines it, shared by regions and kernels.
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace asg::reference {

/// What every operation is asked for; `bool` is the element type BOOL.
template <class T>
concept Float = std::floating_point<T>;
template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool>;
template <class T>
concept Number = Float<T> || Integer<T>;

/// Bits of a number, on which integer arithmetic wraps without undefined behaviour.
template <Integer T>
constexpr std::make_unsigned_t<T> bits(T x) {
  return static_cast<std::make_unsigned_t<T>>(x);
}

template <Number T>
T add(T a, T b) {
  if constexpr (Float<T>)
    return a + b;
  else
    return static_cast<T>(bits(a) + bits(b));
}
template <Number T>
T subtract(T a, T b) {
  if constexpr (Float<T>)
    return a - b;
  else
    return static_cast<T>(bits(a) - bits(b));
}
template <Number T>
T multiply(T a, T b) {
  if constexpr (Float<T>)
    return a * b;
  else
    return static_cast<T>(bits(a) * bits(b));
}
template <Number T>
T negate(T a) {
  if constexpr (Float<T>)
    return -a;
  else
    return static_cast<T>(0u - bits(a));
}
template <Number T>
T divide(T a, T b) {
  if constexpr (Float<T>) {
    return a / b;
  } else {
    if (b == 0) return 0;
    // The only quotient that leaves the type is that of the smallest number by -1: it wraps.
    if constexpr (std::is_signed_v<T>)
      if (b == -1) return negate(a);
    return static_cast<T>(a / b);
  }
}
template <Number T>
T remainder(T a, T b) {
  if constexpr (Float<T>) {
    return std::fmod(a, b);
  } else {
    if (b == 0) return 0;
    if constexpr (std::is_signed_v<T>)
      if (b == -1) return 0;
    return static_cast<T>(a % b);
  }
}
template <Number T>
T power(T a, T b) {
  if constexpr (Float<T>) {
    return static_cast<T>(std::pow(static_cast<double>(a), static_cast<double>(b)));
  } else {
    if constexpr (std::is_signed_v<T>) {
      if (b < 0) return a == 1 ? T{1} : a == -1 ? static_cast<T>(b % 2 == 0 ? 1 : -1) : T{0};
    }
    T result = 1;
    for (auto n = bits(b); n > 0; n >>= 1) {
      if ((n & 1) != 0) result = multiply(result, a);
      a = multiply(a, a);
    }
    return result;
  }
}

template <class T>
bool is_nan(T x) {
  if constexpr (Float<T>)
    return std::isnan(x);
  else
    return false;
}
template <class T>
T maximum(T a, T b) {
  return is_nan(a) || b < a || a == b ? a : b;
}
template <class T>
T minimum(T a, T b) {
  return is_nan(a) || a < b || a == b ? a : b;
}

/// What maximum leaves alone.
template <class T>
constexpr T lowest() {
  if constexpr (Float<T>)
    return -std::numeric_limits<T>::infinity();
  else
    return std::numeric_limits<T>::lowest();
}
/// What minimum leaves alone.
template <class T>
constexpr T highest() {
  if constexpr (Float<T>)
    return std::numeric_limits<T>::infinity();
  else
    return std::numeric_limits<T>::max();
}

/// CAST.  A number that the integer type lacks gives its nearest end, NaN gives 0: the ABI leaves
/// these open, C++ forbids them, and the reference needs one answer.
template <class To, class From>
To cast(From x) {
  if constexpr (std::same_as<To, bool>) {
    return x != From{0};
  } else if constexpr (Float<From> && Integer<To>) {
    if (std::isnan(x)) return 0;
    // Both ends as powers of two, which every float type holds exactly.
    const From end = std::ldexp(From{1}, std::numeric_limits<To>::digits);
    if (x >= end) return std::numeric_limits<To>::max();
    if (x <= (std::is_signed_v<To> ? -end : From{-1})) return std::numeric_limits<To>::min();
    return static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

}  // namespace asg::reference
