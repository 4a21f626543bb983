// Random programs: what the compiler is tested with. The same seed gives the same program
// everywhere.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <asg/graph/array.hpp>
#include <asg/graph/graph.hpp>

namespace passes_test {

/// A small generator: the standard's distributions differ between libraries.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {}
  std::int64_t below(std::int64_t n) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::int64_t>((state_ >> 33) % static_cast<std::uint64_t>(n));
  }
  /// True once in n times.
  bool one_in(std::int64_t n) { return below(n) == 0; }

 private:
  std::uint64_t state_;
};

/// The most elements of a value.
inline constexpr std::int64_t most_elements = 20000;

/// Another way to look at x: permuted, sliced, reversed, padded, reshaped or repeated. A scalar may
/// become the target's shape.
[[nodiscard]] asg::Tensor random_view(Random& random, const asg::Tensor& x,
                                      const asg::Shape& target);

/// A program and the numbers it is run on.
struct Case {
  asg::Graph graph;
  asg::Tensors outputs;
  std::vector<asg::Array> inputs;
  std::map<std::string, asg::Array> state;  ///< before the first run
};

/// Ops of the table on their samples, chains of elementwise functions, views of views, reductions
/// used again at the same points, products with epilogues, gradients, updates, random numbers;
/// values shared by many readers, axes of size 0 and 1, mixed element types, outputs that are given
/// twice or are views of inputs, and nodes that nobody needs.
[[nodiscard]] Case random_case(std::uint64_t seed);

/// The same program in nodes of its own.
[[nodiscard]] Case copy_of(const Case& original);

/// A smaller program that still fails: outputs, assigns and nodes are taken away while it does.
/// A node that goes is replaced by an operand of its type, or by an input with the value that it
/// had.
[[nodiscard]] Case shrink(Case failing, const std::function<bool(const Case&)>& fails);

/// The program as text, with the shapes of what it is run on.
[[nodiscard]] std::string to_text(const Case& program);

}  // namespace passes_test
