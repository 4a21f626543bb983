// Optimizers against plain loops over the same numbers, in f64.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>
#include <map>

#include <asg/graph/error.hpp>
#include <asg/nn/linear.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/random.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/optim/adamw.hpp>
#include <asg/optim/schedule.hpp>
#include <asg/optim/sgd.hpp>

#include "support.hpp"

using namespace asg;
using namespace nn_test;

namespace {

// loss = sum((w - target)^2) / 2 + sum((b - 1)^2) / 2, so that the gradients are w - target, b - 1.
struct Bowl : nn::Module {
  nn::Parameter w = add("w", {2, 2}, nn::init::values(Array({2, 2}, {1.0, -2.0, 0.5, 3.0})));
  nn::Parameter b = add("b", {2}, nn::init::values(Array({2}, {-1.0, 4.0})));
  Tensor forward(const Tensor& target) const override {
    const Tensor dw = w.in(target.graph()) - target;
    const Tensor db = b.in(target.graph()) - 1.0;
    return sum(dw * dw) * 0.5 + sum(db * db) * 0.5;
  }
};

using Values = std::map<std::string, std::vector<double>>;

Values start() { return {{"w", {1.0, -2.0, 0.5, 3.0}}, {"b", {-1.0, 4.0}}}; }

// The target differs from step to step, so that momentum counts.
double target(int step, std::size_t i) { return std::sin(3.0 * step + static_cast<double>(i)); }
Array targets(int step) {
  Array t(f64, {2, 2});
  for (std::int64_t i = 0; i < 4; ++i) t.set(i, target(step, static_cast<std::size_t>(i)));
  return t;
}
Values gradients_at(const Values& values, int step) {
  Values g = values;
  for (std::size_t i = 0; i < 4; ++i) g["w"][i] -= target(step, i);
  for (double& v : g["b"]) v -= 1;
  return g;
}
double norm(const Values& values) {
  double square = 0;
  for (const auto& [name, list] : values)
    for (const double v : list) square += v * v;
  return std::sqrt(square);
}

const double rates[] = {0.1, 0.2, 0.05, 0.1, 0.3};

using Rule = std::function<void(int step, double lr, Values& values, const Values& gradients)>;

// Five steps of the compiled program beside five of the rule.
void compare(const optim::Optimizer& optimizer, const Rule& rule) {
  const Bowl model;
  model.to(f64);
  State state = initialize(model, device(), 0);
  auto train = compile(device(), [&](Tensor t, Tensor lr) {
    const Tensor loss = model(t);
    return std::tuple{loss, optimizer.minimize(loss, lr).grad_norm};
  });
  Values values = start();
  for (int step = 1; step <= 5; ++step) {
    const Values gradients = gradients_at(values, step);
    const double lr = rates[step - 1];
    const auto [loss, grad_norm] = train(state, targets(step), Array(lr));
    BOOST_TEST(loss.item<double>() == 0.5 * norm(gradients) * norm(gradients),
               boost::test_tools::tolerance(1e-12));
    BOOST_TEST(grad_norm.item<double>() == norm(gradients), boost::test_tools::tolerance(1e-12));
    rule(step, lr, values, gradients);
    for (const auto& [name, list] : values) {
      const Array got = state.get(name);
      for (std::size_t i = 0; i < list.size(); ++i)
        BOOST_TEST(std::abs(got.get(static_cast<std::int64_t>(i)) - list[i]) < 1e-12,
                   "step " << step << ", " << name << "[" << i << "]: "
                           << got.get(static_cast<std::int64_t>(i)) << " is not " << list[i]);
    }
  }
}

Rule sgd_rule(double momentum, double dampening, bool nesterov, double decay) {
  return [=, buffers = Values{}](int step, double lr, Values& values, const Values& g) mutable {
    for (auto& [name, list] : values) {
      auto& buffer = buffers[name];
      buffer.resize(list.size());
      for (std::size_t i = 0; i < list.size(); ++i) {
        const double d = g.at(name)[i] + decay * list[i];
        buffer[i] = step == 1 ? d : momentum * buffer[i] + (1 - dampening) * d;
        list[i] -= lr * (momentum == 0 ? d : nesterov ? d + momentum * buffer[i] : buffer[i]);
      }
    }
  };
}

Rule adamw_rule(double beta1, double beta2, double eps, double decay, bool decay_b = true) {
  return [=, m = Values{}, v = Values{}](int step, double lr, Values& values,
                                         const Values& g) mutable {
    for (auto& [name, list] : values) {
      m[name].resize(list.size());
      v[name].resize(list.size());
      for (std::size_t i = 0; i < list.size(); ++i) {
        const double d = g.at(name)[i];
        if (name != "b" || decay_b) list[i] -= lr * decay * list[i];
        m[name][i] = beta1 * m[name][i] + (1 - beta1) * d;
        v[name][i] = beta2 * v[name][i] + (1 - beta2) * d * d;
        const double first = m[name][i] / (1 - std::pow(beta1, step));
        const double second = v[name][i] / (1 - std::pow(beta2, step));
        list[i] -= lr * first / (std::sqrt(second) + eps);
      }
    }
  };
}

Rule clipped(double limit, Rule rule) {
  return [=](int step, double lr, Values& values, const Values& g) {
    Values small = g;
    const double factor = std::min(1.0, limit / (norm(g) + 1e-6));
    for (auto& [name, list] : small)
      for (double& d : list) d *= factor;
    rule(step, lr, values, small);
  };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rules)

BOOST_AUTO_TEST_CASE(sgd_in_all_its_forms) {
  compare(optim::SGD{}, sgd_rule(0, 0, false, 0));
  compare(optim::SGD{{.weight_decay = 0.1}}, sgd_rule(0, 0, false, 0.1));
  compare(optim::SGD{{.momentum = 0.9}}, sgd_rule(0.9, 0, false, 0));
  compare(optim::SGD{{.momentum = 0.9, .weight_decay = 0.1, .nesterov = true}},
          sgd_rule(0.9, 0, true, 0.1));
  compare(optim::SGD{{.momentum = 0.8, .dampening = 0.3}}, sgd_rule(0.8, 0.3, false, 0));
}

BOOST_AUTO_TEST_CASE(adamw_with_decay_groups) {
  compare(optim::AdamW{}, adamw_rule(0.9, 0.999, 1e-8, 0.01));
  compare(optim::AdamW{{.beta1 = 0.8, .beta2 = 0.99, .eps = 1e-3, .weight_decay = 0.5}},
          adamw_rule(0.8, 0.99, 1e-3, 0.5));
  compare(optim::AdamW{{.weight_decay = 0.5, .decays = optim::matrices_only}},
          adamw_rule(0.9, 0.999, 1e-8, 0.5, false));
}

BOOST_AUTO_TEST_CASE(clipping_limits_the_norm_of_all_gradients_together) {
  compare(optim::SGD{{.clip_norm = 1.0}}, clipped(1.0, sgd_rule(0, 0, false, 0)));
  compare(optim::AdamW{{.clip_norm = 0.5}}, clipped(0.5, adamw_rule(0.9, 0.999, 1e-8, 0.01)));
  compare(optim::SGD{{.clip_norm = 1e6}}, sgd_rule(0, 0, false, 0));
}

BOOST_AUTO_TEST_CASE(state_has_the_documented_names) {
  const Bowl model;
  model.to(f64);
  State state = initialize(model, device(), 0);
  const optim::AdamW optimizer{{.name = "second"}};
  auto train = compile(device(), [&](Tensor t) {
    const Tensor loss = model(t);
    optimizer.minimize(loss, 0.1);
    return loss;
  });
  train(state, targets(1));
  train(state, targets(2));
  const std::vector<std::string> names = {"b",           "random.seed", "second.m.b", "second.m.w",
                                          "second.step", "second.v.b",  "second.v.w", "w"};
  BOOST_TEST(state.names() == names, boost::test_tools::per_element());
  BOOST_TEST(state.get("second.step").item<std::int64_t>() == 2);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(selection)

BOOST_AUTO_TEST_CASE(frozen_parameters_and_those_not_selected_stay) {
  const Bowl model;
  model.to(f64);
  model.b.set_trainable(false);
  State state = initialize(model, device(), 0);
  const optim::SGD optimizer;
  auto train = compile(device(), [&](Tensor t) { optimizer.minimize(model(t), 0.1); });
  train(state, targets(1));
  BOOST_TEST(state.get("b").get(0) == -1.0);
  BOOST_TEST(state.get("w").get(0) != 1.0);

  const Bowl other;
  other.to(f64);
  State second = initialize(other, device(), 0);
  const optim::SGD chosen{
      {.parameters = [](std::string_view name, const Shape&) { return name == "b"; }}};
  auto tune = compile(device(), [&](Tensor t) { chosen.minimize(other(t), 0.1); });
  tune(second, targets(1));
  BOOST_TEST(second.get("b").get(0) != -1.0);
  BOOST_TEST(second.get("w").get(0) == 1.0);
}

BOOST_AUTO_TEST_CASE(variables_the_loss_does_not_reach_stay) {
  const Bowl used = nn::named("used", Bowl{}), unused = nn::named("unused", Bowl{});
  used.to(f64);
  unused.to(f64);
  State state = initialize(used, device(), 0);
  initialize(unused, state, 0);
  const optim::AdamW optimizer;
  auto train = compile(device(), [&](Tensor t) {
    const Tensor other = unused(t);
    optimizer.minimize(used(t), 0.1);
    return other;
  });
  train(state, targets(1));
  BOOST_TEST(state.get("unused.w").get(0) == 1.0);
  BOOST_TEST(state.get("used.w").get(0) != 1.0);
  BOOST_TEST(!state.has("adamw.m.unused.w"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(name_the_cause_and_the_line) {
  const optim::AdamW optimizer;
  const Bowl model;
  Graph graph;
  const Tensor x = graph.input("x", f32, {2, 2});
  const Tensor lr = graph.input("lr", f32, {});
  const Tensor loss = model(x);

  std::string text = message_of<ShapeError>([&] { optimizer.minimize(x, lr); });
  BOOST_TEST(contains(text, "f32[2, 2]"));
  BOOST_TEST(contains(text, "optim_test.cpp"));
  text = message_of<TypeError>([&] { optimizer.minimize(cast(loss, i64), lr); });
  BOOST_TEST(contains(text, "i64[]"));
  text = message_of<TypeError>([&] { optimizer.minimize(1.0, lr); });
  BOOST_TEST(contains(text, "a number"));
  text = message_of<ShapeError>([&] { optimizer.minimize(loss, x); });
  BOOST_TEST(contains(text, "learning rate is f32[2, 2]"));
  text = message_of<GradientError>([&] { optimizer.minimize(sum(x), lr); });
  BOOST_TEST(contains(text, "no trainable variable"));
  BOOST_TEST(contains(text, "optim_test.cpp"));

  optimizer.minimize(loss, lr);
  text = message_of<GradientError>([&] { optimizer.minimize(loss, lr); });
  BOOST_TEST(contains(text, "'w' is updated already"));
  const Bowl other = nn::named("other", Bowl{});
  text = message_of<GradientError>([&] { optimizer.minimize(other(x), lr); });
  BOOST_TEST(contains(text, ".name = \"adamw_2\""));
  BOOST_CHECK_NO_THROW(
      optim::AdamW{{.name = "adamw_2"}}.minimize(nn::named("third", Bowl{})(x), lr));
}

BOOST_AUTO_TEST_CASE(frozen_models_cannot_be_trained) {
  const Bowl model;
  model.set_trainable(false);
  Graph graph;
  const Tensor x = graph.input("x", f32, {2, 2});
  BOOST_TEST(contains(message_of<GradientError>([&] { optim::SGD{}.minimize(model(x), 0.1); }),
                      "set_trainable"));
}

BOOST_AUTO_TEST_CASE(settings_are_checked) {
  BOOST_TEST(contains(message_of<TypeError>([] { optim::SGD{{.nesterov = true}}; }), "Nesterov"));
  const std::string text = message_of<TypeError>([] { optim::AdamW{{.beta2 = 1}}; });
  BOOST_TEST(contains(text, "[0, 1)"));
  BOOST_TEST(contains(text, "optim_test.cpp"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(schedules)

BOOST_AUTO_TEST_CASE(warm_up_and_cosine_are_nanogpts) {
  const optim::WarmupCosine lr{.lr = 1e-3, .min_lr = 1e-4, .warmup = 100, .steps = 2000};
  const auto near = boost::test_tools::tolerance(1e-12);
  BOOST_TEST(lr(0) == 1e-3 / 101, near);
  BOOST_TEST(lr(99) == 1e-3 * 100 / 101, near);
  BOOST_TEST(lr(100) == 1e-3, near);
  BOOST_TEST(lr(1050) == 5.5e-4, near);
  BOOST_TEST(lr(2000) == 1e-4, near);
  BOOST_TEST(lr(5000) == 1e-4, near);
  const optim::WarmupCosine none{.lr = 1, .min_lr = 0.5};
  BOOST_TEST(none(0) == 0.5);
}

BOOST_AUTO_TEST_CASE(steps_and_exponentials_decay) {
  const auto near = boost::test_tools::tolerance(1e-12);
  const optim::StepDecay stairs{.lr = 1, .factor = 0.5, .every = 10};
  BOOST_TEST(stairs(9) == 1.0, near);
  BOOST_TEST(stairs(10) == 0.5, near);
  BOOST_TEST(stairs(35) == 0.125, near);
  const optim::ExponentialDecay smooth{.lr = 2, .factor = 0.9};
  BOOST_TEST(smooth(3) == 2 * 0.9 * 0.9 * 0.9, near);
}

BOOST_AUTO_TEST_SUITE_END()
