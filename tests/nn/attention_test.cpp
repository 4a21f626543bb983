// Layers of attention against loops: batches, lengths, masks, dropout, groups and positions.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <functional>

#include <asg/autodiff/gradients.hpp>
#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>
#include <asg/nn/attention.hpp>
#include <asg/ops/attention.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>

#include "support.hpp"

using namespace asg;
using namespace nn_test;

namespace {

template <class M>
State f64_state(const M& model) {
  model.to(f64);
  State state = initialize(model, device(), 11);
  // Biases begin as zeros, which hide mistakes.
  for (const nn::Parameter& p : model.parameters())
    if (p.shape().rank() == 1) state.set(p.name(), spread(p.shape(), -0.5, 0.5));
  return state;
}

using Allowed = std::function<bool(std::int64_t b, std::int64_t query, std::int64_t key)>;

struct Form {
  std::int64_t heads = 2, kv_heads = 2;
  std::string in = "in_proj_", out = "out_proj.";
};

// Attention of query [B, Tq, E] on key and value [B, Tk, E], by the layer's weights.
Array attention(const State& state, const Form& form, const Array& query, const Array& key,
                const Array& value, const Allowed& allowed) {
  const std::int64_t batch = query.shape()[0], tq = query.shape()[1], tk = key.shape()[1];
  const std::int64_t e = query.shape()[2], d = e / form.heads, kv = d * form.kv_heads;
  const Array weight = state.get(form.in + "weight"), bias = state.get(form.in + "bias");
  const Array q = project(query, weight, bias, 0, e);
  const Array k = project(key, weight, bias, e, kv);
  const Array v = project(value, weight, bias, e + kv, kv);
  Array joint = Array::zeros(f64, {batch * tq, e});
  for (std::int64_t b = 0; b < batch; ++b)
    for (std::int64_t h = 0; h < form.heads; ++h)
      for (std::int64_t i = 0; i < tq; ++i) {
        const std::int64_t shared = h / (form.heads / form.kv_heads) * d;
        std::vector<double> w(static_cast<std::size_t>(tk), 0);
        double total = 0;
        for (std::int64_t j = 0; j < tk; ++j) {
          if (!allowed(b, i, j)) continue;
          double score = 0;
          for (std::int64_t c = 0; c < d; ++c)
            score += q.get((b * tq + i) * e + h * d + c) * k.get((b * tk + j) * kv + shared + c);
          w[static_cast<std::size_t>(j)] = std::exp(score / std::sqrt(static_cast<double>(d)));
          total += w[static_cast<std::size_t>(j)];
        }
        for (std::int64_t j = 0; j < tk && total > 0; ++j)
          for (std::int64_t c = 0; c < d; ++c) {
            const std::int64_t at = (b * tq + i) * e + h * d + c;
            joint.set(at, joint.get(at) + w[static_cast<std::size_t>(j)] / total *
                                              v.get((b * tk + j) * kv + shared + c));
          }
      }
  return project(joint, state.get(form.out + "weight"), state.get(form.out + "bias"), 0, e)
      .reshaped({batch, tq, e});
}

const Allowed everything = [](auto...) { return true; };
const Allowed past = [](std::int64_t, std::int64_t q, std::int64_t k) { return k <= q; };
const Form packed = {2, 2, "qkv.", "proj."};  // SelfAttention's names

}  // namespace

BOOST_AUTO_TEST_SUITE(attention_layers)

