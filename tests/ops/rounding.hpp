// What a program means, and how far the roundings of its own element types may move each element
// of what it gives.
//
// The program is opened to primitives and computed in f64 with an error after every primitive that
// rounds: by chance, of about one unit in the last place of the original type. A sum has as many of
// these as a tree of its terms is deep, of the sum of their absolute values, which is what adding
// them up may lose. How far the results move over some runs is what roundings may do to them; an
// element that they can not move has to be right to the last bit. So a large neighbour excuses
// nothing, and a small element has to be as right as its own terms allow.
#pragma once
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <asg/passes/passes.hpp>
#include <asg/runtime/target.hpp>

#include "ops/support.hpp"

namespace ops_test {

/// What a program gives, in f64 (integers and bools as they are), and for each element how far from
/// it a result may be.
struct Truth {
  Arrays values;
  Arrays allowed;
};

namespace rounding {

/// What a backend's own roundings are to ours: some functions are right to two units, and a few
/// runs do not meet the worst.
inline constexpr double allowance = 4;
inline constexpr int runs = 8;

enum class Kind { exact, once, sum };

/// What a primitive does to floats. What is not known to be exact is taken to round.
inline Kind kind_of(const asg::Node& node, asg::DType from) {
  const asg::OpDef& op = node.op;
  if (!is_float(node.outputs[0].dtype) || op.lowering.view != nullptr)
    return Kind::exact;
  for (const char* key : {"kind", "mode"})
    if (node.attributes.has(key)) {
      const std::string& how = node.attributes.text(key);
      return how == "sum" || how == "prod" || how == "add" || how == "mul" ? Kind::sum : Kind::exact;
    }
  if (op.name == "matmul" || op.name == "fold") return Kind::sum;
  // Integers up to 2^24, as all that the samples count, are floats.
  if (op.name == "cast" && !(from == asg::f64 && node.outputs[0].dtype == asg::f32))
    return Kind::exact;
  if (op.lowering.kernel != 0) return Kind::exact;  // moves elements
  static constexpr std::string_view exact[] = {"abs",  "neg",     "sign",    "floor", "ceil",
                                               "rem",  "maximum", "minimum", "round", "where",
                                               "copy", "concat",  "bitcast"};
  return std::find(std::begin(exact), std::end(exact), op.name) != std::end(exact) ? Kind::exact
                                                                                   : Kind::once;
}

inline asg::DType wide(asg::DType dtype) { return dtype == asg::f32 ? asg::f64 : dtype; }
inline asg::Array wide(const asg::Array& array) {
  return array.dtype() == asg::f32 ? array.to(asg::f64) : array;
}
inline asg::Attributes wide(const asg::Attributes& from) {
  asg::Attributes to;
  for (const auto& [key, value] : from) {
    if (const auto* dtype = std::get_if<asg::DType>(&value)) to.set(key, wide(*dtype));
    else if (const auto* array = std::get_if<asg::Array>(&value)) to.set(key, wide(*array));
    else to.set(key, value);
  }
  return to;
}

inline double unit(asg::DType dtype) {
  return dtype == asg::f32 ? double{std::numeric_limits<float>::epsilon()}
                           : std::numeric_limits<double>::epsilon();
}

inline asg::PassOptions no_passes() {
  asg::PassOptions options;
  const auto passes = asg::optional_passes();
  options.disabled.assign(passes.begin(), passes.end());
  return options;
}

/// A program of primitives, copied in f64 with an error for every rounding. The errors are inputs.
class Noisy {
 public:
  Noisy(const asg::Graph& graph, const asg::Tensors& outputs)
      : from_(asg::optimize({graph, outputs}, *asg::target_of(reference()), no_passes())) {}

  /// False where the program reads the bits of floats, which f64 does not have.
  bool build() {
    made_.resize(from_.graph.size());
    for (asg::NodeId id = 0; id < from_.graph.size(); ++id)
      if (!copy(from_.graph.node(id))) return false;
    for (const asg::Tensor& output : from_.outputs)
      outputs_.push_back(made_[output.value().node][output.value().output]);
    return true;
  }

  Truth run(const Arrays& inputs) {
    asg::CompiledGraph compiled = compile(reference(), graph_, outputs_);
    // Errors of f64's own size would be lost in its roundings: they are made larger, the moves
    // smaller again.
    const double scale = narrow_ ? 1 : 0x1p24;
    Arrays arrays;
    for (const asg::Array& input : inputs) arrays.push_back(wide(input));
    std::mt19937 random(1);
    const auto with_errors = [&](double size) {
      Arrays all = arrays;
      for (const Error& error : errors_) {
        asg::Array values(asg::f64, error.shape);
        for (double& value : values.values<double>())
          value = size * error.size * of_one(random);
        all.push_back(std::move(values));
      }
      return compiled.run(all);
    };
    Truth truth{with_errors(0), {}};
    for (const asg::Array& value : truth.values)
      truth.allowed.push_back(asg::Array::zeros(asg::f64, value.shape()));
    for (int i = 0; i < runs && !errors_.empty(); ++i) {
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

  static void widen(Truth& truth, std::size_t k, const asg::Array& moved, double factor) {
    const asg::Array& value = truth.values[k];
    if (!is_float(value.dtype())) return;
    for (std::int64_t i = 0; i < value.numel(); ++i) {
      if (!std::isfinite(value.get(i))) continue;
      const double by = std::abs(moved.get(i) - value.get(i)) * factor;
      // Where an error makes it infinite, it may be.
      truth.allowed[k].set(i, std::max(truth.allowed[k].get(i),
                                       std::isnan(by) ? std::numeric_limits<double>::infinity() : by));
    }
  }

  bool copy(const asg::Node& node) {
    using namespace asg;
    const Attributes attributes = wide(node.attributes);
    Tensors operands;
    for (const Value operand : node.operands) {
      if (node.op.name == "bitcast" && (from_.graph.type(operand).dtype == f32 ||
                                        node.outputs[0].dtype == f32))
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
    const Kind kind = node.operands.empty()
                          ? Kind::exact
                          : kind_of(node, from_.graph.type(node.operands[0]).dtype);
    if (kind == Kind::exact) return true;
    narrow_ = narrow_ || dtype == f32;
    if (kind == Kind::once) {
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

  asg::Tensor error(const asg::Shape& shape, double size) {
    errors_.push_back({shape, size});
    return graph_.input(fmt::format("error {}", errors_.size()), asg::f64, shape);
  }

  asg::Traced from_;
  asg::Graph graph_;
  std::vector<asg::Tensors> made_;
  asg::Tensors outputs_;
  std::vector<Error> errors_;
  bool narrow_ = false;
};

}  // namespace rounding

/// Nothing where the program reads the bits of f32 numbers: then all results must be the same.
inline std::optional<Truth> truth_of(const asg::Graph& graph, const asg::Tensors& outputs,
                                     const Arrays& inputs) {
  rounding::Noisy noisy(graph, outputs);
  if (!noisy.build()) return {};
  return noisy.run(inputs);
}

/// Where and how much a float result is further from the truth than roundings justify; empty where
/// it is not.
inline std::string beyond_rounding(const asg::Array& got, const asg::Array& truth,
                                   const asg::Array& allowed) {
  using namespace asg;
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

}  // namespace ops_test
