// A tensor's numbers in host memory.
#pragma once
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <asg/graph/shape.hpp>

namespace asg {

/// An n-dimensional row-major array on the host. Copies share the memory.
/// Threads  as for a shared_ptr to the elements.
class Array {
 public:
  Array() = default;
  /// Uninitialised elements.
  Array(DType dtype, const Shape& shape);
  /// A scalar: `Array(0.5f)` is f32, `Array(std::int64_t{3})` i64.
  template <class T>
    requires std::is_arithmetic_v<T>
  Array(T value) : Array(dtype_of<T>, Shape{}) {  // NOLINT(google-explicit-constructor)
    data<T>()[0] = value;
  }
  /// The given elements, row-major.
  /// Errors   ShapeError when their number is not that of the shape.
  template <class T>
  Array(const Shape& shape, const std::vector<T>& values) : Array(dtype_of<T>, shape) {
    check_count(values.size());
    std::size_t i = 0;
    for (const T value : values) data<T>()[i++] = value;
  }
  template <class T>
  Array(const Shape& shape, std::initializer_list<T> values) : Array(shape, std::vector<T>(values)) {}

  [[nodiscard]] static Array zeros(DType dtype, const Shape& shape);
  [[nodiscard]] static Array full(DType dtype, const Shape& shape, double value);

  [[nodiscard]] DType dtype() const { return type_.dtype; }
  [[nodiscard]] const Shape& shape() const { return type_.shape; }
  [[nodiscard]] const TensorType& type() const { return type_; }
  [[nodiscard]] std::int64_t numel() const { return type_.shape.numel(); }
  [[nodiscard]] std::size_t size_bytes() const {
    return static_cast<std::size_t>(numel()) * size_of(dtype());
  }

  /// The bytes, row-major; valid while any copy of the array lives.
  [[nodiscard]] std::byte* bytes() const { return memory_.get(); }
  /// The elements.
  /// Errors   TypeError when T is not the array's element type.
  template <class T>
  [[nodiscard]] T* data() const {
    check_type(dtype_of<T>);
    return reinterpret_cast<T*>(memory_.get());
  }
  template <class T>
  [[nodiscard]] std::span<T> values() const {
    return {data<T>(), static_cast<std::size_t>(numel())};
  }
  /// The only element, converted to T.
  /// Errors   ShapeError when there is not exactly one.
  template <class T>
  [[nodiscard]] T item() const {
    // An i64 beyond 2^53 would lose bits on the way through a double.
    if (dtype() == i64 && numel() == 1) return static_cast<T>(data<std::int64_t>()[0]);
    return static_cast<T>(item_double());
  }
  /// Element i in row-major order as a double (i64 beyond 2^53 rounds).
  [[nodiscard]] double get(std::int64_t i) const;
  void set(std::int64_t i, double value);

  /// A converted copy. Float to integer rounds toward zero.
  [[nodiscard]] Array to(DType dtype) const;
  /// A copy with memory of its own.
  [[nodiscard]] Array clone() const;
  /// The same memory under another shape.
  /// Errors   ShapeError when the number of elements differs.
  [[nodiscard]] Array reshaped(const Shape& shape) const;

 private:
  void check_type(DType wanted) const;
  void check_count(std::size_t count) const;
  [[nodiscard]] double item_double() const;

  TensorType type_;
  std::shared_ptr<std::byte[]> memory_;
};

/// Type and elements, the middle left out beyond `limit` elements: "f32[3] {1, 2, 3}".
[[nodiscard]] std::string to_string(const Array& array, std::int64_t limit = 16);

/// Same type, shape and bits.
[[nodiscard]] bool identical(const Array& a, const Array& b);

}  // namespace asg
