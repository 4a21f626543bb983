// A run that fails leaves the state as it was.  ASG_TEST_DEVICE names the backend, or several.
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>

#ifndef ASG_TEST_DEVICE
#define ASG_TEST_DEVICE "reference", "cpu"
#endif

namespace {

using namespace asg;

template <class F>
void on_each_device(F check) {
  for (const char* name : {ASG_TEST_DEVICE})
    BOOST_TEST_CONTEXT("on " << name) check(open_device(name));
}

Array integers(const std::vector<std::int64_t>& values) {
  return Array({static_cast<std::int64_t>(values.size())}, values).to(i32);
}

Tensor variable(Graph& graph, const std::string& name, const Shape& shape, double initial) {
  VariableInfo info;
  info.name = name;
  info.initial = initial;
  return graph.variable(info, f32, shape);
}

// Every variable as it is now.
std::vector<std::vector<double>> contents(const State& state) {
  std::vector<std::vector<double>> all;
  for (const auto& [name, array] : state.to_host()) {
    std::vector<double>& values = all.emplace_back();
    for (std::int64_t i = 0; i < array.numel(); ++i) values.push_back(array.get(i));
  }
  return all;
}

// After a good run a bad one changes nothing, with each of these inputs.
void bad_runs_change_nothing(const Device& device, const Graph& graph, const Tensors& outputs,
                             const std::vector<Array>& good,
                             const std::vector<std::vector<Array>>& bad) {
  CompiledGraph compiled = compile(device, graph, outputs);
  State state(device), beside(device);
  for (int i = 0; i < 2; ++i) (void)compiled.run(state, good), (void)compiled.run(beside, good);
  const auto before = contents(state);
  for (std::size_t k = 0; k < bad.size(); ++k) {
    BOOST_TEST_CONTEXT("bad input " << k) {
      for (int i = 0; i < 3; ++i) BOOST_CHECK_THROW((void)compiled.run(state, bad[k]), DeviceError);
      BOOST_TEST((contents(state) == before));
    }
  }
  (void)compiled.run(state, good);
  (void)compiled.run(beside, good);
  BOOST_TEST((contents(state) == contents(beside)));
}

BOOST_AUTO_TEST_CASE(a_counter_waits_for_an_index_that_has_nothing_to_do_with_it) {
  on_each_device([](const Device& device) {
    for (const bool first : {true, false}) {
      Graph graph;
      const Tensor index = graph.input("index", i32, {2}),
                   table = graph.input("table", f32, {4, 3});
      const Tensor count = variable(graph, "count", {5}, 0.0);
      Tensor picked;
      if (!first) picked = gather(table, index, 0);
      graph.assign(count, count + 1.0);
      if (first) picked = gather(table, index, 0);
      const Array rows = Array::full(f32, {4, 3}, 2.0);
      bad_runs_change_nothing(device, graph, {picked}, {integers({0, 3}), rows},
                              {{integers({0, 4}), rows}, {integers({-1, 0}), rows}});
    }
  });
}

BOOST_AUTO_TEST_CASE(a_variable_made_by_what_checks_the_index_is_kept) {
  on_each_device([](const Device& device) {
    for (const bool scatters : {false, true}) {
      Graph graph;
      const Tensor index = graph.input("index", i32, {3});
      const Tensor kept = variable(graph, "kept", {4}, 1.0);
      const Tensor picked = variable(graph, "picked", {3}, 1.0);
      if (scatters)
        graph.assign(kept, scatter(kept, index, graph.input("x", f32, {3}), 0, "add"));
      else
        graph.assign(picked, gather(graph.input("x", f32, {4}), index, 0));
      const Array x = Array::full(f32, {scatters ? 3 : 4}, 2.5);
      bad_runs_change_nothing(device, graph, {sum(kept)}, {integers({0, 3, 1}), x},
                              {{integers({0, 2, 4}), x}, {integers({-7, 1, 2}), x}});
    }
  });
}

BOOST_AUTO_TEST_CASE(each_of_several_indices_is_waited_for) {
  on_each_device([](const Device& device) {
    constexpr int indices = 4;
    Graph graph;
    Tensors outputs;
    std::vector<Array> good;
    for (int i = 0; i < indices; ++i) {
      const std::string number = std::to_string(i);
      const Tensor index = graph.input("index" + number, i32, {2});
      good.push_back(integers({i % 3, 2}));
      const Tensor v = variable(graph, "v" + number, {3 + i}, 0.5);
      outputs.push_back(gather(v * 2.0, index, 0));
      graph.assign(v, v * 1.5);
    }
    std::vector<std::vector<Array>> bad;
    for (std::size_t i = 0; i < indices; ++i) {
      bad.push_back(good);
      bad.back()[i] = integers({0, 3 + static_cast<std::int64_t>(i)});
    }
    bad_runs_change_nothing(device, graph, outputs, good, bad);
  });
}

// A training step: weights are updated by products, by regions and, small ones, together.
BOOST_AUTO_TEST_CASE(a_bad_token_or_label_trains_nothing) {
  on_each_device([](const Device& device) {
    for (const bool adam : {false, true}) {
      Graph graph;
      const Tensor tokens = graph.input("tokens", i32, {6}),
                   labels = graph.input("labels", i32, {6});
      const Tensor table = variable(graph, "table", {7, 16}, 0.25);
      Tensor h = gather(table, tokens, 0);
      for (int i = 0; i < 3; ++i) {
        const std::string number = std::to_string(i);
        const Tensor w = variable(graph, "w" + number, {16, 16}, 0.01 * (i + 1));
        const Tensor b = variable(graph, "b" + number, {16}, 0.1);
        h = tanh(matmul(h, w) + b * iota(graph, {16}, 0, f32));
      }
      const Tensor loss = cross_entropy(h, labels);
      if (adam)
        optim::AdamW().minimize(loss, 0.1);
      else
        optim::SGD().minimize(loss, 0.1);
      const Array t = integers({0, 6, 3, 3, 1, 2}), l = integers({15, 0, 2, 4, 4, 9});
      bad_runs_change_nothing(
          device, graph, {loss}, {t, l},
          {{integers({0, 7, 3, 3, 1, 2}), l}, {t, integers({15, 0, 2, 4, 4, 16})}});
    }
  });
}

}  // namespace
