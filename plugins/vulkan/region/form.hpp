// A region with axes of one point dropped and neighbours joined where every access allows it.
#pragma once

#include <cstdint>
#include <vector>

#include "kernel.hpp"

namespace asg::vulkan {

struct Form {
  std::vector<int64_t> dims;
  std::vector<asg_access> accesses;
  std::vector<asg_inst> insts;
  std::vector<asg_reduction> reductions;
  std::vector<asg_store> stores;
  std::vector<asg_phase> phases;

  /// `join` false: the axes stay as they are.
  Form(const sdk::ProgramCopy& program, const asg_region& region, bool join);
  Form(const Form&) = delete;
  Form& operator=(const Form&) = delete;

  uint32_t rank() const { return static_cast<uint32_t>(dims.size()); }
  uint64_t points() const;
  /// The first instruction, reduction and store of a phase.
  asg_phase begin_of(uint32_t phase) const { return phase == 0 ? asg_phase{} : phases[phase - 1]; }
  std::vector<uint32_t> reductions_of(uint32_t phase) const;
  std::vector<uint32_t> register_stores(uint32_t phase) const;
  /// Stores of a reduction in a phase; `late`: those that must wait for the end of the phase.
  std::vector<uint32_t> reduction_stores(uint32_t reduction, uint32_t phase, bool late) const;

  /// Axes that a reduction keeps (or removes): sizes, 1 elsewhere; the row-major strides, 0
  /// elsewhere; and the number of points.
  struct Part {
    std::vector<int64_t> dims, strides;
    uint64_t count = 1;
  };
  Part part(uint32_t axes, bool inside) const;
  Part kept(uint32_t reduction) const { return part(reductions[reduction].axes, false); }

 private:
  void drop(uint32_t axis);
  bool joinable(uint32_t axis) const;
  bool is_late(const asg_store& store, uint32_t phase) const;

  const sdk::ProgramCopy& program_;
  std::vector<asg_bound> bounds_;  // of the accesses
};

}  // namespace asg::vulkan
