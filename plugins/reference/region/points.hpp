// A block of neighbouring points of a region's domain, and affine functions over them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include <asg/sdk/backend.h>

namespace asg::reference {

inline constexpr int64_t block_size = 256;

/// Coordinates of points [first, first + count) of a domain in row-major order.
class Points {
 public:
  Points(const int64_t* dims, uint32_t rank) : rank_(rank) {
    std::copy_n(dims, rank, dims_.begin());
  }

  void move_to(int64_t first, int64_t count) {
    first_ = first;
    count_ = count;
    int64_t position[ASG_MAX_RANK];
    int64_t rest = first;
    for (uint32_t d = rank_; d-- > 0; rest /= dims_[d]) position[d] = rest % dims_[d];
    for (int64_t i = 0; i < count;) {
      // One run along the last axis, then the step to the next row.
      const uint32_t last = rank_ == 0 ? 0 : rank_ - 1;
      const int64_t run = rank_ == 0 ? 1 : std::min(count - i, dims_[last] - position[last]);
      for (uint32_t d = 0; d < last; ++d)
        std::fill_n(coordinates_[d].begin() + i, run, position[d]);
      if (rank_ > 0)
        for (int64_t k = 0; k < run; ++k) coordinates_[last][i + k] = position[last] + k;
      i += run;
      if (rank_ > 0) position[last] += run;
      for (uint32_t d = last; d > 0 && position[d] == dims_[d]; --d) {
        position[d] = 0;
        ++position[d - 1];
      }
    }
  }

  int64_t first() const { return first_; }
  int64_t count() const { return count_; }

  /// out[i] = base + sum(coefficients[d] * coordinate d of point i).
  void affine(int64_t base, const int64_t* coefficients, int64_t* out) const {
    std::fill_n(out, count_, base);
    for (uint32_t d = 0; d < rank_; ++d) {
      const int64_t coefficient = coefficients[d];
      if (coefficient == 0) continue;
      const int64_t* coordinate = coordinates_[d].data();
      for (int64_t i = 0; i < count_; ++i) out[i] += coefficient * coordinate[i];
    }
  }

 private:
  uint32_t rank_;
  std::array<int64_t, ASG_MAX_RANK> dims_{};
  int64_t first_ = 0;
  int64_t count_ = 0;
  std::array<std::array<int64_t, block_size>, ASG_MAX_RANK> coordinates_;
};

}  // namespace asg::reference
