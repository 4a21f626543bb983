// Time from a graph to a program, for graphs of several shapes and growing size, and for GPTs with
// several batches: "ms/1000" is per thousand nodes. Needs the CPU backend:
// ASG_PLUGIN_PATH=build/<preset>/lib/asg/backends.
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include <asg/asg.hpp>
#include <asg/passes/passes.hpp>
#include <asg/runtime/target.hpp>

#include "../passes/shapes.hpp"

namespace {

using namespace passes_test;

// Nodes are counted as they are when composites have been opened, and nothing else is done.
std::size_t opened(const asg::Graph& graph, const asg::Tensors& outputs,
                   const asg::Target& target) {
  asg::PassOptions options;
  const auto passes = asg::optional_passes();
  options.disabled.assign(passes.begin(), passes.end());
  return optimize({graph, outputs}, target, options).graph.size();
}

void compile(benchmark::State& state, const asg::Graph& graph, const asg::Tensors& outputs) {
  const asg::Device device = asg::open_device("cpu");
  const auto target = asg::target_of(device);
  for (auto _ : state) benchmark::DoNotOptimize(compile_program({graph, outputs}, *target));
  const auto thousands = static_cast<double>(opened(graph, outputs, *target)) / 1000;
  state.counters["nodes"] = thousands * 1000;
  state.counters["ms/1000"] =
      benchmark::Counter(thousands / 1000, benchmark::Counter::kIsIterationInvariantRate |
                                               benchmark::Counter::kInvert);
}

// A training step of a GPT: what is compiled again for another batch.
void compile_gpt(benchmark::State& state, const asg::nn::GPTOptions& options) {
  const asg::nn::GPT model(options);
  const asg::optim::AdamW optimizer;
  const auto build = [&](asg::Graph&, const asg::Tensors& in) -> asg::Tensors {
    const asg::Tensor loss = cross_entropy(model(in[0]), in[1], {.axis = -1});
    optimizer.minimize(loss, in[2]);
    return {loss};
  };
  const asg::TensorType tokens{asg::i64, {state.range(0), options.block}};
  const asg::TracedFunction traced = asg::trace(build, {tokens, tokens, {asg::f32, {}}});
  compile(state, traced.graph, traced.outputs);
}

const int registered = [] {
  for (const Shape& shape : shapes)
    benchmark::RegisterBenchmark((std::string("compile/") + shape.name).c_str(),
                                 [&shape](benchmark::State& state) {
                                   const Grown grown = shape.make(state.range(0));
                                   compile(state, grown.graph, grown.outputs);
                                 })
        ->RangeMultiplier(10)
        ->Range(1000, 100000)
        ->Unit(benchmark::kMillisecond);
  const asg::nn::GPTOptions nano{.vocab = 65, .block = 64, .layers = 4, .heads = 4, .embd = 128};
  const asg::nn::GPTOptions gpt2{
      .vocab = 50257, .block = 64, .layers = 12, .heads = 12, .embd = 768, .tied = true};
  for (const auto& [name, options] : {std::pair{"nano", nano}, std::pair{"gpt2", gpt2}})
    benchmark::RegisterBenchmark(
        (std::string("compile/gpt-") + name).c_str(),
        [options = options](benchmark::State& state) { compile_gpt(state, options); })
        ->Arg(4)
        ->Arg(12)
        ->Unit(benchmark::kMillisecond);
  return 0;
}();

}  // namespace
