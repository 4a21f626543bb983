// Losses against their formulas, one target at a time.
#include <cmath>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/ops/activation.hpp>
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
  BOOST_TEST(has(message([&] { return cross_entropy(x, x); }), "i32 or i64"));
  BOOST_TEST(has(message([&] { return cross_entropy(column, graph.input("t", i64, {3})); }),
                 "the target must have the shape"));
  BOOST_TEST(has(message([&] { return cross_entropy(x, classes, {.label_smoothing = 2}); }),
                 "label_smoothing"));
}

}  // namespace
