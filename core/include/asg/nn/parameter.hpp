// Parameter: a named tensor that a module owns and a State holds; so are the buffers of modules.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include <asg/graph/graph.hpp>
#include <asg/nn/init.hpp>

namespace asg::nn {

/// A part of a dotted name. Its parent is set once, when a module registers what it names.
struct PathNode {
  std::string name;
  std::shared_ptr<const PathNode> parent;

  /// The names from the root down, joined by dots; empty ones are left out.
  [[nodiscard]] std::string path() const;
};

/// A description of a tensor to be learned, or of a buffer, which the module itself keeps up to
/// date (the running statistics of batch norm): no numbers, those live in a State under its name.
/// Copies are the same parameter. A default-constructed one stands for "none".
/// Threads  one at a time.
class Parameter {
 public:
  Parameter() = default;
  enum class Kind : std::uint8_t { parameter, buffer };
  /// Modules make parameters and buffers: see Module::add and Module::add_buffer.
  Parameter(Kind kind, std::string name, std::shared_ptr<const PathNode> owner,
            const TensorType& type, Initializer initializer);

  explicit operator bool() const { return data_ != nullptr; }

  /// The full name as far as the parents have been registered: "blocks.0.attn.qkv.weight".
  [[nodiscard]] std::string name() const;
  [[nodiscard]] const TensorType& type() const;
  [[nodiscard]] DType dtype() const { return type().dtype; }
  [[nodiscard]] const Shape& shape() const { return type().shape; }
  [[nodiscard]] std::int64_t numel() const { return shape().numel(); }
  /// Never, for a buffer.
  [[nodiscard]] bool trainable() const;
  [[nodiscard]] bool is_buffer() const;
  [[nodiscard]] const Initializer& initializer() const;

  // Changes reach every copy, and every graph that is built afterwards.

  /// Errors   TypeError when a buffer is to be trained.
  void set_trainable(bool on) const;
  void set_initializer(Initializer initializer) const;
  /// Errors   TypeError when either type is no float.
  void to(DType dtype) const;

  /// Its tensor in a graph: the variable of its name, an empty Tensor for no parameter.
  /// Errors   StateError when another parameter has that name in the graph.
  [[nodiscard]] Tensor in(Graph& graph, Where where = {}) const;

  /// The same for all copies of one parameter, and for no other.
  [[nodiscard]] const void* identity() const { return data_.get(); }
  /// Whether both are the same parameter.
  [[nodiscard]] bool same_as(const Parameter& other) const { return data_ == other.data_; }

 private:
  struct Data;
  std::shared_ptr<Data> data_;
};

}  // namespace asg::nn
