// Parameters that no gradient reaches are left alone by every optimizer; those whose gradient is
// zero are not.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <memory>

#include <asg/graph/build.hpp>
#include <asg/graph/error.hpp>
#include <asg/nn/linear.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/loss.hpp>
#include <asg/ops/ordering.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/optim/adadelta.hpp>
#include <asg/optim/adagrad.hpp>
#include <asg/optim/adam.hpp>
#include <asg/optim/adamw.hpp>
#include <asg/optim/lamb.hpp>
#include <asg/optim/lion.hpp>
#include <asg/optim/muon.hpp>
#include <asg/optim/nadam.hpp>
#include <asg/optim/rmsprop.hpp>
#include <asg/optim/sgd.hpp>

#include "support.hpp"

using namespace asg;
using namespace nn_test;

namespace {

using Optimizers = std::vector<std::unique_ptr<optim::Optimizer>>;

// One of each kind, all with a decay that shows after one step.
Optimizers optimizers() {
  Optimizers all;
  all.push_back(std::make_unique<optim::AdamW>(optim::AdamWOptions{.weight_decay = 0.5}));
  all.push_back(
      std::make_unique<optim::AdamW>(optim::AdamWOptions{.weight_decay = 0.5, .clip_norm = 1.0}));
  all.push_back(std::make_unique<optim::SGD>(optim::SGDOptions{.weight_decay = 0.5}));
  all.push_back(std::make_unique<optim::SGD>(
      optim::SGDOptions{.momentum = 0.9, .weight_decay = 0.5, .nesterov = true}));
  all.push_back(std::make_unique<optim::SGD>(
      optim::SGDOptions{.momentum = 0.9, .dampening = 0.1, .weight_decay = 0.5}));
  all.push_back(std::make_unique<optim::Adam>(optim::AdamOptions{.weight_decay = 0.5}));
  all.push_back(std::make_unique<optim::NAdam>(optim::NAdamOptions{.weight_decay = 0.5}));
  all.push_back(std::make_unique<optim::RMSprop>(optim::RMSpropOptions{.weight_decay = 0.5}));
  all.push_back(std::make_unique<optim::Adagrad>(optim::AdagradOptions{.weight_decay = 0.5}));
  all.push_back(std::make_unique<optim::Adadelta>(optim::AdadeltaOptions{.weight_decay = 0.5}));
  all.push_back(std::make_unique<optim::Lion>(optim::LionOptions{.weight_decay = 0.5}));
  all.push_back(std::make_unique<optim::LAMB>(optim::LAMBOptions{.weight_decay = 0.5}));
  all.push_back(std::make_unique<optim::Muon>(optim::MuonOptions{
      .weight_decay = 0.5,
      .parameters = [](std::string_view, const Shape& shape) { return shape.rank() == 2; }}));
  all.push_back(std::make_unique<optim::SGD>(
      optim::SGDOptions{.weight_decay = 0.5, .clip_value = 1.0, .accumulate = 2}));
  return all;
}

Array batch() { return Array({2, 3}, {0.5, -1.0, 2.0, 1.5, 0.25, -0.75}).to(f32); }

// The loss of a student and a teacher, from what each makes of a batch.
using Loss = std::function<Tensor(const Tensor& student, const Tensor& teacher)>;

struct Trial {
  std::vector<double> before, after;  // the teacher's weights
  bool student_moved = false;
  bool has_state = false;
};

Trial train(const optim::Optimizer& optimizer, const Loss& loss_of, int steps) {
  const nn::Linear student = nn::named("student", nn::Linear{3, 4});
  const nn::Linear teacher = nn::named("teacher", nn::Linear{3, 4});
  State state = initialize(student, device(), 1);
  initialize(teacher, state, 2);
  const auto weights = [&](const char* name) { return doubles(state.get(name)); };
  Trial trial{weights("teacher.weight"), {}};
  const std::vector<double> before = weights("student.weight");
  auto step = compile(device(), [&](Tensor x) {
    const Tensor loss = loss_of(student(x), teacher(x));
    optimizer.minimize(loss, 0.01);
    return loss;
  });
  for (int i = 0; i < steps; ++i) step(state, batch());
  trial.after = weights("teacher.weight");
  trial.student_moved = weights("student.weight") != before;
  for (const std::string& name : state.names())
    trial.has_state = trial.has_state || contains(name, ".teacher.");
  return trial;
}

void expect_left_alone(const Loss& loss) {
  for (const auto& optimizer : optimizers()) {
    const Trial trial = train(*optimizer, loss, 20);
    BOOST_TEST(trial.after == trial.before, boost::test_tools::per_element());
    BOOST_TEST(trial.student_moved);
    BOOST_TEST(!trial.has_state);
  }
}

// A user's composite without a gradient rule: 2 * a + stop_gradient(b).
const OpDef& half_constant() {
  static const OpDef op = {.name = "half_constant",
                           .summary = "2 * a + b, with b a constant.",
                           .inputs = {{"a", "[...]", "float"}, {"b", "as a", "as a"}},
                           .outputs = {{"y", "as a", "as a"}},
                           .infer = same_as_first,
                           .decompose = [](const OpCall& call) {
                             return Tensors{2 * call.in(0) + stop_gradient(call.in(1))};
                           }};
  return op;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(unreached)

BOOST_AUTO_TEST_CASE(a_teacher_behind_stop_gradient_keeps_its_weights) {
  expect_left_alone([](const Tensor& s, const Tensor& t) { return mse_loss(s, stop_gradient(t)); });
}

BOOST_AUTO_TEST_CASE(so_does_one_whose_outputs_become_integers_or_conditions) {
  expect_left_alone(
      [](const Tensor& s, const Tensor& t) { return cross_entropy(s, argmax(t, -1)); });
  expect_left_alone(
      [](const Tensor& s, const Tensor& t) { return mean(where(t > 0, s, square(s))); });
  expect_left_alone(
      [](const Tensor& s, const Tensor& t) { return mean(s * cast(cast(t, i32), f32)); });
}

BOOST_AUTO_TEST_CASE(neither_zeros_nor_composites_lead_round_a_stop_gradient) {
  expect_left_alone(
      [](const Tensor& s, const Tensor& t) { return mse_loss(s, round(stop_gradient(t))); });
  expect_left_alone([](const Tensor& s, const Tensor& t) {
    return mean(apply(half_constant(), {s, t}));
  });
  expect_left_alone([](const Tensor& s, const Tensor& t) {
    return mean(s) + mean(floor(apply(half_constant(), {s, t})));
  });
}

BOOST_AUTO_TEST_CASE(a_gradient_of_zeros_lets_weights_decay) {
  const std::vector<Loss> losses = {
      [](const Tensor& s, const Tensor& t) { return mse_loss(s, floor(t)); },
      [](const Tensor& s, const Tensor& t) { return mean(square(s)) + mean(sign(sin(t))); },
      [](const Tensor& s, const Tensor& t) { return mean(square(s) + 0 * t); },
      [](const Tensor& s, const Tensor& t) {
        return mean(square(s)) + mean(floor(apply(half_constant(), {t, s})));
      }};
  for (const Loss& loss : losses)
    for (const bool adamw : {true, false}) {
      const optim::AdamW first{{.weight_decay = 0.5}};
      const optim::SGD second{{.weight_decay = 0.5}};
      const optim::Optimizer& optimizer =
          adamw ? static_cast<const optim::Optimizer&>(first) : second;
      const Trial trial = train(optimizer, loss, 10);
      for (std::size_t i = 0; i < trial.before.size(); ++i)
        BOOST_TEST(std::abs(trial.after[i] - trial.before[i] * std::pow(1 - 0.01 * 0.5, 10)) <
                   1e-6);
    }
}

BOOST_AUTO_TEST_CASE(the_gradients_of_what_is_left_alone_do_not_count_in_the_norm) {
  const nn::Linear student = nn::named("student", nn::Linear{3, 4});
  const nn::Linear teacher = nn::named("teacher", nn::Linear{3, 4});
  State state = initialize(student, device(), 1);
  initialize(teacher, state, 2);
  auto step = compile(device(), [&](Tensor x) {
    const Tensor loss = sum(student(x)) + sum(stop_gradient(teacher(x)));
    return optim::SGD{}.minimize(loss, 0.1).grad_norm;
  });
  // The gradients are the columns' sums of x for each of 4 outputs, and 2 for each bias.
  const double columns = 2.0 * 2.0 + 0.75 * 0.75 + 1.25 * 1.25;
  BOOST_TEST(step(state, batch()).item<float>() == float(std::sqrt(4 * columns + 4 * 4)),
             boost::test_tools::tolerance(1e-6f));
}

BOOST_AUTO_TEST_CASE(a_loss_without_any_gradient_is_refused_by_name) {
  const nn::Linear model{3, 4};
  Graph graph;
  const Tensor x = graph.input("x", f32, {2, 3});
  for (const auto& optimizer : optimizers()) {
    const std::string text =
        message_of<GradientError>([&] { optimizer->minimize(mean(stop_gradient(model(x))), 0.1); });
    BOOST_TEST(contains(text, "'weight'"));
    BOOST_TEST(contains(text, "stop_gradient"));
    BOOST_TEST(contains(text, "unreached_test.cpp"));
  }
}

BOOST_AUTO_TEST_SUITE_END()
