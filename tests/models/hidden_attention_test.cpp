// What a mask hides from attention plays no part, whatever stands there: neither in results nor in
// gradients, neither in the body nor as a backend claims it.
#include <cmath>
#include <cstdlib>
#include <limits>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>

namespace {

using namespace asg;

constexpr double inf = std::numeric_limits<double>::infinity();
const double poisons[] = {std::nan(""), inf, -inf};
const char* const named = std::getenv("ASG_TEST_DEVICE");
const char* const devices[] = {named == nullptr ? "reference" : named};
const auto all = boost::unit_test::data::make(devices) * boost::unit_test::data::make(poisons);

constexpr std::int64_t heads = 2, size = 5;

struct Inputs {
  Array query, key, value, mask;  ///< [heads, length, size], and a mask or nothing
  bool causal = false;
  Array weights;  ///< of the results in the loss
};

Inputs inputs(std::int64_t queries, std::int64_t keys) {
  return {spread({heads, queries, size}, -1, 1, 1).to(f32),
          spread({heads, keys, size}, -1, 1, 2).to(f32),
          spread({heads, keys, size}, -1, 1, 3).to(f32),
          {},
          false,
          spread({heads, queries, size}, -1, 1, 4).to(f32)};
}

// The result, and the gradients of query, key and value.
std::vector<Array> results(const char* device, const Inputs& in) {
  Graph graph;
  std::vector<Array> arrays{in.query, in.key, in.value, in.weights};
  Tensors t{graph.input("query", f32, in.query.shape()), graph.input("key", f32, in.key.shape()),
            graph.input("value", f32, in.value.shape()),
            graph.input("weights", f32, in.weights.shape())};
  Tensor mask;
  if (in.mask.bytes() != nullptr) {
    mask = graph.input("mask", in.mask.dtype(), in.mask.shape());
    arrays.push_back(in.mask);
  }
  const Tensor y =
      scaled_dot_product_attention(t[0], t[1], t[2], {.mask = mask, .causal = in.causal});
  Tensors outputs{y};
  for (const Tensor& slope : gradients(sum(y * t[3]), {t[0], t[1], t[2]})) outputs.push_back(slope);
  return compile(open_device(device), graph, outputs).run(arrays);
}

// Rows [begin, end) of each head.
void fill(Array x, std::int64_t begin, std::int64_t end, double value) {
  const std::int64_t length = x.shape()[1];
  for (std::int64_t i = 0; i < x.numel(); ++i)
    if (i / size % length >= begin && i / size % length < end) x.set(i, value);
}

void expect_equal(const std::vector<Array>& got, const std::vector<Array>& expected) {
  for (std::size_t k = 0; k < got.size(); ++k)
    for (std::int64_t i = 0; i < got[k].numel(); ++i)
      BOOST_TEST_REQUIRE(std::abs(got[k].get(i) - expected[k].get(i)) < 1e-5,
                         "result " << k << ", element " << i << ": " << got[k].get(i)
                                   << " in place of " << expected[k].get(i));
}

// Small ones, and such that have several blocks.
constexpr std::pair<std::int64_t, std::int64_t> lengths[] = {{3, 6}, {20, 30}, {90, 600}};

// What stands where all queries look away, first as 0, then poisoned.
void expect_no_part(const char* device, Inputs in, std::int64_t first, double poison) {
  std::vector<Array> outcomes[2];
  for (const double value : {0.0, poison}) {
    fill(in.key, first, in.key.shape()[1], value);
    fill(in.value, first, in.value.shape()[1], value);
    outcomes[value != 0] = results(device, in);
  }
  expect_equal(outcomes[1], outcomes[0]);
}

BOOST_DATA_TEST_CASE(keys_hidden_by_flags, all, device, poison) {
  for (const auto& [queries, keys] : lengths) {
    Inputs in = inputs(queries, keys);
    in.mask = Array(boolean, {1, keys});
    for (std::int64_t j = 0; j < keys; ++j) in.mask.set(j, j < keys / 2);
    expect_no_part(device, in, keys / 2, poison);
  }
}
BOOST_DATA_TEST_CASE(keys_hidden_by_scores_of_minus_infinity, all, device, poison) {
  for (const auto& [queries, keys] : lengths) {
    Inputs in = inputs(queries, keys);
    in.mask = spread({queries, keys}, -1, 1, 5).to(f32);
    for (std::int64_t i = 0; i < in.mask.numel(); ++i)
      if (i % keys >= keys / 2) in.mask.set(i, -inf);
    expect_no_part(device, in, keys / 2, poison);
  }
}
BOOST_DATA_TEST_CASE(keys_hidden_by_order, all, device, poison) {
  for (const auto& [queries, keys] : lengths) {
    Inputs in = inputs(queries, keys);
    in.causal = true;
    expect_no_part(device, in, queries, poison);
  }
}

// The last key is seen by the last query alone.
BOOST_DATA_TEST_CASE(queries_before_a_key_do_not_see_it, all, device, poison) {
  for (const std::int64_t length : {4, 37, 130}) {
    Inputs in = inputs(length, length);
    in.causal = true;
    const Array sound = results(device, in)[0];
    fill(in.key, length - 1, length, poison);
    fill(in.value, length - 1, length, poison);
    const Array y = results(device, in)[0];
    for (std::int64_t i = 0; i < y.numel(); ++i)
      if (i / size % length == length - 1)
        BOOST_TEST(!std::isfinite(y.get(i)));
      else
        BOOST_TEST_REQUIRE(std::abs(y.get(i) - sound.get(i)) < 1e-5, i << ": " << y.get(i));
  }
}

// Queries that see nothing give zeros, whatever they are.
BOOST_DATA_TEST_CASE(queries_that_see_nothing, all, device, poison) {
  for (const auto& [queries, keys] : lengths) {
    Inputs in = inputs(queries, keys);
    in.mask = Array(boolean, {queries, keys});
    for (std::int64_t i = 0; i < in.mask.numel(); ++i)
      in.mask.set(i, i / keys != 1 && (i * 7) % 5 != 0);
    const std::vector<Array> sound = results(device, in);
    fill(in.query, 1, 2, poison);
    expect_equal(results(device, in), sound);
  }
}

// A mask that is NaN is a fault, and hides nothing.
BOOST_DATA_TEST_CASE(a_mask_of_nan_shows, boost::unit_test::data::make(devices), device) {
  Inputs in = inputs(20, 30);
  in.mask = Array::zeros(f32, {20, 30});
  in.mask.set(3 * 30 + 4, std::nan(""));
  const Array y = results(device, in)[0];
  for (std::int64_t i = 0; i < y.numel(); ++i)
    BOOST_TEST(std::isnan(y.get(i)) == (i / size % 20 == 3));
}

// Dropout of the weights is an op of its own.
BOOST_DATA_TEST_CASE(padding_is_hidden_with_dropout_too, all, device, poison) {
  const nn::MultiheadAttention attention(4, 2, {.dropout = 0.5});
  const auto build = [&](Graph& graph, const Tensors& in) -> Tensors {
    graph.set_training(true);
    return {attention(in[0], in[1], in[1], {.key_padding_mask = in[2]})};
  };
  const Device d = open_device(device);
  const auto run = [&](double padding) {
    Array x = spread({1, 6, 4}, -1, 1, 3).to(f32);
    for (std::int64_t i = 16; i < 24; ++i) x.set(i, padding);
    State state = initialize(attention, d, 1);
    auto step = compile(d, [&](Tensor query, Tensor keys, Tensor hidden) {
      return build(query.graph(), {query, keys, hidden})[0];
    });
    return step(state, spread({1, 3, 4}).to(f32), x,
                Array({1, 6}, {false, false, false, false, true, true}));
  };
  expect_equal({run(poison)}, {run(0)});
}

}  // namespace
