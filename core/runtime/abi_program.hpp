// A Program in the structs of the plugin ABI.
#pragma once
#include <deque>
#include <string>
#include <vector>

#include <asg/sdk/backend.h>
#include <asg/passes/program.hpp>

namespace asg {

template <class T>
asg_span span_of(const std::vector<T>& list) {
  return {list.data(), static_cast<std::uint32_t>(list.size()), sizeof(T)};
}

/// Attributes as the ABI has them. Arrays are left out: constants travel as slots.
/// Memory   points into the attributes.
[[nodiscard]] std::vector<asg_attr> abi_attributes(const Attributes& attributes);

[[nodiscard]] asg_type abi_type(const TensorType& type);

/// Owns the arrays that an asg_program points to; valid while the Program lives.
class AbiProgram {
 public:
  explicit AbiProgram(const Program& program);
  AbiProgram(const AbiProgram&) = delete;
  AbiProgram& operator=(const AbiProgram&) = delete;
  [[nodiscard]] const asg_program& get() const { return program_; }

 private:
  void add_region(const Region& region);
  void add_step(const Step& step);

  asg_program program_{};
  std::vector<asg_slot> slots_;
  std::vector<asg_value> values_;
  std::vector<asg_step> steps_;
  std::vector<asg_region> regions_;
  // Deques: what the structs point to must stay where it is.
  std::deque<std::vector<asg_attr>> attributes_;
  std::deque<std::vector<asg_access>> accesses_;
  std::deque<std::vector<asg_bound>> bounds_;
  std::deque<std::vector<asg_instance>> instances_;
};

}  // namespace asg
