// Lowering: steps for kernels, places for values. Internal to the passes.
#pragma once
#include <map>
#include <string>
#include <vector>

#include <asg/passes/passes.hpp>

#include "passes/kernels.hpp"
#include "passes/layout.hpp"
#include "passes/plan.hpp"

namespace asg {

class Lowerer {
 public:
  Lowerer(TracedView traced, const PassContext& context);
  Program run();

 private:
  void check(const Node& node) const;
  void check_loads(const Node& node) const;
  [[noreturn]] void refuse(const Node& node, std::string_view why) const;
  void lower_leaves();
  void find_homes();
  void lower_kernel(const Kernel& kernel);
  Region build_region(const Kernel& kernel);
  void lower_region(const Kernel& kernel);
  void lower_concat(const Node& node);
  void lower_late_assigns();
  void keep_update(Region region, Step step);
  void lower_updates();

  int new_buffer(std::uint32_t role, const TensorType& type, std::string name = {});
  int buffer_of(Value value);
  std::uint32_t whole_value(int buffer, DType dtype);
  std::uint32_t view_value(Value operand);
  [[nodiscard]] bool is_stored(NodeId node) const;
  [[nodiscard]] bool is_small_update(const Kernel& kernel) const;

  [[nodiscard]] Step new_step(std::uint32_t op, const Node& node) const;
  void emit(Step step);
  void emit_region(Region region, Step step);
  void emit_part(Region region, Step step);
  void emit_copy(Access from, Access to, const Shape& dims, const Node& node);

  TracedView traced_;
  const Graph& graph_;
  const PassContext& context_;
  const RegionLimits limits_;
  Layout layout_;
  Fused fused_;
  Program program_;
  std::vector<std::uint32_t> first_;  // node -> number of its first output
  std::vector<int> buffer_;           // by output number
  std::vector<PlannedBuffer> buffers_;
  std::vector<std::uint32_t> whole_;  // buffer -> 1 + value over all of it
  // Small updates of variables, by what they compute: one step for all that are alike.
  std::vector<std::pair<Region, Step>> updates_;
  std::map<std::string, std::vector<std::size_t>> alike_;
};

/// Gives every value a place and every kernel its step.
/// Errors   TypeError naming the op and the line when the target cannot execute it.
[[nodiscard]] Program lower(TracedView traced, const PassContext& context);

}  // namespace asg
