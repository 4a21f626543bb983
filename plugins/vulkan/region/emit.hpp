// Prints the instructions of a region as GLSL.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "glsl/shader.hpp"
#include "region/form.hpp"

namespace asg::vulkan {

class Emitter {
 public:
  /// `coordinates`: the names of the axes' coordinates, of type int.
  Emitter(Shader& shader, const Form& form, std::vector<std::string> coordinates)
      : shader_(shader), form_(form), coordinates_(std::move(coordinates)) {}

  Emitter(const Emitter&) = delete;
  Emitter& operator=(const Emitter&) = delete;

  /// What REDUCED r and PRODUCT are.
  std::function<std::string(uint32_t)> reduced;
  std::string product;
  /// What an access touches: the value it names, unless the region has instances.
  std::function<Shader::Elements(const Access&, bool writes)> touched =
      [this](const Access& access, bool writes) { return shader_.value(access.value, writes); };

  /// Prints the instructions [begin, end) that `roots` and the stores need.  Registers are named
  /// r<number>.
  void instructions(uint32_t begin, uint32_t end, const std::vector<uint32_t>& registers,
                    const std::vector<uint32_t>& stores);
  /// Prints a store of `value`.
  void store(const asg_store& store, const std::string& value);

  static std::string name(uint32_t reg) { return "r" + std::to_string(reg); }

 private:
  std::string compute(const asg_inst& inst, uint32_t k);
  /// Whether drivers may know the float that instruction k computes; asked for each in order.
  bool needs_hiding(uint32_t k);
  std::string load(const Access& access, uint32_t k);
  std::string random(const asg_inst& inst);
  std::string inside(const Access& access) const;
  /// An affine function of the coordinates, in 64 bits if asked for or needed: then `wide`.
  std::string number(const Access& access, bool& wide) const;
  /// The element that an access touches; prints the check of its index.
  std::string element(const Access& access, const Shader::Elements& buffer, std::string& condition);

  Shader& shader_;
  const Form& form_;
  std::vector<std::string> coordinates_;
  std::vector<bool> constant_;  // registers made of constants alone
};

/// Prints `int i<d> = ...` for every axis from a row-major number; returns the names.
std::vector<std::string> print_coordinates(Shader& shader, const std::vector<int64_t>& dims,
                                           const std::string& number, const std::string& prefix);

}  // namespace asg::vulkan
