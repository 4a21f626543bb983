#include <algorithm>

#include "claimed/convolution/convolution.hpp"

namespace asg::cpu::convolution {

namespace {

int64_t floor_div(int64_t n, int64_t unit) { return n >= 0 ? n / unit : -divide_up(-n, unit); }

/// Where element k of the window is: the phase of its plane, and how far along.
int64_t phase_of(const Axis& axis, int64_t k) { return k * axis.dilation % axis.stride; }
int64_t step_of(const Axis& axis, int64_t k) { return k * axis.dilation / axis.stride; }

}  // namespace

Side forward_side(const Axis& axis) {
  Side side;
  side.source = axis.source;
  side.result = axis.result;
  side.stride = axis.stride;
  side.pad = axis.pad;
  Comb comb{0, axis.result, {}};
  for (int64_t k = 0; k < axis.kernel; ++k) {
    const auto at = std::find(side.phases.begin(), side.phases.end(), phase_of(axis, k));
    comb.taps.push_back({k, at - side.phases.begin(), step_of(axis, k)});
    if (at == side.phases.end()) side.phases.push_back(phase_of(axis, k));
  }
  side.reach = step_of(axis, axis.kernel - 1);
  side.combs.push_back(std::move(comb));
  return side;
}

// Element h of the source is the sum of w[k] dy[q - step(k)] over all k with phase(k) = phase,
// where h + pad = phase + stride * q.
Side backward_side(const Axis& axis) {
  const int64_t reach = step_of(axis, axis.kernel - 1), start = floor_div(axis.pad, axis.stride);
  Side side;
  side.source = axis.result;
  side.result = axis.source;
  side.phases = {0};
  side.pad = reach - start;
  side.every = axis.stride;
  int64_t size = 0;  // of a plane
  for (int64_t first = 0; first < std::min(axis.stride, axis.source); ++first) {
    const int64_t q = floor_div(first + axis.pad, axis.stride);
    const int64_t phase = first + axis.pad - axis.stride * q;
    Comb comb{first, divide_up(axis.source - first, axis.stride), {}};
    size = std::max(size, comb.count);
    for (int64_t k = 0; k < axis.kernel; ++k)
      if (phase_of(axis, k) == phase) {
        comb.taps.push_back({k, 0, reach - step_of(axis, k) + q - start});
        size = std::max(size, comb.taps.back().step + comb.count);
      }
    side.combs.push_back(std::move(comb));
  }
  side.reach = size - side.longest();
  return side;
}

Axis turned_axis(const Axis& axis) {
  Axis turned = axis;
  turned.source = axis.result;
  turned.result = axis.source;
  turned.pad = axis.dilation * (axis.kernel - 1) - axis.pad;
  return turned;
}

void read_axes(const asg_attr* stride, const asg_attr* padding, const asg_attr* dilation,
               Axis& height, Axis& width) {
  require(stride->count == 2 && padding->count == 2 && dilation->count == 2,
          "conv2d: stride, padding and dilation need two entries");
  Axis* axes[] = {&height, &width};
  for (uint32_t i = 0; i < 2; ++i) {
    axes[i]->stride = stride->ints[i];
    axes[i]->pad = padding->ints[i];
    axes[i]->dilation = dilation->ints[i];
  }
}

}  // namespace asg::cpu::convolution
