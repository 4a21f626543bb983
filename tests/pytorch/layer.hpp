// Layers against PyTorch: the recorded inputs whose names are those of parameters become weights.
#pragma once
#include <asg/nn/module.hpp>
#include <asg/runtime/state.hpp>

#include "pytorch/support.hpp"

namespace pytorch_test {

/// Outputs and gradients of a case, computed with the case's weights.
struct Computed {
  std::vector<Array> outputs;
  std::map<std::string, Array> gradients;
};

/// Runs what `build` makes of the case's tensors, in f64. Every parameter of the module must have
/// been recorded, with its shape.
inline Computed computed_layer(const asg::Device& device, const Recorded& expected,
                               const asg::nn::Module& module,
                               const std::function<Tensors(const Inputs&)>& build) {
  module.to(asg::f64);
  asg::Graph graph;
  asg::State state(device);
  std::map<std::string, asg::nn::Parameter> parameters;
  for (const asg::nn::Parameter& parameter : module.parameters())
    parameters.emplace(parameter.name(), parameter);
  Tensors tensors;
  std::vector<Array> arrays;
  for (std::size_t i = 0; i < expected.inputs.size(); ++i) {
    const std::string& name = expected.names[i];
    const Array& value = expected.inputs[i];
    if (const auto found = parameters.find(name); found != parameters.end()) {
      BOOST_TEST_REQUIRE(to_string(found->second.shape()) == to_string(value.shape()), name);
      state.set(name, value);
      tensors.push_back(found->second.in(graph));
      parameters.erase(found);
    } else {
      arrays.push_back(value);
      tensors.push_back(graph.input(name, value.dtype(), value.shape()));
    }
  }
  for (const auto& [name, unused] : parameters)
    BOOST_TEST_REQUIRE(false, "PyTorch has no parameter " << name);

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
  const std::vector<Array> got = asg::compile(device, graph, results).run(state, arrays);
  Computed computed{{got.begin(), got.begin() + static_cast<std::ptrdiff_t>(outputs)}, {}};
  for (std::size_t i = 0; i < names.size(); ++i)
    computed.gradients.emplace(names[i], got[outputs + i]);
  return computed;
}

/// Compares a layer with a case: its outputs, and the gradients of the inputs and parameters.
inline void layer_agrees(const std::string& name, const asg::nn::Module& module,
                         const std::function<Tensors(const Inputs&)>& build,
                         double tolerance = 1e-10) {
  BOOST_TEST_REQUIRE(recorded().contains(name), "no recorded case " << name);
  compared().insert(name);
  const Recorded& expected = recorded().at(name);
  for (const asg::Device& device : devices())
    BOOST_TEST_CONTEXT(name << " on " << device.backend_name()) {
      const Computed got = computed_layer(device, expected, module, build);
      for (std::size_t k = 0; k < got.outputs.size(); ++k)
        BOOST_TEST(ops_test::difference(got.outputs[k], expected.outputs[k], tolerance) == "",
                   "output " << k);
      for (const auto& [input, slope] : expected.gradients)
        BOOST_TEST(ops_test::difference(got.gradients.at(input), slope, tolerance) == "",
                   "gradient of " << input);
    }
}

}  // namespace pytorch_test
