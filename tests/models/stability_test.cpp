// Numbers at the ends of their range: what must not overflow, cancel or turn into NaN.
#include <cmath>
#include <limits>

#include <boost/test/unit_test.hpp>

#include <asg/ops/activation.hpp>
#include <asg/ops/loss.hpp>
#include <asg/ops/normalization.hpp>

#include "models/support.hpp"

namespace {

using namespace asg;
using namespace models_test;

const double inf = std::numeric_limits<double>::infinity();

// The same in both types: 1e30 is far inside of f32, its square and its exponential are not.
template <class F>
void in_both_types(F check) {
  BOOST_TEST_CONTEXT("f64") {
    check([](Arrays a) { return a; });
  }
  BOOST_TEST_CONTEXT("f32") { check(narrow); }
}

BOOST_AUTO_TEST_CASE(softmax_of_huge_and_missing_scores) {
  in_both_types([](auto typed) {
    const Arrays x = typed({Array({3, 3}, {1e30, 1e30, -1e30, -inf, 2.0, 2.0, 3.0, -inf, -inf})});
    const Build build = [](Graph&, const Tensors& t) { return Tensors{softmax(t[0], 1)}; };
    BOOST_TEST(differs(run(build, x)[0], {0.5, 0.5, 0, 0, 0.5, 0.5, 1, 0, 0}) == "");
    const Array dx =
        slopes([](Graph&, const Tensors& t) { return Tensors{softmax(t[0], 1) * t[1]}; },
               {x[0], typed({Array({3}, {1.0, 2.0, 5.0})})[0]})[0];
    BOOST_TEST(differs(dx, {-0.25, 0.25, 0, 0, -0.75, 0.75, 0, 0, 0}) == "");
  });
}

BOOST_AUTO_TEST_CASE(log_softmax_of_huge_and_missing_scores) {
  in_both_types([](auto typed) {
    const Arrays x = typed({Array({3, 2}, {1e30, 1e30, 1e30, -1e30, -inf, 4.0})});
    const Build build = [](Graph&, const Tensors& t) { return Tensors{log_softmax(t[0], 1)}; };
    BOOST_TEST(
        differs(run(build, x)[0], {-std::log(2.0), -std::log(2.0), 0, -2e30, -inf, 0}, 1e-7) == "");
    const Array dx =
        slopes([](Graph&, const Tensors& t) { return Tensors{log_softmax(t[0], 1) * t[1]}; },
               {x[0], typed({Array({3, 2}, {1.0, 0.0, 0.0, 1.0, 0.0, 1.0})})[0]})[0];
    BOOST_TEST(differs(dx, {0.5, -0.5, -1, 1, 0, 0}) == "");
  });
}

BOOST_AUTO_TEST_CASE(logsumexp_of_huge_and_missing_scores) {
  in_both_types([](auto typed) {
    const Arrays x = typed({Array({4, 2}, {1e30, 1e30, -inf, -inf, -inf, 1.0, -1e30, -1e30})});
    const Build build = [](Graph&, const Tensors& t) { return Tensors{logsumexp(t[0], 1)}; };
    BOOST_TEST(differs(run(build, x)[0], {1e30, -inf, 1, -1e30}, 1e-7) == "");
    const Array dx = slopes(build, x)[0];
    BOOST_TEST(dx.get(2) == 0);  // a row of -inf: no NaN
    BOOST_TEST(dx.get(3) == 0);
    BOOST_TEST(dx.get(4) == 0);
    BOOST_TEST(dx.get(5) == 1);
  });
}

BOOST_AUTO_TEST_CASE(cross_entropy_of_huge_and_missing_logits) {
  in_both_types([](auto typed) {
    const Arrays x = typed({Array({4, 2}, {1e30, 1e30, 1e30, -1e30, 1e30, -1e30, 0.0, -inf}),
                            integers({4}, {0, 0, 1, 0})});
    const Build build = [](Graph&, const Tensors& t) {
      return Tensors{cross_entropy(t[0], t[1], {.reduction = "none"})};
    };
    BOOST_TEST(differs(run(build, x)[0], {std::log(2.0), 0, 2e30, 0}, 1e-7) == "");
    BOOST_TEST(differs(slopes(build, x)[0], {-0.5, 0.5, 0, 0, 1, -1, 0, 0}) == "");
  });
}

BOOST_AUTO_TEST_CASE(sigmoid_and_softplus_at_the_ends) {
  in_both_types([](auto typed) {
    const Arrays x = typed({Array({4}, {-1e30, -80.0, 80.0, 1e30})});
    BOOST_TEST(differs(run([](Graph&, const Tensors& t) { return Tensors{sigmoid(t[0])}; }, x)[0],
                       {0, std::exp(-80.0), 1, 1}) == "");
    // Relative accuracy where 1 / (1 + exp(80)) would be its only digits.
    const double small =
        run([](Graph&, const Tensors& t) { return Tensors{sigmoid(t[0])}; }, x)[0].get(1);
    BOOST_TEST(std::abs(small / std::exp(-80.0) - 1) < 1e-6);
    BOOST_TEST(differs(run([](Graph&, const Tensors& t) { return Tensors{softplus(t[0])}; }, x)[0],
                       {0, std::exp(-80.0), 80, 1e30}, 1e-7) == "");
    const Build both = [](Graph&, const Tensors& t) { return Tensors{softplus(t[0])}; };
    BOOST_TEST(differs(slopes(both, x)[0], {0, 0, 1, 1}, 1e-7) == "");
  });
}

BOOST_AUTO_TEST_CASE(binary_cross_entropy_of_huge_logits) {
  in_both_types([](auto typed) {
    const Arrays x =
        typed({Array({4}, {1e30, -1e30, 1e30, -1e30}), Array({4}, {1.0, 0.0, 0.0, 1.0})});
    const Build build = [](Graph&, const Tensors& t) {
      return Tensors{binary_cross_entropy_with_logits(t[0], t[1], "none")};
    };
    BOOST_TEST(differs(run(build, x)[0], {0, 0, 1e30, 1e30}, 1e-7) == "");
    BOOST_TEST(differs(slopes(build, x)[0], {0, 0, 1, -1}) == "");
  });
}

// The mean of n equal numbers is not always that number once sums are rounded: 0.1 three times.
BOOST_AUTO_TEST_CASE(layer_norm_of_a_constant_row_is_the_bias) {
  in_both_types([](auto typed) {
    for (const double value : {0.0, 0.1, -7.3, 1e4, 1e30})
      for (const std::int64_t n : {1, 3, 7, 1000}) BOOST_TEST_CONTEXT(value << " x " << n) {
          const Arrays x = typed(
              {Array::full(f64, {2, n}, value), spread({n}, 0.5, 1.5, 1), spread({n}, -1, 1, 2)});
          const Array y = run(
              [n](Graph&, const Tensors& t) { return Tensors{layer_norm(t[0], {n}, t[1], t[2])}; },
              x)[0];
          for (std::int64_t i = 0; i < y.numel(); ++i) BOOST_TEST(y.get(i) == x[2].get(i % n));
        }
  });
}

BOOST_AUTO_TEST_CASE(layer_norm_keeps_the_digits_of_a_small_spread) {
  const Array x = Array({1, 4}, {1e6f, 1e6f + 1, 1e6f + 2, 1e6f + 3});
  const Array y =
      run([](Graph&, const Tensors& t) { return Tensors{layer_norm(t[0], {4})}; }, {x.to(f32)})[0];
  const double s = 1 / std::sqrt(1.25 + 1e-5);
  BOOST_TEST(differs(y, {-1.5 * s, -0.5 * s, 0.5 * s, 1.5 * s}, 1e-6) == "");
}

BOOST_AUTO_TEST_CASE(variance_keeps_the_digits_of_a_small_spread) {
  const Array x = Array({3}, {4096.25f, 4096.5f, 4096.75f});
  const Build build = [](Graph&, const Tensors& t) { return Tensors{var(t[0])}; };
  BOOST_TEST(run(build, {x})[0].get(0) == 0.0625);
}

// Rows far from 0: what a mean in f32 loses there is as large as the spread.
BOOST_AUTO_TEST_CASE(variances_far_from_zero_keep_their_digits) {
  const Array x({2, 4}, {1e7f, 1e7f + 1, 1e7f + 2, 1e7f + 3, -3e6f, -3e6f, -3e6f + 1, -3e6f + 1});
  const auto of = [](const Axes& axes, int correction) {
    return [=](Graph&, const Tensors& t) { return Tensors{var(t[0], axes, correction)}; };
  };
  BOOST_TEST(differs(run(of(1, 1), {x})[0], {5.0 / 3, 1.0 / 3}, 1e-6) == "");
  BOOST_TEST(differs(run(of(1, 0), {x})[0], {1.25, 0.25}, 1e-6) == "");
  BOOST_TEST(differs(slopes(of(1, 0), {x})[0],
                     {-0.75, -0.25, 0.25, 0.75, -0.25, -0.25, 0.25, 0.25}, 1e-6) == "");
  // The other axis, and both.
  const Array tall = Array({3, 2}, {1e7f, 5.0f, 1e7f + 1, 5.5f, 1e7f + 3, 7.0f});
  BOOST_TEST(differs(run(of(0, 1), {tall})[0], {7.0 / 3, 13.0 / 12}, 1e-6) == "");
  const Array all({2, 2}, {1e7f, 1e7f + 1, 1e7f + 2, 1e7f + 3});
  BOOST_TEST(differs(run(of({0, 1}, 1), {all})[0], {5.0 / 3}, 1e-6) == "");
  BOOST_TEST(differs(run(of(0, 1), {Array({3}, {1e16, 1e16 + 2, 1e16 + 4})})[0], {4}) == "");
}

BOOST_AUTO_TEST_CASE(layer_norm_and_its_gradient_far_from_zero_are_those_near_it) {
  const Arrays near = {Array({2, 4}, {0.0f, 1.0f, 2.0f, 3.0f, 5.0f, 1.0f, 2.0f, 1.0f}),
                       Array({4}, {1.0f, -0.5f, 2.0f, 0.25f}), Array({4}, {0.5f, 1.0f, 0.0f, -1.0f})};
  Arrays far = near;
  far[0] = near[0].clone();
  for (std::int64_t i = 0; i < 8; ++i) far[0].set(i, near[0].get(i) + 1e7);
  const Build norm = [](Graph&, const Tensors& t) {
    const Tensor y = layer_norm(t[0], {4}, t[1], t[2]);
    return Tensors{y * square(y)};
  };
  const Arrays y_near = run(norm, near), y_far = run(norm, far);
  BOOST_TEST(difference(y_far[0], y_near[0], 1e-6) == "");
  const Arrays d_near = slopes(norm, near), d_far = slopes(norm, far);
  for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(difference(d_far[i], d_near[i], 2e-6) == "");
}

// The distance from the truth in numbers of x's type, as long as the truth is one of them.
double worst_ulps(const Build& build, const Array& x, double (*truth)(double)) {
  const Array y = run(build, {x})[0];
  double worst = 0;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const auto exact = truth(x.get(i));
    const float at = static_cast<float>(exact);
    const double ulp = std::max<double>(std::nextafter(std::abs(at), INFINITY) - std::abs(at),
                                        std::numeric_limits<float>::denorm_min());
    worst = std::max(worst, std::abs(y.get(i) - exact) / ulp);
  }
  return worst;
}

