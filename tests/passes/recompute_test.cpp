// What the backward pass keeps from the forward pass, and what it computes again.
#include <functional>
#include <random>
#include <string>

#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>
#include <asg/passes/program.hpp>
#include <asg/runtime/target.hpp>

#include "passes/differential.hpp"

namespace {

using namespace asg;
using namespace passes_test;

constexpr std::int64_t rows = 128, width = 64;

std::size_t recomputed(const Graph& graph, std::string_view op = {}) {
  std::size_t found = 0;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node node = graph.node(id);
    found += node.origin.recomputed && (op.empty() || node.op.name == op);
  }
  return found;
}

// A training step of residual layers, each with an activation before its product.
Case layers(int count, const std::function<Tensor(const Tensor&, const std::string&)>& activation,
            bool trained = true) {
  Case model;
  Tensor y = model.graph.input("x", f32, {rows, width});
  for (int i = 0; i < count; ++i) {
    const std::string name = std::to_string(i);
    y = y + matmul(activation(y, name), model.graph.variable("w" + name, f32, {width, width}));
  }
  model.outputs = {mean(square(y))};
  if (trained) (void)optim::SGD().minimize(model.outputs[0], 0.1);
  return model;
}

Tensor norm(const Tensor& x, const std::string& name) {
  return layer_norm(x, {width}, x.graph().variable("weight" + name, f32, {width}),
                    x.graph().variable("bias" + name, f32, {width}));
}

Graph optimized(const Case& model, const PassOptions& options = {}) {
  return std::move(optimize({model.graph, model.outputs}, *target_of(reference()), options).graph);
}

Program compiled(const Case& model, bool recompute) {
  PassOptions options;
  if (!recompute) options.disabled = {Pass::recompute};
  return compile_program({model.graph, model.outputs}, *target_of(reference()), options);
}

BOOST_AUTO_TEST_CASE(a_normalized_value_is_computed_again_from_what_is_kept_anyway) {
  const Case model = layers(8, norm);
  // Of each layer the input and the normalized value are kept without the pass; the input with it.
  const std::uint64_t value = rows * width * 4;
  BOOST_TEST(compiled(model, false).liveness_bound_bytes > 15 * value);
  BOOST_TEST(compiled(model, true).liveness_bound_bytes < 12 * value);
  BOOST_TEST(recomputed(optimized(model)) > 0u);
}

BOOST_AUTO_TEST_CASE(it_takes_no_more_kernels) {
  const Case model = layers(8, norm);
  BOOST_TEST(compiled(model, true).steps.size() == compiled(model, false).steps.size());
}

BOOST_AUTO_TEST_CASE(what_is_costly_is_kept) {
  const auto costly = [](const Tensor& x, const std::string&) { return tanh(exp(x) + 1); };
  const Graph graph = optimized(layers(4, costly));
  BOOST_TEST(recomputed(graph, "exp") == 0u);
  BOOST_TEST(recomputed(graph, "tanh") == 0u);
  BOOST_TEST(recomputed(graph, "matmul") == 0u);
}

BOOST_AUTO_TEST_CASE(a_long_chain_of_cheap_nodes_is_kept) {
  const auto chain = [](int length) {
    return [length](const Tensor& x, const std::string& name) {
      Tensor y = norm(x, name);
      for (int i = 0; i < length; ++i) y = y + 0.1;
      return y;
    };
  };
  BOOST_TEST(recomputed(optimized(layers(4, chain(2))), "add") > 0u);
  BOOST_TEST(recomputed(optimized(layers(4, chain(20))), "add") == 0u);
}

BOOST_AUTO_TEST_CASE(a_program_without_a_backward_pass_stays_as_it_is) {
  const Case model = layers(4, norm, false);
  BOOST_TEST(recomputed(optimized(model)) == 0u);
}

