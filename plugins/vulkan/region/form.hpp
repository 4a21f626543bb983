// A region with axes of one point dropped and neighbours joined where every access allows it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel.hpp"

namespace asg::vulkan {

struct Bound {
  int64_t base, extent;
  std::vector<int64_t> coef;
};
struct Access {
  uint32_t value;
  int64_t offset;
  std::vector<int64_t> strides;
  std::vector<Bound> bounds;
  uint64_t fill;
  uint32_t index_register;
  int64_t index_stride, index_extent;
};

struct Form {
  std::vector<int64_t> dims;
  std::vector<Access> accesses;
  std::vector<asg_inst> insts;
  std::vector<asg_reduction> reductions;
  std::vector<asg_store> stores;
  std::vector<asg_phase> phases;

  /// `join` false: the axes stay as they are.
  Form(const asg_region& region, bool join);

  uint32_t rank() const { return static_cast<uint32_t>(dims.size()); }
  uint64_t points() const;
  /// The first instruction, reduction and store of a phase.
  asg_phase begin_of(uint32_t phase) const { return phase == 0 ? asg_phase{} : phases[phase - 1]; }
  /// Axes that a reduction keeps (or removes): sizes, 1 elsewhere; the row-major strides, 0
  /// elsewhere; and the number of points.
  struct Part {
    std::vector<int64_t> dims, strides;
    int64_t count = 1;
  };
  Part part(uint32_t axes, bool inside) const;

 private:
  void drop(uint32_t axis);
  bool joinable(uint32_t axis) const;
};

}  // namespace asg::vulkan
