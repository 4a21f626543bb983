// Sequential, ModuleList and ModuleDict: modules in a row.
#pragma once
#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asg/graph/error.hpp>
#include <asg/nn/activation.hpp>
#include <asg/nn/module.hpp>

namespace asg::nn {

/// Modules, or functions of one tensor, each called with the result of the one before:
/// `Sequential{nn::Linear{784, 512}, nn::ReLU{}, nn::Linear{512, 10}}`. Names are "0", "1", ...
/// Errors   TypeError when a module would contain itself.
class Sequential : public Module {
 public:
  Sequential() = default;
  template <class... M>
  requires(sizeof...(M) > 1 || (!std::derived_from<std::remove_cvref_t<M>, Sequential> &&
                                ...)) explicit Sequential(M... modules) {
    (push_back(std::move(modules)), ...);
  }

  template <class M>
  void push_back(M module, Where where = {}) {
    if constexpr (std::derived_from<M, Module>) {
      append(std::make_shared<const M>(add(std::to_string(size()), std::move(module), where)));
    } else {
      static_assert(std::is_invocable_r_v<Tensor, const M&, const Tensor&>,
                    "Sequential takes modules and functions of one Tensor");
      push_back(Lambda(std::move(module)), where);
    }
  }
  [[nodiscard]] std::size_t size() const { return modules_->size(); }
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  void append(std::shared_ptr<const Module> module);
  // Shared like everything of a module, so that copies see what is added later.
  std::shared_ptr<std::vector<std::shared_ptr<const Module>>> modules_ =
      std::make_shared<std::vector<std::shared_ptr<const Module>>>();
};

/// Modules of one type under the names "0", "1", ..., for a model to loop over:
/// `nn::ModuleList<nn::Linear> layers = add("layers", nn::ModuleList<nn::Linear>{});`
template <std::derived_from<Module> M>
class ModuleList : public Module {
 public:
  ModuleList() = default;

  void push_back(M module, Where where = {}) {
    modules_->push_back(add(std::to_string(size()), std::move(module), where));
  }
  [[nodiscard]] std::size_t size() const { return modules_->size(); }
  [[nodiscard]] const M& operator[](std::size_t i) const { return (*modules_)[i]; }
  [[nodiscard]] auto begin() const { return modules_->cbegin(); }
  [[nodiscard]] auto end() const { return modules_->cend(); }

 private:
  std::shared_ptr<std::vector<M>> modules_ = std::make_shared<std::vector<M>>();
};

/// Modules of one type under names of their own, in the order of their coming:
/// `nn::ModuleDict<nn::Linear> heads = add("heads", nn::ModuleDict<nn::Linear>{});`
/// Errors   TypeError when a name is taken, empty or has a dot; StateError when none has it.
template <std::derived_from<Module> M>
class ModuleDict : public Module {
 public:
  ModuleDict() = default;

  void insert(std::string name, M module, Where where = {}) {
    modules_->emplace_back(name, add(name, std::move(module), where));
  }
  [[nodiscard]] std::size_t size() const { return modules_->size(); }
  [[nodiscard]] bool contains(std::string_view name) const { return find(name) != nullptr; }
  [[nodiscard]] const M& operator[](std::string_view name) const {
    if (const M* module = find(name)) return *module;
    throw StateError("the ModuleDict has no module '" + std::string(name) + "'");
  }
  /// Pairs of a name and a module.
  [[nodiscard]] auto begin() const { return modules_->cbegin(); }
  [[nodiscard]] auto end() const { return modules_->cend(); }

 private:
  using Entries = std::vector<std::pair<std::string, M>>;
  [[nodiscard]] const M* find(std::string_view name) const {
    for (const auto& [key, module] : *modules_)
      if (key == name) return &module;
    return nullptr;
  }
  std::shared_ptr<Entries> modules_ = std::make_shared<Entries>();
};

}  // namespace asg::nn
