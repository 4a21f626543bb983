// Tensor: the handle to a value of a graph. Operand: what the functions of asg take.
#pragma once
#include <cstdint>
#include <type_traits>

#include <asg/graph/shape.hpp>

namespace asg {

class Graph;
struct GraphData;

/// One output of one node.
struct Value {
  std::uint32_t node = 0;
  std::uint32_t output = 0;
  friend bool operator==(Value, Value) = default;
};

/// A line of the user's program. As a default argument it becomes the caller's line.
struct Where {
  const char* file;
  int line;
  constexpr Where(const char* caller_file = __builtin_FILE(), int caller_line = __builtin_LINE())
      : file(caller_file), line(caller_line) {}
};

/// A symbolic tensor: it has a type and a place in a graph, but no numbers.
/// Memory   two words; valid while its graph lives.
/// Threads  a graph and its tensors belong to one thread at a time; different graphs are
///          independent.
class Tensor {
 public:
  Tensor() = default;
  Tensor(GraphData* graph, Value value) : graph_(graph), value_(value) {}

  /// False for a default-constructed handle, which stands for "none".
  [[nodiscard]] bool defined() const { return graph_ != nullptr; }
  // A Tensor is neither true nor false, since it has no numbers while the program is written, so it
  // becomes no bool: `if (x > 0)` does not compile. `where(x > 0, a, b)` chooses element by element.

  [[nodiscard]] Graph& graph() const;
  [[nodiscard]] Value value() const { return value_; }
  [[nodiscard]] const TensorType& type() const;
  [[nodiscard]] DType dtype() const { return type().dtype; }
  [[nodiscard]] const Shape& shape() const { return type().shape; }
  [[nodiscard]] int rank() const { return shape().rank(); }
  /// The size of one axis; -1 is the last.
  [[nodiscard]] std::int64_t size(int axis) const { return shape().at(axis); }
  [[nodiscard]] std::int64_t numel() const { return shape().numel(); }

  /// Whether both name the same value of the same graph (the elementwise test is `eq`).
  [[nodiscard]] bool same_as(const Tensor& other) const {
    return graph_ == other.graph_ && value_ == other.value_;
  }

 private:
  GraphData* graph_ = nullptr;
  Value value_;
};

/// A tensor or a number, with the line that wrote it. Functions take `const Operand&`, so that
/// `x * 2.0` works and errors can name the user's line. A number is weak: it takes the type of
/// the tensor it meets, but for a fraction that meets integers (f32) and any number that meets
/// bools (i64 or f32; a C++ bool stays one).
class Operand {
 public:
  Operand(Tensor tensor, Where where = {})  // NOLINT(google-explicit-constructor)
      : tensor_(tensor), is_tensor_(true), where_(where) {}
  template <class T>
    requires std::is_arithmetic_v<T>
  Operand(T number, Where where = {})  // NOLINT(google-explicit-constructor)
      : number_(static_cast<double>(number)),
        fraction_(std::is_floating_point_v<T>),
        truth_(std::is_same_v<T, bool>),
        where_(where) {
    if constexpr (std::is_integral_v<T>) integer_ = static_cast<std::int64_t>(number);
  }

  [[nodiscard]] bool is_tensor() const { return is_tensor_; }
  [[nodiscard]] const Tensor& tensor() const { return tensor_; }
  [[nodiscard]] double number() const { return number_; }
  /// The number when it was given as an integer.
  [[nodiscard]] std::int64_t integer() const { return integer_; }
  [[nodiscard]] bool is_fraction() const { return fraction_; }
  /// Whether it is a C++ bool.
  [[nodiscard]] bool is_truth() const { return truth_; }
  [[nodiscard]] Where where() const { return where_; }

 private:
  Tensor tensor_;
  double number_ = 0;
  std::int64_t integer_ = 0;
  bool is_tensor_ = false;
  bool fraction_ = false;
  bool truth_ = false;
  Where where_;
};

}  // namespace asg
