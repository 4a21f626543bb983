// Nested loops over several strided operands at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include <asg/sdk/backend.h>

#include "rounding.hpp"

namespace asg::cpu {

/// Loops over up to 8 axes with the element offsets of N operands.
template <std::size_t N>
class Loop {
 public:
  using Offsets = std::array<int64_t, N>;

  /// Adds an axis inside those before; joins it with the one outside where all operands allow it.
  void add(int64_t size, Offsets strides) {
    count_ *= size;
    if (size == 1) return;
    if (rank_ > 0) {
      bool joins = true;
      for (std::size_t k = 0; k < N; ++k) joins &= strides_[rank_ - 1][k] == strides[k] * size;
      if (joins) {
        sizes_[rank_ - 1] *= size;
        strides_[rank_ - 1] = strides;
        return;
      }
    }
    sizes_[rank_] = size;
    strides_[rank_++] = strides;
  }

  int64_t count() const { return count_; }
  uint32_t rank() const { return rank_; }
  int64_t size(uint32_t axis) const { return sizes_[axis]; }
  int64_t stride(uint32_t axis, std::size_t operand) const { return strides_[axis][operand]; }
  /// Size and strides of the innermost axis; one element that does not move when there is none.
  int64_t inner_size() const { return rank_ == 0 ? 1 : sizes_[rank_ - 1]; }
  int64_t inner_stride(std::size_t operand) const {
    return rank_ == 0 ? 0 : strides_[rank_ - 1][operand];
  }

  /// Where point number `point` in row-major order is.
  Offsets at(int64_t point) const {
    Offsets offsets{};
    for (uint32_t d = rank_; d-- > 0;) {
      const int64_t coordinate = d == 0 ? point : point % sizes_[d];
      point = d == 0 ? 0 : point / sizes_[d];
      for (std::size_t k = 0; k < N; ++k) offsets[k] += coordinate * strides_[d][k];
    }
    return offsets;
  }

  /// Calls visit(offsets) for points [begin, end) in row-major order.
  template <class Visit>
  void for_each(int64_t begin, int64_t end, Visit&& visit) const {
    walk(begin, end, rank_, visit);
  }
  /// Calls visit(offsets, count) for runs along the innermost axis that make up points [begin,
  /// end).
  template <class Visit>
  void for_each_run(int64_t begin, int64_t end, Visit&& visit) const {
    if (begin >= end) return;
    const int64_t inner = inner_size();
    const uint32_t outer = rank_ == 0 ? 0 : rank_ - 1;
    walk(begin / inner, divide_up(end, inner), outer, [&](Offsets offsets) {
      const int64_t row = begin / inner, from = begin - row * inner;
      const int64_t to = end - row * inner < inner ? end - row * inner : inner;
      for (std::size_t k = 0; k < N; ++k) offsets[k] += from * inner_stride(k);
      visit(offsets, to - from);
      begin = (row + 1) * inner;
    });
  }

 private:
  template <class Visit>
  void walk(int64_t begin, int64_t end, uint32_t rank, Visit&& visit) const {
    if (begin >= end) return;
    std::array<int64_t, ASG_MAX_RANK * 2> at{};
    Offsets offsets{};
    int64_t rest = begin;
    for (uint32_t d = rank; d-- > 0;) {
      at[d] = d == 0 ? rest : rest % sizes_[d];
      rest = d == 0 ? 0 : rest / sizes_[d];
      for (std::size_t k = 0; k < N; ++k) offsets[k] += at[d] * strides_[d][k];
    }
    for (int64_t i = begin;;) {
      visit(offsets);
      if (++i == end) return;
      for (uint32_t d = rank; d-- > 0;) {
        for (std::size_t k = 0; k < N; ++k) offsets[k] += strides_[d][k];
        if (++at[d] < sizes_[d]) break;
        for (std::size_t k = 0; k < N; ++k) offsets[k] -= at[d] * strides_[d][k];
        at[d] = 0;
      }
    }
  }

  uint32_t rank_ = 0;
  int64_t count_ = 1;
  std::array<int64_t, ASG_MAX_RANK * 2> sizes_{};
  std::array<Offsets, ASG_MAX_RANK * 2> strides_{};
};

}  // namespace asg::cpu
