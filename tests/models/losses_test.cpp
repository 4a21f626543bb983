// Losses against their formulas, one target at a time.
#include <cmath>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/loss.hpp>

#include "models/support.hpp"
#include "support/messages.hpp"

namespace {

using namespace asg;
using namespace models_test;
using test_support::contains;
using test_support::message_of;

struct Case {
  Shape logits;
  int axis;
  double smoothing;
  std::int64_t ignore_index;
  std::string reduction;
};

std::vector<Case> cases() {
  std::vector<Case> result;
  for (const std::string reduction : {"none", "mean", "sum"})
    for (const double smoothing : {0.0, 0.1, 1.0})
      for (const std::int64_t ignore : {-100, 1}) {
        result.push_back({{5, 3}, 1, smoothing, ignore, reduction});
        result.push_back({{2, 3, 4}, 1, smoothing, ignore, reduction});
        result.push_back({{2, 4, 3}, -1, smoothing, ignore, reduction});
        result.push_back({{3, 2, 2}, 0, smoothing, ignore, reduction});
        result.push_back({{3}, 1, smoothing, ignore, reduction});  // no batch, as PyTorch allows
      }
  return result;
}

Arrays inputs_of(const Case& c) {
  const int axis = c.logits.rank() == 1 ? 0 : normalize_axis(c.axis, c.logits.rank());
  Shape shape = c.logits;
  shape.erase(axis);
  Array target(i64, shape);
  for (std::int64_t i = 0; i < target.numel(); ++i)
    target.set(i,
               i % 4 == 3 ? static_cast<double>(c.ignore_index) : static_cast<double>((i * 2) % 3));
  return {spread(c.logits, -3, 3), target};
}

Array naive(const Case& c, const Arrays& a) {
  const int axis = c.logits.rank() == 1 ? 0 : normalize_axis(c.axis, c.logits.rank());
  const std::int64_t classes = c.logits[axis];
  const std::int64_t inner = c.logits.slice(axis + 1, c.logits.rank()).numel();
  Array losses(f64, a[1].shape());
  double total = 0, count = 0;
  for (std::int64_t i = 0; i < losses.numel(); ++i) {
    const auto logit = [&](std::int64_t k) {
      return a[0].get((i / inner * classes + k) * inner + i % inner);
    };
    const auto target = static_cast<std::int64_t>(a[1].get(i));
    losses.set(i, 0);
    if (target == c.ignore_index) continue;
    double sum = 0;
    for (std::int64_t k = 0; k < classes; ++k) sum += std::exp(logit(k));
    double loss = 0;
    for (std::int64_t k = 0; k < classes; ++k) {
      const double wanted =
          c.smoothing / static_cast<double>(classes) + (k == target ? 1 - c.smoothing : 0);
      loss -= wanted * std::log(std::exp(logit(k)) / sum);
    }
    losses.set(i, loss);
    total += loss;
    count += 1;
  }
  if (c.reduction == "none") return losses;
  return Array(c.reduction == "sum" ? total : total / count);
}

Build build(const Case& c) {
  return [c](Graph&, const Tensors& t) {
    return Tensors{cross_entropy(t[0], t[1],
                                 {.axis = c.axis,
                                  .label_smoothing = c.smoothing,
                                  .ignore_index = c.ignore_index,
                                  .reduction = c.reduction})};
  };
}

BOOST_AUTO_TEST_CASE(cross_entropy_as_the_formula_gives) {
  for (const Case& c : cases())
    BOOST_TEST_CONTEXT(to_string(c.logits) << " axis " << c.axis << " smoothing " << c.smoothing
                                           << " ignore " << c.ignore_index << " " << c.reduction) {
      const Arrays arrays = inputs_of(c);
      BOOST_TEST(difference(run(build(c), arrays)[0], naive(c, arrays), 1e-12) == "");
    }
}

BOOST_AUTO_TEST_CASE(cross_entropy_gradients_as_differences_give) {
  for (const Case& c : cases())
    if (c.logits.rank() > 1 && c.smoothing < 1) {
      BOOST_TEST_CONTEXT(to_string(c.logits) << " " << c.smoothing << c.reduction)
      BOOST_TEST(check_both(build(c), inputs_of(c)) == "");
    }
}

BOOST_AUTO_TEST_CASE(nll_behind_log_softmax_is_cross_entropy) {
  for (const Case& c : cases()) {
    if (c.smoothing != 0) continue;
    const Arrays y = run(
        [&](Graph& graph, const Tensors& t) {
          const int axis = c.logits.rank() == 1 ? 0 : c.axis;
          return Tensors{build(c)(graph, t)[0], nll_loss(log_softmax(t[0], axis), t[1],
                                                         {c.axis, c.ignore_index, c.reduction})};
        },
        inputs_of(c));
    BOOST_TEST(difference(y[0], y[1], 1e-12) == "");
  }
}

BOOST_AUTO_TEST_CASE(a_batch_without_targets) {
  const Arrays arrays = {spread({2, 3}), integers({2}, {-100, -100})};
  const auto loss = [](const char* reduction) {
    return [reduction](Graph&, const Tensors& t) {
      return Tensors{cross_entropy(t[0], t[1], {.reduction = reduction})};
    };
  };
  BOOST_TEST(std::isnan(run(loss("mean"), arrays)[0].get(0)));
  BOOST_TEST(run(loss("sum"), arrays)[0].get(0) == 0);
  BOOST_TEST(differs(slopes(loss("sum"), arrays)[0], {0, 0, 0, 0, 0, 0}) == "");
}

// A class number beyond the classes is no silent zero.
BOOST_AUTO_TEST_CASE(a_target_outside_of_the_classes_is_an_error) {
  for (const std::int64_t target : {3, -1})
    BOOST_CHECK_THROW(
        run([](Graph&, const Tensors& t) { return Tensors{cross_entropy(t[0], t[1])}; },
            {spread({1, 3}), integers({1}, {target})}),
        DeviceError);
}

// The mean is over all elements, whatever their shape.
BOOST_AUTO_TEST_CASE(elementwise_losses_reduce_everything) {
  const Arrays x = {spread({4, 3}, -1, 1, 1), spread({4, 3}, 0, 1, 2)};
  double squares = 0, distances = 0;
  for (std::int64_t i = 0; i < 12; ++i) {
    squares += std::pow(x[0].get(i) - x[1].get(i), 2);
    distances += std::abs(x[0].get(i) - x[1].get(i));
  }
  const Arrays y = run(
      [](Graph&, const Tensors& t) {
        return Tensors{mse_loss(t[0], t[1]),         mse_loss(t[0], t[1], "sum"),
                       l1_loss(t[0], t[1]),          l1_loss(t[0], t[1], "sum"),
                       mse_loss(t[0], t[1], "none"), mse_loss(t[0], 0.5, "sum")};
      },
      x);
  BOOST_TEST(differs(y[0], {squares / 12}) == "");
  BOOST_TEST(differs(y[1], {squares}) == "");
  BOOST_TEST(differs(y[2], {distances / 12}) == "");
  BOOST_TEST(differs(y[3], {distances}) == "");
  BOOST_TEST((y[4].shape() == Shape{4, 3}));
  for (Tensor (*loss)(const Operand&, const Operand&, Reduction) :
       {mse_loss, l1_loss, binary_cross_entropy_with_logits})
    for (const char* reduction : {"none", "mean", "sum"})
      BOOST_TEST(
          check_both([&](Graph&, const Tensors& t) { return Tensors{loss(t[0], t[1], reduction)}; },
                     x) == "");
}

// Losses that are functions of other ops: their gradients, away from their bends.
BOOST_AUTO_TEST_CASE(gradients_as_differences_give) {
  const Arrays both = {spread({3, 4}, -2, 2, 1), spread({3, 4}, 0.1, 0.9, 2)};
  const std::vector<Build> losses = {
      [](Graph&, const Tensors& t) { return Tensors{huber_loss(t[0], t[1], 0.7)}; },
      [](Graph&, const Tensors& t) { return Tensors{kl_div(t[0], t[1])}; },
      [](Graph&, const Tensors& t) { return Tensors{kl_div(t[0], t[1], {.log_target = true})}; },
      [](Graph&, const Tensors& t) { return Tensors{sigmoid_focal_loss(t[0], t[1])}; },
      [](Graph&, const Tensors& t) { return Tensors{poisson_nll_loss(t[0], t[1])}; },
      [](Graph&, const Tensors& t) { return Tensors{gaussian_nll_loss(t[1], t[0], t[1] + 0.1)}; },
      [](Graph&, const Tensors& t) { return Tensors{hinge_loss(t[0], t[1])}; },
      [](Graph&, const Tensors& t) { return Tensors{squared_hinge_loss(t[0], t[1])}; },
      [](Graph&, const Tensors& t) { return Tensors{soft_margin_loss(t[0], t[1])}; },
      [](Graph&, const Tensors& t) { return Tensors{multilabel_soft_margin_loss(t[0], t[1])}; },
      [](Graph&, const Tensors& t) { return Tensors{cross_entropy(t[0], t[1])}; },
      [](Graph&, const Tensors& t) {
        return Tensors{triplet_margin_loss(t[0], t[1], t[0] * t[1], {.margin = 5})};
      },
      [](Graph&, const Tensors& t) {
        return Tensors{binary_cross_entropy_with_logits(t[0], t[1], {.pos_weight = 2 + t[1]})};
      }};
  for (std::size_t i = 0; i < losses.size(); ++i)
    BOOST_TEST(check_both(losses[i], both) == "", "loss " << i);
}

// What a formula written down as it stands would make NaN or infinite.
BOOST_AUTO_TEST_CASE(extremes_stay_numbers) {
  const double inf = INFINITY;
  const auto finite = [](const Build& loss, const Arrays& arrays, const std::vector<double>& values,
                         const std::vector<double>& gradient) {
    const Array y = run(loss, arrays)[0], dx = slopes(loss, arrays)[0];
    BOOST_TEST(difference(y, Array(y.shape(), values), 1e-12) == "");
    BOOST_TEST(difference(dx, Array(dx.shape(), gradient), 1e-12) == "");
  };
  const auto none = [](auto loss) {
    return [loss](Graph&, const Tensors& t) { return Tensors{loss(t[0], t[1], "none")}; };
  };
  finite(none(soft_margin_loss), {Array({3}, {1e30, -1e30, 800.0}), Array({3}, {1.0, 1.0, -1.0})},
         {0, 1e30, 800}, {0, -1, 1});
  finite(
      [](Graph&, const Tensors& t) {
        return Tensors{sigmoid_focal_loss(t[0], t[1], {.alpha = -1, .gamma = 0.5})};
      },
      {Array({2}, {1e30, -1e30}), Array({2}, {1.0, 0.0})}, {0, 0}, {0, 0});
  finite(
      [](Graph&, const Tensors& t) { return Tensors{kl_div(t[0], t[1], {.reduction = "none"})}; },
      {Array({2}, {-inf, 0.0}), Array({2}, {0.0, 1.0})}, {0, 0}, {0, -1});
  finite(
      [](Graph&, const Tensors& t) {
        return Tensors{kl_div(t[0], t[1], {.reduction = "none", .log_target = true})};
      },
      {Array({2}, {-inf, 0.0}), Array({2}, {-inf, 0.0})}, {0, 0}, {0, -1});
  finite([](Graph&,
            const Tensors& t) { return Tensors{cross_entropy(t[0], t[1], {.reduction = "none"})}; },
         {Array({1, 3}, {-inf, 1e30, 1e30}), Array({1, 3}, {0.0, 0.5, 0.5})}, {std::log(2.0)},
         {0, 0, 0});
  finite(
      [](Graph&, const Tensors& t) {
        return Tensors{binary_cross_entropy_with_logits(
            t[0], t[1], {.pos_weight = full_like(t[0], 3), .reduction = "none"})};
      },
      {Array({3}, {1e30, -1e30, 1e30}), Array({3}, {1.0, 1.0, 0.0})}, {0, 3e30, 1e30}, {0, -3, 1});
  // Equal points have no direction in which to part.
  finite(
      [](Graph&, const Tensors& t) {
        return Tensors{triplet_margin_loss(t[0], t[1], t[1], {.eps = 0, .reduction = "none"})};
      },
      {Array({1, 2}, {1.0, 2.0}), Array({1, 2}, {1.0, 2.0})}, {1}, {0, 0});
}

// A sum over nothing is 0, and no axis may be forgotten.
BOOST_AUTO_TEST_CASE(empty_batches) {
  const Arrays nothing = {Array(f64, {0, 3}), Array(f64, {0, 3})};
  for (Tensor (*loss)(const Operand&, const Operand&, Reduction) :
       {hinge_loss, squared_hinge_loss, soft_margin_loss})
    BOOST_TEST(
        run([&](Graph&, const Tensors& t) { return Tensors{loss(t[0], t[1], "sum")}; }, nothing)[0]
            .get(0) == 0);
  BOOST_TEST(
      run([](Graph&,
             const Tensors& t) { return Tensors{cross_entropy(t[0], t[1], {.reduction = "sum"})}; },
          nothing)[0]
          .get(0) == 0);
}

BOOST_AUTO_TEST_CASE(errors_name_the_rule) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {4, 3});
  const Tensor column = graph.input("column", f32, {4, 1});
  const Tensor classes = graph.input("classes", i64, {4});
  const auto message = [](const auto& call) { return message_of<Error>(call); };
  const auto has = [](const std::string& text, const char* part) {
    return contains(text, part, "losses_test.cpp:");
  };
  BOOST_TEST(has(message([&] { return mse_loss(x, column); }), "must have one shape"));
  BOOST_TEST(has(message([&] { return mse_loss(x, x, "average"); }), "reduction is"));
  const Tensor flags = graph.input("flags", boolean, {4});
  BOOST_TEST(has(message([&] { return cross_entropy(x, flags); }), "i32 or i64"));
  BOOST_TEST(has(message([&] { return cross_entropy(column, graph.input("t", i64, {3})); }),
                 "the target must have the shape"));
  BOOST_TEST(has(message([&] { return cross_entropy(x, classes, {.label_smoothing = 2}); }),
                 "label_smoothing"));
  const Tensor soft = graph.input("soft", f32, {4, 3});
  const Tensor weight = graph.input("weight", f32, {3});
  BOOST_TEST(has(message([&] {
                   return cross_entropy(x, graph.input("s", f32, {4, 2}));
                 }),
                 "the shape of the logits"));
  BOOST_TEST(has(message([&] {
                   return cross_entropy(x, graph.input("d", f64, {4, 3}));
                 }),
                 "f32 meets f64"));
  BOOST_TEST(has(message([&] { return cross_entropy(x, soft, {.label_smoothing = -1}); }),
                 "label_smoothing"));
  BOOST_TEST(has(
      message([&] { return cross_entropy(x, classes, {.weight = graph.input("w", f32, {4})}); }),
      "one value for each of 3 classes"));
  BOOST_TEST(has(message([&] { return nll_loss(x, classes, {.weight = column}); }),
                 "one value for each of 3 classes"));
  BOOST_TEST(has(message([&] { return smooth_l1_loss(x, x, -1); }), "beta must be above 0"));
  BOOST_TEST(has(message([&] { return huber_loss(x, x, 0); }), "delta is 0"));
  BOOST_TEST(has(message([&] { return binary_cross_entropy(x, x, {.pos_weight = weight}); }),
                 "pos_weight is for logits"));
  BOOST_TEST(has(message([&] {
                   return binary_cross_entropy(x, x, {.weight = graph.input("v", f32, {2, 4, 3})});
                 }),
                 "does not broadcast"));
  BOOST_TEST(has(message([&] { return kl_div(x, x, {.reduction = "batch"}); }), "reduction is"));
  BOOST_TEST(has(message([&] { return hinge_loss(x, column); }), "must have one shape"));
  BOOST_TEST(has(message([&] { return gaussian_nll_loss(x, x, weight); }), "the variance must"));
  BOOST_TEST(has(message([&] { return triplet_margin_loss(x, x, x, {.p = 0}); }), "p is 0"));
  BOOST_TEST(
      has(message([&] { return cosine_embedding_loss(x, x, weight); }), "must have one shape"));
  BOOST_TEST(has(message([&] { return multi_margin_loss(x, x); }), "i32 or i64"));
  BOOST_TEST(has(message([&] { return multi_margin_loss(x, classes, {.p = 3}); }), "p is 1 or 2"));
  BOOST_TEST(
      has(message([&] { return multilabel_margin_loss(x, classes); }), "must have one shape"));
  BOOST_TEST(has(message([&] { return ctc_loss(x, classes, classes, classes); }), "[T, N, C]"));
}

}  // namespace
