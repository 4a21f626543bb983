#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>

#include <asg/graph/error.hpp>
#include <asg/nn/convolution.hpp>
#include <asg/nn/linear.hpp>
#include <asg/nn/sequential.hpp>

#include "support.hpp"

using namespace asg;
using namespace nn_test;
namespace init = nn::init;

namespace {

struct Moments {
  double mean = 0, std = 0, low = INFINITY, high = -INFINITY;
};

Moments moments(const Array& values) {
  Moments m;
  const auto n = static_cast<double>(values.numel());
  double square = 0;
  for (const double v : doubles(values)) {
    m.mean += v / n;
    square += v * v / n;
    m.low = std::min(m.low, v);
    m.high = std::max(m.high, v);
  }
  m.std = std::sqrt(square - m.mean * m.mean);
  return m;
}

Moments moments(const nn::Initializer& initializer, const Shape& shape) {
  return moments(initializer.values({f64, shape}, 7, "w"));
}

// The mean of n draws is within 5 of its standard deviations, which 1 in 10^6 seeds misses.
void check_uniform(const nn::Initializer& initializer, const Shape& shape, double bound) {
  const Moments m = moments(initializer, shape);
  const double n = std::sqrt(static_cast<double>(shape.numel()));
  BOOST_TEST(std::abs(m.mean) < 5 * bound / std::sqrt(3.0) / n);
  BOOST_TEST(std::abs(m.std / (bound / std::sqrt(3.0)) - 1) < 5 / n);
  BOOST_TEST(m.low >= -bound);
  BOOST_TEST(m.high < bound);
  BOOST_TEST(m.high > bound * 0.99);
  BOOST_TEST(m.low < -bound * 0.99);
}

void check_normal(const nn::Initializer& initializer, const Shape& shape, double mean, double std) {
  const Moments m = moments(initializer, shape);
  const double n = std::sqrt(static_cast<double>(shape.numel()));
  BOOST_TEST(std::abs(m.mean - mean) < 5 * std / n);
  BOOST_TEST(std::abs(m.std / std - 1) < 5 / n);
  BOOST_TEST(m.high > mean + 3 * std);
  BOOST_TEST(m.low < mean - 3 * std);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(philox)

// The known answers that the authors publish with Random123.
BOOST_AUTO_TEST_CASE(gives_the_published_words) {
  using Words = std::array<std::uint32_t, 4>;
  const std::uint32_t all = 0xffffffff;
  BOOST_TEST((nn::philox4x32_10({0, 0, 0, 0}, {0, 0}) ==
              Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  BOOST_TEST((nn::philox4x32_10({all, all, all, all}, {all, all}) ==
              Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  BOOST_TEST((nn::philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                                {0xa4093822, 0x299f31d0}) ==
              Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

BOOST_AUTO_TEST_CASE(streams_differ_by_seed_and_name) {
  const auto first = [](std::uint64_t seed, const char* name) {
    return nn::Philox(seed, name).uniform();
  };
  BOOST_TEST(first(1, "a") == first(1, "a"));
  BOOST_TEST(first(1, "a") != first(2, "a"));
  BOOST_TEST(first(1, "a") != first(1, "b"));
  BOOST_TEST(first(1, "a") != first(std::uint64_t{1} << 32 | 1, "a"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(initializers)

BOOST_AUTO_TEST_CASE(have_their_distributions) {
  check_uniform(init::uniform(-3, 3), {40000}, 3);
  check_normal(init::normal(2, 0.5), {40000}, 2, 0.5);
  check_uniform(init::xavier_uniform(2), {100, 300}, 2 * std::sqrt(6.0 / 400));
  check_normal(init::xavier_normal(), {100, 300}, 0, std::sqrt(2.0 / 400));
  check_uniform(init::kaiming_uniform({.a = std::sqrt(5.0)}), {100, 300}, 1 / std::sqrt(300.0));
  check_uniform(init::kaiming_uniform({.activation = "relu"}), {40, 30, 3, 3},
                std::sqrt(2.0) * std::sqrt(3.0 / 270));
  check_normal(init::kaiming_normal({.mode = init::Fan::out, .activation = "linear"}),
               {40, 30, 3, 3}, 0, std::sqrt(1.0 / 360));
  check_uniform(nn::Linear{400, 300}.weight.initializer(), {300, 400}, 1.0 / 20);
  check_uniform(nn::Linear{400, 300}.bias.initializer(), {30000}, 1.0 / 20);
}

// PyTorch counts by axes: for [40, 60, 2, 3] it says 360 and 240, and a layer that leads from 40
// channels to 60 has the fan of its inputs as the latter.
BOOST_AUTO_TEST_CASE(count_the_fans_of_a_transposed_convolution_as_pytorch_does) {
  const Shape weight = nn::ConvTranspose2d{40, 60, {2, 3}}.weight.shape();
  BOOST_TEST((weight == Shape{40, 60, 2, 3}));
  const auto rule = [](init::Fan mode) {
    return init::kaiming_uniform({.mode = mode, .activation = "conv_transpose2d"});
  };
  check_uniform(rule(init::Fan::in), weight, std::sqrt(3.0 / 360));
  check_uniform(rule(init::Fan::out), weight, std::sqrt(3.0 / 240));
  check_normal(init::xavier_normal(), weight, 0, std::sqrt(2.0 / 600));
}

// The standard deviation of what is left of a normal distribution, and its mean, by integration.
Moments truncated(double mean, double std, double low, double high) {
  double mass = 0, first = 0, second = 0;
  constexpr int steps = 200000;
  for (int i = 0; i < steps; ++i) {
    const double x = low + (high - low) * (i + 0.5) / steps;
    const double weight = std::exp(-(x - mean) * (x - mean) / (2 * std * std));
    mass += weight;
    first += weight * x;
    second += weight * x * x;
  }
  return {first / mass, std::sqrt(second / mass - first * first / mass / mass), 0, 0};
}

BOOST_AUTO_TEST_CASE(truncate_at_bounds_on_the_values) {
  struct Case {
    double mean, std, low, high;
  };
  for (const Case& c : std::vector<Case>{{0, 1, -2, 2},
                                         {0, 0.02, -2, 2},
                                         {1, 2, 0, 1.5},
                                         {0, 1, 3, 50},
                                         {0, 1, -9, -4},
                                         {5, 0.1, -1, 5}}) {
    const Shape shape{40000};
    const Moments m = moments(init::trunc_normal(c.mean, c.std, c.low, c.high), shape);
    // Beyond 12 standard deviations from the mean or the nearer bound there is nothing.
    const double near = std::clamp(c.mean, c.low, c.high);
    const Moments wanted = truncated(c.mean, c.std, std::max(c.low, near - 12 * c.std),
                                     std::min(c.high, near + 12 * c.std));
    BOOST_TEST_CONTEXT(c.mean << " " << c.std << " " << c.low << " " << c.high) {
      BOOST_TEST(std::abs(m.mean - wanted.mean) < 5 * wanted.std / 200);
      // The spread of a standard deviation, at most that of an exponential's.
      BOOST_TEST(std::abs(m.std / wanted.std - 1) < 5 * 1.5 / 200);
      BOOST_TEST(m.low >= c.low);
      BOOST_TEST(m.high <= c.high);
    }
  }
  for (void (*wrong)() : std::initializer_list<void (*)()>{
           [] { (void)init::trunc_normal(0, 1, 2, 2); }, [] { (void)init::trunc_normal(0, 0); }})
    BOOST_TEST(contains(message_of<TypeError>(wrong), "trunc_normal"));
}

BOOST_AUTO_TEST_CASE(are_orthogonal) {
  for (const Shape& shape : std::vector<Shape>{{5, 5}, {4, 9}, {9, 4}, {6, 3, 2, 2}, {1, 7}}) {
    const Array w = init::orthogonal(2).values({f64, shape}, 7, "w");
    const std::int64_t rows = shape[0], columns = w.numel() / rows;
    const bool wide = rows <= columns;
    const std::int64_t vectors = wide ? rows : columns, size = wide ? columns : rows;
    const auto at = [&](std::int64_t v, std::int64_t i) {
      return wide ? w.get(v * columns + i) : w.get(i * columns + v);
    };
    for (std::int64_t a = 0; a < vectors; ++a)
      for (std::int64_t b = 0; b <= a; ++b) {
        double product = 0;
        for (std::int64_t i = 0; i < size; ++i) product += at(a, i) * at(b, i);
        BOOST_TEST(std::abs(product - (a == b ? 4 : 0)) < 1e-13);
      }
  }
  BOOST_TEST(init::orthogonal().values({f32, {0, 3}}, 7, "w").numel() == 0);
  // Evenly over all rotations: in the plane the angle of the first row is uniform, and the second
  // row is as often left of it as right.
  double quadrants[4] = {0, 0, 0, 0}, left = 0;
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    const std::vector<double> q = doubles(init::orthogonal().values({f64, {2, 2}}, seed, "w"));
    quadrants[(q[0] > 0 ? 1 : 0) + (q[1] > 0 ? 2 : 0)] += 1;
    left += q[0] * q[3] - q[1] * q[2] > 0;
  }
  for (const double count : quadrants) BOOST_TEST(std::abs(count - 1000) < 5 * std::sqrt(750.0));
  BOOST_TEST(std::abs(left - 2000) < 5 * std::sqrt(1000.0));
  BOOST_TEST(contains(message_of<ShapeError>([] {
                        (void)init::orthogonal().values({f32, {3}}, 0, "b");
                      }),
                      "two axes"));
}

BOOST_AUTO_TEST_CASE(copy_their_input) {
  const auto all = [](const nn::Initializer& initializer, const Shape& shape) {
    return doubles(initializer.values({f64, shape}, 0, "w"));
  };
  using Values = std::vector<double>;
  BOOST_TEST(all(init::eye(), {2, 3}) == (Values{1, 0, 0, 0, 1, 0}),
             boost::test_tools::per_element());
  BOOST_TEST(all(init::dirac(), {3, 2, 3}) ==
                 (Values{0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}),
             boost::test_tools::per_element());
  BOOST_TEST(
      all(init::dirac(2), {4, 2, 2}) == (Values{0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1}),
      boost::test_tools::per_element());
  for (void (*wrong)() :
       std::initializer_list<void (*)()>{[] {
                                           (void)init::eye().values({f32, {3}}, 0, "w");
                                         },
                                         [] {
                                           (void)init::dirac().values({f32, {3, 3}}, 0, "w");
                                         },
                                         [] {
                                           (void)init::dirac(2).values({f32, {3, 3, 1}}, 0, "w");
                                         }})
    BOOST_TEST(contains(message_of<ShapeError>(wrong), "'w'"));
}

BOOST_AUTO_TEST_CASE(fill_with_what_they_say) {
  for (const double v : doubles(init::constant(1.5).values({f32, {3}}, 0, "b")))
    BOOST_TEST(v == 1.5);
  const Array given({2}, {1.0, 2.0});
  BOOST_TEST(identical(init::values(given).values({f64, {2}}, 0, "b"), given));
  BOOST_TEST(contains(message_of<ShapeError>([&] {
                        (void)init::values(given).values({f64, {3}}, 0, "b");
                      }),
                      "'b'"));
}

BOOST_AUTO_TEST_CASE(know_pytorchs_gains) {
  BOOST_TEST(init::calculate_gain("linear") == 1.0);
  BOOST_TEST(init::calculate_gain("conv_transpose2d") == 1.0);
  BOOST_TEST(init::calculate_gain("tanh") == 5.0 / 3);
  BOOST_TEST(init::calculate_gain("relu") == std::sqrt(2.0));
  BOOST_TEST(init::calculate_gain("leaky_relu", std::sqrt(5.0)) == std::sqrt(1.0 / 3),
             boost::test_tools::tolerance(1e-15));
  BOOST_TEST(
      contains(message_of<TypeError>([] { (void)init::calculate_gain("softplus"); }), "softplus"));
}

BOOST_AUTO_TEST_CASE(refuse_shapes_without_fans) {
  BOOST_TEST(contains(message_of<ShapeError>([] {
                        (void)init::xavier_normal().values({f32, {8}}, 0, "bias");
                      }),
                      "two axes"));
}

BOOST_AUTO_TEST_CASE(round_f64_to_f32) {
  const Array wide = init::normal(0, 1).values({f64, {100}}, 3, "w");
  const Array narrow = init::normal(0, 1).values({f32, {100}}, 3, "w");
  BOOST_TEST(identical(wide.to(f32), narrow));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(initialize_a_state)

BOOST_AUTO_TEST_CASE(depends_on_seed_and_name_alone) {
  const State one = initialize(nn::Sequential{nn::Linear{3, 4}, nn::Linear{4, 2}}, device(), 1);
  const State again = initialize(nn::Sequential{nn::Linear{3, 4}, nn::Linear{4, 2}}, device(), 1);
  const State other = initialize(nn::Sequential{nn::Linear{3, 4}, nn::Linear{4, 2}}, device(), 2);
  const State longer =
      initialize(nn::Sequential{nn::Linear{3, 4}, nn::Linear{4, 2}, nn::Linear{2, 9}}, device(), 1);
  for (const char* name : {"0.weight", "0.bias", "1.weight", "1.bias"}) {
    BOOST_TEST(identical(one.get(name), again.get(name)));
    BOOST_TEST(identical(one.get(name), longer.get(name)));
    BOOST_TEST(!identical(one.get(name), other.get(name)));
  }
  BOOST_TEST(one.get("random.seed").item<std::int64_t>() == 1);
  BOOST_TEST(longer.names().size() == 7u);
}

BOOST_AUTO_TEST_CASE(takes_further_models_when_they_are_named) {
  State state = initialize(nn::Linear{3, 4}, device(), 1);
  BOOST_TEST(contains(message_of<StateError>([&] {
                        initialize(nn::Linear{3, 4}, state, 1);
                      }),
                      "'weight' already"));
  initialize(nn::named("second", nn::Linear{3, 4}), state, 1);
  BOOST_TEST(state.has("second.weight"));
  BOOST_TEST(!identical(state.get("weight"), state.get("second.weight")));
}

BOOST_AUTO_TEST_SUITE_END()
