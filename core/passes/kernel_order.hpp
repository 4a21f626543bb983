// An order of kernels with little memory alive at once. Internal to the passes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <asg/graph/algorithms.hpp>

namespace asg {

/// Kernels with what they wait for and what they keep alive.
struct Survey {
  struct Memory {
    std::int64_t bytes = 0;
    std::uint32_t maker = 0;             ///< kernel
    std::vector<std::uint32_t> readers;  ///< kernels
  };
  /// Kernels that make and read nothing yet.
  explicit Survey(Structure waiting)
      : kernels(std::move(waiting)),
        makes(kernels.size()),
        reads(kernels.size()),
        in_place(kernels.size(), false) {}

  Structure kernels;                                     ///< with an edge to each that waits
  std::vector<std::vector<std::uint32_t>> makes, reads;  ///< numbers of memories, by kernel
  std::vector<Memory> memories;
  std::vector<bool> in_place;       ///< by kernel: a result may take the place of an operand
  mutable std::int64_t visits = 0;  ///< of kernels, memories and edges, by all functions here
};

/// Numbers of kernels.
using KernelOrder = std::vector<std::uint32_t>;

/// The most that is alive at once, and the step where it is.
struct Peak {
  std::int64_t bytes = 0;
  std::size_t step = 0;
};
[[nodiscard]] Peak peak_of(const Survey& work, const KernelOrder& order);

/// Moves single kernels away from the peak as long as that lowers it, up to a number of trials.
void lower_peak(const Survey& work, KernelOrder& order);

/// Of the kernels' own order and several others the one with the lowest peak, lowered further.
[[nodiscard]] KernelOrder least_peak_order(const Survey& work);

}  // namespace asg
