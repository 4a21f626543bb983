// Attention as the CPU backend claims it, against its body.
#include <boost/test/unit_test.hpp>

#include <asg/autodiff/gradients.hpp>
#include <asg/nn/attention.hpp>
#include <asg/ops/attention.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

#include "cpu/claims.hpp"

namespace {

using namespace asg;
using namespace claims_test;

enum class Masked { not_at_all, by_flags, by_padding, by_scores, by_scores_for_heads };
constexpr Masked masks[] = {Masked::not_at_all, Masked::by_flags, Masked::by_padding,
                            Masked::by_scores, Masked::by_scores_for_heads};

struct Sizes {
  std::int64_t batch, heads, queries, keys, size, value_size;
};

Attributes attributes_of(const Sizes& s, bool causal) {
  return {{"causal", static_cast<std::int64_t>(causal)},
          {"scale", 1 / std::sqrt(static_cast<double>(s.size))}};
}

// [batch, length, head, size], as a model's projections give it.
Array projected(const Sizes& s, std::int64_t length, std::int64_t size, int seed,
                double range = 2) {
  return spread({s.batch, length, s.heads, size}, -range, range, seed);
}
Tensor by_heads(const Tensor& x) { return transpose(x, 1, 2); }

Array mask_of(const Sizes& s, Masked kind) {
  const Shape shape = kind == Masked::by_padding            ? Shape{s.batch, 1, 1, s.keys}
                      : kind == Masked::by_scores_for_heads ? Shape{s.heads, s.queries, s.keys}
                                                            : Shape{s.queries, s.keys};
  const Array numbers = spread(shape, -1, 1, 9);
  if (kind == Masked::by_scores || kind == Masked::by_scores_for_heads) return numbers;
  Array flags(boolean, shape);
  for (std::int64_t i = 0; i < flags.numel(); ++i) flags.set(i, numbers.get(i) > -0.3);
  return flags;
}

Case forward(const Sizes& s, bool causal, Masked kind, double range = 2) {
  Case c{.op = "scaled_dot_product_attention", .attributes = attributes_of(s, causal)};
  c.inputs = {projected(s, s.queries, s.size, 1, range), projected(s, s.keys, s.size, 2, range),
              projected(s, s.keys, s.value_size, 3)};
  if (kind != Masked::not_at_all) c.inputs.push_back(mask_of(s, kind));
  c.operands = [](const Tensors& in) {
    Tensors operands = {by_heads(in[0]), by_heads(in[1]), by_heads(in[2])};
    if (in.size() > 3) operands.push_back(in[3]);
    return operands;
  };
  return c;
}

// With the lse and delta that the forward pass gives.
Case backward(const Sizes& s, bool causal, Masked kind) {
  const Case before = forward(s, causal, kind);
  const Arrays exact = in_type(in_type(before.inputs, f32), f64);
  const Arrays results = compiled(before, claims_test::reference(), As::body, exact).run(exact);
  const Array dy = projected(s, s.queries, s.value_size, 4);
  Array delta = Array::zeros(f64, results[1].shape());
  for (std::int64_t i = 0; i < results[0].numel(); ++i) {
    const std::int64_t row = i / s.value_size, query = row % s.queries;
    const std::int64_t head = row / s.queries % s.heads, image = row / s.queries / s.heads;
    const std::int64_t at =
        ((image * s.queries + query) * s.heads + head) * s.value_size + i % s.value_size;
    delta.set(row, delta.get(row) + results[0].get(i) * dy.get(at));
  }
  Case c{.op = "scaled_dot_product_attention_backward", .attributes = before.attributes};
  c.inputs = before.inputs;
  c.inputs.insert(c.inputs.begin() + 3, {dy, results[1], delta});
  c.operands = [](const Tensors& in) {
    Tensors operands = {by_heads(in[3]), by_heads(in[0]), by_heads(in[1]),
                        by_heads(in[2]), in[4],           in[5]};
    if (in.size() > 6) operands.push_back(in[6]);
    return operands;
  };
  return c;
}

// The same with dropout: seed and step stand before the mask, from `place` on.
Case dropping(Case c, double p, std::ptrdiff_t place) {
  const std::string name = "scaled_dot_product_attention";
  c.op = name + "_dropout" + c.op.substr(name.size());
  c.attributes.set("p", p);
  c.attributes.set("stream", std::int64_t{5});
  c.inputs.insert(c.inputs.end(), {Array(std::int64_t{1}), Array(std::int64_t{2})});
  c.operands = [place, without = c.operands](const Tensors& in) {
    Tensors operands = without(Tensors(in.begin(), in.end() - 2));
    operands.insert(operands.begin() + place, in.end() - 2, in.end());
    return operands;
  };
  return c;
}

const std::vector<Sizes>& all_sizes() {
  static const std::vector<Sizes> sizes = {
      {1, 1, 1, 1, 1, 1},        {1, 2, 1, 1, 2, 2},      {2, 3, 5, 5, 4, 4},
      {1, 2, 33, 33, 17, 5},     {2, 1, 64, 64, 32, 32},  {1, 3, 77, 77, 40, 48},
      {1, 1, 130, 70, 64, 1},    {1, 2, 31, 145, 16, 65}, {2, 2, 200, 200, 64, 64},
      {1, 1, 17, 300, 256, 256}, {3, 1, 2, 16, 5, 7}};
  return sizes;
}

std::string text(const Sizes& s, bool causal, Masked kind) {
  return fmt::format("batch {} heads {} queries {} keys {} sizes {} {} causal {} mask {}", s.batch,
                     s.heads, s.queries, s.keys, s.size, s.value_size, causal,
                     static_cast<int>(kind));
}

BOOST_AUTO_TEST_CASE(forward_as_its_body) {
  for (const Sizes& s : all_sizes())
    for (const bool causal : {false, true})
      for (const Masked kind : masks) BOOST_TEST_CONTEXT(text(s, causal, kind))
  BOOST_TEST(check(forward(s, causal, kind)) == "");
}

BOOST_AUTO_TEST_CASE(backward_as_its_body) {
  for (const Sizes& s : all_sizes())
    for (const bool causal : {false, true})
      for (const Masked kind : masks) BOOST_TEST_CONTEXT(text(s, causal, kind))
  BOOST_TEST(check(backward(s, causal, kind)) == "");
}

BOOST_AUTO_TEST_CASE(dropout_as_its_body) {
  for (const Sizes& s : all_sizes())
    for (const bool causal : {false, true})
      for (const Masked kind : {Masked::not_at_all, Masked::by_padding})
        BOOST_TEST_CONTEXT(text(s, causal, kind)) {
          BOOST_TEST(check(dropping(forward(s, causal, kind), 0.3, 3)) == "");
          BOOST_TEST(check(dropping(backward(s, causal, kind), 0.3, 6)) == "");
        }
  const Sizes s = {2, 2, 40, 50, 8, 8};
  for (const double p : {0.0, 1.0}) {
    BOOST_TEST(check(dropping(forward(s, true, Masked::by_flags), p, 3)) == "");
    BOOST_TEST(check(dropping(backward(s, true, Masked::by_flags), p, 6)) == "");
  }
}

// More keys than are kept at once, in both passes.
BOOST_AUTO_TEST_CASE(long_sequences) {
  for (const bool causal : {false, true}) {
    const Sizes s = {1, 1, 600, 1100, 8, 8};
    BOOST_TEST(check(forward(s, causal, Masked::by_padding)) == "");
    BOOST_TEST(check(backward(s, causal, Masked::by_padding)) == "");
    BOOST_TEST(check(backward({1, 2, 1030, 1030, 4, 12}, causal, Masked::not_at_all)) == "");
    BOOST_TEST(check(dropping(forward(s, causal, Masked::by_padding), 0.1, 3)) == "");
    BOOST_TEST(check(dropping(backward(s, causal, Masked::by_padding), 0.1, 6)) == "");
  }
}

BOOST_AUTO_TEST_CASE(large_scores) {
  for (const double range : {30.0, 1e3, 1e7}) BOOST_TEST_CONTEXT("range " << range)
  BOOST_TEST(check(forward({1, 2, 40, 40, 24, 24}, true, Masked::not_at_all, range)) == "");
}

// Operands in any order of axes, with axes that repeat, and with steps between elements.
BOOST_AUTO_TEST_CASE(any_strides) {
  const Sizes s = {2, 3, 19, 23, 12, 10};
  Case c = forward(s, false, Masked::not_at_all);
  c.inputs = {spread({2, 3, 12, 19}, -1, 1, 1), spread({3, 46, 12}, -1, 1, 2),
              spread({23, 20, 2}, -1, 1, 3), spread({23, 1}, -1, 1, 4)};
  c.operands = [](const Tensors& in) {
    const Tensor key = slice(in[1], 1, 0, 46, 2);
    const Tensor value = slice(in[2], 1, 0, 20, 2);
    return Tensors{transpose(in[0], -1, -2), broadcast_to(key, {2, 3, 23, 12}),
                   broadcast_to(unsqueeze(permute(value, {2, 0, 1}), 1), {2, 3, 23, 10}),
                   transpose(in[3], 0, 1)};
  };
  BOOST_TEST(check(c) == "");
}

// Nothing to compute, rows that are too long and queries that are too few are left to the body.
BOOST_AUTO_TEST_CASE(what_is_not_taken) {
  for (const Sizes& s :
       {Sizes{1, 1, 0, 3, 2, 2}, Sizes{0, 1, 2, 3, 2, 2}, Sizes{1, 1, 2, 3, 257, 2},
        Sizes{1, 1, 2, 3, 2, 300}, Sizes{1, 2, 15, 17, 2, 2}}) {
    Case c = forward(s, false, Masked::not_at_all);
    c.claimed = false;
    BOOST_TEST(check(c) == "");
  }
}

// What is hidden plays no part with dropout either, be it NaN.
BOOST_AUTO_TEST_CASE(dropout_beside_what_is_no_number) {
  const Sizes s = {1, 2, 40, 40, 8, 8};
  Case c = backward(s, false, Masked::by_padding);
  for (std::int64_t j = 0; j < 40; ++j)
    if (c.inputs.back().get(j) == 0)
      for (std::int64_t i = 0; i < 16; ++i) {
        c.inputs[1].set(j * 16 + i, NAN);
        c.inputs[2].set(j * 16 + i, NAN);
      }
  BOOST_TEST(check(dropping(c, 0.4, 6)) == "");
}

// A training step of a layer with everything on, grouped queries included.
BOOST_AUTO_TEST_CASE(layers_in_training_are_taken) {
  const nn::MultiheadAttention layer{
      32, 4, {.dropout = 0.1, .kv_heads = 2, .positions = {.rotary = nn::RotaryOptions{}}}};
  Graph graph;
  graph.set_training(true);
  const Tensor x = graph.input("x", f32, {2, 24, 32});
  const Tensor padding = graph.input("padding", boolean, {2, 24});
  const Tensor y = layer(x, {.key_padding_mask = padding, .is_causal = true});
  const CompiledGraph step = compile(cpu(1), graph, gradients(sum(y), {x}));
  BOOST_TEST(takes(step, "scaled_dot_product_attention_dropout"));
  BOOST_TEST(takes(step, "scaled_dot_product_attention_dropout_backward"));
}

struct Slopes {
  Array y;
  Arrays d;
};
// y, and the gradients of its sum, through both claimed passes.
Slopes slopes(const Device& device, const Arrays& arrays, const AttentionOptions& how, bool flags) {
  Graph graph;
  Tensors in;
  for (const Array& array : arrays)
    in.push_back(graph.input(fmt::format("x{}", in.size()), array.dtype(), array.shape()));
  AttentionOptions options = how;
  if (flags) options.mask = in[3];
  const Tensor y = scaled_dot_product_attention(in[0], in[1], in[2], options);
  Tensors outputs = gradients(sum(y * y), {in[0], in[1], in[2]});
  outputs.push_back(y);
  CompiledGraph compiled_graph = compile(device, graph, outputs);
  if (device.backend_name() == "cpu") {
    BOOST_TEST(takes(compiled_graph, "scaled_dot_product_attention"));
    BOOST_TEST(takes(compiled_graph, "scaled_dot_product_attention_backward"));
  }
  Arrays results = compiled_graph.run(arrays);
  return {results[3], {results[0], results[1], results[2]}};
}

BOOST_AUTO_TEST_CASE(queries_without_keys) {
  Arrays x = {spread({40, 3}, -1, 1, 1), spread({50, 3}, -1, 1, 2), spread({50, 3}, -1, 1, 3)};
  Array flags(boolean, {40, 50});
  for (std::int64_t i = 0; i < flags.numel(); ++i) flags.set(i, i / 50 % 3 != 0 && i % 7 < 4);
  Array bias(f32, flags.shape());
  for (std::int64_t i = 0; i < bias.numel(); ++i) bias.set(i, flags.get(i) != 0 ? 0.5 : -INFINITY);
  for (const Array& mask : {flags, bias}) {
    Arrays arrays = in_type(x, f32);
    arrays.push_back(mask);
    const Slopes got = slopes(cpu(1), arrays, {}, true);
    const Slopes expected = slopes(claims_test::reference(), arrays, {}, true);
    BOOST_TEST(error(got.y, expected.y) < 1e-6);
    for (std::size_t i = 0; i < 3; ++i) BOOST_TEST(error(got.d[i], expected.d[i]) < 2e-6);
    for (std::int64_t i = 0; i < 3; ++i) {
      BOOST_TEST(got.y.get(i) == 0);
      BOOST_TEST(got.d[0].get(i) == 0);
    }
  }
}

// The logsumexp of such scores has lost what lies between equal ones; the gradients must not.
BOOST_AUTO_TEST_CASE(scores_of_any_size) {
  for (const double size : {1e4, 1e15}) {
    const Arrays arrays = in_type({Array({1, 1}, {size}), Array({3, 1}, {size, size, -size}),
                                   Array({3, 1}, {1.0, 3.0, 100.0})},
                                  f32);
    const Slopes got = slopes(cpu(1), arrays, {.scale = 1.0}, false);
    BOOST_TEST(got.y.get(0) == 2);
    BOOST_TEST(got.d[2].get(0) == 2);
    BOOST_TEST(got.d[2].get(1) == 2);
    BOOST_TEST(got.d[2].get(2) == 0);
  }
}

BOOST_AUTO_TEST_CASE(what_is_no_number_stays_in_its_rows) {
  const Sizes s = {1, 1, 40, 40, 8, 8};
  Case c = forward(s, false, Masked::not_at_all);
  c.inputs[0].set(5 * 8, NAN);
  c.inputs[0].set(9 * 8, INFINITY);
  BOOST_TEST(check(c) == "");
}

}  // namespace
