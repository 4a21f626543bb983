#include "check/rounding.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include <fmt/format.h>

#include <asg/graph/op.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/passes/passes.hpp>
#include <asg/runtime/compile.hpp>
#include <asg/runtime/target.hpp>

namespace asg::proof {
namespace {

/// What a backend's own roundings are to ours: some functions are right to two units, and a few
/// runs do not meet the worst.
constexpr double allowance = 4;
constexpr int noisy_runs = 8;

enum class Rounds { exact, once, sum };

/// What a primitive does to floats. What is not known to be exact is taken to round.
Rounds rounding_of(const Node& node, DType from) {
  const OpDef& op = node.op;
  if (!is_float(node.outputs[0].dtype) || op.lowering.view != nullptr) return Rounds::exact;
  for (const char* key : {"kind", "mode"})
    if (node.attributes.has(key)) {
      const std::string& how = node.attributes.text(key);
      return how == "sum" || how == "prod" || how == "add" || how == "mul" ? Rounds::sum
                                                                           : Rounds::exact;
    }
  if (op.name == "matmul" || op.name == "fold") return Rounds::sum;
  // Integers up to 2^24, as all that the samples count, are floats.
  if (op.name == "cast" && !(from == f64 && node.outputs[0].dtype == f32)) return Rounds::exact;
  if (op.lowering.kernel != 0) return Rounds::exact;  // moves elements
  static constexpr std::string_view exact[] = {"abs",  "neg",     "sign",    "floor", "ceil",
                                               "rem",  "maximum", "minimum", "round", "where",
                                               "copy", "concat",  "bitcast"};
  return std::find(std::begin(exact), std::end(exact), op.name) != std::end(exact) ? Rounds::exact
                                                                                   : Rounds::once;
}

DType wide(DType dtype) { return dtype == f32 ? f64 : dtype; }
Array wide(const Array& array) { return array.dtype() == f32 ? array.to(f64) : array; }
Attributes wide(const Attributes& from) {
  Attributes to;
  for (const auto& [key, value] : from) {
    if (const auto* dtype = std::get_if<DType>(&value))
      to.set(key, wide(*dtype));
    else if (const auto* array = std::get_if<Array>(&value))
      to.set(key, wide(*array));
    else
      to.set(key, value);
  }
  return to;
}

double unit(DType dtype) {
  return dtype == f32 ? double{std::numeric_limits<float>::epsilon()}
                      : std::numeric_limits<double>::epsilon();
}

PassOptions no_passes() {
  PassOptions options;
  const auto passes = optional_passes();
  options.disabled.assign(passes.begin(), passes.end());
  return options;
}

/// A program of primitives, copied in f64 with an error for every rounding. The errors are inputs.
class Noisy {
 public:
  Noisy(const Graph& graph, const Tensors& outputs, const Device& reference)
      : reference_(reference),
        from_(optimize({graph, outputs}, *target_of(reference), no_passes())) {}

  /// False where the program reads the bits of floats, which f64 does not have.
  bool build() {
    made_.resize(from_.graph.size());
    for (NodeId id = 0; id < from_.graph.size(); ++id)
      if (!copy(from_.graph.node(id))) return false;
    for (const Tensor& output : from_.outputs)
      outputs_.push_back(made_[output.value().node][output.value().output]);
    return true;
  }

  Truth run(const Arrays& inputs) {
    CompiledGraph compiled = compile(reference_, graph_, outputs_);
    // Errors of f64's own size would be lost in its roundings: they are made larger, the moves
    // smaller again.
    const double scale = narrow_ ? 1 : 0x1p24;
    Arrays arrays;
    for (const Array& input : inputs) arrays.push_back(wide(input));
    std::mt19937 random(1);
    const auto with_errors = [&](double size) {
      Arrays all = arrays;
      for (const Error& error : errors_) {
        Array values(f64, error.shape);
        for (double& value : values.values<double>()) value = size * error.size * of_one(random);
        all.push_back(std::move(values));
      }
      return compiled.run(all);
    };
    Truth truth{with_errors(0), {}};
    for (const Array& value : truth.values)
      truth.allowed.push_back(Array::zeros(f64, value.shape()));
    for (int i = 0; i < noisy_runs && !errors_.empty(); ++i) {
      const Arrays moved = with_errors(scale);
      for (std::size_t k = 0; k < moved.size(); ++k) widen(truth, k, moved[k], allowance / scale);
    }
    return truth;
  }

