// What the tests of the ops share: running graphs on the reference backend, comparing numbers, and
// checking derivatives against central differences.
#pragma once
#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <asg/autodiff/gradients.hpp>
#include <asg/graph/op.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/runtime/compile.hpp>
#include <asg/runtime/device.hpp>

#include "check/samples.hpp"

namespace ops_test {

inline const asg::Device& reference() {
  static const asg::Device device = asg::open_device("reference");
  return device;
}

using asg::proof::Arrays, asg::proof::describe, asg::proof::difference, asg::proof::inputs_for,
    asg::proof::weighted_sum;
/// Builds outputs from one tensor for each array.
using Build = std::function<asg::Tensors(asg::Graph&, const asg::Tensors&)>;

inline Arrays run(const Build& build, const Arrays& arrays) {
  asg::Graph graph;
  const asg::Tensors outputs = build(graph, inputs_for(graph, arrays));
  return asg::compile(reference(), graph, outputs).run(arrays);
}

/// The op on a sample, as nodes.
inline Build of_sample(const asg::OpDef& op, const asg::Sample& sample) {
  return [&op, attributes = sample.attributes](asg::Graph& graph, const asg::Tensors& inputs) {
    return graph.add(op, inputs, attributes);
  };
}

/// Of `build`, a scalar: the weighted sum of all float outputs, differentiated `order` times, each
/// time with a new weighting.
inline asg::Tensor scalar_of(asg::Graph& graph, const Build& build, const asg::Tensors& inputs,
                             const asg::Tensors& wrt, int order) {
  const auto total = [&](const asg::Tensors& tensors, int seed) {
    asg::Tensor result;
    for (const asg::Tensor& t : tensors) {
      if (!is_float(t.dtype())) continue;
      const asg::Tensor part = weighted_sum(graph, t, ++seed);
      result = result.defined() ? result + part : part;
    }
    return result;
  };
  asg::Tensor result = total(build(graph, inputs), 10);
  for (int k = 0; k < order; ++k)
    result = total(gradients(result, wrt, {}, {.allow_unused = true}), 20 + 10 * k);
  return result;
}

struct DerivativeCheck {
  double step = 1e-4;       ///< of the differences, relative to the element
  double tolerance = 1e-6;  ///< relative
  double floor = 1e-8;      ///< absolute, for derivatives that vanish
};

/// Compares the gradient of scalar_of(order) with central differences of fourth order at every
/// element of every f64 array. Returns what is wrong, or nothing.
inline std::string check_derivative(const Build& build, const Arrays& arrays, int order,
                                    const DerivativeCheck& check = {}) {
  using namespace asg;
  Graph graph;
  const Tensors inputs = inputs_for(graph, arrays);
  Tensors wrt;
  std::vector<std::size_t> which;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].dtype() == f64) {
      wrt.push_back(inputs[i]);
      which.push_back(i);
    }
  const Tensor scalar = scalar_of(graph, build, inputs, wrt, order);
  const Tensors slopes = gradients(scalar, wrt, {}, {.allow_unused = true});
  CompiledGraph value = compile(reference(), graph, {scalar});
  const Arrays analytic = compile(reference(), graph, slopes).run(arrays);

  for (std::size_t k = 0; k < wrt.size(); ++k)
    for (std::int64_t i = 0; i < arrays[which[k]].numel(); ++i) {
      Arrays moved = arrays;
      moved[which[k]] = arrays[which[k]].clone();
      const double x = arrays[which[k]].get(i);
      const double h = check.step * std::max(1.0, std::abs(x));
      const auto at = [&](double offset) {
        moved[which[k]].set(i, x + offset);
        return value.run(moved)[0].item<double>();
      };
      const double numeric = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
      const double exact = analytic[k].get(i);
      const double bound =
          check.tolerance * std::max(std::abs(numeric), std::abs(exact)) + check.floor;
      if (!(std::abs(numeric - exact) <= bound))
        return fmt::format(
            "derivative {} with respect to element {} of operand {}: {}, but {} by "
            "differences",
            order + 1, i, which[k], exact, numeric);
    }
  return {};
}

/// The names of all ops that have samples: one test case for each.
inline std::vector<std::string> sampled_ops() {
  std::vector<std::string> names;
  for (const asg::OpDef& op : asg::op_table())
    if (op.samples != nullptr) names.emplace_back(op.name);
  return names;
}

}  // namespace ops_test
