// Padding as modules.
#pragma once
#include <cstdint>
#include <vector>

#include <asg/nn/module.hpp>

namespace asg::nn {

enum class PadMode : std::uint8_t { constant, reflect, replicate, circular };

/// Pads the last axes, with a number or with what x holds: see asg::pad.
/// Shapes   x [..., L], [..., H, W] or [..., D, H, W] -> the same with longer axes.
/// Errors   ShapeError when there are not two numbers for each axis, one is negative, or x has
/// fewer
///          elements than are taken from it.
template <int axes, PadMode mode>
class PadNd : public Module {
 public:
  /// The same on all sides; `value` is what constant padding is made of.
  explicit PadNd(std::int64_t all, double value = 0, Where where = {});
  /// Two numbers for each axis in PyTorch's order, the last axis first: {left, right, top, bottom}.
  explicit PadNd(const std::vector<std::int64_t>& sides, double value = 0, Where where = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  std::vector<std::int64_t> sides_;
  double value_;
};
using ConstantPad1d = PadNd<1, PadMode::constant>;
using ConstantPad2d = PadNd<2, PadMode::constant>;
using ConstantPad3d = PadNd<3, PadMode::constant>;
using ZeroPad1d = ConstantPad1d;
using ZeroPad2d = ConstantPad2d;
using ZeroPad3d = ConstantPad3d;
using ReflectionPad1d = PadNd<1, PadMode::reflect>;
using ReflectionPad2d = PadNd<2, PadMode::reflect>;
using ReflectionPad3d = PadNd<3, PadMode::reflect>;
using ReplicationPad1d = PadNd<1, PadMode::replicate>;
using ReplicationPad2d = PadNd<2, PadMode::replicate>;
using ReplicationPad3d = PadNd<3, PadMode::replicate>;
using CircularPad1d = PadNd<1, PadMode::circular>;
using CircularPad2d = PadNd<2, PadMode::circular>;
using CircularPad3d = PadNd<3, PadMode::circular>;

extern template class PadNd<1, PadMode::constant>;
extern template class PadNd<2, PadMode::constant>;
extern template class PadNd<3, PadMode::constant>;
extern template class PadNd<1, PadMode::reflect>;
extern template class PadNd<2, PadMode::reflect>;
extern template class PadNd<3, PadMode::reflect>;
extern template class PadNd<1, PadMode::replicate>;
extern template class PadNd<2, PadMode::replicate>;
extern template class PadNd<3, PadMode::replicate>;
extern template class PadNd<1, PadMode::circular>;
extern template class PadNd<2, PadMode::circular>;
extern template class PadNd<3, PadMode::circular>;

}  // namespace asg::nn
