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
/// The mean of weighted losses is divided by the number of elements, but for cross_entropy and
/// nll_loss, where it is divided by the sum of the weights, as in PyTorch.
using Reduction = std::string_view;

struct CrossEntropyOptions {
  /// Where the classes are: 1 as in PyTorch (0 for logits without a batch), -1 for the last axis.
  int axis = 1;
  /// This share of each target goes to all classes alike.
  double label_smoothing = 0;
  /// Targets of this value count for nothing, in the mean's divisor neither.
  std::int64_t ignore_index = -100;
  Reduction reduction = "mean";
  /// [C], of the logits' type: how much a target of each class counts.
  Tensor weight = {};
};

/// -log(softmax(logits)) at the target's class, for logits of any size. A float target is a
/// distribution over the classes for each element: -sum(target * log(softmax(logits))).
/// Shapes   logits [N, C, ...], target [N, ...] -> []; with reduction "none" the target's shape. A
///          float target has the logits' shape.
/// Types    target i32, i64 or the logits' type; there is no ignore_index for the latter.
/// Errors   a target outside of the classes is a DeviceError when the program runs. The mean of no
///          target is NaN.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
[[nodiscard]] Tensor cross_entropy(const Operand& logits, const Operand& target,
                                   const CrossEntropyOptions& options = {});

