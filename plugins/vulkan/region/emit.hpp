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
  std::function<Shader::Elements(uint32_t access, bool writes)> touched = [this](uint32_t access,
                                                                                 bool writes) {
    return shader_.value(form_.accesses[access].value, writes);
  };

  /// Prints the instructions of a phase that the registers and the stores need.  Registers are
  /// named r<number>.
  void instructions(uint32_t phase, const std::vector<uint32_t>& registers,
                    const std::vector<uint32_t>& stores);
  /// Prints stores of registers.
  void store_registers(const std::vector<uint32_t>& stores);
  /// Prints a phase's stores of registers and what they need.
  void phase(uint32_t phase);
  /// Prints a store of `value`.
  void store(uint32_t store, const std::string& value);

  static std::string name(uint32_t reg) { return fmt::format("r{}", reg); }

 private:
  std::string compute(const asg_inst& inst, uint32_t k);
  /// Whether drivers may know the float that instruction k computes; asked for each in order.
  bool needs_hiding(uint32_t k);
  std::string load(uint32_t access, uint32_t k);
  std::string random(const asg_inst& inst);
  std::string inside(const asg_access& access) const;
  /// An affine function of the coordinates, in 64 bits if asked for or needed: then `wide`.
  std::string number(const asg_access& access, bool& wide) const;
  /// The element that an access touches; prints the check of its index.
  std::string element(const asg_access& access, const Shader::Elements& buffer,
                      std::string& condition);

  Shader& shader_;
  const Form& form_;
  std::vector<std::string> coordinates_;
  std::vector<bool> constant_;  // registers made of constants alone
};

}  // namespace asg::vulkan
