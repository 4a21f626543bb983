// Pooling of planes, row by row.
#pragma once

#include "claimed/convolution/convolution.hpp"
#include "kernel.hpp"
#include "loop.hpp"

namespace asg::cpu::pooling {

/// Windows over the last two axes, and the planes along the axes before them: offsets in x, and in
/// y or dy and dx.
template <std::size_t N>
struct Windows {
  /// Of a step whose x is operands[0]; `pooled` has the windows' number.
  Windows(const asg_step& step, const asg_value& pooled,
          const std::array<const asg_value*, N>& operands) {
    const asg_value& x = *operands[0];
    convolution::read_axes(step, height, width);
    const sdk::Ints kernel = sdk::attr_ints(step, "kernel");
    require(kernel.size() == 2, std::string(step.name) + ": kernel needs two entries");
    uint32_t d = 0;
    for (convolution::Axis* axis : {&height, &width}) {
      axis->kernel = kernel[d];
      axis->source = x.shape[x.rank - 2 + d];
      axis->result = pooled.shape[x.rank - 2 + d];
      ++d;
    }
    for (d = 0; d + 2 < x.rank; ++d) {
      std::array<int64_t, N> strides;
      for (std::size_t k = 0; k < N; ++k) strides[k] = operands[k]->strides[d];
      planes.add(x.shape[d], strides);
    }
  }

  convolution::Axis height, width;
  Loop<N> planes;
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

/// Windows of 2 by 2 that do not overlap and lie within, over two rows with elements side by side.
/// False, and nothing is done, when the windows are too few for vectors.
struct Pairs {
  bool (*largest)(const float* above, const float* below, int64_t count, float* y);
  bool (*spread)(const float* above, const float* below, const float* dy, int64_t count,
                 float* dx_above, float* dx_below);
};
Pairs find_pairs();

inline bool is_pairs(const convolution::Axis& axis) {
  return axis.kernel == 2 && axis.stride == 2 && axis.dilation == 1 && axis.pad == 0 &&
         2 * axis.result <= axis.source;
}

}  // namespace asg::cpu::pooling