BOOST_AUTO_TEST_CASE(self_attention_handles_any_batch_and_length) {
  for (const bool causal : {false, true}) {
    const nn::SelfAttention layer{6, 2, {.causal = causal}};
    const Allowed& allowed = causal ? past : everything;
    State state = f64_state(layer);
    for (const Shape& shape : {Shape{2, 3, 6}, Shape{1, 1, 6}, Shape{3, 5, 6}}) {
      const Array x = spread(shape);
      check_close(evaluate(layer, state, x), attention(state, packed, x, x, x, allowed));
    }
    const Array one = spread({4, 6}), batched = one.reshaped({1, 4, 6});
    check_close(evaluate(layer, state, one),
                attention(state, packed, batched, batched, batched, allowed).reshaped({4, 6}));
    const Array deep = spread({2, 2, 3, 6}), flat = deep.reshaped({4, 3, 6});
    check_close(evaluate(layer, state, deep),
                attention(state, packed, flat, flat, flat, allowed).reshaped({2, 2, 3, 6}));
    for (const Shape& shape : {Shape{0, 3, 6}, Shape{2, 0, 6}})
      BOOST_TEST(evaluate(layer, state, spread(shape)).numel() == 0);
  }
}

BOOST_AUTO_TEST_CASE(heads_share_keys_and_values) {
  for (const std::int64_t shared : {1, 2, 4}) {
    const nn::MultiheadAttention layer{8, 4, {.kv_heads = shared}};
    BOOST_TEST(layer.in_proj_weight.shape()[0] == 8 + 4 * shared);
    State state = f64_state(layer);
    const Form form{4, shared};
    const Array q = spread({2, 3, 8}, -1, 1, 1), k = spread({2, 5, 8}, -1, 1, 2),
                v = spread({2, 5, 8}, -1, 1, 3);
    auto apart = compile(device(), [&](Tensor a, Tensor b, Tensor c) { return layer(a, b, c); });
    auto memory = compile(device(), [&](Tensor a, Tensor b) { return layer(a, b, b); });
    check_close(apart(state, q, k, v), attention(state, form, q, k, v, everything));
    check_close(memory(state, q, k), attention(state, form, q, k, k, everything));
    check_close(evaluate(layer, state, q), attention(state, form, q, q, q, everything));
  }
}

BOOST_AUTO_TEST_CASE(masks_of_every_shape_reach_the_heads) {
  const nn::MultiheadAttention layer{4, 2};
  State state = f64_state(layer);
  const Array x = spread({2, 3, 4});
  const Array padding({2, 3}, std::vector<bool>{false, false, true, true, false, false});
  const Array band({3, 3},
                   std::vector<bool>{false, true, false, false, false, true, true, false, false});
  const auto in_band = [&](std::int64_t, std::int64_t q, std::int64_t k) {
    return band.get(q * 3 + k) == 0;
  };
  const auto real = [&](std::int64_t b, std::int64_t, std::int64_t k) {
    return padding.get(b * 3 + k) == 0;
  };
  const auto both = [&](std::int64_t b, std::int64_t q, std::int64_t k) {
    return in_band(b, q, k) && real(b, q, k);
  };
  auto by_keys =
      compile(device(), [&](Tensor t, Tensor m) { return layer(t, {.key_padding_mask = m}); });
  auto by_scores =
      compile(device(), [&](Tensor t, Tensor m) { return layer(t, {.attn_mask = m}); });
  auto by_both = compile(device(), [&](Tensor t, Tensor m, Tensor k) {
    return layer(t, {.attn_mask = m, .key_padding_mask = k});
  });
  check_close(by_keys(state, x, padding), attention(state, {}, x, x, x, real));
  check_close(by_scores(state, x, band), attention(state, {}, x, x, x, in_band));
  check_close(by_both(state, x, band, padding), attention(state, {}, x, x, x, both));

  // A float mask is added: one for each member of the batch, or for each of its heads.
  Array added = Array::zeros(f64, {2, 1, 3, 3}), for_heads = Array::zeros(f64, {4, 3, 3});
  for (std::int64_t b = 0; b < 2; ++b)
    for (std::int64_t i = 0; i < 9; ++i)
      if (!both(b, i / 3, i % 3)) {
        added.set(b * 9 + i, -INFINITY);
        for (std::int64_t h = 0; h < 2; ++h) for_heads.set((b * 2 + h) * 9 + i, -INFINITY);
      }
  check_close(by_scores(state, x, added), attention(state, {}, x, x, x, both));
  check_close(by_scores(state, x, for_heads), attention(state, {}, x, x, x, both));
  auto causal = compile(device(), [&](Tensor t) { return layer(t, {.is_causal = true}); });
  check_close(causal(state, x), attention(state, {}, x, x, x, past));
}

