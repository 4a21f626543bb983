// Claimed composites against their bodies: the CPU backend in f32 once with the op as one step and
// once with its body, both against the body in f64 on the reference backend.
#pragma once
#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <asg/graph/op.hpp>
#include <asg/passes/program.hpp>
#include <asg/runtime/compile.hpp>
#include <asg/runtime/device.hpp>

namespace claims_test {

using Arrays = std::vector<asg::Array>;

inline asg::Device cpu(int threads) {
  static std::vector<asg::Device> open = [] {
    std::vector<asg::Device> devices;
    for (int n = 1; n <= 3; ++n) {
      asg::DeviceOptions options;
      options.threads = n;
      devices.push_back(asg::open_device("cpu", options));
    }
    return devices;
  }();
  return open[static_cast<std::size_t>(threads - 1)];
}
inline asg::Device reference() {
  static const asg::Device device = asg::open_device("reference");
  return device;
}

/// An op on operands that a graph makes of its inputs: views of them, as models have them.
struct Case {
  std::string op;
  asg::Attributes attributes;
  Arrays inputs = {};
  std::function<asg::Tensors(const asg::Tensors&)> operands = [](const asg::Tensors& x) {
    return x;
  };
  double tolerance = 2e-6;  ///< of the largest element, where the body is no worse than that
  bool claimed = true;      ///< the backend is to take it
};

enum class As { op, body };

inline Arrays in_type(Arrays arrays, asg::DType dtype) {
  for (asg::Array& array : arrays)
    if (is_float(array.dtype())) array = array.to(dtype);
  return arrays;
}

inline asg::CompiledGraph compiled(const Case& c, const asg::Device& device, As as,
                                   const Arrays& arrays) {
  asg::Graph graph;
  asg::Tensors inputs;
  for (const asg::Array& array : arrays)
    inputs.push_back(graph.input(fmt::format("x{}", inputs.size()), array.dtype(), array.shape()));
  const asg::Tensors operands = c.operands(inputs);
  const asg::OpDef& op = asg::find_op(c.op);
  return compile(device, graph,
                 as == As::op ? graph.add(op, operands, c.attributes)
                              : op.decompose({operands, c.attributes}));
}

inline bool takes(const asg::CompiledGraph& graph, const std::string& op) {
  const auto& steps = graph.program().steps;
  return std::any_of(steps.begin(), steps.end(), [&](const asg::Step& step) {
    return step.op == ASG_OP_CLAIMED && step.name == op;
  });
}

/// The largest difference, relative to the largest finite element; infinite where only one of the
/// two is finite or infinities differ.
inline double error(const asg::Array& got, const asg::Array& expected) {
  double scale = 0, worst = 0;
  for (std::int64_t i = 0; i < expected.numel(); ++i)
    if (std::isfinite(expected.get(i))) scale = std::max(scale, std::abs(expected.get(i)));
  for (std::int64_t i = 0; i < expected.numel(); ++i) {
    const double a = got.get(i), b = expected.get(i);
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    if (!std::isfinite(a) || !std::isfinite(b)) return INFINITY;
    worst = std::max(worst, std::abs(a - b) / scale);
  }
  return worst;
}

/// What is wrong with the op as the CPU backend has it, or nothing.
inline std::string check(const Case& c) {
  const Arrays narrow = in_type(c.inputs, asg::f32);
  asg::CompiledGraph op = compiled(c, cpu(1), As::op, narrow);
  if (takes(op, c.op) != c.claimed)
    return c.claimed ? "the backend does not take it" : "the backend takes it";
  const Arrays got = op.run(narrow);
  for (int threads = 2; threads <= 3; ++threads) {
    const Arrays again = compiled(c, cpu(threads), As::op, narrow).run(narrow);
    for (std::size_t i = 0; i < got.size(); ++i)
      if (!identical(got[i], again[i]))
        return fmt::format("output {} is another one with {} threads", i, threads);
  }
  const Arrays second = op.run(narrow);
  const Arrays body = compiled(c, cpu(1), As::body, narrow).run(narrow);
  const Arrays exact_inputs = in_type(narrow, asg::f64);
  const Arrays exact = compiled(c, reference(), As::body, exact_inputs).run(exact_inputs);
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (!identical(got[i], second[i])) return fmt::format("output {} changes when run again", i);
    const double mine = error(got[i], exact[i]), bodys = error(body[i], exact[i]);
    if (!(mine <= std::max(2 * bodys, c.tolerance)))
      return fmt::format("output {} is off by {:.3g} of the largest element, the body by {:.3g}", i,
                         mine, bodys);
  }
  return {};
}

}  // namespace claims_test
