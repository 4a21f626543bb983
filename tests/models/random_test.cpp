// Random numbers: their statistics, their independence, and dropout's mask in both directions.
#include <cmath>
#include <set>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/ops/random.hpp>

#include "models/support.hpp"

namespace {

using namespace asg;
using namespace models_test;

const Array seed(std::int64_t{42});
const Array step(std::int64_t{3});

Build sample_of(Tensor (*draw)(const RandomKey&, std::uint64_t, const Shape&, DType, Where),
                DType dtype, std::uint64_t stream, Shape shape) {
  return [=](Graph&, const Tensors& t) {
    return Tensors{draw({t[0], t[1]}, stream, shape, dtype, {})};
  };
}

struct Moments {
  double mean = 0, variance = 0, low = 1e300, high = -1e300;
};
Moments moments(const Array& x) {
  Moments m;
  const auto n = static_cast<double>(x.numel());
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    m.mean += x.get(i) / n;
    m.low = std::min(m.low, x.get(i));
    m.high = std::max(m.high, x.get(i));
  }
  for (std::int64_t i = 0; i < x.numel(); ++i) m.variance += std::pow(x.get(i) - m.mean, 2) / n;
  return m;
}

// 40,000 draws: the bounds are five standard errors wide.
BOOST_AUTO_TEST_CASE(uniform_numbers_fill_the_unit_interval) {
  for (const DType dtype : {f32, f64}) {
    const Array x = run(sample_of(random_uniform, dtype, 1, {200, 200}), {seed, step})[0];
    const Moments m = moments(x);
    BOOST_TEST(m.low >= 0);
    BOOST_TEST(m.low < 5e-4);
    BOOST_TEST(m.high < 1);
    BOOST_TEST(m.high > 1 - 5e-4);
    BOOST_TEST(std::abs(m.mean - 0.5) < 5 * std::sqrt(1 / 12.0 / 4e4));
    BOOST_TEST(std::abs(m.variance - 1 / 12.0) < 5 * std::sqrt(1 / 180.0 / 4e4));
  }
}

BOOST_AUTO_TEST_CASE(normal_numbers_have_mean_0_and_variance_1) {
  for (const DType dtype : {f32, f64}) {
    const Array x = run(sample_of(random_normal, dtype, 1, {200, 200}), {seed, step})[0];
    const Moments m = moments(x);
    BOOST_TEST(std::abs(m.mean) < 5 / 200.0);
    BOOST_TEST(std::abs(m.variance - 1) < 5 * std::sqrt(2.0) / 200);
    std::int64_t beyond = 0;
    for (std::int64_t i = 0; i < x.numel(); ++i) beyond += std::abs(x.get(i)) > 1.959964;
    BOOST_TEST(std::abs(static_cast<double>(beyond) / 4e4 - 0.05) < 5 * std::sqrt(0.0475 / 4e4));
  }
}

BOOST_AUTO_TEST_CASE(seed_step_and_stream_choose_the_numbers) {
  const auto draw = [](std::int64_t s, std::int64_t t, std::uint64_t stream) {
    return run(sample_of(random_uniform, f32, stream, {8}), {Array(s), Array(t)})[0];
  };
  const Array x = draw(1, 2, 3);
  BOOST_TEST(identical(x, draw(1, 2, 3)));
  BOOST_TEST(!identical(x, draw(2, 2, 3)));
  BOOST_TEST(!identical(x, draw(1, 3, 3)));
  BOOST_TEST(!identical(x, draw(1, 2, 4)));
}

Build drop(double p, std::uint64_t stream) {
  return [=](Graph&, const Tensors& t) {
    return Tensors{dropout(t[0], p, RandomKey{t[1], t[2]}, stream)};
  };
}

BOOST_AUTO_TEST_CASE(dropout_drops_a_share_and_scales_the_rest) {
  for (const double p : {0.1, 0.5, 0.9}) {
    const Array y = run(drop(p, 5), {Array::full(f64, {100, 400}, 2), seed, step})[0];
    std::int64_t zeros = 0;
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      zeros += y.get(i) == 0;
      if (y.get(i) != 0) BOOST_TEST_REQUIRE(std::abs(y.get(i) - 2 / (1 - p)) < 1e-12);
    }
    BOOST_TEST(std::abs(static_cast<double>(zeros) / 4e4 - p) < 5 * std::sqrt(p * (1 - p) / 4e4));
  }
}

// The backward pass makes the mask of the forward pass again, in the second derivative as well.
BOOST_AUTO_TEST_CASE(dropout_gradient_uses_the_mask_of_the_forward_pass) {
  const Arrays arrays = {Array::full(f64, {50}, 1), seed, step};
  const Array y = run(drop(0.4, 9), arrays)[0];
  BOOST_TEST(difference(slopes(drop(0.4, 9), arrays)[0], y, 1e-15) == "");
  const Build squared = [](Graph& graph, const Tensors& t) {
    return Tensors{square(drop(0.4, 9)(graph, t)[0])};
  };
  BOOST_TEST(check_both(squared, {spread({20}), seed, step}) == "");
}

BOOST_AUTO_TEST_CASE(dropout_is_the_identity_unless_the_graph_trains) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {4});
  BOOST_TEST(dropout(x, 0.5).same_as(x));
  BOOST_TEST(graph.variables().empty());
  graph.set_training(true);
  BOOST_TEST(dropout(x, 0.0).same_as(x));
  const Tensor a = dropout(x, 0.5), b = dropout(x, 0.5);
  BOOST_TEST(!a.same_as(x));
  // Two calls have masks of their own, from one key that a State begins with zeros.
  BOOST_TEST((graph.node(a.value().node).attributes.integer("stream") !=
              graph.node(b.value().node).attributes.integer("stream")));
  BOOST_TEST(graph.variables().size() == 2U);
  for (const VariableInfo& info : graph.variables()) {
    BOOST_TEST(!info.trainable);
    BOOST_TEST(info.initial.value() == 0);
  }
  BOOST_CHECK_THROW((void)dropout(x, 1.5), TypeError);
  BOOST_CHECK_THROW((void)dropout(x, -0.1), TypeError);
}

// The stream depends on the module's path and the count there, not on what else the graph holds.
BOOST_AUTO_TEST_CASE(masks_do_not_depend_on_the_rest_of_the_program) {
  const auto stream = [](bool more) {
    Graph graph;
    graph.set_training(true);
    Tensor x = graph.input("x", f32, {4});
    if (more) {
      const PathScope scope(graph, "other");
      x = dropout(exp(x), 0.5);
    }
    const PathScope scope(graph, "block");
    return graph.node(dropout(x, 0.5).value().node).attributes.integer("stream");
  };
  BOOST_TEST(stream(false) == stream(true));
}

}  // namespace
