// Graphs of growing size: what the time of the passes is measured on.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include <asg/asg.hpp>

namespace passes_test {

struct Grown {
  asg::Graph graph;
  asg::Tensors outputs;
};

inline Grown chain(std::int64_t nodes) {
  Grown g;
  asg::Tensor y = g.graph.input("x", asg::f32, {64});
  for (std::int64_t i = 0; i < nodes; ++i) y = sin(y);
  g.outputs = {y};
  return g;
}

// Each value is read by two, which meet again.
inline Grown diamond(std::int64_t nodes) {
  Grown g;
  asg::Tensor y = g.graph.input("x", asg::f32, {64});
  for (std::int64_t i = 0; i < nodes / 3; ++i) y = sin(y) + cos(y);
  g.outputs = {y};
  return g;
}

// One number that all others read.
inline Grown hub(std::int64_t nodes) {
  Grown g;
  const asg::Tensor x = g.graph.input("x", asg::f32, {});
  asg::Tensor y = exp(x);
  for (std::int64_t i = 0; i < nodes; ++i) y = y + x;
  g.outputs = {y};
  return g;
}

// Many that have nothing to do with each other.
inline Grown wide(std::int64_t nodes) {
  Grown g;
  const asg::Tensor x = g.graph.input("x", asg::f32, {64});
  asg::Tensors parts;
  for (std::int64_t i = 0; i < nodes / 3; ++i)
    parts.push_back(sum(tanh(x * static_cast<double>(i))));
  // A tree of sums.
  while (parts.size() > 1) {
    asg::Tensors next;
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2) next.push_back(parts[i] + parts[i + 1]);
    if (parts.size() % 2 == 1) next.push_back(parts.back());
    parts = std::move(next);
  }
  g.outputs = parts;
  return g;
}

// As many results as nodes, each of operands of its own.
inline Grown separate(std::int64_t nodes) {
  Grown g;
  for (std::int64_t i = 0; i < nodes / 2; ++i)
    g.outputs.push_back(sin(g.graph.input("x" + std::to_string(i), asg::f32, {i % 7 + 1})));
  return g;
}

inline Grown softmax_stack(std::int64_t nodes) {
  Grown g;
  asg::Tensor y = g.graph.input("x", asg::f32, {8, 16});
  for (std::int64_t i = 0; i < nodes / 8; ++i) y = softmax(y * 2.0, i % 3 == 0 ? 0 : 1);
  g.outputs = {y};
  return g;
}

// A training step of a recurrent network: products, a state that every step reads, weights that
// every step shares.
inline Grown recurrent(std::int64_t nodes) {
  Grown g;
  const asg::Tensor w = g.graph.variable("w", asg::f32, {16, 16});
  const asg::Tensor u = g.graph.variable("u", asg::f32, {16, 16});
  const asg::Tensor x = g.graph.input("x", asg::f32, {4, 16});
  asg::Tensor h = g.graph.input("h", asg::f32, {4, 16});
  for (std::int64_t i = 0; i < nodes / 16; ++i) h = tanh(matmul(h, w) + matmul(x, u));
  const asg::Tensor loss = mean(square(h));
  (void)asg::optim::SGD().minimize(loss, 0.1);
  g.outputs = {loss};
  return g;
}

struct Shape {
  const char* name;
  Grown (*make)(std::int64_t nodes);  ///< of about so many
};
inline constexpr Shape shapes[] = {
    {"chain", chain},        {"diamond", diamond},   {"hub", hub},
    {"wide", wide},          {"separate", separate}, {"softmax_stack", softmax_stack},
    {"recurrent", recurrent}};

}  // namespace passes_test
