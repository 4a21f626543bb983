// Recurrent networks: one layer in one direction over all steps, and single steps. The modules in
// nn/recurrent.hpp make whole networks of them.
//
// The product of the inputs with weight_ih has been made for all steps at once, biases included:
// `x_gates = linear(x, weight_ih, bias)`. The gates stand side by side, in PyTorch's order.
//
// Types    one float type; f32 that meets f64 is a TypeError.
// Errors   ShapeError when shapes do not fit, naming the caller's line.
// Memory   linear in the number of steps, and the program has one node for all of them: the CPU
//          plugin runs them as a loop; where a backend does not, they are unrolled.
#pragma once
#include <string_view>

#include <asg/graph/tensor.hpp>

namespace asg {

/// What an RNN applies to its sums: "tanh" or "relu".
using Nonlinearity = std::string_view;

struct ScanOptions {
  bool reverse = false;  ///< begins with the last step
};

struct RnnScan {
  Tensor y;  ///< the state after each step, [T, B, H]
  Tensor h;  ///< the state after the last one taken, [B, H]
};
struct LstmScan {
  Tensor y;  ///< [T, B, H]
  Tensor h;  ///< [B, H]
  Tensor c;  ///< the cell after the last step taken, [B, H]
};
struct LstmStep {
  Tensor h;
  Tensor c;
};

/// h = nonlinearity(x_gates[t] + h * weight_hh^T) for each step t.
/// Shapes   x_gates [T, B, H], h0 [B, H], weight_hh [H, H]; any T, none included.
/// Errors   TypeError for another nonlinearity.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.RNN.html
[[nodiscard]] RnnScan rnn_scan(const Operand& x_gates, const Operand& h0, const Operand& weight_hh,
                               Nonlinearity nonlinearity = "tanh", const ScanOptions& options = {});

/// The gates i, f, g, o: c = sigmoid(f) * c + sigmoid(i) * tanh(g), h = sigmoid(o) * tanh(c).
/// Shapes   x_gates [T, B, 4 H], h0 and c0 [B, H], weight_hh [4 H, H].
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
[[nodiscard]] LstmScan lstm_scan(const Operand& x_gates, const Operand& h0, const Operand& c0,
                                 const Operand& weight_hh, const ScanOptions& options = {});

/// The gates r, z, n: n = tanh(x_n + sigmoid(r) * (h * weight_n^T + bias_n)),
/// h = (1 - sigmoid(z)) * n + sigmoid(z) * h. The bias may be an empty Tensor.
/// Shapes   x_gates [T, B, 3 H], h0 [B, H], weight_hh [3 H, H], bias_hh [3 H].
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.GRU.html
[[nodiscard]] RnnScan gru_scan(const Operand& x_gates, const Operand& h0, const Operand& weight_hh,
                               const Tensor& bias_hh = {}, const ScanOptions& options = {});

/// One step of rnn_scan.
/// Shapes   x_gates [B, H], h [B, H], weight_hh [H, H].
[[nodiscard]] Tensor rnn_step(const Operand& x_gates, const Operand& h, const Operand& weight_hh,
                              Nonlinearity nonlinearity = "tanh");
/// One step of lstm_scan.
/// Shapes   x_gates [B, 4 H], h and c [B, H], weight_hh [4 H, H].
[[nodiscard]] LstmStep lstm_step(const Operand& x_gates, const Operand& h, const Operand& c,
                                 const Operand& weight_hh);
/// One step of gru_scan.
/// Shapes   x_gates [B, 3 H], h [B, H], weight_hh [3 H, H], bias_hh [3 H].
[[nodiscard]] Tensor gru_step(const Operand& x_gates, const Operand& h, const Operand& weight_hh,
                              const Tensor& bias_hh = {});

}  // namespace asg
