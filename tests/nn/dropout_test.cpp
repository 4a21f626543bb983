// The kinds of dropout: what is dropped together, and what becomes of it.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <memory>

#include <asg/asg.hpp>

#include "support.hpp"
#include "support/refusals.hpp"

using namespace asg;
using namespace nn_test;
using test_support::refuses;

namespace {

// Which of x's elements are 0, in a program that trains.
Array dropped(const nn::Module& layer, const Array& x) {
  Graph graph;
  graph.set_training(true);
  const Tensor t = graph.input("x", x.dtype(), x.shape());
  State state(device());
  state.set("random.seed", Array(std::int64_t{5}));
  return compile(device(), graph, {layer(t)}).run(state, {x})[0];
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dropouts)

BOOST_AUTO_TEST_CASE(drop_whole_channels_or_samples) {
  struct Case {
    std::shared_ptr<nn::Module> layer;
    Shape shape;
    int together;  // trailing axes that live or die together
    double scale;
  };
  const std::vector<Case> cases = {
      {std::make_shared<nn::Dropout1d>(0.25), {40, 50, 3}, 1, 1 / 0.75},
      {std::make_shared<nn::Dropout1d>(0.25), {2000, 3}, 1, 1 / 0.75},
      {std::make_shared<nn::Dropout2d>(0.25), {40, 50, 2, 3}, 2, 1 / 0.75},
      {std::make_shared<nn::Dropout3d>(0.25), {40, 50, 1, 2, 3}, 3, 1 / 0.75},
      {std::make_shared<nn::DropPath>(0.25), {2000, 3}, 1, 1 / 0.75},
      {std::make_shared<nn::DropPath>(0.25, false), {2000, 3, 2}, 2, 1},
  };
  for (const Case& c : cases) {
    Array ones = Array(f64, c.shape);
    for (std::int64_t i = 0; i < ones.numel(); ++i) ones.set(i, 1);
    const Array y = dropped(*c.layer, ones);
    const std::int64_t block = c.shape.slice(c.shape.rank() - c.together, c.shape.rank()).numel();
    std::int64_t lost = 0;
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      BOOST_TEST_REQUIRE(y.get(i) == y.get(i / block * block));
      BOOST_TEST_REQUIRE((y.get(i) == 0 || std::abs(y.get(i) - c.scale) < 1e-12));
      lost += y.get(i) == 0 && i % block == 0;
    }
    // 2000 draws: five standard deviations are 97.
    BOOST_TEST(std::abs(static_cast<double>(lost) - 500) < 97);
    State state(device());
    BOOST_TEST(identical(evaluate(*c.layer, state, ones), ones));
  }
}

BOOST_AUTO_TEST_CASE(of_selu_networks_keep_mean_and_variance) {
  const Array x = nn::init::normal(0, 1).values({f64, {2000, 20}}, 3, "x");
  for (const bool channels : {false, true}) {
    const Array y =
        channels ? dropped(nn::FeatureAlphaDropout(0.3), x) : dropped(nn::AlphaDropout(0.3), x);
    double mean = 0, square = 0;
    const auto n = static_cast<double>(y.numel());
    for (const double v : doubles(y)) {
      mean += v / n;
      square += v * v / n;
    }
    BOOST_TEST(std::abs(mean) < 0.05);
    BOOST_TEST(std::abs(square - mean * mean - 1) < 0.05);
  }
}

// PyTorch's formula for the two values that zeros become.
BOOST_AUTO_TEST_CASE(of_zeros_are_two_values) {
  const double p = 0.4, low = -1.7580993408473766;
  const double a = 1 / std::sqrt((low * low * p + 1) * (1 - p)), b = -a * low * p;
  const Array y = dropped(nn::AlphaDropout(p), Array::zeros(f64, {1000}));
  int kept = 0, lost = 0;
  for (const double v : doubles(y)) {
    kept += std::abs(v - b) < 1e-12;
    lost += std::abs(v - (a * low + b)) < 1e-12;
  }
  BOOST_TEST(kept + lost == 1000);
  BOOST_TEST(std::abs(lost - 400) < 78);
}

BOOST_AUTO_TEST_CASE(drop_all_or_nothing_at_the_ends) {
  const Array x({2, 3, 1}, {1.0, HUGE_VAL, 3.0, 4.0, 5.0, 6.0});
  BOOST_TEST(identical(dropped(nn::Dropout1d(0), x), x));
  BOOST_TEST(identical(dropped(nn::Dropout1d(1), x), Array::zeros(f64, {2, 3, 1})));
  BOOST_TEST(identical(dropped(nn::AlphaDropout(1), x), Array::zeros(f64, {2, 3, 1})));
  BOOST_TEST(identical(dropped(nn::DropPath(1), x), Array::zeros(f64, {2, 3, 1})));
}

BOOST_AUTO_TEST_CASE(refuse_what_is_no_probability_or_has_other_axes) {
  refuses<TypeError>([] { (void)nn::Dropout2d(1.5); }, {"Dropout2d", "1.5", "dropout_test.cpp:"});
  refuses<TypeError>([] { (void)nn::DropPath(-1); }, {"DropPath", "-1"});
  Graph graph;
  const Tensor row = graph.input("row", f32, {4, 3});
  refuses<ShapeError>([&] { (void)dropout2d(row); }, {"dropout2d", "4 axes, or 3"});
  refuses<TypeError>([&] { (void)alpha_dropout(row, 2); }, {"alpha_dropout", "[0, 1]"});
  refuses<ShapeError>([&] { (void)feature_alpha_dropout(graph.input("x", f32, {4})); },
                      {"feature_alpha_dropout", "[N, C, ...]"});
  refuses<ShapeError>([&] { (void)drop_path(graph.input("s", f32, {})); }, {"drop_path", "axis"});
}

BOOST_AUTO_TEST_SUITE_END()
