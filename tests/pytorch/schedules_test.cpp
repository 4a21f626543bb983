// Learning rates against PyTorch's schedulers.
#include <asg/graph/error.hpp>
#include <asg/optim/schedule.hpp>

#include "pytorch/support.hpp"
#include "support/messages.hpp"

namespace {

using namespace asg;
using namespace asg::optim;
using namespace pytorch_test;
using test_support::contains;
using test_support::message_of;

void same_rates(const std::string& name, const Schedule& schedule) {
  BOOST_TEST_REQUIRE(recorded().contains(name), "no recorded case " << name);
  compared().insert(name);
  const Array& wanted = recorded().at(name).outputs.at(0);
  Array got(f64, wanted.shape());
  for (std::int64_t step = 0; step < got.numel(); ++step) got.set(step, schedule(step));
  BOOST_TEST(ops_test::difference(got, wanted, 1e-14) == "", name);
}

BOOST_AUTO_TEST_CASE(staircases_and_exponentials) {
  same_rates("step", StepDecay{.lr = 0.1, .factor = 0.5, .every = 7});
  same_rates("multi_step", MultiStepDecay{.lr = 0.1, .factor = 0.3, .milestones = {20, 5, 41, 20}});
  same_rates("exponential", ExponentialDecay{.lr = 0.1, .factor = 0.93});
  same_rates("polynomial", PolynomialDecay{.lr = 0.1, .steps = 40, .power = 2});
}

BOOST_AUTO_TEST_CASE(cosines) {
  same_rates("cosine", CosineAnnealing{.lr = 0.1, .min_lr = 0.01, .steps = 20});
  same_rates("warm_restarts", CosineWarmRestarts{.lr = 0.1, .min_lr = 0.001, .period = 9});
  same_rates("warm_restarts_longer",
             CosineWarmRestarts{.lr = 0.1, .min_lr = 0.001, .period = 5, .growth = 2});
}

BOOST_AUTO_TEST_CASE(warm_ups_and_cycles) {
  same_rates("linear", LinearWarmup{.lr = 0.1, .start_factor = 0.2, .steps = 12});
  same_rates("linear_defaults", LinearWarmup{.lr = 0.1});
  same_rates("one_cycle", OneCycle{.max_lr = 0.1, .steps = 60});
  const OneCycle linear{.max_lr = 0.1,
                        .steps = 55,
                        .pct_start = 0.4,
                        .div_factor = 10,
                        .final_div_factor = 100,
                        .linear = true};
  same_rates("one_cycle_linear", linear);
  BOOST_TEST(linear(1000) == linear(54));
  same_rates("one_cycle_three_phase", OneCycle{.max_lr = 0.1, .steps = 60, .three_phase = true});
}

BOOST_AUTO_TEST_CASE(compositions) {
  same_rates("sequence", Sequence({LinearWarmup{.lr = 0.1, .start_factor = 0.1, .steps = 10},
                                   ExponentialDecay{.lr = 0.1, .factor = 0.9},
                                   StepDecay{.lr = 0.1, .factor = 0.5, .every = 4}},
                                  {10, 35}));
  same_rates("product",
             Product{.lr = 0.1,
                     .schedules = {LinearWarmup{.lr = 1, .start_factor = 0.1, .steps = 10},
                                   ExponentialDecay{.lr = 1, .factor = 0.95},
                                   StepDecay{.lr = 1, .factor = 0.5, .every = 20}}});
}

// Half of the measures go to one that is made of the other's memory.
void same_cuts(const std::string& name, PlateauOptions options) {
  options.lr = 0.1;
  BOOST_TEST_REQUIRE(recorded().contains(name), "no recorded case " << name);
  const Array& measures = recorded().at(name).inputs.at(0);
  Plateau first(options), second(options);
  BOOST_TEST(first.lr() == 0.1);
  same_rates(name, [&](std::int64_t step) {
    if (step == 30) second.set_memory(first.memory());
    return (step < 30 ? first : second)(measures.get(step));
  });
}

BOOST_AUTO_TEST_CASE(plateaus) {
  same_cuts("plateau", {.patience = 4});
  same_cuts("plateau_cooldown",
            {.factor = 0.5, .patience = 2, .threshold = 0.05, .cooldown = 5, .min_lr = 0.004});
  same_cuts("plateau_absolute", {.factor = 0.3,
                                 .patience = 3,
                                 .threshold = 0.02,
                                 .absolute = true,
                                 .larger_is_better = true});
  same_cuts("plateau_larger",
            {.factor = 0.3, .patience = 3, .threshold = 0.001, .larger_is_better = true});
}

BOOST_AUTO_TEST_CASE(measures_that_are_nan_are_no_better) {
  Plateau plateau({.lr = 1, .factor = 0.5, .patience = 1});
  for (const double rate : {1.0, 0.5, 0.5, 0.25})
    BOOST_TEST(plateau(std::numeric_limits<double>::quiet_NaN()) == rate);
}

BOOST_AUTO_TEST_CASE(lengths_of_nothing_divide_by_nothing) {
  for (const Schedule& schedule : std::vector<Schedule>{
           StepDecay{.every = 0}, PolynomialDecay{.steps = 0}, CosineAnnealing{.steps = 0},
           CosineWarmRestarts{.period = 0, .growth = 0}, LinearWarmup{.steps = 0},
           OneCycle{.steps = 0}, OneCycle{.steps = 1}, OneCycle{.steps = 10, .pct_start = 0.1}})
    for (const std::int64_t step : {0, 1, 7}) BOOST_TEST(std::isfinite(schedule(step)));
}

BOOST_AUTO_TEST_CASE(errors_name_the_rule_and_the_line) {
  const Schedule one = ExponentialDecay{};
  std::string text = message_of<TypeError>([&] { Sequence({one, one}, {}); });
  BOOST_TEST(contains(text, "2 schedules", "milestone", "schedules_test.cpp:"));
  text = message_of<TypeError>([&] { Sequence({one, one, one}, {5, 3}); });
  BOOST_TEST(contains(text, "rise", "schedules_test.cpp:"));
  text = message_of<TypeError>([] { Plateau({.factor = 1}); });
  BOOST_TEST(contains(text, "factor must be below 1", "schedules_test.cpp:"));
}

}  // namespace
