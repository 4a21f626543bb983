// From the nodes of a kernel to the instructions of a region. Internal to the passes.
#pragma once
#include <functional>
#include <optional>
#include <vector>

#include <asg/passes/program.hpp>

#include "passes/kernels.hpp"
#include "passes/layout.hpp"

namespace asg {

/// ASG_REDUCE_* of an attribute's text.
[[nodiscard]] std::uint32_t reduction_kind(std::string_view kind);

class RegionBuilder {
 public:
  /// `value_over` gives the number of the program's value over all of a base's memory; `stored`
  /// says which nodes must be written there.
  RegionBuilder(const Layout& layout, const Kernel& kernel,
                std::function<std::uint32_t(Value)> value_over, std::function<bool(NodeId)> stored);
  Region build();

 private:
  // A view of a base over the axes of the domain, named for finding it again.
  struct Known {
    Value base;
    View view;
    std::uint32_t reg;
  };

  void find_axes();
  void find_phases();
  void emit_phase(int phase);
  void reduce(const Node& node);
  void store_element(NodeId id);
  void store_row(NodeId id, std::uint32_t reg);
  void store_reduction(std::size_t reduction);
  void store_product();
  [[nodiscard]] bool is_row(NodeId id) const;
  [[nodiscard]] bool is_member(NodeId id) const { return phase_of(id) >= 0; }
  [[nodiscard]] int phase_of(NodeId id) const;
  [[nodiscard]] View over_domain(const View& view, bool row) const;
  [[nodiscard]] std::uint32_t mask_of(const Node& node) const;

  std::uint32_t member(NodeId id);
  std::uint32_t read(Value base, const View& view, DType dtype);
  std::uint32_t inlined(const Node& node, const View& view);
  std::uint32_t number(DType dtype, std::uint64_t bits);
  std::uint32_t push(std::uint32_t op, DType dtype, std::uint32_t a = 0, std::uint32_t b = 0,
                     std::uint32_t c = 0, std::uint64_t imm = 0);
  std::uint32_t push_node(const Node& node, const std::uint32_t (&operands)[3]);
  std::uint32_t access(Value base, const View& view);

  const Layout& layout_;
  const Graph& graph_;
  const Kernel& kernel_;
  std::function<std::uint32_t(Value)> value_over_;
  std::function<bool(NodeId)> stored_;
  Region region_;
  std::vector<std::int64_t> inner_;  // product of the axes inside of each axis of the domain
  std::vector<int> phase_;           // of kernel_.nodes
  int last_phase_ = 0;
  std::vector<std::pair<NodeId, std::uint32_t>> registers_, reductions_;
  std::vector<Known> known_;
};

}  // namespace asg
