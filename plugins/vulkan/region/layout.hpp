// How the threads of a workgroup share the reductions of a region over one set of axes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "glsl/loops.hpp"
#include "region/form.hpp"

namespace asg::vulkan {

/// The fixed tree of the ABI: blocks of 4096 points, 16 lanes in each.
inline constexpr uint32_t tree_block = 4096, tree_lanes = 16;

struct Layout {
  Form::Part kept, reduced;
  uint64_t blocks;           ///< of the tree, for one result
  bool lanes_first;          ///< neighbouring threads are lanes of one result
  uint32_t size = 0;         ///< threads of a workgroup
  uint32_t lane_stride = 1;  ///< from a thread to that of the next lane

  Layout(const Form& form, uint32_t axes);

  /// Points that a lane reduces at most.
  uint64_t of_lane() const {
    return ceil_div(std::min<uint64_t>(reduced.count, tree_block), tree_lanes);
  }
  /// Has `threads` threads, of which each result has `width`.
  void set_size(uint32_t threads, uint32_t width) {
    size = threads;
    lane_stride = lanes_first ? 1 : threads / width;
  }
  /// Prints the coordinates of point `j` of result `k`.
  std::vector<std::string> print_point(Shader& shader) const;
};

/// Bytes of shared memory that these reductions take of a workgroup of `size` threads.
uint64_t shared_bytes(const Form& form, const std::vector<uint32_t>& reductions, uint32_t size);

}  // namespace asg::vulkan
