// The sizes of a tensor's axes.
#pragma once
#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <asg/graph/dtype.hpp>

namespace asg {

/// Largest number of axes, that of the plugin ABI.
inline constexpr int max_rank = 8;

/// Up to eight sizes, outermost first. A value type without heap memory: graphs hold millions.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<std::int64_t> sizes);
  explicit Shape(std::span<const std::int64_t> sizes);

  [[nodiscard]] int rank() const { return rank_; }
  [[nodiscard]] bool empty() const { return rank_ == 0; }
  /// Number of elements: the product of the sizes, 1 for rank 0.
  [[nodiscard]] std::int64_t numel() const;

  /// The size of one axis; -1 is the last.
  /// Errors   ShapeError when there is no such axis.
  [[nodiscard]] std::int64_t at(int axis) const;
  [[nodiscard]] std::int64_t operator[](int axis) const { return sizes_[static_cast<size_t>(axis)]; }
  [[nodiscard]] std::int64_t& operator[](int axis) { return sizes_[static_cast<size_t>(axis)]; }

  [[nodiscard]] const std::int64_t* begin() const { return sizes_.data(); }
  [[nodiscard]] const std::int64_t* end() const { return sizes_.data() + rank_; }
  [[nodiscard]] std::int64_t* begin() { return sizes_.data(); }
  [[nodiscard]] std::int64_t* end() { return sizes_.data() + rank_; }
  [[nodiscard]] std::int64_t back() const { return sizes_[static_cast<size_t>(rank_ - 1)]; }

  /// Errors   ShapeError beyond max_rank axes.
  void push_back(std::int64_t size);
  void insert(int axis, std::int64_t size);
  void erase(int axis);
  /// The axes [begin, end).
  [[nodiscard]] Shape slice(int begin, int end) const;
  [[nodiscard]] std::vector<std::int64_t> to_vector() const { return {begin(), end()}; }

  friend bool operator==(const Shape& a, const Shape& b);

 private:
  std::array<std::int64_t, max_rank> sizes_{};
  int rank_ = 0;
};

/// "[2, 3]"
[[nodiscard]] std::string to_string(const Shape& shape);

/// Strides of a row-major tensor, in elements.
[[nodiscard]] Shape row_major_strides(const Shape& shape);

/// What a tensor is, apart from its numbers.
struct TensorType {
  DType dtype = f32;
  Shape shape;
  friend bool operator==(const TensorType&, const TensorType&) = default;
};

/// "f32[2, 3]"
[[nodiscard]] std::string to_string(const TensorType& type);

/// What is counted with: integers, but no bool, which is a mistake where an axis is asked for.
template <class T>
concept Whole = std::integral<T> && !std::same_as<T, bool>;

/// One axis as an argument; -1 is the last. Neither a bool nor a fraction becomes one by mistake:
/// `sort(x, true)` does not compile.
struct Axis {
  template <Whole T>
  constexpr Axis(T number) : value(static_cast<int>(number)) {}  // NOLINT: implicit, as in axis = 1
  constexpr operator int() const { return value; }               // NOLINT: it is one
  int value;
};

/// A list of axes as an argument: `sum(x, -1)`, `sum(x, {0, 2})`; empty means all of them.
struct Axes : std::vector<std::int64_t> {
  Axes() = default;
  template <Whole T>
  Axes(T axis) : Axes(Axis(axis)) {}                 // NOLINT(google-explicit-constructor)
  Axes(Axis axis) : vector{axis.value} {}             // NOLINT(google-explicit-constructor)
  Axes(std::initializer_list<std::int64_t> axes) : vector(axes) {}
  explicit Axes(std::vector<std::int64_t> axes) : vector(std::move(axes)) {}
};

/// Maps a Python-like axis (-1 is the last) to 0..rank-1.
/// Errors   ShapeError when there is no such axis.
[[nodiscard]] int normalize_axis(int axis, int rank);

/// Whether `from` can be broadcast to `to`: aligned at the last axis, each size equal or 1.
[[nodiscard]] bool broadcastable(const Shape& from, const Shape& to);

/// The smallest shape to which both broadcast (NumPy's rule).
/// Errors   ShapeError when there is none.
/// Source   https://numpy.org/doc/stable/user/basics.broadcasting.html
[[nodiscard]] Shape broadcast_shapes(const Shape& a, const Shape& b);

}  // namespace asg
