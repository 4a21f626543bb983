// Lowering: places for values, steps for nodes. Internal to the passes.
#pragma once
#include <string>
#include <vector>

#include <asg/passes/passes.hpp>

#include "plan.hpp"

namespace asg {

/// Where a value of the graph is: a way to look at a buffer.
struct Located {
  int buffer = -1;
  View view;
  DType dtype = f32;
};

class Lowerer {
 public:
  Lowerer(TracedView traced, const Target& target);
  Program run();

 private:
  void lower_node(const Node& node);
  void lower_leaf(const Node& node);
  void keep_assign(const Node& node);
  void lower_elementwise(const Node& node);
  void lower_iota(const Node& node);
  void lower_random_bits(const Node& node);
  void lower_reduce(const Node& node);
  void lower_concat(const Node& node);
  void lower_view(const Node& node);
  void lower_kernel(const Node& node);
  void lower_claimed(const Node& node);
  void lower_outputs();
  void lower_assigns();
  [[noreturn]] void refuse(const Node& node, std::string_view why) const;

  int new_buffer(std::uint32_t role, const TensorType& type, std::string name = {});
  void promote_to_output(int buffer, const TensorType& type, std::string name);
  [[nodiscard]] std::uint32_t role(int buffer) const;
  std::uint32_t whole_value(int buffer, DType dtype);
  std::uint32_t view_value(const Located& located);
  Located& at(Value value);
  Located fresh(const TensorType& type);
  Located materialize(Value value, const Node& node);

  [[nodiscard]] Step new_step(std::uint32_t op, const Node& node) const;
  void emit(Step step);
  void emit_region(Region region, const Node& node, std::string_view name);
  std::uint32_t access(Region& region, const Located& located);
  std::uint32_t load(Region& region, const Located& located);
  void store(Region& region, std::uint32_t kind, std::uint32_t source, const Located& located);
  void copy(const Located& from, const Located& to, const Node& node);
  std::uint32_t kernel_operand(Value value, bool strided, const Node& node);
  void finish_kernel(Step step, const Node& node);

  TracedView traced_;
  const Graph& graph_;
  const Target& target_;
  Program program_;
  std::vector<std::uint32_t> first_;  // node -> number of its first output
  std::vector<Located> located_;      // by output number
  std::vector<PlannedBuffer> buffers_;
  std::vector<int> whole_;  // buffer -> value over all of it
};

/// Gives every value a place and every node its step.
/// Errors   TypeError naming the op and the line when the target cannot execute a primitive.
[[nodiscard]] Program lower(TracedView traced, const PassContext& context);

}  // namespace asg
