// Graph: an append-only program of nodes in functional single-assignment form.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <asg/graph/attributes.hpp>
#include <asg/graph/tensor.hpp>

namespace asg {

struct OpDef;
using NodeId = std::uint32_t;
using Tensors = std::vector<Tensor>;
using Types = std::vector<TensorType>;

/// Where a node comes from: the user's line, and the module that was being called.
struct Origin {
  const char* file = "";
  int line = 0;
  std::string_view path;    ///< "blocks.0.attn"; empty outside of modules; lives with the graph
  bool backward = false;    ///< made by differentiation for the node written there
  bool recomputed = false;  ///< computed again for the backward pass instead of being kept
};

/// "main.cpp:12, in blocks.0.attn (backward)", or (recomputed); the file without its directories.
[[nodiscard]] std::string to_string(const Origin& origin);

/// What the graph knows of a variable beyond its type.
struct VariableInfo {
  NodeId node = 0;
  std::string name;
  bool trainable = true;           ///< optimizers update it
  std::optional<double> initial;   ///< a State without the variable begins it with this value
  const void* identity = nullptr;  ///< who owns the name: a second owner is an error
};

/// A look at one node; valid until the next node is added.
struct Node {
  NodeId id;
  const OpDef& op;
  std::span<const Value> operands;
  std::span<const TensorType> outputs;
  const Attributes& attributes;
  Origin origin;
};

/// Nodes in order of creation, which is a topological order: a node's operands come before it.
/// Nodes are never changed, merged or removed; passes build new graphs.
/// Threads  one thread at a time; independent of all other graphs.
/// Memory   owns its nodes; movable (tensors stay valid; TypeError from what was moved from), not copied.
class Graph {
 public:
  Graph();
  ~Graph();
  Graph(Graph&& other) noexcept;
  Graph& operator=(Graph&& other) noexcept;

  /// A value given anew for each run.
  /// Errors   TypeError when the name is taken.
  Tensor input(std::string name, DType dtype, const Shape& shape, Where where = {});

  /// A value that lives in a State from run to run. Asking again for a name with the same
  /// identity gives the same tensor. Reading gives the value before the run.
  /// Errors   StateError when the name is used with another type or by another owner.
  Tensor variable(const VariableInfo& info, DType dtype, const Shape& shape, Where where = {});
  /// A trainable variable owned by this graph.
  Tensor variable(std::string name, DType dtype, const Shape& shape, Where where = {});

  /// Fixed numbers.
  Tensor constant(const Array& value, Where where = {});

  /// Gives a variable a new value at the end of the run; all reads see the old one.
  /// Errors   TypeError when `variable` is none or already assigned; ShapeError when types differ.
  void assign(const Tensor& variable, const Operand& value);
  /// What the variable will hold after the run, as far as the program has been written: the value
  /// assigned to it, or what reading it gives.
  /// Errors   TypeError when `variable` is none.
  Tensor pending(const Tensor& variable, Where where = {});
  /// As assign, but what was assigned before is forgotten. For state that each call of a module
  /// brings up to date: `graph.reassign(count, graph.pending(count) + 1)`.
  void reassign(const Tensor& variable, const Operand& value);

  /// Adds a node and infers its types.
  /// Errors   ShapeError, TypeError from the op's rule, naming the op, the operands and the line.
  Tensors add(const OpDef& op, std::span<const Tensor> inputs, Attributes attributes = {},
              Where where = {});

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] Node node(NodeId id) const;
  [[nodiscard]] Tensor tensor(Value value);
  [[nodiscard]] const TensorType& type(Value value) const;

  [[nodiscard]] const std::vector<NodeId>& inputs() const;
  [[nodiscard]] const std::vector<VariableInfo>& variables() const;
  [[nodiscard]] const std::vector<NodeId>& assigns() const;
  /// The variable of that name; none when there is none.
  [[nodiscard]] const VariableInfo* find_variable(std::string_view name) const;
  [[nodiscard]] const VariableInfo* find_variable(NodeId node) const;

  /// Whether dropout and its like are active. `optim` turns it on; see runtime/compile.hpp. Never
  /// within an EvaluationScope.
  [[nodiscard]] bool training() const;
  void set_training(bool on);
  /// Whether anybody asked: if so the answer is part of what was traced.
  [[nodiscard]] bool training_was_read() const;

  /// The module path of nodes added now.
  [[nodiscard]] std::string_view path() const;
  /// The origin that a node added now would have.
  [[nodiscard]] Origin origin_now(Where where = {}) const;
  /// A number for the next random op: the same for the same path and count, whatever else the
  /// graph holds, so that masks do not depend on the rest of the program.
  [[nodiscard]] std::uint64_t next_stream();

 private:
  friend class Tensor;
  friend class PathScope;
  friend class EvaluationScope;
  friend class WhereScope;
  friend class OriginScope;
  [[nodiscard]] NodeId require_variable(const Tensor& tensor, Where where) const;
  [[noreturn]] void fail_assign(std::string_view why, Where where) const;
  std::unique_ptr<GraphData> data_;
};

/// While it lives, nodes belong to the given module path.
class PathScope {
 public:
  PathScope(Graph& graph, std::string_view path);
  ~PathScope();
  PathScope(const PathScope&) = delete;
  PathScope& operator=(const PathScope&) = delete;

 private:
  GraphData* data_;
  std::uint32_t previous_;
};

/// While it lives, a part of a program that trains is built as in one that predicts; `on` false
/// takes that back for a part of the part.
class EvaluationScope {
 public:
  explicit EvaluationScope(Graph& graph, bool on = true);
  ~EvaluationScope();
  EvaluationScope(const EvaluationScope&) = delete;
  EvaluationScope& operator=(const EvaluationScope&) = delete;

 private:
  GraphData* data_;
  bool previous_;
};

/// While it lives, nodes get this line: library code names the line that called it. The
/// outermost one counts.
class WhereScope {
 public:
  WhereScope(Graph& graph, Where where);
  ~WhereScope();
  WhereScope(const WhereScope&) = delete;
  WhereScope& operator=(const WhereScope&) = delete;

 private:
  GraphData* data_;
  bool outermost_;
};

/// While it lives, nodes get this origin: passes and differentiation name the node they work for.
class OriginScope {
 public:
  OriginScope(Graph& graph, const Origin& origin);
  ~OriginScope();
  OriginScope(const OriginScope&) = delete;
  OriginScope& operator=(const OriginScope&) = delete;

 private:
  GraphData* data_;
  bool had_;
  Where where_;
  std::uint32_t path_;
  bool backward_;
  bool recomputed_;
};

}  // namespace asg
