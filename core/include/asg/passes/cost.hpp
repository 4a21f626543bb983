// What a step computes and moves, derived from the program.
#pragma once
#include <asg/passes/program.hpp>

namespace asg {

struct Cost {
  double flops = 0;       ///< arithmetic of elements
  double bytes_read = 0;  ///< of memory; what a step reads twice counts once
  double bytes_written = 0;
  [[nodiscard]] double bytes() const { return bytes_read + bytes_written; }
  Cost& operator+=(const Cost& other);
};

/// A matrix product counts 2 M N K; a region each arithmetic instruction and each reduction at
/// every point; a claimed composite what its body counts, whatever the backend saves. Loads and
/// stores of regions count the elements that they touch.
[[nodiscard]] Cost cost_of(const Program& program, const Step& step);

/// The sum over all steps.
[[nodiscard]] Cost cost_of(const Program& program);

}  // namespace asg
