// Recurrent layers: RNN, LSTM and GRU over sequences, and their cells for single steps.
//
// Parameters have PyTorch's names, shapes and initial values: weight_ih_l0 [gates * H, in],
// weight_hh_l0 [gates * H, H], bias_ih_l0 and bias_hh_l0 [gates * H]; _l1, ... for the layers
// above, whose input is H (2 H with two directions); _reverse at the end for the second direction.
// A cell's have no _l0. All are uniform in +-1/sqrt(H).
//
// Shapes   x [T, B, in], with batch_first [B, T, in], or [T, in] for one sequence without a batch;
//          y the same with H (2 H) in place of in. States [layers * directions, B, H] in any case,
//          or [layers * directions, H] without a batch; those that are not given are zeros. Any T,
//          none included (PyTorch refuses that): then the final states are the initial ones.
// Errors   ShapeError when the last axis of x is not `in`, when states do not fit, or a size is
// below
//          1; TypeError when dropout is no probability.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <asg/nn/module.hpp>
#include <asg/ops/recurrent.hpp>

namespace asg::nn {

struct RecurrentOptions {
  std::int64_t num_layers = 1;
  bool bias = true;
  bool batch_first = false;
  double dropout = 0;  ///< on what every layer but the last gives, while training
  bool bidirectional = false;
};

/// What an RNN or a GRU gives.
struct RecurrentOutput {
  Tensor y;  ///< the last layer's states after each step, both directions side by side
  Tensor h;  ///< the final states of all layers
};

/// The states of an LSTM, initial or final; both or none.
struct LSTMState {
  Tensor h = {};
  Tensor c = {};
};
struct LSTMOutput {
  Tensor y;
  LSTMState state;
};

/// What RNN, LSTM and GRU share. Called with one tensor they give y.
class Recurrent : public Module {
 protected:
  struct Weights {
    Parameter ih, hh, bias_ih, bias_hh;
  };
  /// One direction of one layer.
  struct Scanned {
    Tensor y;
    Tensors states;
  };
  using Scan = std::function<Scanned(const Tensor& x, const Weights& weights,
                                     const Tensors& initial, const ScanOptions& options)>;

  Recurrent(std::string_view layer, std::int64_t gates, std::int64_t in, std::int64_t hidden,
            const RecurrentOptions& options, Where where);
  /// All layers; `initial` are the states, empty Tensors where they are zeros.
  [[nodiscard]] Scanned run(const Operand& x, const Tensors& initial, const Scan& scan) const;

 private:
  [[nodiscard]] Scanned run_layer(std::int64_t layer, const Tensor& x, const Tensors& initial,
                                  const Scan& scan) const;
  [[nodiscard]] std::int64_t directions() const { return options_.bidirectional ? 2 : 1; }

  std::string name_;
  std::int64_t in_, hidden_;
  RecurrentOptions options_;
  std::vector<Weights> weights_;
};

/// h = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu in place of tanh.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.RNN.html
class RNN : public Recurrent {
 public:
  /// Errors   TypeError for another nonlinearity than "tanh" and "relu", when it is called.
  RNN(std::int64_t in, std::int64_t hidden, const RecurrentOptions& options = {},
      Nonlinearity nonlinearity = "tanh", Where where = {});
  using Module::operator();
  RecurrentOutput operator()(const Operand& x, const Tensor& h) const;
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  std::string nonlinearity_;
};

/// The gates i, f, g, o in this order; see asg::lstm_scan.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.LSTM.html
class LSTM : public Recurrent {
 public:
  LSTM(std::int64_t in, std::int64_t hidden, const RecurrentOptions& options = {},
       Where where = {});
  using Module::operator();
  LSTMOutput operator()(const Operand& x, const LSTMState& state) const;
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
};

/// The gates r, z, n in this order; see asg::gru_scan.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.GRU.html
class GRU : public Recurrent {
 public:
  GRU(std::int64_t in, std::int64_t hidden, const RecurrentOptions& options = {}, Where where = {});
  using Module::operator();
  RecurrentOutput operator()(const Operand& x, const Tensor& h) const;
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
};

struct RecurrentCellOptions {
  bool bias = true;
};

/// What the cells share: the weights of one step.
/// Shapes   x [B, in] or [in], states [B, H] or [H], zeros when not given.
class RecurrentCell : public Module {
 public:
  Parameter weight_ih, weight_hh;
  Parameter bias_ih, bias_hh;  ///< none without bias

 protected:
  RecurrentCell(std::string_view layer, std::int64_t gates, std::int64_t in, std::int64_t hidden,
                RecurrentCellOptions options, Where where);
  /// x and the states with a batch axis.
  [[nodiscard]] Tensors operands(const Operand& x, const Tensors& states) const;

  std::string name_;
  std::int64_t in_, hidden_;
};

/// One step of RNN.
class RNNCell : public RecurrentCell {
 public:
  RNNCell(std::int64_t in, std::int64_t hidden, RecurrentCellOptions options = {},
          Nonlinearity nonlinearity = "tanh", Where where = {});
  using Module::operator();
  Tensor operator()(const Operand& x, const Tensor& h) const;
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

 private:
  std::string nonlinearity_;
};

/// One step of LSTM; called with one tensor it gives h.
class LSTMCell : public RecurrentCell {
 public:
  LSTMCell(std::int64_t in, std::int64_t hidden, RecurrentCellOptions options = {},
           Where where = {});
  using Module::operator();
  LSTMState operator()(const Operand& x, const LSTMState& state) const;
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
};

/// One step of GRU.
class GRUCell : public RecurrentCell {
 public:
  GRUCell(std::int64_t in, std::int64_t hidden, RecurrentCellOptions options = {},
          Where where = {});
  using Module::operator();
  Tensor operator()(const Operand& x, const Tensor& h) const;
  [[nodiscard]] Tensor forward(const Tensor& x) const override;
};

}  // namespace asg::nn
