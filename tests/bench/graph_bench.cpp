// Time to build, differentiate and lower graphs of growing size. Each should be linear: the
// reported complexity says how nearly.
#include <benchmark/benchmark.h>

#include <asg/asg.hpp>

namespace {

using namespace asg;

Tensor chain(Graph& graph, std::int64_t length) {
  Tensor y = graph.input("x", f32, {});
  for (std::int64_t i = 0; i < length; ++i) y = sin(y);
  return y;
}

// One scalar with many users.
Tensor hub(Graph& graph, std::int64_t users) {
  const Tensor x = graph.input("x", f32, {});
  Tensor y = exp(x);
  for (std::int64_t i = 0; i < users; ++i) y = y + x;
  return y;
}

template <Tensor (*make)(Graph&, std::int64_t)>
void build(benchmark::State& state) {
  for (auto _ : state) {
    Graph graph;
    benchmark::DoNotOptimize(make(graph, state.range(0)));
  }
  state.SetComplexityN(state.range(0));
}

template <Tensor (*make)(Graph&, std::int64_t)>
void differentiate(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    Graph graph;
    const Tensor y = make(graph, state.range(0));
    const Tensor x = graph.tensor({graph.inputs()[0], 0});
    state.ResumeTiming();
    benchmark::DoNotOptimize(gradients(y, {x}));
  }
  state.SetComplexityN(state.range(0));
}

void sizes(benchmark::internal::Benchmark* b) {
  b->RangeMultiplier(10)->Range(1000, 1000000)->Unit(benchmark::kMillisecond)->Complexity();
}

BENCHMARK(build<chain>)->Apply(sizes);
BENCHMARK(build<hub>)->Apply(sizes);
BENCHMARK(differentiate<chain>)->Apply(sizes);
BENCHMARK(differentiate<hub>)->Apply(sizes);

}  // namespace
