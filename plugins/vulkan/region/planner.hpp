// Cuts a region into dispatches.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "glsl/parts.hpp"
#include "kernel.hpp"
#include "region/emit.hpp"
#include "region/form.hpp"

namespace asg::vulkan {

/// The fixed tree of the ABI: blocks of 4096 points, 16 lanes in each.
inline constexpr int64_t tree_block = 4096;
inline constexpr uint32_t tree_lanes = 16;

class RegionPlanner {
 public:
  RegionPlanner(const StepContext& context, const asg_region& region, StepPlan& plan);
  void run();

 private:
  /// How the threads of a workgroup share reductions over `axes`.
  struct Layout {
    Form::Part kept, reduced;
    int64_t blocks;        // of the tree, for one result
    uint32_t size;         // threads of a workgroup
    uint32_t lane_stride;  // from a thread to that of the next lane
    bool lanes_first;      // neighbouring threads are lanes of one result

    /// Points that a lane reduces at most.
    uint64_t of_lane() const {
      return (static_cast<uint64_t>(std::min(reduced.count, tree_block)) + tree_lanes - 1) /
             tree_lanes;
    }
  };
  /// Where the result of a reduction lies in temporary memory, if anything reads it there.
  struct Result {
    bool used = false;
    uint64_t begin = 0;
  };

  void check_points() const;
  void elementwise(uint32_t phase);
  void instances();
  bool fusable() const;
  /// False when the loops of one shader would run too often.
  bool fused();
  void fused_phase(Shader& shader, const Layout& layout, uint32_t phase, uint32_t width);
  void split();
  void reduce(uint32_t phase, uint32_t axes, const std::vector<uint32_t>& reductions, bool barrier);
  Grid reduce(Shader& shader, const Parts& parts, uint32_t phase, const Layout& layout,
              const std::vector<uint32_t>& reductions, std::vector<uint64_t>& partials);
  void combine(uint32_t reduction, uint32_t phase, uint64_t partials, int64_t count);
  void store_late(uint32_t phase);
  /// Prints what is to be done with a finished result; `number` is that of the kept point.
  void finish(Shader& shader, uint32_t reduction, uint32_t phase, const std::string& value,
              const std::string& number);

  Layout layout_of(uint32_t axes, uint32_t size) const;
  std::vector<uint32_t> register_stores(uint32_t phase) const;
  /// Stores of a reduction in a phase; `late`: those that must wait for the end of the phase.
  std::vector<uint32_t> reduction_stores(uint32_t reduction, uint32_t phase, bool late) const;
  bool is_late(const asg_store& store, uint32_t phase) const;
  std::vector<uint32_t> reductions_of(uint32_t phase) const;
  std::string temporary_result(Shader& shader, uint32_t reduction, const std::string& number) const;
  std::string kept_number(uint32_t reduction, const std::vector<std::string>& coordinates) const;
  std::vector<std::string> coordinates_of(Shader& shader, const Form::Part& part,
                                          const std::string& number) const;
  /// Of thread `j` of the result `k`.
  std::vector<std::string> coordinates_of(Shader& shader, const Layout& layout) const;
  uint64_t shared_bytes(const std::vector<uint32_t>& reductions, uint32_t size) const;
  void add(Shader& shader, uint64_t groups, bool barrier) {
    plan_.dispatches.push_back(shader.finish(groups, barrier));
  }

  const StepContext& context_;
  const asg_region& region_;
  StepPlan& plan_;
  Form form_;
  std::vector<Result> results_;
};

}  // namespace asg::vulkan