struct NllOptions {
  int axis = 1;
  std::int64_t ignore_index = -100;
  Reduction reduction = "mean";
  Tensor weight = {};
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
/// size.
/// Shapes   equal, or the target is a scalar; -> [] or the shape of the logits.
[[nodiscard]] Tensor binary_cross_entropy_with_logits(const Operand& logits, const Operand& target,
                                                      Reduction reduction = "mean");

struct BinaryCrossEntropyOptions {
  Tensor weight = {};      ///< of each element; broadcasts to them
  Tensor pos_weight = {};  ///< of the targets' positive part, from logits only; broadcasts
  Reduction reduction = "mean";
};
/// The same with weights.
[[nodiscard]] Tensor binary_cross_entropy_with_logits(const Operand& logits, const Operand& target,
                                                      const BinaryCrossEntropyOptions& options);
/// -target * log(input) - (1 - target) * log(1 - input) for probabilities, whose logarithms count
/// as -100 at least; from logits use the above, which is exact where this is not. NaN for an input
/// outside of [0, 1].
/// Shapes   equal, or the target is a scalar; -> [] or the input's shape.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html
[[nodiscard]] Tensor binary_cross_entropy(const Operand& input, const Operand& target,
                                          const BinaryCrossEntropyOptions& options = {});

/// With d = |input - target|: d^2 / (2 beta) where d < beta, else d - beta / 2. beta 0 is l1_loss.
/// Shapes   equal, or the target is a scalar; -> [] or the input's shape.
/// Errors   TypeError for a negative beta.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.smooth_l1_loss.html
[[nodiscard]] Tensor smooth_l1_loss(const Operand& input, const Operand& target, double beta = 1,
                                    Reduction reduction = "mean");
/// delta times that with beta = delta: d^2 / 2 where d < delta, else delta * (d - delta / 2).
/// Errors   TypeError unless delta is above 0.
[[nodiscard]] Tensor huber_loss(const Operand& input, const Operand& target, double delta = 1,
                                Reduction reduction = "mean");

// Losses between distributions.

struct KlDivOptions {
  /// Also "batchmean": the sum, divided by the size of axis 0, which is the divergence of the
  /// distributions in the rows.
  Reduction reduction = "mean";
  bool log_target = false;  ///< the target is the logarithm of probabilities, too
};
/// target * (log(target) - input), where the input is the logarithm of probabilities. What the
/// target holds for impossible counts for nothing, whatever the input says.
/// Shapes   equal; -> [] or the input's shape.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.kl_div.html
[[nodiscard]] Tensor kl_div(const Operand& input, const Operand& target,
                            const KlDivOptions& options = {});

struct SigmoidFocalOptions {
  double alpha = 0.25;  ///< weighs targets of 1, and 1 - alpha those of 0; below 0 neither
  double gamma = 2;     ///< how little what is known well counts
  Reduction reduction = "none";
};
/// alpha_t * (1 - p_t)^gamma * -log(p_t), p_t being the probability sigmoid(logits) of a target of
/// 1, or of 0 its complement. Names and defaults are torchvision's.
/// Shapes   equal, or the target is a scalar; -> [] or the shape of the logits.
/// Source   https://arxiv.org/abs/1708.02002
[[nodiscard]] Tensor sigmoid_focal_loss(const Operand& logits, const Operand& target,
                                        const SigmoidFocalOptions& options = {});

struct PoissonNllOptions {
  bool log_input = true;  ///< the input is the logarithm of the rate
  bool full = false;      ///< adds Stirling's formula for log(target!), of targets above 1
  double eps = 1e-8;      ///< added to a rate that is no logarithm
  Reduction reduction = "mean";
};
/// exp(input) - target * input, or input - target * log(input + eps).
/// Shapes   equal, or the target is a scalar; -> [] or the input's shape.
[[nodiscard]] Tensor poisson_nll_loss(const Operand& input, const Operand& target,
                                      const PoissonNllOptions& options = {});

struct GaussianNllOptions {
  bool full = false;  ///< adds log(2 pi) / 2
  double eps = 1e-6;  ///< a smaller variance counts as this, with the gradient it has there
  Reduction reduction = "mean";
};
/// (log(variance) + (input - target)^2 / variance) / 2
/// Shapes   input and target equal, or the target is a scalar; the variance as the input, with 1
/// for
///          its last axis, or without that; -> [] or the input's shape.
[[nodiscard]] Tensor gaussian_nll_loss(const Operand& input, const Operand& target,
                                       const Operand& variance,
                                       const GaussianNllOptions& options = {});

// Losses with a margin. Targets are 1 or -1 unless said otherwise.

/// max(0, 1 - target * input)
/// Shapes   equal, or the target is a scalar; -> [] or the input's shape. The same below.
[[nodiscard]] Tensor hinge_loss(const Operand& input, const Operand& target,
                                Reduction reduction = "mean");
/// Its square.
[[nodiscard]] Tensor squared_hinge_loss(const Operand& input, const Operand& target,
                                        Reduction reduction = "mean");
/// The input where the target is 1, max(0, margin - input) where it is -1.
[[nodiscard]] Tensor hinge_embedding_loss(const Operand& input, const Operand& target,
                                          double margin = 1, Reduction reduction = "mean");
/// log(1 + exp(-target * input)), for inputs of any size.
[[nodiscard]] Tensor soft_margin_loss(const Operand& input, const Operand& target,
                                      Reduction reduction = "mean");
/// max(0, -target * (input1 - input2) + margin)
[[nodiscard]] Tensor margin_ranking_loss(const Operand& input1, const Operand& input2,
                                         const Operand& target, double margin = 0,
                                         Reduction reduction = "mean");

/// With the cosine c of the angle between the vectors on the last axis: 1 - c where the target is
/// 1, max(0, c - margin) where it is -1.
/// Shapes   inputs [N, D] or [D], target [N] or [] -> [] or the target's shape.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.CosineEmbeddingLoss.html
[[nodiscard]] Tensor cosine_embedding_loss(const Operand& input1, const Operand& input2,
                                           const Operand& target, double margin = 0,
                                           Reduction reduction = "mean");

struct TripletMarginOptions {
  double margin = 1;
  double p = 2;  ///< of the norm; INFINITY is the largest difference
  double eps = 1e-6;
  bool swap = false;  ///< the negative's distance is the smaller of those to anchor and positive
  Reduction reduction = "mean";
};
/// max(0, |anchor - positive| - |anchor - negative| + margin), with eps added to each difference.
/// Shapes   all [..., D] -> [] or [...].
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.TripletMarginLoss.html
[[nodiscard]] Tensor triplet_margin_loss(const Operand& anchor, const Operand& positive,
                                         const Operand& negative,
                                         const TripletMarginOptions& options = {});

struct MultiMarginOptions {
  int p = 1;  ///< 1 or 2
  double margin = 1;
  Tensor weight = {};  ///< [C], of the target's class
  Reduction reduction = "mean";
};
/// The sum over the wrong classes of max(0, margin - input[target] + input[class])^p, divided by
/// the number of classes.
/// Shapes   input [N, C] or [C], target [N] or [] -> [] or the target's shape.
/// Types    target i32 or i64.
[[nodiscard]] Tensor multi_margin_loss(const Operand& input, const Operand& target,
                                       const MultiMarginOptions& options = {});
/// The sum over right classes r and wrong ones w of max(0, 1 - input[r] + input[w]), divided by the
/// number of classes. The target lists the right ones, as far as the first negative number.
/// Shapes   input and target [N, C] or [C] -> [], or [N].
/// Types    target i32 or i64.
[[nodiscard]] Tensor multilabel_margin_loss(const Operand& input, const Operand& target,
                                            Reduction reduction = "mean");
/// The mean over the classes of binary_cross_entropy_with_logits, for targets of 0 and 1.
/// Shapes   input and target [..., C], weight [C] or one that broadcasts -> [] or [...].
[[nodiscard]] Tensor multilabel_soft_margin_loss(const Operand& input, const Operand& target,
                                                 const Tensor& weight = {},
                                                 Reduction reduction = "mean");

struct CtcOptions {
  std::int64_t blank = 0;
  /// "mean" divides each sample's loss by its target's length first, as PyTorch does.
  Reduction reduction = "mean";
  bool zero_infinity = false;  ///< samples that cannot be aligned count as 0, without a gradient
};
/// Minus the log-probability of the target over all ways to align it with the inputs.
/// Shapes   log_probabilities [T, N, C], targets [N, S] with the first target_lengths[n] of a row
/// in
///          use, input_lengths [N] at most T, target_lengths [N] at most S -> [] or [N].
/// Types    targets and lengths i32 or i64.
/// Memory   a few values for each of T * N * (2 S + 1); the program has a few nodes for each of the
///          T steps.
/// Source   Graves et al., Connectionist Temporal Classification, 2006
[[nodiscard]] Tensor ctc_loss(const Operand& log_probabilities, const Operand& targets,
                              const Operand& input_lengths, const Operand& target_lengths,
                              const CtcOptions& options = {});

}  // namespace asg
