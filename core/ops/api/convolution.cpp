// The functions users call for convolutions along one, two and three axes.
#include <asg/ops/convolution.hpp>

#include <algorithm>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

#include "ops/operand_rules.hpp"
#include "ops/window_rules.hpp"

namespace asg {
namespace {

// The node, with a batch of one for a single image.
Tensor convolution_node(const Call& call, std::string_view op, Tensors operands, std::size_t axes,
                        const Attributes& how) {
  for (Tensor& operand : operands) operand = call.as_float(operand);
  const bool single = operands[0].rank() == static_cast<int>(axes) + 1;
  if (single) operands[0] = unsqueeze(operands[0], 0);
  const Tensor y = call.make_all(op, operands, how)[0];
  return single ? squeeze(y, 0) : y;
}

// Zeros that keep the sizes, as PyTorch lays them: of an odd number one more stands behind, for
// which x is padded here. Returns what stands on both sides.
Ints same_padding(const Call& call, Tensor& x, const Tensor& weight, const Ints& stride,
                  const Ints& dilation) {
  const std::size_t axes = stride.size();
  call.require(std::all_of(stride.begin(), stride.end(), [](std::int64_t s) { return s == 1; }),
               "padding \"same\" needs a stride of 1");
  Ints low(axes, 0);
  const int rank = static_cast<int>(axes) + 2;
  if (weight.rank() != rank || x.rank() < rank - 1) return low;  // the op says what is wrong
  Ints behind(static_cast<std::size_t>(x.rank()), 0);
  for (std::size_t i = 0; i < axes; ++i) {
    const int from_end = static_cast<int>(i) - static_cast<int>(axes);
    std::int64_t total = 0;
    call.require(!__builtin_mul_overflow(dilation[i], weight.size(from_end) - 1, &total),
                 "the window is larger than 64 bits can count");
    total = std::max<std::int64_t>(total, 0);
    low[i] = total / 2;
    behind[behind.size() - axes + i] = total % 2;
  }
  if (std::any_of(behind.begin(), behind.end(), [](std::int64_t n) { return n > 0; }))
    x = pad(x, Ints(behind.size(), 0), behind);
  return low;
}

template <class Sizes>
Tensor convolution(std::string_view op, std::initializer_list<Operand> given,
                   const ConvOptions<Sizes>& how) {
  const Call call(op, given);
  Tensors operands = operands::of_one_float(op, call, given);
  const Ints stride = windows::list(how.stride), dilation = windows::list(how.dilation);
  Ints padding = windows::list(how.padding);
  if (how.padding.same) padding = same_padding(call, operands[0], operands[1], stride, dilation);
  return convolution_node(
      call, op, operands, stride.size(),
      {{"stride", stride}, {"padding", padding}, {"dilation", dilation}, {"groups", how.groups}});
}

template <class Sizes>
Tensor transposed_convolution(std::string_view op, std::initializer_list<Operand> given,
                              const ConvTransposeOptions<Sizes>& how) {
  const Call call(op, given);
  const Ints stride = windows::list(how.stride);
  return convolution_node(call, op, operands::of_one_float(op, call, given), stride.size(),
                          {{"stride", stride},
                           {"padding", windows::list(how.padding)},
                           {"output_padding", windows::list(how.output_padding)},
                           {"dilation", windows::list(how.dilation)},
                           {"groups", how.groups}});
}

}  // namespace

bool is_same_padding(std::string_view rule, Where where) {
  if (rule == "same" || rule == "valid") return rule == "same";
  throw TypeError(fmt::format("padding: no rule '{}'; there are same and valid\n  at {}", rule,
                              to_string(Origin{where.file, where.line, {}, false})));
}

Tensor conv1d(const Operand& x, const Operand& weight, const Conv1dOptions& how) {
  return convolution("conv1d", {x, weight}, how);
}
Tensor conv1d(const Operand& x, const Operand& weight, const Operand& bias,
              const Conv1dOptions& how) {
  return convolution("conv1d", {x, weight, bias}, how);
}
Tensor conv2d(const Operand& x, const Operand& weight, const Conv2dOptions& how) {
  return convolution("conv2d", {x, weight}, how);
}
Tensor conv2d(const Operand& x, const Operand& weight, const Operand& bias,
              const Conv2dOptions& how) {
  return convolution("conv2d", {x, weight, bias}, how);
}
Tensor conv3d(const Operand& x, const Operand& weight, const Conv3dOptions& how) {
  return convolution("conv3d", {x, weight}, how);
}
Tensor conv3d(const Operand& x, const Operand& weight, const Operand& bias,
              const Conv3dOptions& how) {
  return convolution("conv3d", {x, weight, bias}, how);
}
Tensor conv_transpose1d(const Operand& x, const Operand& weight,
                        const ConvTranspose1dOptions& how) {
  return transposed_convolution("conv_transpose1d", {x, weight}, how);
}
Tensor conv_transpose1d(const Operand& x, const Operand& weight, const Operand& bias,
                        const ConvTranspose1dOptions& how) {
  return transposed_convolution("conv_transpose1d", {x, weight, bias}, how);
}
Tensor conv_transpose2d(const Operand& x, const Operand& weight,
                        const ConvTranspose2dOptions& how) {
  return transposed_convolution("conv_transpose2d", {x, weight}, how);
}
Tensor conv_transpose2d(const Operand& x, const Operand& weight, const Operand& bias,
                        const ConvTranspose2dOptions& how) {
  return transposed_convolution("conv_transpose2d", {x, weight, bias}, how);
}
Tensor conv_transpose3d(const Operand& x, const Operand& weight,
                        const ConvTranspose3dOptions& how) {
  return transposed_convolution("conv_transpose3d", {x, weight}, how);
}
Tensor conv_transpose3d(const Operand& x, const Operand& weight, const Operand& bias,
                        const ConvTranspose3dOptions& how) {
  return transposed_convolution("conv_transpose3d", {x, weight, bias}, how);
}

}  // namespace asg
