// The CPU backend as the passes see it, for targets that differ from it in a few answers.
#pragma once
#include <memory>

#include <asg/runtime/target.hpp>

#include "passes/differential.hpp"

namespace passes_test {

class WrappedTarget : public asg::Target {
 public:
  std::optional<asg::Claim> claim(const asg::Node& node, const asg::Graph& graph) const override {
    return cpu_->claim(node, graph);
  }
  bool accepts_kernel(std::uint32_t kernel, const asg::Types& types,
                      std::uint32_t flags) const override {
    return cpu_->accepts_kernel(kernel, types, flags);
  }
  bool accepts_instruction(std::uint32_t instruction, asg::DType dtype) const override {
    return cpu_->accepts_instruction(instruction, dtype);
  }
  bool accepts_reduction(std::uint32_t kind, asg::DType dtype) const override {
    return cpu_->accepts_reduction(kind, dtype);
  }
  asg::RegionLimits region_limits() const override { return cpu_->region_limits(); }
  asg::MemoryLimits memory_limits() const override { return cpu_->memory_limits(); }
  std::string_view name() const override { return "wrapped"; }

 private:
  std::unique_ptr<asg::Target> cpu_ = asg::target_of(cpu(2));
};

}  // namespace passes_test
