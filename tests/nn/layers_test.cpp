// Layers against plain loops over the same numbers, in f64.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>
#include <asg/nn/attention.hpp>
#include <asg/nn/convolution.hpp>
#include <asg/nn/dropout.hpp>
#include <asg/nn/embedding.hpp>
#include <asg/nn/feed_forward.hpp>
#include <asg/nn/linear.hpp>
#include <asg/nn/normalization.hpp>
#include <asg/nn/pooling.hpp>
#include <asg/nn/transformer.hpp>
#include <asg/ops/activation.hpp>

#include "support.hpp"

using namespace asg;
using namespace nn_test;

namespace {

template <class M>
State f64_state(const M& model) {
  model.to(f64);
  return initialize(model, device(), 11);
}

void check_close(const Array& got, const Array& wanted) {
  BOOST_TEST_REQUIRE(to_string(got.type()) == to_string(wanted.type()));
  for (std::int64_t i = 0; i < got.numel(); ++i)
    BOOST_TEST(std::abs(got.get(i) - wanted.get(i)) < 1e-12,
               "element " << i << ": " << got.get(i) << " is not " << wanted.get(i));
}

// x [rows, in] times weight rows [begin, begin + out) plus bias.
Array project(const Array& x, const Array& weight, const Array& bias, std::int64_t begin,
              std::int64_t out) {
  const std::int64_t in = x.shape().back();
  const std::int64_t rows = x.numel() / in;
  Array y(f64, {rows, out});
  for (std::int64_t r = 0; r < rows; ++r)
    for (std::int64_t o = 0; o < out; ++o) {
      double sum = bias.get(begin + o);
      for (std::int64_t i = 0; i < in; ++i)
        sum += x.get(r * in + i) * weight.get((begin + o) * in + i);
      y.set(r * out + o, sum);
    }
  return y;
}

using Allowed = std::function<bool(std::int64_t b, std::int64_t query, std::int64_t key)>;

// Multi-head attention of query [B, Tq, E] on key and value [B, Tk, E].
Array attention(const State& state, std::int64_t heads, const Array& query, const Array& key,
                const Array& value, const Allowed& allowed) {
  const std::int64_t batch = query.shape()[0], tq = query.shape()[1], tk = key.shape()[1];
  const std::int64_t e = query.shape()[2], d = e / heads;
  const Array weight = state.get("qkv.weight"), bias = state.get("qkv.bias");
  const Array q = project(query, weight, bias, 0, e);
  const Array k = project(key, weight, bias, e, e);
  const Array v = project(value, weight, bias, 2 * e, e);
  Array joint = Array::zeros(f64, {batch * tq, e});
  for (std::int64_t b = 0; b < batch; ++b)
    for (std::int64_t h = 0; h < heads; ++h)
      for (std::int64_t i = 0; i < tq; ++i) {
        std::vector<double> w(static_cast<std::size_t>(tk), 0);
        double total = 0;
        for (std::int64_t j = 0; j < tk; ++j) {
          if (!allowed(b, i, j)) continue;
          double score = 0;
          for (std::int64_t c = 0; c < d; ++c)
            score += q.get((b * tq + i) * e + h * d + c) * k.get((b * tk + j) * e + h * d + c);
          w[static_cast<std::size_t>(j)] = std::exp(score / std::sqrt(static_cast<double>(d)));
          total += w[static_cast<std::size_t>(j)];
        }
        for (std::int64_t j = 0; j < tk && total > 0; ++j)
          for (std::int64_t c = 0; c < d; ++c) {
            const std::int64_t at = (b * tq + i) * e + h * d + c;
            joint.set(at, joint.get(at) + w[static_cast<std::size_t>(j)] / total *
                                              v.get((b * tk + j) * e + h * d + c));
          }
      }
  return project(joint, state.get("proj.weight"), state.get("proj.bias"), 0, e)
      .reshaped({batch, tq, e});
}

const Allowed everything = [](auto...) { return true; };
const Allowed past = [](std::int64_t, std::int64_t q, std::int64_t k) { return k <= q; };

}  // namespace

BOOST_AUTO_TEST_SUITE(layers)

BOOST_AUTO_TEST_CASE(linear_takes_any_leading_axes) {
  const nn::Linear layer{3, 4};
  State state = f64_state(layer);
  for (const Shape& shape : {Shape{3}, Shape{5, 3}, Shape{2, 0, 3}, Shape{2, 5, 3}}) {
    const Array x = spread(shape);
    Shape result = shape;
    result[result.rank() - 1] = 4;
    check_close(evaluate(layer, state, x),
                project(x, state.get("weight"), state.get("bias"), 0, 4).reshaped(result));
  }
  const nn::Linear plain{3, 4, {.bias = false}};
  State without = f64_state(plain);
  BOOST_TEST(names_of(plain).size() == 1u);
  const Array x = spread({3});
  check_close(evaluate(plain, without, x),
              project(x, without.get("weight"), Array::zeros(f64, {4}), 0, 4).reshaped({4}));
}

