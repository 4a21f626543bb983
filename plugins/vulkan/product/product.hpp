// A matrix product, and how it is cut: into tiles, and along K into slices.
#pragma once

#include "kernel.hpp"

namespace asg::vulkan {

/// a [..., M, K] times b [..., K, N].
struct Product {
  const StepContext& context;
  const asg_value &a, &b;
  uint32_t rank, dtype;
  int64_t m, n, k, batch;

  /// Errors: ASG_INVALID_ARGUMENT when the shapes of the step's operands do not fit.
  explicit Product(const StepContext& context);
};

/// A workgroup computes m x n elements, a thread rows x columns of them.
struct Tile {
  uint32_t m, n, rows, columns;
  uint32_t k;  ///< products that lie in shared memory at a time; 0: the threads are the lanes of a
               ///< subgroup and hand each other their operands
  uint32_t threads() const { return m / rows * (n / columns); }
};

struct Cut {
  Tile tile;
  uint64_t tiles_m, tiles_n, slices;
  int64_t depth;                                                  ///< products of a slice in a run
  uint64_t runs;                                                  ///< one after the other
  uint64_t groups() const { return tiles_m * tiles_n * slices; }  ///< of one matrix
  /// Whether the sums are parts, which another shader puts together.
  bool in_parts() const { return slices > 1 || runs > 1; }
};

Cut choose_cut(const Product& product);
/// The cut with more runs.
Cut more_runs(const Product& product, const Cut& cut);

}  // namespace asg::vulkan
