// OpDef: everything asg knows of an op, written in one file per op.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <asg/graph/graph.hpp>
#include <asg/graph/view.hpp>

namespace asg {

/// One input or output, for documentation and for errors.
struct Port {
  std::string_view name;
  std::string_view shape;  ///< "[..., M, K]"
  std::string_view types;  ///< "float", "as x"
  bool optional = false;   ///< trailing inputs may be left out
  bool variadic = false;   ///< the last input may be given any number of times
};

/// An attribute that each node of the op has; a node with others, or without it, is not made.
struct AttributeDef {
  std::string_view name;
  AttributeType type;
  std::string_view meaning;
};

/// What a type rule sees.
class Signature {
 public:
  Signature(const OpDef& called, std::span<const TensorType> types, const Attributes& given,
            Origin from)
      : op(called), inputs(types), attributes(given), origin(from) {}

  const OpDef& op;
  std::span<const TensorType> inputs;
  const Attributes& attributes;
  Origin origin;

  [[nodiscard]] const TensorType& in(std::size_t i) const { return inputs[i]; }
  [[nodiscard]] const Shape& shape(std::size_t i) const { return inputs[i].shape; }
  [[nodiscard]] DType dtype(std::size_t i) const { return inputs[i].dtype; }
  [[nodiscard]] bool has(std::size_t i) const { return i < inputs.size(); }

  /// Throws a ShapeError that states the rule, the op, its operands and the user's line.
  void require(bool holds, std::string_view rule) const;
  /// The same as a TypeError.
  void require_type(bool holds, std::string_view rule) const;
  /// The attributes are those that the op declares, of their types.
  void require_attributes() const;
  /// All inputs have the same element type.
  void require_same_types() const;
  [[noreturn]] void fail(std::string_view rule) const;

 private:
  [[nodiscard]] std::string describe(std::string_view rule) const;
};

/// What a decomposition sees: tensors of the graph it writes to.
struct OpCall {
  const Tensors& inputs;
  const Attributes& attributes;
  [[nodiscard]] const Tensor& in(std::size_t i) const { return inputs[i]; }
  [[nodiscard]] bool has(std::size_t i) const { return i < inputs.size(); }
};

/// What a gradient rule sees.
struct GradientCall {
  const Tensors& inputs;
  const Tensors& outputs;
  const Tensors& cotangents;  ///< one for each output; an empty Tensor where none arrives
  const Attributes& attributes;
  [[nodiscard]] const Tensor& in(std::size_t i) const { return inputs[i]; }
  [[nodiscard]] const Tensor& out(std::size_t i = 0) const { return outputs[i]; }
  [[nodiscard]] const Tensor& dy(std::size_t i = 0) const { return cotangents[i]; }
};

/// One case that generates tests: values for the inputs and what they must give.
struct Sample {
  std::vector<Array> inputs;
  Attributes attributes = {};
  std::vector<Array> outputs = {};  ///< expected; empty when only consistency is tested
  double tolerance = 1e-9;          ///< relative, absolute below 1; float64
  bool gradient = true;             ///< false at a kink, where central differences say nothing
};

/// f64 numbers spread over [low, high] in a fixed irregular order, no two equal: for samples.
[[nodiscard]] Array spread(const Shape& shape, double low = -2, double high = 2, int seed = 0);

/// How a primitive reaches a backend.
struct Lowering {
  /// What the passes themselves know how to lower.
  enum class Role : std::uint8_t {
    none,
    input,
    constant,
    variable,
    assign,
    copy,
    concat,
    reduce,
    iota,
    random_bits
  };
  Role role = Role::none;
  std::uint32_t instruction = 0;  ///< ASG_EW_*: elementwise, a region instruction
  std::uint32_t kernel = 0;       ///< ASG_OP_*: a kernel step with the node's attributes
  /// The result is another way to look at operand 0; nullopt where that needs a copy first.
  std::optional<View> (*view)(const View& operand, const Signature& call,
                              const TensorType& result) = nullptr;

  /// Of a view: the same of other ops, whose views need no bounds, for targets without them.
  Tensors (*without_bounds)(const OpCall&) = nullptr;

  /// The instruction by which a region computes an element; 0 when it is none of one.
  [[nodiscard]] std::uint32_t region_instruction() const;
  /// Whether the value is there before the program runs.
  [[nodiscard]] bool is_given() const {
    return role == Role::input || role == Role::constant || role == Role::variable;
  }
  /// Whether elements are made of their positions alone (and of a seed).
  [[nodiscard]] bool is_positions() const {
    return role == Role::iota || role == Role::random_bits;
  }
};

/// An op: a primitive (a backend executes it) or a composite (`decompose` is its meaning).
struct OpDef {
  std::string_view name;
  std::string_view summary;
  std::vector<Port> inputs;
  std::vector<Port> outputs;
  std::vector<AttributeDef> attributes = {};

  /// The types of the outputs. May be left out of a composite: then its body is inferred.
  Types (*infer)(const Signature&) = nullptr;
  /// The cotangents of the inputs, empty Tensors where there is none. A composite without a rule
  /// has the gradient of its body; a primitive without one and without `no_gradient` is an error
  /// when it is differentiated.
  Tensors (*gradient)(const GradientCall&) = nullptr;
  /// The body, in primitives and other composites.
  Tensors (*decompose)(const OpCall&) = nullptr;
  /// Why gradients stop here, as zeros ("constant wherever it is smooth"); empty where they do not.
  std::string_view no_gradient = {};

  Lowering lowering = {};
  /// The result for constants, of an op that every backend must compute to the same bits; nothing
  /// where that is not so. Whatever has one is computed once, before the program runs.
  std::optional<Array> (*evaluate)(std::span<const Array> operands,
                                   const TensorType& result) = nullptr;
  std::string_view source = {};
  std::vector<Sample> (*samples)() = nullptr;
  int version = 1;

  [[nodiscard]] bool is_composite() const { return decompose != nullptr; }
};

/// Every op of asg, sorted by name: one for each definition in core/ops.
[[nodiscard]] std::span<const OpDef> op_table();

/// The op of that name.
/// Errors   TypeError, with the nearest names, when there is none.
[[nodiscard]] const OpDef& find_op(std::string_view name);
/// The op of that name; none when there is none, as for ops of a program's own.
[[nodiscard]] const OpDef* known_op(std::string_view name);

/// The types of a call's outputs: the op's rule, or the types its body has. Attributes are checked
/// before: a rule finds all of them, of their types.
/// Errors   ShapeError, TypeError.
[[nodiscard]] Types infer_types(const Signature& call);

/// The body of a composite, in the graph of the call's operands.
/// Errors   TypeError when it does not give what the op's rule says, the types in `outputs`.
[[nodiscard]] Tensors body_of(const OpDef& op, const OpCall& call,
                              std::span<const TensorType> outputs, const Origin& origin);

/// Type rules that many ops share.
[[nodiscard]] Types same_as_first(const Signature& call);

}  // namespace asg
