// Optimizers over 50 steps against PyTorch's, and against definitions in NumPy of those it lacks.
#include <functional>
#include <memory>
#include <optional>

#include <asg/graph/error.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>
#include <asg/optim/adadelta.hpp>
#include <asg/optim/adagrad.hpp>
#include <asg/optim/adam.hpp>
#include <asg/optim/adamw.hpp>
#include <asg/optim/ema.hpp>
#include <asg/optim/lamb.hpp>
#include <asg/optim/lion.hpp>
#include <asg/optim/muon.hpp>
#include <asg/optim/nadam.hpp>
#include <asg/optim/rmsprop.hpp>
#include <asg/optim/sgd.hpp>

#include "pytorch/support.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

constexpr std::int64_t steps = 50;
const std::vector<std::int64_t> kept = {1, 2, 3, 10, 25, 50};

// What record.spread makes.
Array numbers(const Shape& shape, double low, double high, std::int64_t seed) {
  Array values(f64, shape);
  for (std::int64_t i = 0; i < values.numel(); ++i)
    values.set(i, low + (high - low) * std::fmod(static_cast<double>(i + 1) * 0.6180339887498949 +
                                                     static_cast<double>(seed) * 0.137,
                                                 1));
  return values;
}

double rate(double base, std::int64_t run) {
  return base * (0.5 + 0.25 * static_cast<double>(run % 5));
}

struct How {
  std::vector<std::shared_ptr<optim::Optimizer>> optimizers;
  std::int64_t accumulate = 1;
  std::optional<optim::EMA> ema = {};
};

template <class O, class Options>
How by(Options options) {
  return {{std::make_shared<O>(options)}, options.accumulate};
}

// One training step of optimizers.py's network.
Tensor loss_of(Graph& graph, const Tensor& x, const Tensor& y) {
  const auto parameter = [&](const char* name, const Shape& shape) {
    return graph.variable(name, f64, shape);
  };
  const Tensor hidden = tanh(matmul(x, transpose(parameter("hidden.weight", {4, 3}))) +
                             parameter("hidden.bias", {4}));
  const Tensor out =
      matmul(hidden, transpose(parameter("head.weight", {2, 4}))) + parameter("head.bias", {2});
  return mean(square(out - y));
}

// Row `row` of what was recorded.
Array row_of(const Array& rows, std::int64_t row, const Shape& shape) {
  Array one(f64, shape);
  for (std::int64_t i = 0; i < one.numel(); ++i) one.set(i, rows.get(row * one.numel() + i));
  return one;
}

void compare(const Recorded& expected, State& state, std::size_t row, const std::string& where) {
  for (std::size_t k = 0; k < expected.outputs.size(); ++k) {
    const std::string& parameter = expected.names[k % 4];
    const std::string name = k < 4 ? parameter : "ema.average." + parameter;
    const Array got = state.get(name);
    const std::string wrong = ops_test::difference(
        got, row_of(expected.outputs[k], static_cast<std::int64_t>(row), got.shape()), 1e-9);
    BOOST_TEST(wrong == "", where << ", " << name << " after step " << kept[row] << ": " << wrong);
  }
}

void learns(const std::string& name, const How& how) {
  BOOST_TEST_REQUIRE(recorded().contains(name), "no recorded case " << name);
  compared().insert(name);
  const Recorded& expected = recorded().at(name);
  BOOST_TEST_REQUIRE(expected.outputs.size() == (how.ema ? 8u : 4u));
  const double base = expected.inputs.at(4).get(0);
  for (const Device& device : devices()) {
    State state(device);
    for (std::size_t i = 0; i < 4; ++i) state.set(expected.names[i], expected.inputs[i]);
    auto train = compile(device, [&](Graph& graph, Tensor x, Tensor y, Tensor lr) {
      const Tensor loss = loss_of(graph, x, y);
      for (const auto& optimizer : how.optimizers) {
        const optim::Minimized step = optimizer->minimize(loss, lr);
        if (how.ema) how.ema->update(step);
      }
    });
    std::size_t row = 0;
    for (std::int64_t run = 0; run < steps * how.accumulate; ++run) {
      train(state, numbers({5, 3}, -2, 2, run), numbers({5, 2}, -1, 1, 1000 + run),
            Array(rate(base, run)));
      if (run + 1 != kept[row] * how.accumulate) continue;
      compare(expected, state, row++, name + " on " + std::string(device.backend_name()));
    }
    BOOST_TEST(row == kept.size());
  }
}

BOOST_AUTO_TEST_CASE(sgd) {
  learns("sgd", by<optim::SGD>(
                    optim::SGDOptions{.momentum = 0.9, .weight_decay = 0.01, .nesterov = true}));
}

BOOST_AUTO_TEST_CASE(adam) {
  using O = optim::AdamOptions;
  learns("adam", by<optim::Adam>(O{}));
  learns("adam_decay",
         by<optim::Adam>(O{.beta1 = 0.8, .beta2 = 0.95, .eps = 1e-4, .weight_decay = 0.1}));
  learns("adam_amsgrad", by<optim::Adam>(O{.beta2 = 0.9, .weight_decay = 0.05, .amsgrad = true}));
}

BOOST_AUTO_TEST_CASE(adamw) {
  using O = optim::AdamWOptions;
  learns("adamw", by<optim::AdamW>(O{.weight_decay = 0.2}));
  learns("adamw_amsgrad", by<optim::AdamW>(O{.beta2 = 0.9, .weight_decay = 0.2, .amsgrad = true}));
}

