// For those who write ops: turning the arguments of a user function into nodes.
#pragma once
#include <initializer_list>
#include <string_view>

#include <asg/graph/op.hpp>

namespace asg {

/// A call of a user function while it builds its nodes: they get the caller's line, and errors
/// name the function. Make one at the top of the function.
class Call {
 public:
  /// Errors   TypeError when no operand is a tensor, or two belong to different graphs.
  Call(std::string_view function, std::initializer_list<Operand> operands);

  /// The operand as a tensor; a number becomes a scalar constant of type `number_type`.
  [[nodiscard]] Tensor tensor(const Operand& operand, DType number_type = f32) const;
  /// Both in their common type; numbers are weak.
  [[nodiscard]] Tensors promoted(std::initializer_list<Operand> operands) const;
  /// All broadcast to their common shape.
  [[nodiscard]] Tensors broadcast(const Tensors& tensors) const;
  /// promoted, then broadcast.
  [[nodiscard]] Tensors matched(std::initializer_list<Operand> operands) const {
    return broadcast(promoted(operands));
  }
  /// Integers and bools become f32.
  [[nodiscard]] Tensor as_float(const Tensor& tensor) const;

  /// An axis in 0..rank-1, given as Python would: -1 is the last.
  [[nodiscard]] int axis(int axis, int rank) const;
  /// Several, sorted; all of them when none is given.
  /// Errors   ShapeError when one is repeated.
  [[nodiscard]] std::vector<std::int64_t> axes(std::span<const std::int64_t> axes, int rank) const;

  void require(bool holds, std::string_view rule) const;
  [[noreturn]] void fail(std::string_view rule) const;

  [[nodiscard]] Graph& graph() const { return graph_; }
  [[nodiscard]] Where where() const { return where_; }

  /// Adds a node.
  [[nodiscard]] Tensor make(std::string_view op, std::initializer_list<Tensor> inputs,
                            Attributes attributes = {}) const;
  [[nodiscard]] Tensors make_all(std::string_view op, const Tensors& inputs,
                                 Attributes attributes = {}) const;

 private:
  std::string_view function_;
  Where where_;
  Graph& graph_;
  std::vector<TensorType> types_;
  WhereScope scope_;
};

/// One elementwise op of the table on operands of any types and shapes: promotes, broadcasts, adds.
[[nodiscard]] Tensor elementwise(std::string_view op, std::initializer_list<Operand> operands);
/// The same for functions of real numbers: integers and bools become f32 first.
[[nodiscard]] Tensor float_elementwise(std::string_view op, std::initializer_list<Operand> operands);

/// Adds a node of any op, the user's own included, and returns its first output.
/// Memory   nodes point to the OpDef: it must live as long as the graph; make it static.
[[nodiscard]] Tensor apply(const OpDef& op, const Tensors& inputs, Attributes attributes = {},
                           Where where = {});

}  // namespace asg
