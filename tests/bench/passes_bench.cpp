// Time from a graph to a program, for graphs of several shapes and growing size: "ms/1000" is per
// thousand nodes. Needs the CPU backend: ASG_PLUGIN_PATH=build/<preset>/lib/asg/backends.
#include <benchmark/benchmark.h>

#include <asg/passes/passes.hpp>
#include <asg/runtime/target.hpp>

#include "../passes/shapes.hpp"

namespace {

using namespace passes_test;

void compile_shape(benchmark::State& state, const Shape& shape) {
  const asg::Device device = asg::open_device("cpu");
  const auto target = asg::target_of(device);
  const Grown grown = shape.make(state.range(0));
  for (auto _ : state)
    benchmark::DoNotOptimize(compile_program({grown.graph, grown.outputs}, *target));
  // Composites count as what they are made of.
  const asg::Traced opened = optimize({grown.graph, grown.outputs}, *target);
  const auto thousands = static_cast<double>(opened.graph.size()) / 1000;
  state.counters["nodes"] = thousands * 1000;
  state.counters["ms/1000"] =
      benchmark::Counter(thousands / 1000, benchmark::Counter::kIsIterationInvariantRate |
                                               benchmark::Counter::kInvert);
}

const int registered = [] {
  for (const Shape& shape : shapes)
    benchmark::RegisterBenchmark((std::string("compile/") + shape.name).c_str(),
                                 [&shape](benchmark::State& state) { compile_shape(state, shape); })
        ->RangeMultiplier(10)
        ->Range(1000, 100000)
        ->Unit(benchmark::kMillisecond);
  return 0;
}();

}  // namespace