BOOST_AUTO_TEST_CASE(embedding_picks_rows) {
  const nn::Embedding table{5, 2, {.weight_init = nn::init::normal(0, 0.1)}};
  State state = f64_state(table);
  const Array y = evaluate(table, state, Array({2, 2}, {4, 0, 0, 3}));
  const Array w = state.get("weight");
  for (std::int64_t i = 0; const int row : {4, 0, 0, 3})
    for (int c = 0; c < 2; ++c) BOOST_TEST(y.get(i++) == w.get(row * 2 + c));
}

BOOST_AUTO_TEST_CASE(norms_keep_mean_and_scale) {
  const Array x = spread({4, 6});
  const nn::LayerNorm layer{6};
  State state = f64_state(layer);
  const Array y = evaluate(layer, state, x);
  const nn::RMSNorm root{6, {.eps = 1e-6}};
  State other = f64_state(root);
  const Array z = evaluate(root, other, x);
  for (std::int64_t r = 0; r < 4; ++r) {
    double mean = 0, square = 0, raw = 0;
    for (std::int64_t c = 0; c < 6; ++c) {
      mean += y.get(r * 6 + c) / 6;
      square += y.get(r * 6 + c) * y.get(r * 6 + c) / 6;
      raw += x.get(r * 6 + c) * x.get(r * 6 + c) / 6;
    }
    BOOST_TEST(std::abs(mean) < 1e-12);
    BOOST_TEST(std::abs(square - 1) < 1e-4);
    for (std::int64_t c = 0; c < 6; ++c)
      BOOST_TEST(std::abs(z.get(r * 6 + c) - x.get(r * 6 + c) / std::sqrt(raw + 1e-6)) < 1e-12);
  }
  BOOST_TEST(names_of(nn::LayerNorm{{2, 3}, {.bias = false}}).size() == 1u);
  BOOST_TEST(names_of(nn::LayerNorm{6, {.affine = false}}).empty());
}

BOOST_AUTO_TEST_CASE(conv2d_with_groups_stride_padding_and_bias) {
  const nn::Conv2d layer{4, 6, {2, 3}, {.stride = {1, 2}, .padding = 1, .groups = 2}};
  State state = f64_state(layer);
  const Array x = spread({2, 4, 5, 6});
  const Array y = evaluate(layer, state, x);
  BOOST_TEST_REQUIRE(to_string(y.shape()) == "[2, 6, 6, 3]");
  const Array w = state.get("weight"), b = state.get("bias");
  BOOST_TEST_REQUIRE(to_string(w.shape()) == "[6, 2, 2, 3]");
  for (std::int64_t i = 0, n = 0; n < 2; ++n)
    for (std::int64_t o = 0; o < 6; ++o)
      for (std::int64_t r = 0; r < 6; ++r)
        for (std::int64_t c = 0; c < 3; ++c, ++i) {
          double sum = b.get(o);
          for (std::int64_t ch = 0; ch < 2; ++ch)
            for (std::int64_t kr = 0; kr < 2; ++kr)
              for (std::int64_t kc = 0; kc < 3; ++kc) {
                const std::int64_t xr = r + kr - 1, xc = 2 * c + kc - 1;
                if (xr < 0 || xr >= 5 || xc < 0 || xc >= 6) continue;
                sum += x.get(((n * 4 + o / 3 * 2 + ch) * 5 + xr) * 6 + xc) *
                       w.get(((o * 2 + ch) * 2 + kr) * 3 + kc);
              }
          BOOST_TEST(std::abs(y.get(i) - sum) < 1e-12);
        }
}

BOOST_AUTO_TEST_CASE(pools_reduce_windows) {
  const Array x({1, 1, 2, 4}, {1.0, 5.0, 2.0, 4.0, 3.0, -1.0, 0.0, 2.0});
  State state(device());
  check_close(evaluate(nn::MaxPool2d{2}, state, x), Array({1, 1, 1, 2}, {5.0, 4.0}));
  check_close(evaluate(nn::AvgPool2d{2}, state, x), Array({1, 1, 1, 2}, {2.0, 2.0}));
  check_close(evaluate(nn::AdaptiveAvgPool2d{1}, state, x), Array({1, 1, 1, 1}, {2.0}));
}

