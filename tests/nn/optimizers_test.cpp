// What all optimizers share: groups, accumulation, gradients as values, averages of weights, names,
// errors. Their numbers are compared in tests/pytorch.
#include <boost/test/unit_test.hpp>

#include <functional>
#include <memory>

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>
#include <asg/nn/linear.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/loss.hpp>
#include <asg/ops/reduction.hpp>
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

#include "support.hpp"

using namespace asg;
using namespace nn_test;

namespace {

using Optimizers = std::vector<std::unique_ptr<optim::Optimizer>>;

bool is_matrix(std::string_view, const Shape& shape) { return shape.rank() == 2; }

// All of them, each making a step of so many runs.
Optimizers all(std::int64_t accumulate = 1) {
  using namespace optim;
  Optimizers list;
  list.push_back(std::make_unique<SGD>(SGDOptions{.momentum = 0.9, .accumulate = accumulate}));
  list.push_back(std::make_unique<Adam>(AdamOptions{.amsgrad = true, .accumulate = accumulate}));
  list.push_back(std::make_unique<AdamW>(AdamWOptions{.accumulate = accumulate}));
  list.push_back(std::make_unique<RMSprop>(
      RMSpropOptions{.momentum = 0.5, .centered = true, .accumulate = accumulate}));
  list.push_back(
      std::make_unique<Adagrad>(AdagradOptions{.lr_decay = 0.1, .accumulate = accumulate}));
  list.push_back(std::make_unique<Adadelta>(AdadeltaOptions{.accumulate = accumulate}));
  list.push_back(std::make_unique<NAdam>(NAdamOptions{.accumulate = accumulate}));
  list.push_back(std::make_unique<Lion>(LionOptions{.accumulate = accumulate}));
  list.push_back(std::make_unique<LAMB>(LAMBOptions{.accumulate = accumulate}));
  list.push_back(
      std::make_unique<Muon>(MuonOptions{.parameters = is_matrix, .accumulate = accumulate}));
  return list;
}

Array batch(int seed = 0, DType dtype = f64) { return spread({4, 3}, -2, 2, seed).to(dtype); }

// fc: 3 -> 2, of x alone.
Tensor loss_of(const nn::Linear& model, const Tensor& x) {
  return mse_loss(model(x), sin(sum(x, {-1}, true) + zeros_like(model(x))));
}

State fresh(const nn::Linear& model, DType dtype = f64) {
  model.to(dtype);
  return initialize(model, device(), 3);
}

nn::Linear linear() { return nn::named("fc", nn::Linear{3, 2}); }

using Values = std::map<std::string, Array>;
void check_same(const Values& a, const Values& b) {
  BOOST_TEST_REQUIRE(a.size() == b.size());
  for (const auto& [name, value] : a)
    BOOST_TEST(identical(value, b.at(name)),
               name << ": " << to_string(value) << " is not " << to_string(b.at(name)));
}

Values without_sums(const State& state) {
  Values values = state.to_host();
  std::erase_if(values, [](const auto& entry) {
    return contains(entry.first, ".accumulated.") || entry.first.ends_with(".run");
  });
  return values;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(steps)

BOOST_AUTO_TEST_CASE(every_optimizer_lowers_a_loss_in_f32_and_in_f64) {
  for (const DType dtype : {f32, f64})
    for (const auto& optimizer : all()) {
      const nn::Linear model = linear();
      State state = fresh(model, dtype);
      auto train = compile(device(), [&](Tensor x, Tensor lr) {
        const Tensor loss = loss_of(model, x);
        optimizer->minimize(loss, lr);
        return loss;
      });
      const double first = train(state, batch(0, dtype), 0.01f).get(0);
      double last = first;
      for (int i = 0; i < 20; ++i) last = train(state, batch(0, dtype), 0.01f).get(0);
      BOOST_TEST(last < first);
    }
}

BOOST_AUTO_TEST_CASE(parameters_of_two_types_meet_in_one_step) {
  for (const auto& optimizer : all()) {
    const nn::Linear small = linear(), large = nn::named("large", nn::Linear{3, 2});
    State state = fresh(small, f32);
    large.to(f64);
    initialize(large, state, 4);
    const Values before = state.to_host();
    auto train = compile(device(), [&](Tensor x) {
      optimizer->minimize(cast(loss_of(small, cast(x, f32)), f64) + loss_of(large, x), 0.1);
    });
    train(state, batch());
    for (const char* name : {"fc.weight", "large.weight"})
      BOOST_TEST(!identical(before.at(name), state.get(name)));
    BOOST_TEST((state.type("fc.weight").dtype == f32));
  }
}

BOOST_AUTO_TEST_CASE(names_of_their_state) {
  const std::vector<std::vector<std::string>> wanted = {
      {"sgd.momentum.fc.bias", "sgd.momentum.fc.weight"},
      {"adam.m.fc.bias", "adam.m.fc.weight", "adam.max_v.fc.bias", "adam.max_v.fc.weight",
       "adam.step", "adam.v.fc.bias", "adam.v.fc.weight"},
      {"adamw.m.fc.bias", "adamw.m.fc.weight", "adamw.step", "adamw.v.fc.bias",
       "adamw.v.fc.weight"},
      {"rmsprop.grad_avg.fc.bias", "rmsprop.grad_avg.fc.weight", "rmsprop.momentum.fc.bias",
       "rmsprop.momentum.fc.weight", "rmsprop.square_avg.fc.bias", "rmsprop.square_avg.fc.weight"},
      {"adagrad.step", "adagrad.sum.fc.bias", "adagrad.sum.fc.weight"},
      {"adadelta.acc_delta.fc.bias", "adadelta.acc_delta.fc.weight", "adadelta.square_avg.fc.bias",
       "adadelta.square_avg.fc.weight"},
      {"nadam.m.fc.bias", "nadam.m.fc.weight", "nadam.mu_product", "nadam.step", "nadam.v.fc.bias",
       "nadam.v.fc.weight"},
      {"lion.m.fc.bias", "lion.m.fc.weight"},
      {"lamb.m.fc.bias", "lamb.m.fc.weight", "lamb.step", "lamb.v.fc.bias", "lamb.v.fc.weight"},
      {"muon.momentum.fc.weight"}};
  const Optimizers optimizers = all();
  BOOST_TEST_REQUIRE(optimizers.size() == wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const nn::Linear model = linear();
    State state = fresh(model);
    auto train =
        compile(device(), [&](Tensor x) { optimizers[i]->minimize(loss_of(model, x), 0.1); });
    train(state, batch());
    std::vector<std::string> names = state.names();
    std::erase_if(names, [](const std::string& name) {
      return name.starts_with("fc.") || name.starts_with("random.");
    });
    BOOST_TEST(names == wanted[i], boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(lamb_takes_adams_step_where_a_norm_is_zero) {
  const nn::Linear model = linear();
  State state = fresh(model);
  state.set("fc.bias", Array::zeros(f64, {2}));
  const optim::LAMB optimizer{{.eps = 0, .weight_decay = 0}};
  auto train = compile(device(), [&](Tensor x) { optimizer.minimize(loss_of(model, x), 0.25); });
  train(state, batch());
  for (const double b : doubles(state.get("fc.bias")))
    BOOST_TEST(std::abs(b) == 0.25, boost::test_tools::tolerance(1e-12));
  // A gradient of zeros moves nothing, and divides by nothing.
  auto still = compile(device(), [&](Tensor x) {
    optim::LAMB{{.weight_decay = 0, .name = "still"}}.minimize(loss_of(model, x) * 0.0, 0.25);
  });
  const Array weight = state.get("fc.weight");
  still(state, batch());
  BOOST_TEST(identical(weight, state.get("fc.weight")));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(accumulation)

BOOST_AUTO_TEST_CASE(nothing_but_the_sums_changes_between_steps) {
  for (const auto& optimizer : all(3)) {
    const nn::Linear model = linear();
    State state = fresh(model);
    auto train = compile(
        device(), [&](Tensor x) { return optimizer->minimize(loss_of(model, x), 0.01).stepped; });
    BOOST_TEST(!train(state, batch(0)).item<bool>());  // also makes the variables
    for (int run = 1; run < 9; ++run) {
      const Values before = without_sums(state);
      const bool stepped = train(state, batch(run)).item<bool>();
      BOOST_TEST(stepped == (run % 3 == 2));
      if (!stepped)
        check_same(before, without_sums(state));
      else
        BOOST_TEST(!identical(before.at("fc.weight"), state.get("fc.weight")));
    }
  }
}

// The same as one run that computes all three losses and applies the mean of the gradients.
BOOST_AUTO_TEST_CASE(a_step_is_that_on_the_mean_of_the_gradients) {
  const Optimizers several = all(3), single = all();
  for (std::size_t i = 0; i < several.size(); ++i) {
    const nn::Linear model = linear();
    State a = fresh(model), b = fresh(model);
    auto accumulate =
        compile(device(), [&](Tensor x) { several[i]->minimize(loss_of(model, x), 0.01); });
    auto at_once = compile(device(), [&](Tensor x, Tensor y, Tensor z) {
      optim::Gradients mean = single[i]->gradients(loss_of(model, x));
      for (const Tensor& t : {y, z}) {
        const optim::Gradients more = single[i]->gradients(loss_of(model, t));
        for (std::size_t k = 0; k < mean.size(); ++k)
          mean[k].gradient = mean[k].gradient + more[k].gradient;
      }
      for (optim::Gradient& g : mean) g.gradient = g.gradient / 3.0;
      single[i]->apply(mean, 0.01);
    });
    for (int step = 0; step < 4; ++step) {
      for (int k = 0; k < 3; ++k) accumulate(a, batch(3 * step + k));
      at_once(b, batch(3 * step), batch(3 * step + 1), batch(3 * step + 2));
    }
    for (const auto& [name, value] : without_sums(b))
      if (is_float(value.dtype()))
        check_close(a.get(name), value);
      else if (!name.starts_with("random."))
        BOOST_TEST(identical(a.get(name), value), name);
  }
}

BOOST_AUTO_TEST_CASE(a_state_that_is_saved_between_steps_goes_on_alike) {
  const nn::Linear model = linear();
  State state = fresh(model);
  const optim::AdamW optimizer{{.accumulate = 4}};
  auto train = compile(device(), [&](Tensor x) { optimizer.minimize(loss_of(model, x), 0.01); });
  for (int run = 0; run < 6; ++run) train(state, batch(run));
  State resumed(device());
  for (const auto& [name, value] : state.to_host()) resumed.set(name, value);
  for (int run = 6; run < 11; ++run) {
    train(state, batch(run));
    train(resumed, batch(run));
  }
  check_same(state.to_host(), resumed.to_host());
  BOOST_TEST(state.get("adamw.step").item<std::int64_t>() == 2);
  BOOST_TEST(state.get("adamw.run").item<std::int64_t>() == 3);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(gradients_as_values)

BOOST_AUTO_TEST_CASE(minimize_is_gradients_and_apply) {
  for (const auto& optimizer : all()) {
    const nn::Linear model = linear();
    State a = fresh(model), b = fresh(model);
    auto one = compile(
        device(), [&](Tensor x) { return optimizer->minimize(loss_of(model, x), 0.01).grad_norm; });
    auto two = compile(device(), [&](Tensor x) {
      return optimizer->apply(optimizer->gradients(loss_of(model, x)), 0.01).grad_norm;
    });
    for (int run = 0; run < 3; ++run) BOOST_TEST(identical(one(a, batch(run)), two(b, batch(run))));
    check_same(a.to_host(), b.to_host());
  }
}

BOOST_AUTO_TEST_CASE(they_name_what_the_optimizer_updates_and_may_be_changed) {
  const nn::Linear model = linear();
  State state = fresh(model);
  const Values before = state.to_host();
  const optim::SGD optimizer;
  auto train = compile(device(), [&](Tensor x) {
    optim::Gradients found = optimizer.gradients(loss_of(model, x));
    BOOST_TEST_REQUIRE(found.size() == 2u);
    BOOST_TEST(found[0].name == "fc.weight");
    BOOST_TEST(found[1].name == "fc.bias");
    found[0].gradient = ones_like(found[0].gradient);
    found.pop_back();
    optimizer.apply(found, 0.5);
  });
  train(state, batch());
  for (std::int64_t i = 0; i < 6; ++i)
    BOOST_TEST(state.get("fc.weight").get(i) == before.at("fc.weight").get(i) - 0.5);
  BOOST_TEST(identical(state.get("fc.bias"), before.at("fc.bias")));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_applied_is_named) {
  const nn::Linear model = linear();
  const optim::SGD optimizer;
  Graph graph;
  const Tensor x = graph.input("x", f32, {4, 3});
  const optim::Gradients good = optimizer.gradients(loss_of(model, x));
  std::string text = message_of<GradientError>([&] { optimizer.apply({}, 0.1); });
  BOOST_TEST(contains(text, "no gradients", "optimizers_test.cpp:"));
  optim::Gradients bad = good;
  bad[1].gradient = bad[0].gradient;
  text = message_of<TypeError>([&] { optimizer.apply(bad, 0.1); });
  BOOST_TEST(contains(text, "'fc.bias'", "f32[2, 3]", "f32[2]", "optimizers_test.cpp:"));
  bad[1] = {"x", x, x};
  text = message_of<TypeError>([&] { optimizer.apply(bad, 0.1); });
  BOOST_TEST(contains(text, "'x' is no variable", "optimizers_test.cpp:"));
  text = message_of<ShapeError>([&] { optimizer.apply(good, x); });
  BOOST_TEST(contains(text, "apply: the learning rate is f32[4, 3]"));
  optimizer.apply(good, 0.1);
  text = message_of<GradientError>([&] { optimizer.apply(good, 0.1); });
  BOOST_TEST(contains(text, "apply: 'fc.weight' is updated already"));
  BOOST_TEST(contains(message_of<GradientError>([&] { (void)optimizer.gradients(sum(x)); }),
                      "gradients: the loss depends on no trainable"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(groups)

BOOST_AUTO_TEST_CASE(one_that_takes_nothing_is_named) {
  const nn::Linear model = linear();
  Graph graph;
  const Tensor x = graph.input("x", f32, {4, 3});
  const auto fails = [&](optim::ParameterGroups groups) {
    return message_of<GradientError>(
        [&] { optim::AdamW{{.groups = std::move(groups)}}.minimize(loss_of(model, x), 0.1); });
  };
  std::string text = fails({{.pattern = "*.bias"}, {.pattern = "head.*"}});
  BOOST_TEST(contains(text, "minimize: the group 'head.*' takes none", "'fc.weight'", "'fc.bias'",
                      "optimizers_test.cpp:"));
  text = fails({{.pattern = "*"}, {.pattern = "*.bias"}});
  BOOST_TEST(contains(text, "the group '*.bias' takes none",
                      "'fc.bias', which the group '*' takes before"));
  BOOST_TEST(graph.assigns().empty());
}

BOOST_AUTO_TEST_CASE(a_groups_decay_goes_before_what_decays_says) {
  const nn::Linear model = linear();
  State state = fresh(model);
  const Values before = state.to_host();
  const optim::SGD optimizer{{.weight_decay = 0.5,
                              .decays = optim::matrices_only,
                              .groups = {{.pattern = "*.bias", .weight_decay = 0.25}}}};
  auto train = compile(device(), [&](Tensor x) { optimizer.minimize(loss_of(model, x) * 0.0, 1); });
  state.set("fc.bias", Array({2}, {1.0, -2.0}));
  train(state, batch());
  BOOST_TEST(doubles(state.get("fc.bias")) == (std::vector<double>{0.75, -1.5}),
             boost::test_tools::per_element());
  BOOST_TEST(state.get("fc.weight").get(0) == 0.5 * before.at("fc.weight").get(0));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(averages)

BOOST_AUTO_TEST_CASE(predict_in_a_copy_or_in_the_place_of_the_weights) {
  const nn::Linear model = linear();
  State state = fresh(model);
  const optim::SGD optimizer;
  const optim::EMA ema{{.decay = 0.5}};
  auto train =
      compile(device(), [&](Tensor x) { ema.update(optimizer.minimize(loss_of(model, x), 0.5)); });
  for (int run = 0; run < 3; ++run) train(state, batch(run));
  BOOST_TEST(state.get("ema.step").item<std::int64_t>() == 3);
  const Values before = state.to_host();

  const State averaged = ema.averaged(state);
  check_same(before, state.to_host());
  for (const char* name : {"fc.weight", "fc.bias"}) {
    BOOST_TEST(identical(averaged.get(name), before.at(std::string("ema.average.") + name)));
    BOOST_TEST(!identical(averaged.get(name), before.at(name)));
  }
  ema.swap(state);
  BOOST_TEST(identical(state.get("fc.weight"), averaged.get("fc.weight")));
  BOOST_TEST(identical(state.get("ema.average.fc.weight"), before.at("fc.weight")));
  ema.swap(state);
  check_same(before, state.to_host());
}

BOOST_AUTO_TEST_CASE(of_chosen_parameters_and_of_two_optimizers) {
  const nn::Linear one = linear(), two = nn::named("two", nn::Linear{3, 2});
  State state = fresh(one);
  two.to(f64);
  initialize(two, state, 5);
  const optim::EMA weights{{.parameters = is_matrix}}, other{{.name = "other"}};
  auto train = compile(device(), [&](Tensor x) {
    weights.update(optim::SGD{}.minimize(loss_of(one, x), 0.1));
    other.update(optim::SGD{}.minimize(loss_of(two, x), 0.1));
  });
  train(state, batch());
  for (const char* name :
       {"ema.average.fc.weight", "other.average.two.weight", "other.average.two.bias"})
    BOOST_TEST(state.has(name), name);
  for (const char* name :
       {"ema.average.fc.bias", "ema.average.two.weight", "other.average.fc.weight"})
    BOOST_TEST(!state.has(name), name);
}

BOOST_AUTO_TEST_CASE(errors_of_averages) {
  const nn::Linear model = linear();
  State state = fresh(model);
  std::string text = message_of<StateError>([&] { (void)optim::EMA{}.averaged(state); });
  BOOST_TEST(contains(text, "no averages 'ema.average.", "EMA::update", "optimizers_test.cpp:"));
  text = message_of<StateError>([&] { optim::EMA{{.name = "mean"}}.swap(state); });
  BOOST_TEST(contains(text, "'mean.average."));
  text = message_of<TypeError>([] { optim::EMA{{.decay = 1.5}}; });
  BOOST_TEST(contains(text, "[0, 1], not 1.5", "optimizers_test.cpp:"));

  Graph graph;
  const optim::Minimized step =
      optim::SGD{}.minimize(loss_of(model, graph.input("x", f64, {4, 3})), 0.1);
  const optim::EMA none{{.parameters = [](std::string_view, const Shape&) { return false; }}};
  BOOST_TEST(contains(message_of<GradientError>([&] { none.update(step); }), "chooses none",
                      "optimizers_test.cpp:"));
  optim::EMA{}.update(step);
  BOOST_TEST(contains(message_of<GradientError>([&] { optim::EMA{}.update(step); }),
                      ".name = \"ema_2\"", "optimizers_test.cpp:"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(errors)

BOOST_AUTO_TEST_CASE(muon_refuses_what_is_no_matrix) {
  const nn::Linear model = linear();
  Graph graph;
  const Tensor x = graph.input("x", f32, {4, 3});
  const std::string text =
      message_of<ShapeError>([&] { optim::Muon{}.minimize(loss_of(model, x), 0.1); });
  BOOST_TEST(contains(text, "Muon: 'fc.bias' is f32[2], no matrix", "`parameters`",
                      "optimizers_test.cpp:"));
}

BOOST_AUTO_TEST_CASE(accumulating_twice_under_one_name_is_refused) {
  const nn::Linear one = linear(), two = nn::named("two", nn::Linear{3, 2});
  Graph graph;
  const Tensor x = graph.input("x", f32, {4, 3});
  const optim::SGD optimizer{{.accumulate = 2}};
  optimizer.minimize(loss_of(one, x), 0.1);
  BOOST_TEST(contains(message_of<GradientError>([&] { optimizer.minimize(loss_of(two, x), 0.1); }),
                      ".name = \"sgd_2\"", "optimizers_test.cpp:"));
}

BOOST_AUTO_TEST_CASE(settings_are_checked) {
  using namespace optim;
  const auto refused = [](auto make, const char* who, const char* rule) {
    const std::string text = message_of<TypeError>(make);
    BOOST_TEST(contains(text, std::string(who) + ": ", rule, "optimizers_test.cpp:"), text);
  };
  refused([] { Adam{{.beta1 = 1}}; }, "Adam", "betas must be in [0, 1)");
  refused([] { AdamW{{.beta2 = -0.1}}; }, "AdamW", "-0.1");
  refused([] { NAdam{{.beta2 = 1}}; }, "NAdam", "[0, 1)");
  refused([] { NAdam{{.momentum_decay = -1}}; }, "NAdam", "momentum_decay");
  refused([] { Lion{{.beta1 = 2}}; }, "Lion", "[0, 1)");
  refused([] { LAMB{{.eps = -1}}; }, "LAMB", "eps");
  refused([] { RMSprop{{.alpha = 1.1}}; }, "RMSprop", "alpha");
  refused([] { RMSprop{{.momentum = -1}}; }, "RMSprop", "momentum");
  refused([] { Adagrad{{.lr_decay = -1}}; }, "Adagrad", "lr_decay");
  refused([] { Adagrad{{.initial_accumulator_value = -1}}; }, "Adagrad", "initial_accumulator");
  refused([] { Adadelta{{.rho = 2}}; }, "Adadelta", "rho");
  refused([] { Muon{{.momentum = -1}}; }, "Muon", "momentum");
  refused([] { Muon{{.ns_steps = -1}}; }, "Muon", "ns_steps");
  refused([] { SGD{{.clip_norm = 0}}; }, "sgd", "clip_norm and clip_value must be positive");
  refused([] { SGD{{.clip_value = -1}}; }, "sgd", "clip_value");
  refused([] { SGD{{.accumulate = 0}}; }, "sgd", "not 0");
}

BOOST_AUTO_TEST_SUITE_END()
