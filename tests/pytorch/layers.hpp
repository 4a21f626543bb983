// Layers against PyTorch: their parameters are the inputs of a recorded case that have their names.
#pragma once
#include <cstdint>

#include <asg/nn/module.hpp>
#include <asg/runtime/state.hpp>

#include "pytorch/support.hpp"

namespace pytorch_test {

/// record.py's function of that name: numbers in [-0.5, 0.5) that depend on the name.
inline Array noise(const std::string& name, const asg::Shape& shape) {
  std::uint32_t state = 0;
  for (const char letter : name) state = state * 31 + static_cast<unsigned char>(letter);
  Array values(asg::f64, shape);
  for (std::int64_t i = 0; i < values.numel(); ++i) {
    state = state * 1664525 + 1013904223;
    values.set(i, state / 4294967296.0 - 0.5);
  }
  return values;
}

/// Whether a layer has a parameter of that name.
inline bool has_parameter(const asg::nn::Module& layer, const std::string& name) {
  for (const asg::nn::Parameter& parameter : layer.parameters())
    if (parameter.name() == name) return true;
  return false;
}

/// A State with the case's values for the layer's parameters, all of them.
inline asg::State state_of(const asg::nn::Module& layer, const Recorded& from,
                           const asg::Device& device) {
  asg::State state(device);
  for (std::size_t i = 0; i < from.names.size(); ++i)
    if (has_parameter(layer, from.names[i]))
      state.set(from.names[i], from.inputs[i].to(layer.parameter(from.names[i]).dtype()));
  for (const asg::nn::Parameter& parameter : layer.parameters())
    BOOST_TEST_REQUIRE(state.has(parameter.name()), "not recorded: " << parameter.name());
  return state;
}

/// Outputs and gradients of a case, computed with the case's weights.
struct Computed {
  std::vector<Array> outputs;
  std::map<std::string, Array> gradients;
};

/// Runs what `build` makes of the case's tensors, in f64; gradients where the case has some.
inline Computed computed_layer(const asg::Device& device, const Recorded& expected,
                               const asg::nn::Module& layer,
                               const std::function<Tensors(const Inputs&)>& build) {
  layer.to(asg::f64);
  asg::Graph graph;
  Tensors tensors;
  std::vector<Array> arrays;
  for (std::size_t i = 0; i < expected.inputs.size(); ++i) {
    const std::string& name = expected.names[i];
    if (has_parameter(layer, name)) {
      tensors.push_back(layer.parameter(name).in(graph));
    } else {
      arrays.push_back(expected.inputs[i]);
      tensors.push_back(graph.input(name, arrays.back().dtype(), arrays.back().shape()));
    }
  }
  Tensors results = build(Inputs(expected.names, tensors));
  const std::size_t outputs = results.size();
  BOOST_TEST_REQUIRE(outputs == expected.outputs.size());
  Tensor total;
  for (const auto& [place, cotangent] : expected.cotangents) {
    const Tensor part = sum(results.at(std::stoul(place)) * graph.constant(cotangent));
    total = total.defined() ? total + part : part;
  }
  std::vector<std::string> names;
  Tensors wrt;
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (expected.gradients.contains(expected.names[i])) {
      names.push_back(expected.names[i]);
      wrt.push_back(tensors[i]);
    }
  if (!wrt.empty())
    for (const Tensor& slope : gradients(total, wrt)) results.push_back(slope);
  asg::State state = state_of(layer, expected, device);
  const std::vector<Array> got = asg::compile(device, graph, results).run(state, arrays);
  Computed computed{{got.begin(), got.begin() + static_cast<std::ptrdiff_t>(outputs)}, {}};
  for (std::size_t i = 0; i < names.size(); ++i)
    computed.gradients.emplace(names[i], got[outputs + i]);
  return computed;
}

/// As agrees; `build` gets the parameters as well.
inline void layer_agrees(const std::string& name, const asg::nn::Module& layer,
                         const std::function<Tensors(const Inputs&)>& build,
                         double tolerance = 1e-10) {
  BOOST_TEST_REQUIRE(recorded().contains(name), "no recorded case " << name);
  compared().insert(name);
  const Recorded& expected = recorded().at(name);
  for (const asg::Device& device : devices())
    BOOST_TEST_CONTEXT(name << " on " << device.backend_name()) {
      const Computed got = computed_layer(device, expected, layer, build);
      for (std::size_t k = 0; k < got.outputs.size(); ++k)
        BOOST_TEST(ops_test::difference(got.outputs[k], expected.outputs[k], tolerance) == "",
                   "output " << k);
      for (const auto& [input, slope] : expected.gradients)
        BOOST_TEST(ops_test::difference(got.gradients.at(input), slope, tolerance) == "",
                   "gradient of " << input);
    }
}

}  // namespace pytorch_test
