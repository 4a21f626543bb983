// What ASG_EW_SHIFT_LEFT and ASG_EW_SHIFT_RIGHT mean, for plugins that compute on the host.
#pragma once
#include <type_traits>

namespace asg::sdk {

/// The bits of a moved up, zeros behind them. By the width of T or more nothing of a is left: 0. A
/// distance is read without a sign, so that a negative one is beyond every width.
template <class T>
constexpr T shift_left(T a, T distance) {
  using Bits = std::make_unsigned_t<T>;
  constexpr Bits width = sizeof(T) * 8;
  const Bits by = static_cast<Bits>(distance);
  return by < width ? static_cast<T>(static_cast<Bits>(a) << (by % width)) : T{0};
}

/// The bits of a moved down: zeros move in from above, or a's sign where T has one. By the width or
/// more nothing else is left: 0, or -1 of a negative number.
template <class T>
constexpr T shift_right(T a, T distance) {
  using Bits = std::make_unsigned_t<T>;
  constexpr Bits width = sizeof(T) * 8;
  const Bits by = static_cast<Bits>(distance);
  if constexpr (std::is_signed_v<T>) {
    return static_cast<T>(a >> (by < width ? by : width - 1));
  } else {
    return by < width ? static_cast<T>(a >> (by % width)) : T{0};
  }
}

}  // namespace asg::sdk
