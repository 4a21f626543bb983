// Layers against PyTorch: their parameters are the inputs of a recorded case that have their names.
#pragma once
#include <asg/nn/module.hpp>
#include <asg/runtime/state.hpp>

#include "pytorch/support.hpp"

namespace pytorch_test {

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

/// As agrees; `build` gets what is no parameter.
inline void layer_agrees(const std::string& name, const asg::nn::Module& layer,
                         const std::function<Tensors(const Inputs&)>& build,
                         double tolerance = 1e-10) {
  BOOST_TEST_REQUIRE(recorded().contains(name), "no recorded case " << name);
  compared().insert(name);
  const Recorded& expected = recorded().at(name);
  layer.to(asg::f64);
  asg::Graph graph;
  Tensors tensors, wrt;
  std::vector<Array> arrays, wanted = expected.outputs;
  for (std::size_t i = 0; i < expected.names.size(); ++i) {
    const std::string& input = expected.names[i];
    if (has_parameter(layer, input)) {
      tensors.push_back(layer.parameter(input).in(graph));
    } else {
      tensors.push_back(graph.input(input, expected.inputs[i].dtype(), expected.inputs[i].shape()));
      arrays.push_back(expected.inputs[i]);
    }
  }
  Tensors results = build(Inputs(expected.names, tensors));
  BOOST_TEST_REQUIRE(results.size() == expected.outputs.size());
  const Tensors outputs = results;
  Tensors cotangents;
  for (std::size_t k = 0; k < outputs.size(); ++k)
    cotangents.push_back(graph.constant(expected.cotangents.at(std::to_string(k))));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    wrt.push_back(tensors[i]);
    wanted.push_back(expected.gradients.at(expected.names[i]));
  }
  for (const Tensor& slope : gradients(outputs, wrt, cotangents)) results.push_back(slope);

  for (const asg::Device& device : devices()) {
    asg::State state = state_of(layer, expected, device);
    const std::vector<Array> got = asg::compile(device, graph, results).run(state, arrays);
    for (std::size_t k = 0; k < got.size(); ++k) {
      const std::string wrong = ops_test::difference(got[k], wanted[k], tolerance);
      BOOST_TEST(wrong == "",
                 name << " on " << device.backend_name() << ", "
                      << (k < outputs.size() ? "output " + std::to_string(k)
                                             : "gradient of " + expected.names[k - outputs.size()])
                      << ": " << wrong);
    }
  }
}

}  // namespace pytorch_test