// As far left as f32 has numbers for the result.
BOOST_AUTO_TEST_CASE(silu_keeps_its_digits_to_the_end_of_its_tail) {
  const Build silu_of = [](Graph&, const Tensors& t) { return Tensors{silu(t[0])}; };
  const auto truth = [](double x) { return x / (1 + std::exp(-x)); };
  const Array x = spread({5000}, -110, 20).to(f32);
  BOOST_TEST(worst_ulps(silu_of, x, truth) < 4);
  const Build slope = [](Graph&, const Tensors& t) { return gradients(sum(silu(t[0])), {t[0]}); };
  const auto true_slope = [](double v) {
    const double s = 1 / (1 + std::exp(-v));
    return s * (1 + v * (1 - s));
  };
  BOOST_TEST(worst_ulps(slope, spread({5000}, -110, -2).to(f32), true_slope) < 8);
}

// What is left of the error is that of the argument, whose exponential it is.
BOOST_AUTO_TEST_CASE(gelu_with_tanh_keeps_its_tail) {
  const Build gelu_of = [](Graph&, const Tensors& t) { return Tensors{gelu(t[0], "tanh")}; };
  const auto truth = [](double x) {
    const double u = std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x);
    return x / (1 + std::exp(-2 * u));
  };
  BOOST_TEST(worst_ulps(gelu_of, spread({5000}, -1, 10).to(f32), truth) < 8);
  BOOST_TEST(worst_ulps(gelu_of, spread({5000}, -5, -1).to(f32), truth) < 64);
  BOOST_TEST(worst_ulps(gelu_of, spread({5000}, -12, -5).to(f32), truth) < 256);
}

