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
#include <asg/nn/resampling.hpp>
#include <asg/nn/transformer.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/optim/sgd.hpp>

#include "support.hpp"

using namespace asg;
using namespace nn_test;

namespace {

template <class M>
State f64_state(const M& model) {
  model.to(f64);
  return initialize(model, device(), 11);
}

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

BOOST_AUTO_TEST_CASE(embedding_leaves_its_padding_row_alone) {
  const nn::Embedding table{4, 2, {.padding_idx = -1}};
  State state = initialize(table, device(), 11);
  const auto row = [&](std::int64_t r) {
    const Array w = state.get("weight");
    return std::pair{w.get(2 * r), w.get(2 * r + 1)};
  };
  BOOST_TEST((row(3) == std::pair{0.0, 0.0}));
  BOOST_TEST((row(2) != std::pair{0.0, 0.0}));
  // The other rows begin as without padding.
  const State plain = initialize(nn::Embedding{4, 2}, device(), 11);
  BOOST_TEST(plain.get("weight").get(4) == row(2).first);
  const optim::SGD optimizer;
  auto step = compile(device(), [&](Tensor t) {
    const Tensor loss = sum(table(t));
    optimizer.minimize(loss, 0.5);
    return loss;
  });
  const auto before = row(1);
  state.set("weight", [&] {  // what stands there stays
    Array w = state.get("weight").clone();
    w.set(6, 7);
    return w;
  }());
  const double total = step(state, Array({3}, {1, 3, 3})).get(0);
  BOOST_TEST(std::abs(total - (before.first + before.second + 14)) < 1e-5);
  BOOST_TEST((row(3) == std::pair{7.0, 0.0}));
  BOOST_TEST(std::abs(row(1).first - before.first + 0.5) < 1e-6);
  BOOST_TEST(contains(message_of<ShapeError>([] {
                        nn::Embedding{4, 2, {.padding_idx = 4}};
                      }),
                      "padding_idx is 4"));
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
  BOOST_TEST(names_of(nn::LayerNorm{6, {.elementwise_affine = false}}).empty());
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

// PyTorch's kaiming_uniform(a = sqrt(5)) is within 1 / sqrt(fan_in), and so is the bias; fan_in is
// what the weight's axes behind the first hold, of a transposed one, too.
BOOST_AUTO_TEST_CASE(convolutions_begin_as_in_pytorch) {
  const auto check = [](const auto& layer, const Shape& shape, std::int64_t channels,
                        double fan_in) {
    State state = f64_state(layer);
    BOOST_TEST(to_string(state.get("weight").shape()) == to_string(shape));
    BOOST_TEST(to_string(state.get("bias").shape()) == to_string(Shape{channels}));
    const double bound = 1 / std::sqrt(fan_in);
    double largest = 0, smallest = 0;
    for (const double value : doubles(state.get("weight"))) {
      largest = std::max(largest, value);
      smallest = std::min(smallest, value);
    }
    BOOST_TEST((largest <= bound && largest > 0.8 * bound));
    BOOST_TEST((smallest >= -bound && smallest < -0.8 * bound));
    for (const double value : doubles(state.get("bias"))) BOOST_TEST(std::abs(value) <= bound);
  };
  check(nn::Conv1d{4, 6, 5, {.groups = 2}}, {6, 2, 5}, 6, 10);
  check(nn::Conv2d{4, 6, {2, 3}}, {6, 4, 2, 3}, 6, 24);
  check(nn::Conv3d{4, 6, {1, 2, 3}}, {6, 4, 1, 2, 3}, 6, 24);
  check(nn::ConvTranspose1d{4, 6, 5, {.groups = 2}}, {4, 3, 5}, 6, 15);
  check(nn::ConvTranspose2d{4, 6, {2, 3}}, {4, 6, 2, 3}, 6, 36);
  check(nn::ConvTranspose3d{4, 6, {1, 2, 3}}, {4, 6, 1, 2, 3}, 6, 36);
}

BOOST_AUTO_TEST_CASE(pools_reduce_windows) {
  const Array x({1, 1, 2, 4}, {1.0, 5.0, 2.0, 4.0, 3.0, -1.0, 0.0, 2.0});
  State state(device());
  check_close(evaluate(nn::MaxPool2d{2}, state, x), Array({1, 1, 1, 2}, {5.0, 4.0}));
  check_close(evaluate(nn::AvgPool2d{2}, state, x), Array({1, 1, 1, 2}, {2.0, 2.0}));
  check_close(evaluate(nn::AdaptiveAvgPool2d{1}, state, x), Array({1, 1, 1, 1}, {2.0}));
}

BOOST_AUTO_TEST_CASE(images_get_other_sizes_and_axes_other_shapes) {
  State state(device());
  const Array row({1, 1, 1, 2}, {1.0, 2.0});
  check_close(evaluate(nn::Upsample{{.scale_factor = {2}}}, state, row),
              Array({1, 1, 2, 4}, {1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0}));
  check_close(evaluate(nn::Upsample{{.size = {1, 3}, .mode = "bilinear", .align_corners = true}},
                       state, row),
              Array({1, 1, 1, 3}, {1.0, 1.5, 2.0}));
  const Array channels({1, 4, 1, 2}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0});
  const Array shuffled({1, 1, 2, 4}, {1.0, 3.0, 2.0, 4.0, 5.0, 7.0, 6.0, 8.0});
  check_close(evaluate(nn::PixelShuffle{2}, state, channels), shuffled);
  check_close(evaluate(nn::PixelUnshuffle{2}, state, shuffled), channels);
  check_close(evaluate(nn::Unflatten{1, {2, -1}}, state, channels),
              channels.reshaped({1, 2, 2, 1, 2}));
}

BOOST_AUTO_TEST_CASE(constructors_refuse_what_cannot_be) {
  const auto shape_error = [](auto&& f) { return message_of<ShapeError>(f); };
  BOOST_TEST(contains(shape_error([] { nn::SelfAttention{6, 4}; }), "shared equally"));
  BOOST_TEST(contains(shape_error([] { nn::Conv2d{4, 6, 3, {.groups = 3}}; }), "3 groups"));
  BOOST_TEST(contains(shape_error([] { nn::Conv1d{4, 6, 0}; }), "Conv1d", "size is 0"));
  BOOST_TEST(contains(shape_error([] {
                        nn::ConvTranspose3d{4, 6, 1, {.groups = 4}};
                      }),
                      "ConvTranspose3d", "4 groups"));
  BOOST_TEST(contains(shape_error([] { nn::Linear{-1, 2}; }), "in is -1"));
  BOOST_TEST(contains(shape_error([] { nn::Linear{-1, 2}; }), "layers_test.cpp"));
  BOOST_TEST(contains(message_of<TypeError>([] { nn::Dropout{1.5}; }), "1.5"));
  // Three and four times as many are no 64-bit number.
  constexpr std::int64_t wide = (std::int64_t{1} << 62) - 2;
  const auto attention = shape_error([] { nn::SelfAttention{wide, 2}; });
  BOOST_TEST(contains(attention, "3 times features = 4611686018427387902"));
  const auto block = shape_error([] { nn::TransformerBlock{std::int64_t{1} << 61, 1}; });
  BOOST_TEST(contains(block, "4 times features = 2305843009213693952"));
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
