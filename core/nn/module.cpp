#include <asg/nn/module.hpp>

#include <algorithm>
#include <unordered_set>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {
namespace {

void check_name(std::string_view name, const std::string& place) {
  if (name.empty() || name.find('.') != std::string_view::npos)
    throw TypeError(fmt::format(
        "'{}' cannot name a part of a model: a name is not empty and has no dot{}", name, place));
}

Graph& graph_of(const Module& module, const Operand& x) {
  if (!x.is_tensor() || !x.tensor().defined())
    throw TypeError(fmt::format("the module {} is called with {}; it needs a Tensor\n  at {}",
                                module.path().empty() ? "(a root)" : module.path(),
                                x.is_tensor() ? "an empty Tensor" : "a number", at(x.where())));
  return x.tensor().graph();
}

}  // namespace

struct Module::Data {
  std::shared_ptr<PathNode> node = std::make_shared<PathNode>();
  std::vector<std::pair<std::string, Parameter>> stored;
  std::vector<std::pair<std::string, std::shared_ptr<Data>>> children;
  std::optional<bool> evaluating;  // as its caller unless that was said

  // Depth first with a stack of its own: models may be deep.
  template <class Visit>
  void visit_all(Visit visit) {
    std::unordered_set<const Data*> seen;
    std::vector<Data*> pending = {this};
    while (!pending.empty()) {
      Data* data = pending.back();
      pending.pop_back();
      if (!seen.insert(data).second) continue;
      visit(*data);
      for (auto child = data->children.rbegin(); child != data->children.rend(); ++child)
        pending.push_back(child->second.get());
    }
  }

  [[nodiscard]] std::vector<Parameter> all() {
    std::vector<Parameter> result;
    std::unordered_set<const void*> seen;
    visit_all([&](const Data& data) {
      for (const auto kind : {Parameter::Kind::parameter, Parameter::Kind::buffer})
        for (const auto& [name, tensor] : data.stored)
          if (tensor.is_buffer() == (kind == Parameter::Kind::buffer) &&
              seen.insert(tensor.identity()).second)
            result.push_back(tensor);
    });
    return result;
  }
};

Module::Module() : data_(std::make_shared<Data>()) {}

Tensor Module::operator()(const Operand& x) const {
  const Scope scope = enter(x);
  return forward(x.tensor());
}

Tensor Module::forward(const Tensor& x) const {
  throw TypeError(
      fmt::format("the module {} does not say what it makes of one tensor: override "
                  "`Tensor forward(const Tensor& x) const`, or call a function it has\n  at {}",
                  path().empty() ? "(a root)" : path(), to_string(x.graph().origin_now())));
}

std::vector<Parameter> Module::stored() const { return data_->all(); }

std::vector<Parameter> Module::parameters() const {
  std::vector<Parameter> all = stored();
  std::erase_if(all, [](const Parameter& tensor) { return tensor.is_buffer(); });
  return all;
}

std::vector<Parameter> Module::buffers() const {
  std::vector<Parameter> all = stored();
  std::erase_if(all, [](const Parameter& tensor) { return !tensor.is_buffer(); });
  return all;
}

Parameter Module::parameter(std::string_view name) const {
  std::string known;
  for (const Parameter& parameter : stored()) {
    std::string full = parameter.name();
    if (full == name) return parameter;
    known += (known.empty() ? "" : ", ") + full;
  }
  throw StateError(fmt::format("the model has no parameter '{}'; it has {}", name,
                               known.empty() ? "none" : known));
}

std::int64_t Module::numel() const {
  std::int64_t total = 0;
  for (const Parameter& parameter : parameters()) total += parameter.numel();
  return total;
}

std::string Module::path() const { return data_->node->path(); }

void Module::set_trainable(bool on) const {
  for (const Parameter& parameter : parameters()) parameter.set_trainable(on);
}

void Module::eval() const { set_evaluating(true); }
void Module::train() const { set_evaluating(false); }
void Module::set_evaluating(bool on) const {
  data_->visit_all([on](Data& data) { data.evaluating = on; });
}

void Module::to(DType dtype) const {
  for (const Parameter& tensor : stored())
    if (!tensor.is_buffer() || is_float(tensor.dtype())) tensor.to(dtype);
}

void Module::check_free(std::string_view name, Where where) const {
  check_name(name, "\n  at " + at(where));
  const auto taken = [&](const auto& entry) { return entry.first == name; };
  if (std::any_of(data_->stored.begin(), data_->stored.end(), taken) ||
      std::any_of(data_->children.begin(), data_->children.end(), taken))
    throw TypeError(
        fmt::format("the module has a member called '{}' already\n  at {}", name, at(where)));
}

void Module::add_child(std::string name, const Module& child, Where where) const {
  check_free(name, where);
  for (const PathNode* node = data_->node.get(); node != nullptr; node = node->parent.get())
    if (node == child.data_->node.get())
      throw TypeError(
          fmt::format("the module '{}' would contain itself\n  at {}", name, at(where)));
  // A module that stands somewhere already keeps that name: its parameters are shared.
  if (child.data_->node->parent == nullptr) {
    child.data_->node->name = name;
    child.data_->node->parent = data_->node;
  }
  data_->children.emplace_back(std::move(name), child.data_);
}

Parameter Module::add(std::string name, const Shape& shape, Initializer initializer,
                      Where where) const {
  return add_stored(Parameter::Kind::parameter, std::move(name), {f32, shape},
                    std::move(initializer), where);
}

Parameter Module::add_buffer(std::string name, const TensorType& type, Initializer initializer,
                             Where where) const {
  return add_stored(Parameter::Kind::buffer, std::move(name), type, std::move(initializer), where);
}

Parameter Module::add_stored(Parameter::Kind kind, std::string name, const TensorType& type,
                             Initializer initializer, Where where) const {
  check_free(name, where);
  Parameter tensor(kind, name, data_->node, type, std::move(initializer));
  data_->stored.emplace_back(std::move(name), tensor);
  return tensor;
}

Parameter Module::add(std::string name, const Parameter& shared, Where where) const {
  check_free(name, where);
  if (!shared)
    throw TypeError(
        fmt::format("there is no parameter to share as '{}'\n  at {}", name, at(where)));
  data_->stored.emplace_back(std::move(name), shared);
  return shared;
}

Module::Scope::Scope(const Module& module, const Operand& x)
    : where_(graph_of(module, x), x.where()) {
  // A module without a place, such as an activation nobody registered, belongs to its caller.
  if (const std::string path = module.path(); !path.empty())
    path_.emplace(x.tensor().graph(), path);
  if (const auto evaluating = module.data_->evaluating)
    mode_.emplace(x.tensor().graph(), *evaluating);
}

void set_root_name(const Module& module, std::string name) {
  check_name(name, "");
  if (module.data_->node->parent != nullptr)
    throw TypeError(
        fmt::format("'{}' is part of a model and has its name from there; only a root "
                    "can be named '{}'",
                    module.path(), name));
  module.data_->node->name = std::move(name);
}

}  // namespace asg::nn
