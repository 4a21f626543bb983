#include "check/samples.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <asg/autodiff/gradients.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/runtime/compile.hpp>

namespace asg::proof {
namespace {

Arrays inputs_of(const OpDef& op, const Sample& sample, DType dtype) {
  Arrays inputs;
  // The samples of bitcast are about their own types.
  for (const Array& input : sample.inputs)
    inputs.push_back(is_float(input.dtype()) && op.name != "bitcast" ? input.to(dtype) : input);
  return inputs;
}

Tensors outputs_of(Graph& graph, const OpDef& op, const Sample& sample, const Tensors& inputs) {
  Tensors outputs = graph.add(op, inputs, sample.attributes);
  Tensors wrt;
  for (const Tensor& input : inputs)
    if (is_float(input.dtype())) wrt.push_back(input);
  Tensor total;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!is_float(outputs[i].dtype())) continue;
    const Tensor part = weighted_sum(graph, outputs[i], static_cast<int>(i) + 1);
    total = total.defined() ? total + cast(part, total.dtype()) : part;
  }
  if (!sample.gradient || wrt.empty() || !total.defined()) return outputs;
  for (const Tensor& slope : gradients(total, wrt, {}, {.allow_unused = true}))
    outputs.push_back(slope);
  return outputs;
}

}  // namespace

Tensors inputs_for(Graph& graph, const Arrays& arrays) {
  Tensors inputs;
  for (const Array& array : arrays)
    inputs.push_back(graph.input(fmt::format("x{}", inputs.size()), array.dtype(), array.shape()));
  return inputs;
}

Tensor weighted_sum(Graph& graph, const Tensor& x, int seed) {
  return sum(x * graph.constant(spread(x.shape(), -1, 1.5, seed).to(x.dtype())));
}

std::string difference(const Array& got, const Array& expected, double tolerance) {
  if (got.type() != expected.type())
    return fmt::format("{} in place of {}", to_string(got.type()), to_string(expected.type()));
  if (!is_float(got.dtype()))
    return identical(got, expected)
               ? std::string()
               : fmt::format("{} in place of {}", to_string(got), to_string(expected));
  for (std::int64_t i = 0; i < got.numel(); ++i) {
    const double a = got.get(i);
    const double b = expected.get(i);
    if (a == b || (std::isnan(a) && std::isnan(b))) continue;
    if (!(std::abs(a - b) <= tolerance * std::max(1.0, std::abs(b))))
      return fmt::format("element {}: {} in place of {}, off by {}", i, a, b, a - b);
  }
  return {};
}

std::string describe(const OpDef& op, std::size_t index, const Sample& sample) {
  std::string text = fmt::format("{} sample {} (", op.name, index);
  for (const Array& input : sample.inputs)
    text += (&input == sample.inputs.data() ? "" : ", ") + to_string(input.type());
  text += ")";
  for (const auto& [key, value] : sample.attributes)
    text += fmt::format(" {} = {}", key, to_string(value));
  return text;
}

Expected expected_of(const Graph& graph, const Tensors& outputs, const Arrays& inputs,
                     const Device& reference) {
  return {compile(reference, graph, outputs).run(inputs),
          truth_of(graph, outputs, inputs, reference)};
}

std::string fault_of(const Arrays& got, const Expected& expected, std::size_t k) {
  const Array& plain = expected.plain[k];
  if (got[k].type() != plain.type())
    return fmt::format("{} in place of {}", to_string(got[k].type()), to_string(plain.type()));
  return expected.truth && is_float(plain.dtype())
             ? beyond_rounding(got[k], expected.truth->values[k], expected.truth->allowed[k])
             : difference(got[k], plain, 0);
}

std::optional<std::string> first_fault(const Arrays& got, const Graph& graph,
                                       const Tensors& outputs, const Arrays& inputs,
                                       const Device& reference) {
  Expected expected{compile(reference, graph, outputs).run(inputs), {}};
  const auto first = [&]() -> std::optional<std::string> {
    for (std::size_t k = 0; k < expected.plain.size(); ++k)
      if (const std::string fault = fault_of(got, expected, k); !fault.empty())
        return fmt::format("output {}: {}", k, fault);
    return {};
  };
  if (!first()) return {};
  expected.truth = truth_of(graph, outputs, inputs, reference);
  return first();
}

SampleProgram::SampleProgram(const OpDef& op, const Sample& sample, DType dtype)
    : inputs(inputs_of(op, sample, dtype)),
      outputs(outputs_of(graph, op, sample, inputs_for(graph, inputs))) {}

}  // namespace asg::proof