// Attention with dropout is an op of its own, which must agree with the one without.
BOOST_AUTO_TEST_CASE(is_the_same_where_training_drops_nothing_that_counts) {
  for (const bool causal : {false, true}) {
    const nn::MultiheadAttention plain{4, 2}, dropping{4, 2, {.dropout = 1e-12}};
    State state = f64_state(plain);
    dropping.to(f64);
    const Array x = spread({2, 3, 4});
    const Array padding({2, 3}, std::vector<bool>{false, false, true, true, true, true});
    const auto train = [&](const nn::MultiheadAttention& layer) {
      auto run = compile(device(),
                         [&](Tensor t, Tensor m) {
                           return layer(t, {.key_padding_mask = m, .is_causal = causal});
                         },
                         {.training = true});
      return run(state, x, padding);
    };
    check_close(train(dropping), train(plain));
  }
}

BOOST_AUTO_TEST_CASE(drops_weights_in_training_only_and_by_the_seed) {
  const nn::MultiheadAttention layer{4, 2, {.dropout = 0.5}};
  State state = f64_state(layer);
  const Array x = spread({2, 3, 4});
  const auto train = [&](std::int64_t seed) {
    auto run = compile(device(), [&](Tensor t) { return layer(t); }, {.training = true});
    state.set("random.seed", Array(seed));
    state.set("random.step", Array(std::int64_t{0}));
    return run(state, x);
  };
  BOOST_TEST(!identical(train(1), evaluate(layer, state, x)));
  BOOST_TEST(identical(train(1), train(1)));
  BOOST_TEST(!identical(train(1), train(2)));
  check_close(evaluate(layer, state, x), attention(state, {}, x, x, x, everything));
}

// The weights that are given are those that the values were summed with.
BOOST_AUTO_TEST_CASE(weights_behind_dropout) {
  const nn::MultiheadAttention layer{4, 2, {.dropout = 0.5}};
  State state = f64_state(layer);
  auto run = compile(device(),
                     [&](Tensor t) {
                       const auto [y, weights] = layer.with_weights(t, t, t, {}, false);
                       return Tensors{y, weights};
                     },
                     {.training = true});
  const Array weights = run(state, spread({2, 3, 4}))[1];
  int dropped = 0;
  for (const double w : doubles(weights)) dropped += w == 0 ? 1 : 0;
  BOOST_TEST_REQUIRE(to_string(weights.type()) == "f64[2, 2, 3, 3]");
  BOOST_TEST(dropped > 8);
  BOOST_TEST(dropped < 28);
}

BOOST_AUTO_TEST_CASE(names_what_does_not_fit) {
  const nn::MultiheadAttention layer{4, 2};
  const nn::SelfAttention self{4, 2};
  Graph graph;
  const Tensor x = graph.input("x", f32, {2, 3, 4});
  const Tensor wide = graph.input("wide", f32, {2, 3, 5});
  const Tensor mask = graph.input("mask", boolean, {2, 4});
  const Tensor three = graph.input("three", boolean, {2, 3, 3});
  const Tensor four = graph.input("four", boolean, {2, 3, 3, 3});
  const Tensor integers = graph.input("integers", i64, {3, 3});
  const auto shape_error = [](auto&& f) { return message_of<ShapeError>(f); };
  BOOST_TEST(contains(shape_error([&] { (void)layer(wide); }), "[..., T, 4]"));
  BOOST_TEST(contains(shape_error([&] { (void)self(wide); }), "[..., T, 4]"));
  BOOST_TEST(contains(shape_error([&] { (void)layer(x, x, wide); }), "value must be"));
  BOOST_TEST(contains(shape_error([&] { (void)layer(x, {.key_padding_mask = mask}); }),
                      "attention_test.cpp"));
  BOOST_TEST(
      contains(shape_error([&] { (void)layer(x, {.key_padding_mask = integers}); }), "bool"));
  BOOST_TEST(
      contains(shape_error([&] { (void)layer(x, {.attn_mask = three}); }), "[batch, 1, Tq, Tk]"));
  BOOST_TEST(contains(shape_error([&] { (void)layer(x, {.attn_mask = four}); }), "2 heads, or 1"));
  BOOST_TEST(contains(message_of<TypeError>([&] { (void)layer(x, {.attn_mask = integers}); }),
                      "the mask must be bool"));
  BOOST_TEST(contains(
      message_of<TypeError>([&] { (void)layer.with_weights(x, x, x, {.attn_mask = integers}); }),
      "the mask must be bool"));
  BOOST_TEST(contains(shape_error([] { nn::MultiheadAttention{6, 4}; }), "shared equally"));
  BOOST_TEST(contains(shape_error([] {
                        nn::MultiheadAttention{6, 3, {.kv_heads = 2}};
                      }),
                      "3 heads cannot share 2"));
  BOOST_TEST(contains(message_of<TypeError>([] {
                        nn::MultiheadAttention{4, 2, {.dropout = 2}};
                      }),
                      "probability"));
}