 private:
  struct Error {
    asg::Shape shape;
    double size;
  };

  // Between a half and one and a half, of either sign: errors of one size would cancel in all runs
  // of some element.
  static double of_one(std::mt19937& random) {
    const std::uint32_t bits = random();
    const double size = 0.5 + (bits >> 1) * 0x1p-31;
    return (bits & 1U) != 0 ? size : -size;
  }

  static void widen(Truth& truth, std::size_t k, const Array& moved, double factor) {
    const Array& value = truth.values[k];
    if (!is_float(value.dtype())) return;
    for (std::int64_t i = 0; i < value.numel(); ++i) {
      if (!std::isfinite(value.get(i))) continue;
      const double by = std::abs(moved.get(i) - value.get(i)) * factor;
      // Where an error makes it infinite, it may be.
      truth.allowed[k].set(i,
                           std::max(truth.allowed[k].get(i),
                                    std::isnan(by) ? std::numeric_limits<double>::infinity() : by));
    }
  }

  bool copy(const Node& node) {
    const Attributes attributes = wide(node.attributes);
    Tensors operands;
    for (const Value operand : node.operands) {
      if (node.op.name == "bitcast" &&
          (from_.graph.type(operand).dtype == f32 || node.outputs[0].dtype == f32))
        return false;
      operands.push_back(made_[operand.node][operand.output]);
    }
    Tensors& made = made_[node.id];
    if (node.op.name == "input") {
      made = {graph_.input(attributes.text("name"), attributes.dtype("dtype"),
                           attributes.shape("shape"))};
      return true;
    }
    made = graph_.add(node.op, operands, attributes);
    const DType dtype = node.outputs[0].dtype;
    const Rounds kind = node.operands.empty()
                            ? Rounds::exact
                            : rounding_of(node, from_.graph.type(node.operands[0]).dtype);
    if (kind == Rounds::exact) return true;
    narrow_ = narrow_ || dtype == f32;
    if (kind == Rounds::once) {
      made[0] = made[0] * (error(made[0].shape(), unit(dtype)) + 1.0);
      return true;
    }
    std::int64_t terms = 1;
    for (Tensor& operand : operands) {
      terms = std::max(terms, operand.shape().numel());
      if (is_float(operand.dtype())) operand = abs(operand);
    }
    const double depth = 1 + std::log2(static_cast<double>(terms));
    // Not infinite, which an error of 0 would make NaN.
    const Tensor size = minimum(graph_.add(node.op, operands, attributes)[0], 1e300);
    made[0] = made[0] + size * error(made[0].shape(), depth * unit(dtype));
    return true;
  }

  Tensor error(const asg::Shape& shape, double size) {
    errors_.push_back({shape, size});
    return graph_.input(fmt::format("error {}", errors_.size()), f64, shape);
  }

  const Device& reference_;
  Traced from_;
  Graph graph_;
  std::vector<Tensors> made_;
  Tensors outputs_;
  std::vector<Error> errors_;
  bool narrow_ = false;
};

}  // namespace

std::optional<Truth> truth_of(const Graph& graph, const Tensors& outputs, const Arrays& inputs,
                              const Device& reference) {
  Noisy noisy(graph, outputs, reference);
  if (!noisy.build()) return {};
  return noisy.run(inputs);
}

std::string beyond_rounding(const Array& got, const Array& truth, const Array& allowed) {
  if (got.shape() != truth.shape())
    return fmt::format("{} in place of {}", to_string(got.shape()), to_string(truth.shape()));
  // Backends may take denormal numbers for zeros.
  const double least = got.dtype() == f32 ? double{std::numeric_limits<float>::min()}
                                          : std::numeric_limits<double>::min();
  const double largest = std::numeric_limits<float>::max();
  for (std::int64_t i = 0; i < got.numel(); ++i) {
    const double a = got.get(i);
    double b = truth.get(i);
    const double may = allowed.get(i) + least;
    if (got.dtype() == f32) b = double{static_cast<float>(b)};
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    if (std::abs(a - b) <= may) continue;
    // Rounded to f32, what is near the end of its range may be on either side.
    if (got.dtype() == f32 && std::isinf(a) && std::abs(truth.get(i)) + may > largest &&
        std::signbit(a) == std::signbit(b))
      continue;
    return fmt::format("element {}: {} in place of {}, off by {} where roundings allow {}", i, a, b,
                       a - b, may);
  }
  return {};
}

}  // namespace asg::proof
