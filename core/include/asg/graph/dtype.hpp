// Element types and how they combine.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace asg {

/// The type of a tensor's elements. The numbers are those of the plugin ABI.
enum class DType : std::uint8_t { f32 = 1, f64 = 2, i32 = 6, i64 = 7, boolean = 9, u32 = 10 };

inline constexpr DType f32 = DType::f32;
inline constexpr DType f64 = DType::f64;
inline constexpr DType i32 = DType::i32;
inline constexpr DType i64 = DType::i64;
inline constexpr DType u32 = DType::u32;
inline constexpr DType boolean = DType::boolean;

/// The name that is printed and that files use: "f32", "f64", "i32", "i64", "u32", "bool".
[[nodiscard]] std::string_view name(DType dtype);

/// The type with that name.
/// Errors   TypeError when there is none.
[[nodiscard]] DType dtype_from_name(std::string_view name);

/// Bytes of one element.
[[nodiscard]] constexpr std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::f64:
    case DType::i64: return 8;
    case DType::boolean: return 1;
    default: return 4;
  }
}

[[nodiscard]] constexpr bool is_float(DType dtype) { return dtype == f32 || dtype == f64; }
[[nodiscard]] constexpr bool is_integer(DType dtype) {
  return dtype == i32 || dtype == i64 || dtype == u32;
}

/// The type in which two tensors meet: the later of bool, i32, i64, f32, f64.
/// Errors   TypeError when one is u32 and the other is not: cast it first.
[[nodiscard]] DType promote(DType a, DType b);

/// The DType of a C++ element type: `dtype_of<float>` is f32.
template <class T>
inline constexpr DType dtype_of = [] {
  static_assert(sizeof(T) == 0, "no asg element type for this C++ type");
  return f32;
}();
template <> inline constexpr DType dtype_of<float> = f32;
template <> inline constexpr DType dtype_of<double> = f64;
template <> inline constexpr DType dtype_of<std::int32_t> = i32;
template <> inline constexpr DType dtype_of<std::int64_t> = i64;
template <> inline constexpr DType dtype_of<std::uint32_t> = u32;
template <> inline constexpr DType dtype_of<bool> = boolean;

}  // namespace asg
