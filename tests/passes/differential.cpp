#include "passes/differential.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include <fmt/format.h>

#include <asg/asg.hpp>
#include <asg/runtime/target.hpp>

namespace passes_test {

using namespace asg;

const Device& reference() {
  static const Device device = open_device("reference");
  return device;
}

const Device& cpu(int threads) {
  static const Device one = open_device("cpu", {.threads = 1, .search = {}});
  static const Device two = open_device("cpu", {.threads = 2, .search = {}});
  return threads == 1 ? one : two;
}

PassOptions only(const std::vector<Pass>& passes) {
  PassOptions options;
  for (const Pass pass : optional_passes())
    if (std::find(passes.begin(), passes.end(), pass) == passes.end())
      options.disabled.push_back(pass);
  return options;
}

PassOptions without_passes() { return only({}); }

Outcome run(const Device& device, const Case& program, const PassOptions& options, int runs) {
  PassOptions checked = options;
  checked.verify = true;
  CompiledGraph compiled = compile(device, program.graph, program.outputs, "random graph", checked);
  State state(device);
  for (const auto& [name, value] : program.state) state.set(name, value);
  Outcome outcome;
  for (int i = 0; i < runs; ++i)
    for (Array& array : compiled.run(state, program.inputs))
      outcome.outputs.push_back(std::move(array));
  outcome.state = state.to_host();
  return outcome;
}

namespace {

bool same_element(const Array& a, const Array& b, std::int64_t i) {
  const std::size_t size = size_of(a.dtype());
  if (std::memcmp(a.bytes() + static_cast<std::size_t>(i) * size,
                  b.bytes() + static_cast<std::size_t>(i) * size, size) == 0)
    return true;
  return is_float(a.dtype()) && std::isnan(a.get(i)) && std::isnan(b.get(i));
}

std::string bit_difference(const std::string& name, const Array& got, const Array& expected) {
  if (got.type() != expected.type())
    return fmt::format("{}: {} in place of {}", name, to_string(got.type()),
                       to_string(expected.type()));
  for (std::int64_t i = 0; i < got.numel(); ++i)
    if (!same_element(got, expected, i))
      return fmt::format("{}, element {} of {}: {} in place of {}", name, i, to_string(got.type()),
                         got.get(i), expected.get(i));
  return {};
}

// Calls f(name, index of the array in each outcome) for all arrays.
template <class F>
std::string for_all(const Outcome& first, F&& f) {
  for (std::size_t i = 0; i < first.outputs.size(); ++i)
    if (std::string text = f(fmt::format("output {}", i),
                             [i](const Outcome& o) -> const Array& { return o.outputs[i]; });
        !text.empty())
      return text;
  for (const auto& [name, array] : first.state)
    if (std::string text =
            f(name, [&key = name](const Outcome& o) -> const Array& { return o.state.at(key); });
        !text.empty())
      return text;
  return {};
}

double distance(const Array& x, const Array& truth, double scale, std::int64_t i) {
  return std::abs(x.get(i) - truth.get(i)) / scale;
}

}  // namespace

std::string bit_difference(const Outcome& got, const Outcome& expected) {
  return for_all(expected, [&](const std::string& name, const auto& of) {
    return bit_difference(name, of(got), of(expected));
  });
}

std::string excess(const Outcome& got, const Outcome& plain, const Outcome& truth,
                   double tolerance) {
  return for_all(plain, [&](const std::string& name, const auto& of) -> std::string {
    const Array &x = of(got), &p = of(plain), &t = of(truth);
    if (!is_float(p.dtype())) return bit_difference(name, x, p);
    double scale = 1, worst = 0;
    for (std::int64_t i = 0; i < t.numel(); ++i)
      if (std::isfinite(t.get(i))) scale = std::max(scale, std::abs(t.get(i)));
    for (std::int64_t i = 0; i < t.numel(); ++i)
      if (std::isfinite(t.get(i)) && std::isfinite(p.get(i)))
        worst = std::max(worst, distance(p, t, scale, i));
    const double allowed = std::max(2 * worst, tolerance);
    for (std::int64_t i = 0; i < t.numel(); ++i) {
      if (same_element(x, p, i)) continue;
      if (!(distance(x, t, scale, i) <= allowed))
        return fmt::format("{}, element {} of {}: {}, plainly {}, in truth {}; {} is allowed", name,
                           i, to_string(p.type()), x.get(i), p.get(i), t.get(i), allowed * scale);
    }
    return {};
  });
}

bool accumulates(const Case& program) {
  const auto target = target_of(reference());
  const Traced traced = optimize({program.graph, program.outputs}, *target, without_passes());
  for (NodeId id = 0; id < traced.graph.size(); ++id) {
    const Node node = traced.graph.node(id);
    if (node.op.lowering.kernel != 0 && node.op.lowering.instruction == 0) return true;
    if (node.op.name == "reduce" && is_float(node.outputs[0].dtype) &&
        (node.attributes.text("kind") == "sum" || node.attributes.text("kind") == "prod"))
      return true;
  }
  return false;
}

namespace {

DType wide(DType dtype) { return dtype == f32 ? f64 : dtype; }
Array wide(const Array& array) { return array.dtype() == f32 ? array.to(f64) : array; }

Attributes wide(const Attributes& from) {
  Attributes to;
  for (const auto& [name, value] : from) {
    if (const auto* dtype = std::get_if<DType>(&value))
      to.set(name, wide(*dtype));
    else if (const auto* array = std::get_if<Array>(&value))
      to.set(name, wide(*array));
    else
      to.set(name, value);
  }
  return to;
}

}  // namespace

std::optional<Case> in_f64(const Case& program) {
  const auto target = target_of(reference());
  const Traced from = optimize({program.graph, program.outputs}, *target, without_passes());
  Case to;
  for (const auto& [name, value] : program.state) to.state[name] = wide(value);
  for (const Array& array : program.inputs) to.inputs.push_back(wide(array));
  std::vector<Tensors> made(from.graph.size());
  for (NodeId id = 0; id < from.graph.size(); ++id) {
    const Node node = from.graph.node(id);
    if (node.op.name == "bitcast" &&
        (node.outputs[0].dtype == f32 || from.graph.type(node.operands[0]).dtype == f32))
      return {};
    const OriginScope scope(to.graph, node.origin);
    const Attributes attributes = wide(node.attributes);
    Tensors operands;
    for (const Value operand : node.operands)
      operands.push_back(made[operand.node][operand.output]);
    if (node.op.name == "input")
      made[id] = {to.graph.input(attributes.text("name"), attributes.dtype("dtype"),
                                 attributes.shape("shape"))};
    else if (node.op.name == "variable")
      made[id] = {to.graph.variable(*from.graph.find_variable(id), attributes.dtype("dtype"),
                                    attributes.shape("shape"))};
    else if (node.op.name == "assign")
      to.graph.assign(operands[0], operands[1]);
    else
      made[id] = to.graph.add(node.op, operands, attributes);
  }
  for (const Tensor& output : from.outputs)
    to.outputs.push_back(made[output.value().node][output.value().output]);
  return to;
}

std::int64_t number_from_environment(const char* name, std::int64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::atoll(text) : otherwise;
}

std::vector<std::uint64_t> seeds(std::int64_t usual) {
  // Each of these has found a fault.
  static constexpr std::uint64_t found_faults[] = {2, 3, 4, 22, 45, 171, 177, 1196};
  const std::int64_t first = number_from_environment("ASG_TEST_SEED", 1);
  const std::int64_t count = number_from_environment("ASG_TEST_GRAPHS", usual);
  std::vector<std::uint64_t> result(std::begin(found_faults), std::end(found_faults));
  for (std::int64_t i = 0; i < count; ++i) result.push_back(static_cast<std::uint64_t>(first + i));
  return result;
}

namespace {

std::string verdict(const Check& check, const Case& program) {
  try {
    return check(program);
  } catch (const Error& error) {
    return fmt::format("exception: {}", error.what());
  }
}

}  // namespace

std::string fault_of(std::uint64_t seed, const Case& program, const Check& check,
                     const std::string& what) {
  const std::string fault = verdict(check, program);
  if (fault.empty()) return {};
  static int left = 3;  // one fault breaks many programs
  if (left-- <= 0) return fmt::format("seed {} {}\n{}", seed, what, fault);
  const bool throws = fault.starts_with("exception");
  const Case smallest = shrink(copy_of(program), [&](const Case& smaller) {
    const std::string same = verdict(check, smaller);
    return !same.empty() && same.starts_with("exception") == throws;
  });
  return fmt::format("seed {} {}\n{}\nmade smaller: {}\n{}", seed, what, fault,
                     verdict(check, smallest), to_text(smallest));
}

}  // namespace passes_test