BOOST_AUTO_TEST_CASE(gelu_with_tanh_has_slopes_of_0_and_1_at_the_ends) {
  in_both_types([](auto typed) {
    const Arrays x = typed({Array({4}, {-1e30, -50.0, 50.0, 1e30})});
    const Build build = [](Graph&, const Tensors& t) { return Tensors{gelu(t[0], "tanh")}; };
    BOOST_TEST(differs(slopes(build, x)[0], {0, 0, 1, 1}) == "");
  });
}

// erf, expm1 and log1p over their whole range, against the C library in double precision.
BOOST_AUTO_TEST_CASE(special_functions_are_accurate) {
  struct Function {
    const char* name;
    Tensor (*op)(const Operand&);
    double (*truth)(double);
    double low, high, f64_bound, f32_bound;  // relative
  };
  for (const Function& f : {Function{"erf", erf, std::erf, -6.5, 6.5, 2e-15, 5e-7},
                            Function{"erf near 0", erf, std::erf, -1e-3, 1e-3, 2e-15, 5e-7},
                            Function{"expm1", expm1, std::expm1, -20, 20, 2e-15, 5e-7},
                            Function{"expm1 near 0", expm1, std::expm1, -1e-6, 1e-6, 2e-15, 5e-7},
                            Function{"log1p", log1p, std::log1p, -0.99, 20, 2e-15, 5e-7},
                            Function{"log1p near 0", log1p, std::log1p, -1e-6, 1e-6, 2e-15, 5e-7}})
    for (const DType dtype : {f64, f32}) BOOST_TEST_CONTEXT(f.name << " in " << name(dtype)) {
        const Array x = spread({5000}, f.low, f.high, 1).to(dtype);
        const Array y = run([&](Graph&, const Tensors& t) { return Tensors{f.op(t[0])}; }, {x})[0];
        double worst = 0;
        for (std::int64_t i = 0; i < x.numel(); ++i) {
          const double truth = f.truth(x.get(i));
          worst = std::max(worst, std::abs(y.get(i) - truth) / std::abs(truth));
        }
        BOOST_TEST(worst <= (dtype == f64 ? f.f64_bound : f.f32_bound));
      }
}

}  // namespace