BOOST_AUTO_TEST_CASE(constructors_refuse_what_cannot_be) {
  const auto shape_error = [](auto&& f) { return message_of<ShapeError>(f); };
  BOOST_TEST(contains(shape_error([] { nn::MultiHeadAttention{6, 4}; }), "shared equally"));
  BOOST_TEST(contains(shape_error([] { nn::Conv2d{4, 6, 3, {.groups = 3}}; }), "3 groups"));
  BOOST_TEST(contains(shape_error([] { nn::Linear{-1, 2}; }), "in is -1"));
  BOOST_TEST(contains(shape_error([] { nn::Linear{-1, 2}; }), "layers_test.cpp"));
  BOOST_TEST(contains(message_of<TypeError>([] { nn::Dropout{1.5}; }), "1.5"));
  // Three and four times as many are no 64-bit number.
  constexpr std::int64_t wide = (std::int64_t{1} << 62) - 2;
  const auto attention = shape_error([] { nn::MultiHeadAttention{wide, 2}; });
  BOOST_TEST(contains(attention, "3 times features = 4611686018427387902"));
  const auto block = shape_error([] { nn::TransformerBlock{std::int64_t{1} << 61, 1}; });
  BOOST_TEST(contains(block, "4 times features = 2305843009213693952"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(multi_head_attention)

BOOST_AUTO_TEST_CASE(handles_any_batch_and_length) {
  for (const bool causal : {false, true}) {
    const nn::MultiHeadAttention layer{6, 2, {.causal = causal}};
    State state = f64_state(layer);
    for (const Shape& shape : {Shape{2, 3, 6}, Shape{1, 1, 6}, Shape{3, 5, 6}}) {
      const Array x = spread(shape);
      check_close(evaluate(layer, state, x),
                  attention(state, 2, x, x, x, causal ? past : everything));
    }
    const Array one = spread({4, 6});
    const Array batched = one.reshaped({1, 4, 6});
    check_close(evaluate(layer, state, one),
                attention(state, 2, batched, batched, batched, causal ? past : everything)
                    .reshaped({4, 6}));
    const Array deep = spread({2, 2, 3, 6});
    const Array flat = deep.reshaped({4, 3, 6});
    check_close(
        evaluate(layer, state, deep),
        attention(state, 2, flat, flat, flat, causal ? past : everything).reshaped({2, 2, 3, 6}));
  }
}

BOOST_AUTO_TEST_CASE(takes_queries_keys_and_values_apart) {
  const nn::MultiHeadAttention layer{4, 2};
  State state = f64_state(layer);
  auto run = compile(device(), [&](Tensor q, Tensor k, Tensor v) { return layer(q, k, v); });
  const Array q = spread({2, 3, 4}, -1, 1, 1), k = spread({2, 5, 4}, -1, 1, 2),
              v = spread({2, 5, 4}, -1, 1, 3);
  check_close(run(state, q, k, v), attention(state, 2, q, k, v, everything));
  const Array x = spread({2, 3, 4});
  check_close(run(state, x, x, x), evaluate(layer, state, x));
}

BOOST_AUTO_TEST_CASE(obeys_masks_of_scores_and_of_keys) {
  const nn::MultiHeadAttention layer{4, 2};
  State state = f64_state(layer);
  const Array x = spread({2, 3, 4});
  const Array keys({2, 3}, std::vector<bool>{true, true, false, false, true, true});
  const Array band({3, 3},
                   std::vector<bool>{true, false, true, true, true, false, false, true, true});
  const auto in_band = [&](std::int64_t, std::int64_t q, std::int64_t k) {
    return band.get(q * 3 + k) != 0;
  };
  const auto real = [&](std::int64_t b, std::int64_t, std::int64_t k) {
    return keys.get(b * 3 + k) != 0;
  };
  const auto both = [&](std::int64_t b, std::int64_t q, std::int64_t k) {
    return in_band(b, q, k) && real(b, q, k);
  };
  auto by_keys = compile(device(), [&](Tensor t, Tensor m) { return layer(t, {.keys = m}); });
  check_close(by_keys(state, x, keys), attention(state, 2, x, x, x, real));
  auto by_scores = compile(device(), [&](Tensor t, Tensor m) { return layer(t, {.scores = m}); });
  check_close(by_scores(state, x, band), attention(state, 2, x, x, x, in_band));
  auto by_both = compile(
      device(), [&](Tensor t, Tensor m, Tensor k) { return layer(t, {.scores = m, .keys = k}); });
  check_close(by_both(state, x, band, keys), attention(state, 2, x, x, x, both));

  // A float mask is added; one for each member of the batch.
  Array added = Array::zeros(f64, {2, 3, 3});
  for (std::int64_t b = 0; b < 2; ++b)
    for (std::int64_t q = 0; q < 3; ++q)
      for (std::int64_t k = 0; k < 3; ++k)
        if (!both(b, q, k)) added.set((b * 3 + q) * 3 + k, -INFINITY);
  check_close(by_scores(state, x, added), attention(state, 2, x, x, x, both));
}

// Attention with dropout is an op of its own, which must agree with the one without.
BOOST_AUTO_TEST_CASE(is_the_same_where_training_drops_nothing_that_counts) {
  for (const bool causal : {false, true}) {
    const nn::MultiHeadAttention plain{4, 2, {.causal = causal}};
    State state = f64_state(plain);
    nn::MultiHeadAttention dropping{4, 2, {.causal = causal, .dropout = 1e-12}};
    dropping.to(f64);
    const Array x = spread({2, 3, 4});
    const Array keys({2, 3}, std::vector<bool>{true, true, false, false, false, false});
    const auto train = [&](const nn::MultiHeadAttention& layer) {
      auto run = compile(device(), [&](Tensor t, Tensor m) { return layer(t, {.keys = m}); },
                         {.training = true});
      return run(state, x, keys);
    };
    check_close(train(dropping), train(plain));
  }
}

BOOST_AUTO_TEST_CASE(drops_weights_in_training_only) {
  const nn::MultiHeadAttention layer{4, 2, {.dropout = 0.5}};
  State state = f64_state(layer);
  const Array x = spread({2, 3, 4});
  auto train = compile(device(), [&](Tensor t) { return layer(t); }, {.training = true});
  BOOST_TEST(!identical(train(state, x), evaluate(layer, state, x)));
  check_close(evaluate(layer, state, x), attention(state, 2, x, x, x, everything));
}

BOOST_AUTO_TEST_CASE(names_what_does_not_fit) {
  const nn::MultiHeadAttention layer{4, 2};
  Graph graph;
  const Tensor x = graph.input("x", f32, {2, 3, 4});
  const Tensor wide = graph.input("wide", f32, {2, 3, 5});
  const Tensor mask = graph.input("mask", boolean, {2, 4});
  BOOST_TEST(contains(message_of<ShapeError>([&] { (void)layer(wide); }), "[..., T, 4]"));
  BOOST_TEST(contains(message_of<ShapeError>([&] { (void)layer(x, x, wide); }), "value must be"));
  const std::string text = message_of<ShapeError>([&] { (void)layer(x, {.keys = mask}); });
  BOOST_TEST(contains(text, "layers_test.cpp"));
  BOOST_TEST(contains(message_of<ShapeError>([&] { (void)layer(x, {.keys = x}); }), "bool"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(blocks)

BOOST_AUTO_TEST_CASE(feed_forward_is_two_layers_with_an_activation) {
  const nn::FeedForward layer{2, 3, {.activation = [](const Tensor& x) { return relu(x); }}};
  State state = f64_state(layer);
  const Array x = spread({4, 2});
  Array hidden = project(x, state.get("fc.weight"), state.get("fc.bias"), 0, 3);
  for (std::int64_t i = 0; i < hidden.numel(); ++i) hidden.set(i, std::max(hidden.get(i), 0.0));
  check_close(evaluate(layer, state, x),
              project(hidden, state.get("proj.weight"), state.get("proj.bias"), 0, 2));
}

BOOST_AUTO_TEST_CASE(a_transformer_block_is_its_parts_with_shortcuts) {
  const nn::TransformerBlock block{4, 2, {.hidden = 6, .causal = true}};
  State state = f64_state(block);
  const Array x = spread({2, 3, 4});
  const auto plus = [](const Array& a, const Array& b) {
    Array sum = a.clone();
    for (std::int64_t i = 0; i < a.numel(); ++i) sum.set(i, a.get(i) + b.get(i));
    return sum;
  };
  const Array attended = plus(x, evaluate(block.attn, state, evaluate(block.ln1, state, x)));
  check_close(evaluate(block, state, x),
              plus(attended, evaluate(block.mlp, state, evaluate(block.ln2, state, attended))));
  BOOST_TEST(names_of(block).size() == 12u);
  BOOST_TEST(names_of(nn::TransformerBlock{4, 2, {.bias = false}}).size() == 6u);
}

BOOST_AUTO_TEST_SUITE_END()
