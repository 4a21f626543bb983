// Convolution and its transpose along one, two or three axes.
//
// Shapes   x [N, C, L], [N, C, H, W] or [N, C, D, H, W]; without N for one image, whose result has
//          no N either.
// Types    one float type.
// Errors   ShapeError when groups do not divide the channels or the kernel does not fit.
#pragma once
#include <cstdint>
#include <string_view>

#include <asg/graph/tensor.hpp>

namespace asg {

/// A length.
struct Single {
  std::int64_t length = 0;
  template <Whole T>
  constexpr Single(T one) : length(one) {}  // NOLINT: implicit, as in k = 3
};

/// A height and a width; one number stands for both.
struct Pair {
  std::int64_t height = 0;
  std::int64_t width = 0;
  template <Whole T>
  constexpr Pair(T both) : height(both), width(both) {}  // NOLINT: implicit, as in k = 3
  constexpr Pair(std::int64_t h, std::int64_t w) : height(h), width(w) {}
};

/// A depth, a height and a width; one number stands for all.
struct Triple {
  std::int64_t depth = 0;
  std::int64_t height = 0;
  std::int64_t width = 0;
  template <Whole T>
  constexpr Triple(T all) : depth(all), height(all), width(all) {}  // NOLINT: implicit, as in k = 3
  constexpr Triple(std::int64_t d, std::int64_t h, std::int64_t w)
      : depth(d), height(h), width(w) {}
};

/// Whether the rule is "same" and not "valid".
/// Errors   TypeError for another one.
[[nodiscard]] bool is_same_padding(std::string_view rule, Where where);

/// The zeros of a convolution: numbers, "valid" (none) or "same" (as many as keep the size, of
/// which an odd one stands behind; for strides of 1).
template <class Sizes>
struct Padding : Sizes {
  bool same = false;
  constexpr Padding(Sizes sizes) : Sizes(sizes) {}  // NOLINT: implicit, as in padding = 1
  template <Whole... T>
  requires(sizeof...(T) > 0) constexpr Padding(T... sizes) : Sizes(sizes...) {}  // NOLINT
  Padding(const char* rule, Where where = {})                                    // NOLINT
      : Sizes(0), same(is_same_padding(rule, where)) {}
};

template <class Sizes>
struct ConvOptions {
  Sizes stride = 1;
  Padding<Sizes> padding = 0;  ///< zeros on both sides of each axis, "valid" or "same"
  Sizes dilation = 1;
  std::int64_t groups = 1;  ///< parts of the channels that do not see each other
};
using Conv1dOptions = ConvOptions<Single>;
using Conv2dOptions = ConvOptions<Pair>;
using Conv3dOptions = ConvOptions<Triple>;

/// Slides a kernel along signals (cross-correlation, as every framework has it).
/// Shapes   x [N, C, L], weight [O, C / groups, K], bias [O] -> [N, O, OL], with
///          OL = (L + 2 * padding - dilation * (K - 1) - 1) / stride + 1, rounded down.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html
[[nodiscard]] Tensor conv1d(const Operand& x, const Operand& weight,
                            const Conv1dOptions& options = {});
[[nodiscard]] Tensor conv1d(const Operand& x, const Operand& weight, const Operand& bias,
                            const Conv1dOptions& options = {});

/// Slides a kernel over images.
/// Shapes   x [N, C, H, W], weight [O, C / groups, KH, KW], bias [O] -> [N, O, OH, OW], with
///          OH = (H + 2 * padding - dilation * (KH - 1) - 1) / stride + 1, rounded down.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
[[nodiscard]] Tensor conv2d(const Operand& x, const Operand& weight,
                            const Conv2dOptions& options = {});
[[nodiscard]] Tensor conv2d(const Operand& x, const Operand& weight, const Operand& bias,
                            const Conv2dOptions& options = {});

/// Slides a kernel through volumes.
/// Shapes   x [N, C, D, H, W], weight [O, C / groups, KD, KH, KW], bias [O] -> [N, O, OD, OH, OW].
/// Memory   the kernel's depth times x.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.conv3d.html
[[nodiscard]] Tensor conv3d(const Operand& x, const Operand& weight,
                            const Conv3dOptions& options = {});
[[nodiscard]] Tensor conv3d(const Operand& x, const Operand& weight, const Operand& bias,
                            const Conv3dOptions& options = {});

template <class Sizes>
struct ConvTransposeOptions {
  Sizes stride = 1;          ///< of the convolution that leads back: the steps of y
  Sizes padding = 0;         ///< what is cut off y on both sides of each axis
  Sizes output_padding = 0;  ///< what is cut off less behind; below the stride or the dilation
  Sizes dilation = 1;
  std::int64_t groups = 1;  ///< parts of the channels that do not see each other
};
using ConvTranspose1dOptions = ConvTransposeOptions<Single>;
using ConvTranspose2dOptions = ConvTransposeOptions<Pair>;
using ConvTranspose3dOptions = ConvTransposeOptions<Triple>;

/// The adjoint of conv1d: adds the kernel, times each element of x, to where it came from.
/// Shapes   x [N, C, L], weight [C, O / groups, K], bias [O] -> [N, O, OL], with
///          OL = (L - 1) * stride - 2 * padding + dilation * (K - 1) + output_padding + 1.
/// Errors   ShapeError also when output_padding is not below stride or dilation, or OL below 1.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose1d.html
[[nodiscard]] Tensor conv_transpose1d(const Operand& x, const Operand& weight,
                                      const ConvTranspose1dOptions& options = {});
[[nodiscard]] Tensor conv_transpose1d(const Operand& x, const Operand& weight, const Operand& bias,
                                      const ConvTranspose1dOptions& options = {});
/// The adjoint of conv2d.
/// Shapes   x [N, C, H, W], weight [C, O / groups, KH, KW], bias [O] -> [N, O, OH, OW].
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html
[[nodiscard]] Tensor conv_transpose2d(const Operand& x, const Operand& weight,
                                      const ConvTranspose2dOptions& options = {});
[[nodiscard]] Tensor conv_transpose2d(const Operand& x, const Operand& weight, const Operand& bias,
                                      const ConvTranspose2dOptions& options = {});
/// The adjoint of conv3d.
/// Shapes   x [N, C, D, H, W], weight [C, O / groups, KD, KH, KW], bias [O] -> [N, O, OD, OH, OW].
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose3d.html
[[nodiscard]] Tensor conv_transpose3d(const Operand& x, const Operand& weight,
                                      const ConvTranspose3dOptions& options = {});
[[nodiscard]] Tensor conv_transpose3d(const Operand& x, const Operand& weight, const Operand& bias,
                                      const ConvTranspose3dOptions& options = {});

}  // namespace asg