BOOST_AUTO_TEST_CASE(small_values_are_kept) {
  Case model;
  const Tensor x = model.graph.input("x", f32, {8, width});
  const Tensor y = matmul(norm(x, ""), model.graph.variable("w", f32, {width, width}));
  model.outputs = {mean(square(y))};
  (void)optim::SGD().minimize(model.outputs[0], 0.1);
  BOOST_TEST(recomputed(optimized(model)) == 0u);
}

// Cuts are found for so many nodes at a time; where one ends and the next begins nothing is lost.
BOOST_AUTO_TEST_CASE(every_layer_of_a_deep_model_is_treated_alike) {
  const std::size_t few = recomputed(optimized(layers(50, norm)));
  const std::size_t many = recomputed(optimized(layers(500, norm)));
  BOOST_TEST(few > 0u);
  BOOST_TEST(many > 9 * few);
  BOOST_TEST(many < 11 * few);
}

// Some activation of the layer: nodes that are cheap, costly, views, reductions, random.
Tensor some_activation(std::mt19937_64& random, Tensor x, const std::string& name) {
  const Tensor first = x;
  for (int i = 0; i < 5; ++i) {
    const std::vector<std::function<Tensor()>> choices{
        [&] { return norm(x, name + "." + std::to_string(i)); },
        [&] { return relu(x); },
        [&] { return gelu(x); },
        [&] { return dropout(x, 0.25); },
        [&] { return x * first; },
        [&] { return softmax(x, 1); },
        [&] { return x + mean(x, 0); },
        [&] { return flip(x, {1}) - x; },
        [&] {
          return concat({slice(x, 1, width / 2, width), slice(x, 1, 0, width / 2)}, 1);
        },
        [&] { return where(x > first, x, 0.5 * first); },
        [&] {
          return reshape(cumsum(reshape(x, {rows * 2, width / 2}), 1), {rows, width});
        },
        [&] {
          return maximum(x, broadcast_to(slice(x, 1, 3, 4), {rows, width}));
        }};
    x = choices[random() % choices.size()]();
  }
  return x;
}

void fill(Case& model) {
  const auto numbers = [](const TensorType& type, std::int64_t factor, float range) {
    Array result(type.dtype, type.shape);
    if (type.dtype != f32) return result;  // the seed and the step of random numbers
    for (std::int64_t i = 0; i < result.numel(); ++i)
      result.data<float>()[i] = range * (static_cast<float>(i * factor % 1000) / 500 - 1);
    return result;
  };
  model.inputs = {numbers({f32, {rows, width}}, 7919, 1)};
  for (const VariableInfo& info : model.graph.variables())
    model.state.emplace(info.name, numbers(model.graph.type({info.node, 0}), 104729, 0.125f));
}

BOOST_AUTO_TEST_CASE(results_are_the_same_bits) {
  PassOptions without;
  without.disabled = {Pass::recompute};
  std::size_t again = 0;
  for (const std::uint64_t seed : seeds(30)) {
    std::mt19937_64 random(seed);
    Case model = layers(3, [&](const Tensor& x, const std::string& name) {
      return some_activation(random, x, name);
    });
    fill(model);
    again += recomputed(optimized(model));
    for (const Device* device : {&reference(), &cpu(2)})
      BOOST_TEST(bit_difference(run(*device, model, {}), run(*device, model, without)) == "",
                 "seed " << seed);
  }
  BOOST_TEST(again > 100u);
}

BOOST_AUTO_TEST_CASE(fuel_limits_how_much_is_computed_again) {
  const Case model = layers(4, norm);
  const std::size_t all = recomputed(optimized(model, only({Pass::recompute})));
  for (std::size_t fuel = 0; fuel < all; ++fuel) {
    PassOptions limited = only({Pass::recompute});
    limited.fuel = static_cast<std::int64_t>(fuel);
    // Of a chain whose end is not computed again, the beginning is dropped.
    BOOST_TEST(recomputed(optimized(model, limited)) <= fuel);
  }
}

}  // namespace
