// Attention against loops, for all kinds of masks; its gradients against differences.
#include <cmath>
#include <limits>
#include <optional>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/ops/attention.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/random.hpp>

#include "models/support.hpp"
#include "support/messages.hpp"

namespace {

using namespace asg;
using namespace models_test;
using test_support::contains;
using test_support::message_of;

enum class Mask { none, flags, flags_for_batch, bias, bias_for_head };

struct Case {
  std::int64_t batch, heads, queries, keys, size, value_size;
  Mask mask;
  bool causal;
  double scale;
};

Shape mask_shape(const Case& c) {
  switch (c.mask) {
    case Mask::flags_for_batch:
      return {c.batch, 1, 1, c.keys};  // padding
    case Mask::bias_for_head:
      return {c.heads, c.queries, c.keys};
    default:
      return {c.queries, c.keys};
  }
}

Arrays inputs_of(const Case& c) {
  Arrays arrays = {spread({c.batch, c.heads, c.queries, c.size}, -1, 1, 1),
                   spread({c.batch, c.heads, c.keys, c.size}, -1, 1, 2),
                   spread({c.batch, c.heads, c.keys, c.value_size}, -1, 1, 3)};
  const Array numbers = spread(mask_shape(c), -1, 1, 4);
  if (c.mask == Mask::bias || c.mask == Mask::bias_for_head) arrays.push_back(numbers);
  if (c.mask == Mask::flags || c.mask == Mask::flags_for_batch) {
    Array flags(boolean, numbers.shape());
    for (std::int64_t i = 0; i < flags.numel(); ++i) flags.set(i, numbers.get(i) > -0.3);
    arrays.push_back(flags);
  }
  return arrays;
}

Build build(const Case& c) {
  return [c](Graph&, const Tensors& t) {
    return Tensors{scaled_dot_product_attention(
        t[0], t[1], t[2],
        {.mask = t.size() > 3 ? t[3] : Tensor{}, .causal = c.causal, .scale = c.scale})};
  };
}

// The same with dropout of the weights: seed and step come before a mask.
constexpr double rate = 0.4;
constexpr std::int64_t stream = 7;
Build build_dropping(bool causal, double scale) {
  return [=](Graph& graph, const Tensors& t) {
    const Attributes how = {{"causal", static_cast<std::int64_t>(causal)},
                            {"scale", scale},
                            {"p", rate},
                            {"stream", stream}};
    return Tensors{graph.add(find_op("scaled_dot_product_attention_dropout"), t, how)[0]};
  };
}
Arrays with_key(Arrays arrays) {
  arrays.insert(arrays.begin() + 3, {Array(std::int64_t{1}), Array(std::int64_t{2})});
  return arrays;
}

// softmax(q k^T * scale + mask) v with loops; rows without keys are 0. The weights are multiplied
// with `factors` where these are given, as dropout does.
Array naive(const Case& c, const Arrays& a, const std::optional<Array>& factors = {}) {
  Array y = Array::zeros(f64, {c.batch, c.heads, c.queries, c.value_size});
  for (std::int64_t b = 0; b < c.batch; ++b)
    for (std::int64_t h = 0; h < c.heads; ++h)
      for (std::int64_t i = 0; i < c.queries; ++i) {
        const std::int64_t head = b * c.heads + h;
        std::vector<double> weights;
        double total = 0;
        for (std::int64_t j = 0; j < c.keys; ++j) {
          double score = 0;
          for (std::int64_t d = 0; d < c.size; ++d)
            score += a[0].get((head * c.queries + i) * c.size + d) *
                     a[1].get((head * c.keys + j) * c.size + d);
          score *= c.scale;
          bool seen = !c.causal || j <= i;
          if (c.mask == Mask::bias) score += a[3].get(i * c.keys + j);
          if (c.mask == Mask::bias_for_head) score += a[3].get((h * c.queries + i) * c.keys + j);
          if (c.mask == Mask::flags) seen = seen && a[3].get(i * c.keys + j) != 0;
          if (c.mask == Mask::flags_for_batch) seen = seen && a[3].get(b * c.keys + j) != 0;
          weights.push_back(seen ? std::exp(score) : 0);
          total += weights.back();
        }
        for (std::int64_t j = 0; j < c.keys && total > 0; ++j)
          for (std::int64_t d = 0; d < c.value_size; ++d) {
            const std::int64_t at = (head * c.queries + i) * c.value_size + d;
            const double factor = factors ? factors->get((head * c.queries + i) * c.keys + j) : 1;
            y.set(at, y.get(at) + factor * weights[static_cast<std::size_t>(j)] / total *
                                      a[2].get((head * c.keys + j) * c.value_size + d));
          }
      }
  return y;
}

std::vector<Case> cases() {
  std::vector<Case> result;
  for (const Mask mask :
       {Mask::none, Mask::flags, Mask::flags_for_batch, Mask::bias, Mask::bias_for_head})
    for (const bool causal : {false, true}) {
      result.push_back({1, 1, 1, 1, 1, 1, mask, causal, 1.0});
      result.push_back({2, 3, 4, 4, 2, 3, mask, causal, 0.6});
      result.push_back({2, 1, 3, 5, 4, 2, mask, causal, 0.5});
      result.push_back({1, 2, 5, 3, 2, 2, mask, causal, 2.0});
    }
  return result;
}

BOOST_AUTO_TEST_CASE(as_loops_give) {
  for (const Case& c : cases())
    BOOST_TEST_CONTEXT("mask " << int(c.mask) << " causal " << c.causal << " lengths " << c.queries
                               << " " << c.keys) {
      const Arrays arrays = inputs_of(c);
      BOOST_TEST(difference(run(build(c), arrays)[0], naive(c, arrays), 1e-12) == "");
      BOOST_TEST(difference(run(build(c), narrow(arrays))[0], naive(c, arrays).to(f32), 1e-5) ==
                 "");
    }
}

// The float masks are differentiated as well: a learned bias for each head, used by all images.
BOOST_AUTO_TEST_CASE(gradients_as_differences_give) {
  for (const Mask mask :
       {Mask::none, Mask::flags, Mask::flags_for_batch, Mask::bias, Mask::bias_for_head})
    for (const bool causal : {false, true})
      BOOST_TEST_CONTEXT("mask " << int(mask) << " causal " << causal) {
        const Case c = {2, 2, 3, 2, 2, 1, mask, causal, 0.7};
        BOOST_TEST(check_both(build(c), inputs_of(c)) == "");
      }
}

// As PyTorch's: of softmax(scores) each weight is 0 or divided by 1 - p, then multiplied with
// value.
BOOST_AUTO_TEST_CASE(dropout_drops_weights_behind_the_softmax) {
  for (const Case& c : cases())
    BOOST_TEST_CONTEXT("mask " << int(c.mask) << " causal " << c.causal << " lengths " << c.queries
                               << " " << c.keys) {
      const Build drop_ones = [](Graph&, const Tensors& t) {
        return Tensors{dropout(t[0], rate, RandomKey{t[1], t[2]}, stream)};
      };
      const Array ones = Array::full(f64, {c.batch, c.heads, c.queries, c.keys}, 1);
      const Array factors =
          run(drop_ones, {ones, Array(std::int64_t{1}), Array(std::int64_t{2})})[0];
      const Arrays arrays = inputs_of(c);
      const Build dropping = build_dropping(c.causal, c.scale);
      BOOST_TEST(difference(run(dropping, with_key(arrays))[0], naive(c, arrays, factors), 1e-12) ==
                 "");
    }
}

BOOST_AUTO_TEST_CASE(gradients_of_dropout_as_differences_give) {
  for (const Mask mask :
       {Mask::none, Mask::flags, Mask::flags_for_batch, Mask::bias, Mask::bias_for_head})
    for (const bool causal : {false, true})
      BOOST_TEST_CONTEXT("mask " << int(mask) << " causal " << causal) {
        const Case c = {2, 2, 3, 2, 2, 1, mask, causal, 0.7};
        BOOST_TEST(check_both(build_dropping(causal, c.scale), with_key(inputs_of(c))) == "");
      }
}

std::string op_of(const Tensor& t) { return std::string(t.graph().node(t.value().node).op.name); }

BOOST_AUTO_TEST_CASE(dropout_changes_nothing_unless_the_graph_trains) {
  for (const bool training : {false, true})
    for (const double p : {0.0, 0.5}) {
      Graph graph;
      graph.set_training(training);
      const Tensor x = graph.input("x", f32, {2, 3, 4});
      const std::string drops = training && p > 0 ? "_dropout" : "";
      BOOST_TEST(op_of(scaled_dot_product_attention(x, x, x, {.dropout = p})) ==
                 "scaled_dot_product_attention" + drops);
    }
}

BOOST_AUTO_TEST_CASE(a_query_without_keys_gives_zeros_and_no_gradient) {
  const double inf = std::numeric_limits<double>::infinity();
  const Arrays x = {spread({2, 3}, -1, 1, 1), spread({2, 3}, -1, 1, 2), spread({2, 3}, -1, 1, 3)};
  const Array flags({2, 2}, std::vector<bool>{false, false, true, true});
  const Array bias({2, 2}, {-inf, -inf, 0.0, 0.0});
  for (const Array& mask : {flags, bias}) {
    const Build masked = [](Graph&, const Tensors& t) {
      return Tensors{scaled_dot_product_attention(t[0], t[1], t[2], {.mask = t[3]})};
    };
    const Build dropping = build_dropping(false, 1);
    const Arrays arrays = {x[0], x[1], x[2], mask};
    const Array y = run(masked, arrays)[0];
    const Arrays dx = slopes(masked, arrays);
    const Array dropped = run(dropping, with_key(arrays))[0];
    const Arrays dropped_dx = slopes(dropping, with_key(arrays));
    for (std::int64_t i = 0; i < 3; ++i) {
      BOOST_TEST(dropped.get(i) == 0);
      BOOST_TEST(dropped_dx[0].get(i) == 0);
      BOOST_TEST(std::isfinite(dropped_dx[0].get(3 + i)));
      BOOST_TEST(y.get(i) == 0);
      BOOST_TEST(dx[0].get(i) == 0);
      BOOST_TEST(std::isfinite(y.get(3 + i)));
      BOOST_TEST(std::isfinite(dx[1].get(i)));
      BOOST_TEST(dx[2].get(i) > 0);
    }
  }
}

BOOST_AUTO_TEST_CASE(scores_of_any_size) {
  const Arrays x = narrow({Array({1, 1}, {1e15}), Array({3, 1}, {1e15, 1e15, -1e15}),
                           Array({3, 1}, {1.0, 3.0, 100.0})});
  const Build plain = [](Graph&, const Tensors& t) {
    return Tensors{scaled_dot_product_attention(t[0], t[1], t[2], {.scale = 1.0})};
  };
  BOOST_TEST(differs(run(plain, x)[0], {2.0}) == "");
  BOOST_TEST(differs(slopes(plain, x)[2], {0.5, 0.5, 0.0}) == "");
}

BOOST_AUTO_TEST_CASE(leading_axes_broadcast_and_the_scale_is_that_of_the_paper) {
  const Arrays x = {spread({2, 3, 4, 4}, -1, 1, 1), spread({3, 5, 4}, -1, 1, 2),
                    spread({5, 2}, -1, 1, 3)};
  const Arrays y = run(
      [](Graph&, const Tensors& t) {
        const Tensor key = broadcast_to(t[1], {2, 3, 5, 4});
        const Tensor value = broadcast_to(t[2], {2, 3, 5, 2});
        return Tensors{scaled_dot_product_attention(t[0], t[1], t[2]),
                       scaled_dot_product_attention(t[0], key, value, {.scale = 0.5})};
      },
      x);
  BOOST_TEST((y[0].shape() == Shape{2, 3, 4, 2}));
  BOOST_TEST(difference(y[0], y[1], 1e-14) == "");
}

BOOST_AUTO_TEST_CASE(errors_name_the_rule) {
  Graph graph;
  const Tensor q = graph.input("q", f32, {2, 3, 4});
  const auto message = [&](const Tensor& k, const Tensor& v, const AttentionOptions& how) {
    return message_of<Error>([&] { return scaled_dot_product_attention(q, k, v, how); });
  };
  const auto has = [](const std::string& text, const char* part) {
    return contains(text, part, "attention_test.cpp:");
  };
  const Tensor k = graph.input("k", f32, {2, 5, 4});
  BOOST_TEST(has(message(graph.input("a", f32, {2, 5, 3}), k, {}), "same last axis"));
  BOOST_TEST(has(message(k, graph.input("b", f32, {2, 6, 4}), {}), "same length"));
  BOOST_TEST(has(message(graph.input("c", f32, {3, 5, 4}), k, {}), "do not broadcast"));
  BOOST_TEST(
      has(message(k, k, {.mask = graph.input("d", boolean, {3, 4})}), "mask must broadcast"));
  BOOST_TEST(has(message(k, k, {.mask = graph.input("e", i64, {3, 5})}), "bool"));
  BOOST_TEST(has(message(k, k, {.dropout = 1.5}), "dropout is 1.5; it must be in [0, 1]"));
}

}  // namespace
