// Scalar arithmetic as the ABI defines it.
#pragma once

#include <cstdint>
#include <limits>
#include <type_traits>

namespace asg::cpu {

template <class T>
inline constexpr bool is_float = std::is_floating_point_v<T>;

// Wrapping happens on unsigned numbers of at least 32 bits: narrower ones would become int.
template <class T>
using Bits = std::conditional_t<(sizeof(T) < 4), uint32_t,
                                std::make_unsigned_t<std::conditional_t<is_float<T>, int64_t, T>>>;

template <class T>
T add(T a, T b) {
  if constexpr (is_float<T>)
    return a + b;
  else
    return static_cast<T>(static_cast<Bits<T>>(a) + static_cast<Bits<T>>(b));
}
template <class T>
T multiply(T a, T b) {
  if constexpr (is_float<T>)
    return a * b;
  else
    return static_cast<T>(static_cast<Bits<T>>(a) * static_cast<Bits<T>>(b));
}
template <class T>
bool is_nan(T x) {
  return x != x;
}
// A NaN operand gives NaN; of equal operands the first.
template <class T>
T maximum(T a, T b) {
  return b > a || is_nan(b) ? b : a;
}
template <class T>
T minimum(T a, T b) {
  return b < a || is_nan(b) ? b : a;
}
template <class T>
constexpr T lowest() {
  return is_float<T> ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
}

/// Sums and products of floats are carried in float64 and rounded when stored.
template <class T>
using Total = std::conditional_t<is_float<T>, double, T>;

}  // namespace asg::cpu
