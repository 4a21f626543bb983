#include <asg/nn/parameter.hpp>

#include <utility>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

namespace asg::nn {

std::string PathNode::path() const {
  std::string path;
  for (const PathNode* node = this; node != nullptr; node = node->parent.get()) {
    if (node->name.empty()) continue;
    path = path.empty() ? node->name : node->name + '.' + path;
  }
  return path;
}

struct Parameter::Data {
  Kind kind;
  PathNode name;
  TensorType type;
  Initializer initializer;
  bool trainable = kind == Kind::parameter;
};

Parameter::Parameter(Kind kind, std::string name, std::shared_ptr<const PathNode> owner,
                     const TensorType& type, Initializer initializer)
    : data_(std::make_shared<Data>(
          Data{kind, {std::move(name), std::move(owner)}, type, std::move(initializer)})) {}

std::string Parameter::name() const { return data_->name.path(); }
const TensorType& Parameter::type() const { return data_->type; }
bool Parameter::trainable() const { return data_->trainable; }
bool Parameter::is_buffer() const { return data_->kind == Kind::buffer; }
const Initializer& Parameter::initializer() const { return data_->initializer; }

void Parameter::set_trainable(bool on) const {
  if (on && is_buffer())
    throw TypeError(fmt::format("'{}' is a buffer: its module computes it, no optimizer", name()));
  data_->trainable = on;
}
void Parameter::set_initializer(Initializer initializer) const {
  data_->initializer = std::move(initializer);
}
void Parameter::to(DType dtype) const {
  for (const DType type : {dtype, data_->type.dtype})
    if (!is_float(type))
      throw TypeError(fmt::format("parameter '{}': {} is no float type", name(), asg::name(type)));
  data_->type.dtype = dtype;
}

Tensor Parameter::in(Graph& graph, Where where) const {
  if (!data_) return {};
  VariableInfo info;
  info.name = name();
  info.trainable = data_->trainable;
  info.identity = identity();
  return graph.variable(info, dtype(), shape(), where);
}

}  // namespace asg::nn
