// Losses.
//
// Types    one float type, which integers take (else f32); f32 that meets f64 is a TypeError.
// Errors   ShapeError when shapes do not fit, TypeError for an unknown reduction; both name the
//          caller's line.
#pragma once
#include <cstdint>
#include <string_view>

#include <asg/graph/tensor.hpp>

namespace asg {

/// How the losses of the elements become the result: "mean", "sum", or "none" for all of them.
using Reduction = std::string_view;

struct CrossEntropyOptions {
  /// Where the classes are: 1 as in PyTorch (0 for logits without a batch), -1 for the last axis.
  int axis = 1;
  /// This share of each target goes to all classes alike.
  double label_smoothing = 0;
  /// Targets of this value count for nothing, in the mean's divisor neither.
  std::int64_t ignore_index = -100;
  Reduction reduction = "mean";
};

/// -log(softmax(logits)) at the target's class, for logits of any size.
/// Shapes   logits [N, C, ...], target [N, ...] -> []; with reduction "none" the target's shape.
/// Types    target i32 or i64.
/// Errors   a target outside of the classes is a DeviceError when the program runs. The mean of no
///          target is NaN.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
[[nodiscard]] Tensor cross_entropy(const Operand& logits, const Operand& target,
                                   const CrossEntropyOptions& options = {});

struct NllOptions {
  int axis = 1;
  std::int64_t ignore_index = -100;
  Reduction reduction = "mean";
};

/// Minus the log-probability at the target's class: cross_entropy behind log_softmax.
/// Shapes   log_probabilities [N, C, ...], target [N, ...] -> [] or the target's shape.
[[nodiscard]] Tensor nll_loss(const Operand& log_probabilities, const Operand& target,
                              const NllOptions& options = {});

/// (input - target)^2
/// Shapes   equal, or the target is a scalar; -> [] or the input's shape.
[[nodiscard]] Tensor mse_loss(const Operand& input, const Operand& target,
                              Reduction reduction = "mean");
/// |input - target|
/// Shapes   equal, or the target is a scalar; -> [] or the input's shape.
[[nodiscard]] Tensor l1_loss(const Operand& input, const Operand& target,
                             Reduction reduction = "mean");
/// -target * log(sigmoid(logits)) - (1 - target) * log(1 - sigmoid(logits)), for logits of any
/// size. Shapes   equal, or the target is a scalar; -> [] or the shape of the logits.
[[nodiscard]] Tensor binary_cross_entropy_with_logits(const Operand& logits, const Operand& target,
                                                      Reduction reduction = "mean");

}  // namespace asg
