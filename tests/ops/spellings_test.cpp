// Functions that are spellings of ops, and have no samples of their own: values, types, gradients
// and what they refuse; and what the elementwise ops with attributes refuse.
#include <cmath>
#include <limits>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/math.hpp>

#include "ops/support.hpp"
#include "support/messages.hpp"

namespace {

using namespace asg;
using namespace ops_test;
using test_support::contains;
using test_support::message_of;

const double inf = std::numeric_limits<double>::infinity();
const double nan = std::nan("");

using Unary = std::function<Tensor(const Tensor&)>;

void gives(const Unary& f, const Array& x, const Array& expected) {
  const Array got = run([&](Graph&, const Tensors& t) { return Tensors{f(t[0])}; }, {x})[0];
  BOOST_TEST(difference(got, expected, 0) == "");
}

// The slope of the sum of f, after `order` earlier ones.
Array slope(const Unary& f, const Array& x, int order = 0) {
  return run(
      [&](Graph&, const Tensors& t) {
        Tensor total = sum(f(t[0]));
        for (int k = 0; k < order; ++k) total = sum(gradients(total, {t[0]})[0]);
        return gradients(total, {t[0]});
      },
      {x})[0];
}

const Array special({6}, {nan, inf, -inf, 0.0, -0.0, -2.5});
const Array whole({3}, std::vector<std::int64_t>{-3, 0, 4});

// No pass may take x for equal to itself.
BOOST_AUTO_TEST_CASE(nan_and_infinities_are_seen) {
  for (const DType dtype : {f64, f32}) {
    gives(isnan, special.to(dtype), Array({6}, {true, false, false, false, false, false}));
    gives(isinf, special.to(dtype), Array({6}, {false, true, true, false, false, false}));
    gives(signbit, special.to(dtype), Array({6}, {false, false, true, false, true, true}));
  }
  const Array no({3}, {false, false, false});
  gives(isnan, whole, no);
  gives(isinf, whole, no);
  gives(isinf, no, no);
  gives(signbit, whole, Array({3}, {true, false, false}));
}

BOOST_AUTO_TEST_CASE(numbers_for_nan) {
  const double most = std::numeric_limits<double>::max();
  const float most_f32 = std::numeric_limits<float>::max();
  gives([](const Tensor& x) { return nan_to_num(x); }, special,
        Array({6}, {0.0, most, -most, 0.0, 0.0, -2.5}));
  gives([](const Tensor& x) { return nan_to_num(x); }, special.to(f32),
        Array({6}, {0.0F, most_f32, -most_f32, 0.0F, 0.0F, -2.5F}));
  gives([](const Tensor& x) { return nan_to_num(x, 1, 2, 3); }, special,
        Array({6}, {1.0, 2.0, 3.0, 0.0, 0.0, -2.5}));
  gives([](const Tensor& x) { return nan_to_num(x); }, whole, whole);
  const Array slopes = slope([](const Tensor& x) { return nan_to_num(x); }, special);
  BOOST_TEST(difference(slopes, Array({6}, {0.0, 0.0, 0.0, 1.0, 1.0, 1.0}), 0) == "");
}

BOOST_AUTO_TEST_CASE(toward_zero) {
  gives(asg::trunc, special, Array({6}, {nan, inf, -inf, 0.0, 0.0, -2.0}));
  gives(frac, special, Array({6}, {nan, nan, nan, 0.0, 0.0, -0.5}));
  gives(asg::trunc, whole, Array({3}, {-3.0F, 0.0F, 4.0F}));
  BOOST_TEST(difference(slope(frac, Array({2}, {-1.5, 0.0})), Array({2}, {1.0, 1.0}), 0) == "");
}

BOOST_AUTO_TEST_CASE(signs) {
  gives([](const Tensor& x) { return copysign(3, x); }, special,
        Array({6}, {3.0, 3.0, -3.0, 3.0, -3.0, -3.0}));
  gives([](const Tensor& x) { return copysign(x, -0.0); }, Array(1.5), Array(-1.5));
  gives([](const Tensor& x) { return heaviside(x, 7); }, special,
        Array({6}, {0.0, 1.0, 0.0, 7.0, 7.0, 0.0}));
  gives([](const Tensor& x) { return heaviside(x, 7); }, whole,
        Array({3}, std::vector<std::int64_t>{0, 7, 1}));
}

// The gradient at a limit is x's, and that of equal limits is the upper one's outside.
BOOST_AUTO_TEST_CASE(one_limit) {
  gives([](const Tensor& x) { return clamp_min(x, 1); }, special,
        Array({6}, {nan, inf, 1.0, 1.0, 1.0, 1.0}));
  gives([](const Tensor& x) { return clamp_max(x, -1); }, special,
        Array({6}, {nan, -1.0, -inf, -1.0, -1.0, -2.5}));
  gives([](const Tensor& x) { return clamp_min(x, 1); }, whole,
        Array({3}, std::vector<std::int64_t>{1, 1, 4}));
  gives([](const Tensor& x) { return clamp(x, 3, 2); }, Array({2}, {0.0, 5.0}),
        Array({2}, {2.0, 2.0}));
  gives([](const Tensor& x) { return clamp_min(0.5, x); }, Array({2}, {nan, 1.0}),
        Array({2}, {nan, 1.0}));
  const Array at = Array({3}, {-1.0, 0.5, 1.0});
  BOOST_TEST(difference(slope([](const Tensor& x) { return clamp(x, -1, 1); }, at),
                        Array({3}, {1.0, 1.0, 1.0}), 0) == "");
}

BOOST_AUTO_TEST_CASE(filled_where_masked) {
  const Build fill = [](Graph&, const Tensors& t) {
    return Tensors{masked_fill(t[0], t[1], t[2])};
  };
  const Array x({2, 2}, {1.0, nan, inf, 4.0}), mask({2}, {false, true});
  BOOST_TEST(difference(run(fill, {x, mask, Array(9.0)})[0], Array({2, 2}, {1.0, 9.0, inf, 9.0}),
                        0) == "");
  const Array none = run(fill, {Array(f64, {0, 2}), mask, Array(9.0)})[0];
  BOOST_TEST((none.shape() == Shape{0, 2}));
  Graph g;
  const Tensor t = g.input("t", f32, {2, 3}), n = g.input("n", i64, {3});
  const Tensor flags = g.input("flags", boolean, {3}), more = g.input("more", boolean, {4, 2, 3});
  const auto fails = [&](const Tensor& to, const Tensor& where, const Operand& value,
                         std::string_view why) {
    const std::string message = message_of<Error>([&] { (void)masked_fill(to, where, value); });
    BOOST_TEST(contains(message, "masked_fill: "), message);
    BOOST_TEST(contains(message, why), message);
    BOOST_TEST(contains(message, "spellings_test.cpp:"), message);
  };
  fails(t, t, 0, "must be bool");
  fails(t, more, 0, "broadcast to the shape of x");
  fails(n, flags, 0.5, "does not fit into x, which is i64");
  BOOST_TEST((masked_fill(n, flags, 7).dtype() == i64));
}

BOOST_AUTO_TEST_CASE(slopes_at_ends) {
  const Array origin(0.0);
  for (const Unary& f : {Unary([](const Tensor& x) { return hypot(x, 0); }),
                         Unary([](const Tensor& x) { return atan2(x, 0); }),
                         Unary([](const Tensor& x) { return xlogy(0, x); })})
    BOOST_TEST(difference(slope(f, origin), origin, 0) == "");
  // Neither is off by an overflow.
  BOOST_TEST(std::abs(slope(asg::asinh, Array(1e300)).get(0) * 1e300 - 1) < 1e-12);
  const Array far = slope([](const Tensor& x) { return atan2(x, 1e300); }, Array(1e300));
  BOOST_TEST(std::abs(far.get(0) * 2e300 - 1) < 1e-12);
  BOOST_TEST(slope(asg::atan, Array(inf)).get(0) == 0);
  BOOST_TEST(slope(asg::erfinv, Array(1.0)).get(0) == inf);
  BOOST_TEST(slope(asg::asin, Array(1.0)).get(0) == inf);
  // x of hardswish times the slope 0 of hardsigmoid would be NaN.
  BOOST_TEST(difference(slope(hardswish, Array({4}, {inf, -inf, 3.0, -3.0})),
                        Array({4}, {1.0, 0.0, 1.0, 0.0}), 0) == "");
}

BOOST_AUTO_TEST_CASE(refused) {
  Graph g;
  const Tensor x = g.input("x", f32, {2, 3}), twice = g.input("twice", f64, {3});
  const Tensor weight = g.input("weight", f32, {2});
  const auto fails = [&](const std::function<void()>& call, const std::string& name,
                         const std::string& why) {
    const std::string message = message_of<Error>(call);
    BOOST_TEST(contains(message, name + ": "), message);
    BOOST_TEST(contains(message, why), message);
    BOOST_TEST(contains(message, "spellings_test.cpp:"), message);
  };
  fails([&] { (void)polygamma(-1, x); }, "polygamma", "n must be in [0, 30]");
  fails([&] { (void)polygamma(31, x); }, "polygamma", "n must be in [0, 30]");
  fails([&] { (void)celu(x, 0); }, "celu", "alpha must be above 0");
  fails([&] { (void)hardtanh(x, 1, 1); }, "hardtanh", "min_val must be below max_val");
  fails([&] { (void)softshrink(x, -0.5); }, "softshrink", "lambd must not be negative");
  fails([&] { (void)prelu(x, weight); }, "prelu", "one number for each channel");
  fails([&] { (void)prelu(weight, weight); }, "prelu", "weight must be [1]");
  fails([&] { (void)prelu(x, twice); }, "prelu", "f32 meets f64");
  fails([&] { (void)glu(x); }, "glu", "axis 1 of size 3 has no halves");
  fails([&] { (void)glu(x, 2); }, "glu", "axis 2 does not exist");
  fails([&] { (void)softmin(x, 2); }, "softmin", "axis 2 does not exist");
  fails([&] { (void)rrelu(x, 0.5, 0.25); }, "rrelu", "upper 0.25");
  fails([&] { (void)lerp(x, weight, 0.5); }, "lerp", "do not broadcast");
  BOOST_TEST((glu(x, 0).shape() == Shape{1, 3}));
}

}  // namespace
