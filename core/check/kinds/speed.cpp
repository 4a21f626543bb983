// How long a few kernels take, beside the CPU backend: printed, not judged.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/normalization.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/runtime/compile.hpp>

#include "check/kind.hpp"
#include "check/samples.hpp"
#include "check/session.hpp"

namespace asg::proof {
namespace {

struct TimedProgram {
  const char* name;
  std::vector<asg::Shape> inputs;
  Tensor (*result)(const Tensors& x);
};

std::vector<TimedProgram> timed_programs(std::int64_t n) {
  return {{"matmul", {{n, n}, {n, n}}, [](const Tensors& x) { return matmul(x[0], x[1]); }},
          {"chain",
           {{n * n * 4}, {n * n * 4}},
           [](const Tensors& x) { return exp(-abs(x[0] * x[1] + 1.0)) - x[0]; }},
          {"sum", {{n * n * 4}}, [](const Tensors& x) { return sum(x[0]); }},
          {"softmax", {{4 * n, n}}, [](const Tensors& x) { return softmax(x[0], -1); }}};
}

std::optional<double> milliseconds(const Device& device, const TimedProgram& timed) {
  Graph graph;
  Arrays inputs;
  for (const asg::Shape& shape : timed.inputs) inputs.push_back(Array::full(f32, shape, 0.25));
  const Tensors x = inputs_for(graph, inputs);
  try {
    CompiledGraph compiled = compile(device, graph, {timed.result(x)});
    double best = 1e300;
    for (int i = 0; i < 6; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      static_cast<void>(compiled.run(inputs));
      const std::chrono::duration<double, std::milli> took =
          std::chrono::steady_clock::now() - begin;
      if (i > 0) best = std::min(best, took.count());
    }
    return best;
  } catch (const TypeError&) {
    return {};
  }
}

std::string time_text(std::optional<double> ms) {
  return ms ? fmt::format("{:.3g} ms", *ms) : "not offered";
}

void measure_speed(Session& session) {
  std::optional<Device> cpu;
  DeviceOptions options;
  options.search = session.settings().device.search;
  try {
    if (session.device().backend_name() != "cpu") cpu = open_device("cpu", options);
  } catch (const PluginError&) {
    session.note("there is no backend cpu to measure beside");
  }
  const auto n = static_cast<std::int64_t>(session.effort(512, 128));
  for (const TimedProgram& timed : timed_programs(n))
    session.attempt(timed.name, [&] {
      std::string shapes;
      for (const asg::Shape& shape : timed.inputs) shapes += " " + to_string(shape);
      session.note(fmt::format("{}{}, transfers included: {}{}", timed.name, shapes,
                               time_text(milliseconds(session.device(), timed)),
                               cpu ? ", cpu " + time_text(milliseconds(*cpu, timed)) : ""));
    });
}

}  // namespace

Kind check_speed() {
  return {"how long a few kernels take, printed only", Kind::Phase::last, measure_speed};
}

}  // namespace asg::proof