BOOST_AUTO_TEST_CASE(rmsprop) {
  using O = optim::RMSpropOptions;
  learns("rmsprop", by<optim::RMSprop>(O{}));
  learns("rmsprop_centered",
         by<optim::RMSprop>(
             O{.alpha = 0.9, .eps = 1e-6, .weight_decay = 0.1, .momentum = 0.8, .centered = true}));
}

BOOST_AUTO_TEST_CASE(adagrad) {
  using O = optim::AdagradOptions;
  learns("adagrad", by<optim::Adagrad>(O{}));
  learns(
      "adagrad_decays",
      by<optim::Adagrad>(
          O{.lr_decay = 0.05, .weight_decay = 0.1, .initial_accumulator_value = 0.2, .eps = 1e-6}));
}

BOOST_AUTO_TEST_CASE(adadelta) {
  using O = optim::AdadeltaOptions;
  learns("adadelta", by<optim::Adadelta>(O{}));
  learns("adadelta_decay", by<optim::Adadelta>(O{.rho = 0.8, .eps = 1e-4, .weight_decay = 0.1}));
}

BOOST_AUTO_TEST_CASE(nadam) {
  using O = optim::NAdamOptions;
  learns("nadam", by<optim::NAdam>(O{}));
  learns("nadam_decay", by<optim::NAdam>(O{.weight_decay = 0.1}));
  learns("nadam_decoupled",
         by<optim::NAdam>(O{.weight_decay = 0.1, .decoupled_weight_decay = true}));
}

BOOST_AUTO_TEST_CASE(lion) {
  using O = optim::LionOptions;
  learns("lion", by<optim::Lion>(O{}));
  learns("lion_decay", by<optim::Lion>(O{.beta1 = 0.8, .beta2 = 0.9, .weight_decay = 0.2}));
}

BOOST_AUTO_TEST_CASE(lamb) { learns("lamb", by<optim::LAMB>(optim::LAMBOptions{})); }

// Matrices to Muon, the rest to another in the same program.
BOOST_AUTO_TEST_CASE(muon) {
  const optim::Select matrix = [](std::string_view, const Shape& s) { return s.rank() == 2; };
  const optim::Select rest = [](std::string_view, const Shape& s) { return s.rank() != 2; };
  learns("muon", {{std::make_shared<optim::Muon>(optim::MuonOptions{.parameters = matrix}),
                   std::make_shared<optim::SGD>(optim::SGDOptions{.parameters = rest})}});
  const optim::MuonOptions plain{.nesterov = false,
                                 .adjust_lr = optim::MuonOptions::AdjustLr::match_rms_adamw,
                                 .parameters = matrix};
  learns("muon_plain", {{std::make_shared<optim::Muon>(plain),
                         std::make_shared<optim::Adam>(optim::AdamOptions{.parameters = rest})}});
}

BOOST_AUTO_TEST_CASE(groups_have_rates_and_decays_of_their_own) {
  const optim::ParameterGroups groups = {{.pattern = "*.bias", .weight_decay = 0.0},
                                         {.pattern = "head.*", .lr_factor = 0.1}};
  learns("groups_adamw",
         by<optim::AdamW>(optim::AdamWOptions{.weight_decay = 0.3, .groups = groups}));
  learns("groups_lamb", by<optim::LAMB>(optim::LAMBOptions{.weight_decay = 0.3, .groups = groups}));
  learns("groups_sgd", by<optim::SGD>(optim::SGDOptions{
                           .momentum = 0.9,
                           .weight_decay = 0.01,
                           .groups = {{.pattern = "head.????*", .lr = 0.02, .weight_decay = 0.3},
                                      {.pattern = "*", .lr_factor = 2}}}));
}

BOOST_AUTO_TEST_CASE(accumulation_takes_one_step_for_several_runs) {
  learns("accumulate_adamw", by<optim::AdamW>(optim::AdamWOptions{.accumulate = 4}));
  learns("accumulate_sgd_clipped",
         by<optim::SGD>(optim::SGDOptions{
             .momentum = 0.9, .dampening = 0.2, .clip_norm = 0.2, .accumulate = 3}));
}

BOOST_AUTO_TEST_CASE(clipping_by_norm_and_by_value) {
  learns("clip_norm", by<optim::SGD>(optim::SGDOptions{.momentum = 0.9, .clip_norm = 0.3}));
  learns("clip_value", by<optim::RMSprop>(optim::RMSpropOptions{.clip_value = 0.02}));
  learns("clip_both", by<optim::SGD>(optim::SGDOptions{.clip_norm = 0.15, .clip_value = 0.1}));
}

BOOST_AUTO_TEST_CASE(averages_of_weights) {
  How how = by<optim::SGD>(optim::SGDOptions{.momentum = 0.9});
  how.ema = optim::EMA({.decay = 0.9});
  learns("ema", how);
  how = by<optim::AdamW>(optim::AdamWOptions{});
  how.ema = optim::EMA({.decay = 0.95, .warmup = true});
  learns("ema_warm_up", how);
  how = by<optim::Adam>(optim::AdamOptions{.accumulate = 2});
  how.ema = optim::EMA({.decay = 0.8});
  learns("ema_accumulate", how);
}

}  // namespace