BOOST_AUTO_TEST_CASE(groups_of_queries_that_do_not_fit) {
  Graph graph;
  const auto x = [&](const char* name, const Shape& shape) {
    return graph.input(name, f32, shape);
  };
  const Tensor flat = x("flat", {3, 4}), four = x("four", {4, 3, 4}), three = x("three", {3, 3, 4});
  const Tensor none = x("none", {0, 3, 4}), mask = x("mask", {2, 3, 3});
  const auto refused = [&](const Tensor& q, const Tensor& k, const Tensor& m) {
    return message_of<ShapeError>(
        [&] { (void)scaled_dot_product_attention(q, k, k, {.mask = m, .enable_gqa = true}); });
  };
  BOOST_TEST(contains(refused(flat, flat, {}), "axis of heads"));
  BOOST_TEST(contains(refused(four, three, {}), "4 heads of queries cannot share 3 of keys"));
  BOOST_TEST(contains(refused(four, none, {}), "cannot share 0"));
  BOOST_TEST(contains(refused(four, four, mask), "the mask's axis of heads"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(gradients_of_attention)

// Grouped queries under a mask of each head, rotary positions and ALiBi, by differences.
BOOST_AUTO_TEST_CASE(as_differences_give) {
  const nn::MultiheadAttention layer{
      8, 4, {.kv_heads = 2, .positions = {.rotary = nn::RotaryOptions{.dim = 2}, .alibi = true}}};
  State state = f64_state(layer);
  const auto loss = [&](Tensor q, Tensor k) {
    const Tensor y = layer(q, k, k, {.query_offset = 1});
    return sum(y * y.graph().constant(spread(y.shape(), -1, 1.5, 7)));
  };
  auto value = compile(device(), loss);
  auto slopes = compile(device(), [&](Tensor q, Tensor k) {
    return gradients(loss(q, k), {q, k, layer.in_proj_weight.in(q.graph())});
  });
  const std::vector<Array> x = {spread({2, 3, 8}, -1, 1, 1), spread({2, 4, 8}, -1, 1, 2)};
  const std::vector<Array> found = slopes(state, x[0], x[1]);
  const double h = 1e-5;
  for (std::size_t k = 0; k < 3; ++k) {
    const Array start = k < 2 ? x[k] : state.get("in_proj_weight");
    double worst = 0;
    for (std::int64_t i = 0; i < start.numel(); i += k < 2 ? 1 : 7) {
      double sides[2];
      for (const int side : {0, 1}) {
        Array moved = start.clone();
        moved.set(i, start.get(i) + (side == 0 ? h : -h));
        if (k == 2) state.set("in_proj_weight", moved);
        sides[side] = value(state, k == 0 ? moved : x[0], k == 1 ? moved : x[1]).get(0);
      }
      worst = std::max(worst, std::abs((sides[0] - sides[1]) / (2 * h) - found[k].get(i)));
    }
    if (k == 2) state.set("in_proj_weight", start);
    BOOST_TEST(worst < 1e-8, "operand " << k);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(positions)

BOOST_AUTO_TEST_CASE(rotary_products_depend_on_the_distance_alone) {
  for (const bool interleaved : {false, true}) {
    const nn::RotaryOptions how{.interleaved = interleaved};
    const auto product = [&](std::int64_t query, std::int64_t key) {
      auto run = compile(device(), [&](Tensor a, Tensor b) {
        return sum(nn::rotary(a, how, query) * nn::rotary(b, how, key));
      });
      State state(device());
      return run(state, spread({1, 6}, -1, 1, 1), spread({1, 6}, -1, 1, 2)).get(0);
    };
    BOOST_TEST(std::abs(product(3, 1) - product(902, 900)) < 1e-10);
    BOOST_TEST(std::abs(product(3, 1) - product(3, 2)) > 1e-3);
  }
}

BOOST_AUTO_TEST_CASE(learned_ones_are_rows_of_a_table) {
  const nn::LearnedPositions layer{5, 2};
  State state = initialize(layer, device(), 1);
  const Array table = state.get("weight"), x = Array::zeros(f32, {2, 3, 2});
  for (const std::int64_t offset : {0, 2}) {
    auto run = compile(device(), [&](Tensor t) { return layer(t, offset); });
    const Array y = run(state, x);
    for (std::int64_t i = 0; i < y.numel(); ++i)
      BOOST_TEST(y.get(i) == table.get(offset * 2 + i % 6));
  }
}

BOOST_AUTO_TEST_CASE(any_length_from_none_on) {
  const nn::SinusoidalPositions layer{3};
  State state(device());
  for (const std::int64_t length : {0, 1, 1000})
    BOOST_TEST(evaluate(layer, state, Array::zeros(f32, {length, 3})).numel() == 3 * length);
  auto turn = compile(device(), [&](Tensor t) { return nn::rotary(t); });
  for (const Shape& shape : {Shape{0, 4}, Shape{1, 4}, Shape{2, 0, 4}, Shape{3, 0}})
    BOOST_TEST(to_string(turn(state, Array::zeros(f32, shape)).shape()) == to_string(shape));
}

BOOST_AUTO_TEST_CASE(name_what_does_not_fit) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {2, 3, 5});
  const auto shape_error = [](auto&& f) { return message_of<ShapeError>(f); };
  const nn::LearnedPositions learned{4, 5};
  BOOST_TEST(contains(shape_error([&] { (void)learned(x, 2); }), "beyond the table of 4"));
  BOOST_TEST(contains(shape_error([&] { (void)learned(x, -1); }), "beyond the table of 4"));
  BOOST_TEST(contains(shape_error([&] { (void)learned(x, INT64_MAX); }), "beyond the table of 4"));
  BOOST_TEST(contains(shape_error([&] { (void)nn::LearnedPositions(4, 3)(x); }), "[..., T, 3]"));
  BOOST_TEST(contains(shape_error([&] { (void)nn::SinusoidalPositions(3)(x); }), "[..., T, 3]"));
  BOOST_TEST(contains(shape_error([&] { (void)nn::rotary(x); }), "5 of 5 features"));
  BOOST_TEST(contains(shape_error([&] { (void)nn::rotary(x, {.dim = 6}); }), "6 of 5 features"));
  BOOST_TEST(contains(shape_error([&] { (void)nn::rotary(x, {.dim = 6}); }), "attention_test.cpp"));
  BOOST_TEST(contains(shape_error([&] { (void)nn::rotary(x, {.dim = 2}, 0, -1); }), "last axis"));
  BOOST_TEST(contains(shape_error([&] { (void)nn::alibi_bias(graph, -1, 2, 2); }), "heads is -1"));
}

BOOST_AUTO_TEST_SUITE_END()
