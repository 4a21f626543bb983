// Random numbers: functions of a key, a step and a stream, so that every run can be repeated, the
// same on every backend and whatever else the program holds.
//
// Source   Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, 2011 (Philox4x32-10)
#pragma once
#include <asg/graph/graph.hpp>

namespace asg {

/// Two i64 scalars: the seed of an experiment, and a number that differs from step to step.
struct RandomKey {
  Tensor seed;
  Tensor step;
};

/// The graph's own key: its variables "random.seed" and "random.step", made when they are first
/// asked for. A State begins both with 0; each training run adds 1 to the step.
[[nodiscard]] RandomKey random_key(Graph& graph, Where where = {});

/// 32 random bits for each element. Different streams are independent; equal ones give equal bits.
/// Types    seed and step i64 scalars; the result is u32.
[[nodiscard]] Tensor random_bits(const Operand& seed, const Operand& step, const Shape& shape,
                                 std::uint64_t stream);

/// Numbers spread evenly over [0, 1): multiples of 2^-24 in f32, of 2^-53 in f64. Without a key, it
/// is the graph's with a stream of its own for each call (PyTorch's rand).
/// Types    dtype, f32 or f64.
[[nodiscard]] Tensor random_uniform(Graph& graph, const Shape& shape, DType dtype = f32,
                                    Where where = {});
[[nodiscard]] Tensor random_uniform(const RandomKey& key, std::uint64_t stream, const Shape& shape,
                                    DType dtype = f32, Where where = {});

/// Numbers of the normal distribution with mean 0 and variance 1 (PyTorch's randn).
/// Types    dtype, f32 or f64.
/// Source   Box and Muller, A Note on the Generation of Random Normal Deviates, 1958
[[nodiscard]] Tensor random_normal(Graph& graph, const Shape& shape, DType dtype = f32,
                                   Where where = {});
[[nodiscard]] Tensor random_normal(const RandomKey& key, std::uint64_t stream, const Shape& shape,
                                   DType dtype = f32, Where where = {});

/// While the graph trains: each element is 0 with probability p, else divided by 1 - p. Otherwise x
/// itself. The backward pass makes the mask again, so nothing is kept for it.
/// Errors   TypeError when p is not in [0, 1].
/// Source   https://jmlr.org/papers/v15/srivastava14a.html
[[nodiscard]] Tensor dropout(const Operand& x, double p = 0.5);
/// The same with a key and a stream of the caller's, always active.
[[nodiscard]] Tensor dropout(const Operand& x, double p, const RandomKey& key,
                             std::uint64_t stream);

// What follows is active while the graph trains, as dropout is, and else gives x itself.
// Types    float; integers become f32.
// Errors   TypeError when p is not in [0, 1]; ShapeError when x has other axes.

/// Whole channels are dropped: of x [N, C, L], [N, C, H, W], [N, C, D, H, W], or without N.
/// Source   https://arxiv.org/abs/1411.4280
[[nodiscard]] Tensor dropout1d(const Operand& x, double p = 0.5);
[[nodiscard]] Tensor dropout2d(const Operand& x, double p = 0.5);
[[nodiscard]] Tensor dropout3d(const Operand& x, double p = 0.5);
/// Dropped elements become the value to which selu saturates, and all are scaled and moved so that
/// mean 0 and variance 1 stay.
/// Source   https://arxiv.org/abs/1706.02515
[[nodiscard]] Tensor alpha_dropout(const Operand& x, double p = 0.5);
/// The same for whole channels of x [N, C, ...].
[[nodiscard]] Tensor feature_alpha_dropout(const Operand& x, double p = 0.5);
/// Whole samples of x [N, ...] are dropped, the others divided by 1 - p unless told otherwise:
/// stochastic depth, for the branch of a residual block.
/// Source   https://arxiv.org/abs/1603.09382
[[nodiscard]] Tensor drop_path(const Operand& x, double p = 0, bool scale_by_keep = true);

}  // namespace asg
