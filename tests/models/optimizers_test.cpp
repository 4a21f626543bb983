// The updates of the optimizers over several steps, against the same written for single numbers.
#include <cmath>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/ops/update.hpp>

#include "models/support.hpp"
#include "support/messages.hpp"

namespace {

using namespace asg;
using namespace models_test;
using test_support::contains;
using test_support::message_of;

// The gradient of each step: it depends on the parameter, as in life.
double slope(double p, int step) { return 0.3 * p + std::sin(step); }
Array slopes_of(const Array& p, int step) {
  Array g(p.dtype(), p.shape());
  for (std::int64_t i = 0; i < p.numel(); ++i) g.set(i, slope(p.get(i), step));
  return g;
}

BOOST_AUTO_TEST_CASE(sgd_steps) {
  for (const SgdOptions& o :
       {SgdOptions{}, SgdOptions{.weight_decay = 0.1}, SgdOptions{.momentum = 0.9},
        SgdOptions{.momentum = 0.8, .dampening = 0.3, .weight_decay = 0.01},
        SgdOptions{.momentum = 0.9, .weight_decay = 0.05, .nesterov = true}}) {
    Array p = spread({2, 3}), buffer = Array::zeros(f64, {2, 3});
    Array expected = p.clone(), velocity = buffer.clone();
    for (int step = 1; step <= 6; ++step) {
      const double rate = 0.1 / step;
      const Arrays results = run(
          [&](Graph&, const Tensors& t) {
            if (o.momentum == 0) return Tensors{sgd_update(t[0], t[1], t[3], o.weight_decay), t[2]};
            const SgdMomentum next = sgd_momentum_update(t[0], t[1], t[2], t[3], o, t[4]);
            return Tensors{next.parameter, next.buffer};
          },
          {p, slopes_of(p, step), buffer, Array(static_cast<float>(rate)),
           Array(std::int64_t{step})});
      p = results[0];
      buffer = results[1];
      for (std::int64_t i = 0; i < 6; ++i) {
        const double x = expected.get(i);
        double g = slope(x, step) + o.weight_decay * x;
        if (o.momentum != 0) {
          // PyTorch: the first buffer is the gradient itself.
          const double v = step == 1 ? g : o.momentum * velocity.get(i) + (1 - o.dampening) * g;
          velocity.set(i, v);
          g = o.nesterov ? g + o.momentum * v : v;
        }
        expected.set(i, x - static_cast<double>(static_cast<float>(rate)) * g);
      }
      BOOST_TEST(difference(p, expected, 1e-13) == "");
      BOOST_TEST(difference(buffer, velocity, 1e-13) == "");
    }
  }
}

BOOST_AUTO_TEST_CASE(adamw_steps) {
  for (const AdamWOptions& o : {AdamWOptions{}, AdamWOptions{.beta2 = 0.99, .weight_decay = 0},
                                AdamWOptions{.beta1 = 0.5, .eps = 1e-3, .weight_decay = 0.1}})
    for (const DType dtype : {f64, f32}) {
      Array p = spread({5}).to(dtype), m = Array::zeros(dtype, {5}), v = m.clone();
      Array expected = p.to(f64), first = m.to(f64), second = m.to(f64);
      for (int step = 1; step <= 8; ++step) {
        const float rate = 0.01f;
        const Arrays results = run(
            [&](Graph&, const Tensors& t) {
              const AdamWState next = adamw_update({t[0], t[2], t[3]}, t[1], t[4], t[5], o);
              return Tensors{next.parameter, next.first, next.second};
            },
            {p, slopes_of(p, step), m, v, Array(rate), Array(std::int64_t{step})});
        p = results[0];
        m = results[1];
        v = results[2];
        for (std::int64_t i = 0; i < 5; ++i) {
          const double x = expected.get(i), g = slope(x, step);
          first.set(i, o.beta1 * first.get(i) + (1 - o.beta1) * g);
          second.set(i, o.beta2 * second.get(i) + (1 - o.beta2) * g * g);
          const double a = first.get(i) / (1 - std::pow(o.beta1, step));
          const double b = second.get(i) / (1 - std::pow(o.beta2, step));
          expected.set(i, x * (1 - double{rate} * o.weight_decay) -
                              double{rate} * a / (std::sqrt(b) + o.eps));
        }
        const double tolerance = dtype == f64 ? 1e-12 : 2e-6;
        BOOST_TEST(difference(p, expected.to(dtype), tolerance) == "");
        BOOST_TEST(difference(m, first.to(dtype), tolerance) == "");
        BOOST_TEST(difference(v, second.to(dtype), tolerance) == "");
      }
    }
}

// In f32, 1 - 0.999^1 from rounded powers is off by 5e-5; the first step must still be the rate.
BOOST_AUTO_TEST_CASE(adamw_bias_correction_keeps_its_digits_in_f32) {
  const Array y = run(
      [](Graph&, const Tensors& t) {
        return Tensors{
            adamw_update({t[0], t[1], t[1]}, t[2], 1e-3, 1, {.eps = 0, .weight_decay = 0})
                .parameter};
      },
      narrow({Array({1}, {0.0}), Array({1}, {0.0}), Array({1}, {0.7})}))[0];
  BOOST_TEST(std::abs(y.get(0) / -1e-3 - 1) < 5e-7);
}

BOOST_AUTO_TEST_CASE(clipping_scales_all_gradients_by_their_common_norm) {
  const Build clip = [](Graph&, const Tensors& t) {
    const ClippedGradients c = clip_grad_norm({t[0], t[1]}, 1.0);
    return Tensors{c.gradients[0], c.gradients[1], c.norm};
  };
  const Arrays large = run(clip, {Array({2}, {2.0, 4.0}), Array({2, 1}, {5.0, 2.0})});
  const double factor = 1 / (7 + 1e-6);
  BOOST_TEST(differs(large[0], {2 * factor, 4 * factor}) == "");
  BOOST_TEST(differs(large[1], {5 * factor, 2 * factor}) == "");
  BOOST_TEST(differs(large[2], {7}) == "");
  const Arrays small = run(clip, {Array({2}, {0.1, 0.2}), Array({2, 1}, {0.0, 0.3})});
  BOOST_TEST(differs(small[0], {0.1, 0.2}, 0) == "");
  BOOST_TEST(differs(small[1], {0.0, 0.3}, 0) == "");
  const Arrays none = run(clip, {Array({2}, {0.0, 0.0}), Array({2, 1}, {0.0, 0.0})});
  BOOST_TEST(differs(none[0], {0, 0}, 0) == "");
}

BOOST_AUTO_TEST_CASE(errors_name_the_rule) {
  Graph graph;
  const Tensor p = graph.input("p", f32, {3}), q = graph.input("q", f32, {2});
  const auto message = [](const auto& call) { return message_of<Error>(call); };
  const auto has = [](const std::string& text, const char* part) {
    return contains(text, part, "optimizers_test.cpp:");
  };
  BOOST_TEST(has(message([&] { return sgd_update(p, q, 0.1); }), "gradient must have the type"));
  BOOST_TEST(has(message([&] {
                   return sgd_momentum_update(p, p, p, 0.1, {.momentum = 0.9, .dampening = 0.1});
                 }),
                 "dampening needs the step"));
  BOOST_TEST(has(message([&] { return sgd_momentum_update(p, p, p, 0.1, {.nesterov = true}); }),
                 "Nesterov"));
  BOOST_TEST(has(message([&] {
                   return adamw_update({p, p, p}, p, 0.1, 1, {.beta1 = 1});
                 }),
                 "beta1"));
  BOOST_TEST(has(message([&] { return adamw_update({p, p, p}, p, q, 1); }), "scalar"));
  BOOST_TEST(has(message([&] { return clip_grad_norm({}, 1.0); }), "at least one"));
}

}  // namespace
