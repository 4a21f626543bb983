// Pooling of planes in windows of 2 by 2 that do not overlap and lie within. Others are computed by
// their bodies: regions, which read as few elements as a loop of its own would.
#pragma once

#include "claimed/convolution/convolution.hpp"
#include "kernel.hpp"
#include "loop.hpp"

namespace asg::cpu::pooling {

/// Whether a claim for max_pool2d or its gradient has such windows, and something to do.
inline bool are_pairs(const asg_step_request& request, const asg_type& x, const asg_type& pooled) {
  if (!convolution::fits(request)) return false;
  const auto all = [&](const char* attribute, int64_t value) {
    const sdk::Ints list = sdk::attr_ints(request, attribute);
    return list.size() == 2 && list[0] == value && list[1] == value;
  };
  bool within = x.rank >= 2;
  for (uint32_t d = x.rank - 2; within && d < x.rank; ++d)
    within = 2 * pooled.shape[d] <= x.shape[d];
  return within && all("kernel", 2) && all("stride", 2) && all("padding", 0) && all("dilation", 1);
}

/// The planes along the axes before the last two: offsets in x, and in y or dy and dx.
template <std::size_t N>
struct Planes {
  /// Of operands[0], which is x; `pooled` has the windows' number.
  Planes(const asg_value& pooled, const std::array<const asg_value*, N>& operands)
      : height(operands[0]->shape[operands[0]->rank - 2]),
        width(operands[0]->shape[operands[0]->rank - 1]),
        rows(pooled.shape[pooled.rank - 2]),
        columns(pooled.shape[pooled.rank - 1]) {
    for (uint32_t d = 0; d + 2 < pooled.rank; ++d) {
      std::array<int64_t, N> strides;
      for (std::size_t k = 0; k < N; ++k) strides[k] = operands[k]->strides[d];
      loop.add(pooled.shape[d], strides);
    }
  }

  int64_t height, width;  // of x
  int64_t rows, columns;  // of windows
  Loop<N> loop;
};

/// A plane: element (i, j) at data[i * row + j * column].
template <class T>
struct Plane {
  T* data;
  int64_t row, column;
  T* at(int64_t i) const { return data + i * row; }
};
template <class T>
Plane<T> plane_of(const sdk::Tensor& tensor, int64_t offset) {
  const uint32_t rank = tensor.rank();
  return {tensor.as<T>() + offset, tensor.stride(rank - 2), tensor.stride(rank - 1)};
}

/// A NaN beats all before it; of equal elements the first stays.
inline bool beats(float candidate, float champion) {
  return candidate > champion || candidate != candidate;
}

/// Over two rows with elements side by side. False, and nothing is done, when the windows are too
/// few for vectors.
struct Pairs {
  bool (*largest)(const float* above, const float* below, int64_t count, float* y);
  bool (*spread)(const float* above, const float* below, const float* dy, int64_t count,
                 float* dx_above, float* dx_below);
};
Pairs find_pairs();

}  // namespace asg::cpu::pooling
