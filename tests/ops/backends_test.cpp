// Every backend of this build gives what the reference gives: values and gradients of all samples,
// in f64 and in f32. What a backend refuses by name it is not asked for.
#include <cstdlib>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/runtime/backends.hpp>

#include "ops/support.hpp"

namespace {

using namespace asg;
using namespace ops_test;

PluginSearch built_here() {
  const char* directory = std::getenv("ASG_PLUGIN_PATH");
  BOOST_TEST_REQUIRE(directory != nullptr, "ASG_PLUGIN_PATH must name the plugins of this build");
  return {{directory}, false};
}

std::vector<std::string> other_backends() {
  std::vector<std::string> names;
  for (const BackendListing& listing : list_backends(built_here()))
    if (listing.usable && !listing.devices.empty()) names.push_back(listing.name);
  BOOST_TEST(std::erase(names, "reference") == 1u);
  return names;
}

Array in_type(const Array& array, DType dtype) {
  return is_float(array.dtype()) ? array.to(dtype) : array;
}

// The outputs of the op, and the gradients of their weighted sum.
Tensors everything(Graph& graph, const OpDef& op, const Sample& sample, const Tensors& inputs) {
  Tensors outputs = graph.add(op, inputs, sample.attributes);
  Tensors wrt;
  for (const Tensor& input : inputs)
    if (is_float(input.dtype())) wrt.push_back(input);
  Tensor total;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!is_float(outputs[i].dtype())) continue;
    const Tensor part = weighted_sum(graph, outputs[i], static_cast<int>(i) + 1);
    total = total ? total + cast(part, total.dtype()) : part;
  }
  if (!sample.gradient || wrt.empty() || !total) return outputs;
  for (const Tensor& slope : gradients(total, wrt, {}, {.allow_unused = true}))
    outputs.push_back(slope);
  return outputs;
}

// Relative to the largest element: sums in another order lose digits of small results.
std::string disagreement(const Array& got, const Array& expected, double tolerance) {
  double largest = 1;
  for (std::int64_t i = 0; i < expected.numel() && is_float(expected.dtype()); ++i)
    if (std::isfinite(expected.get(i))) largest = std::max(largest, std::abs(expected.get(i)));
  return difference(got, expected, tolerance * largest);
}

void compare(const Device& device, const OpDef& op, DType dtype) {
  const std::vector<Sample> samples = op.samples();
  for (std::size_t i = 0; i < samples.size(); ++i) {
    Arrays inputs;
    // The samples of bitcast are about their own types.
    for (const Array& input : samples[i].inputs)
      inputs.push_back(op.name == "bitcast" ? input : in_type(input, dtype));
    Graph graph;
    const Tensors outputs = everything(graph, op, samples[i], inputs_for(graph, inputs));
    BOOST_TEST_CONTEXT(describe(op, i, samples[i]) << " in " << name(dtype)) {
      std::optional<CompiledGraph> compiled;
      try {
        compiled = compile(device, graph, outputs);
      } catch (const TypeError& refusal) {
        BOOST_TEST_MESSAGE(refusal.what());
        continue;
      }
      const Arrays got = compiled->run(inputs);
      const Arrays expected = compile(reference(), graph, outputs).run(inputs);
      for (std::size_t k = 0; k < got.size(); ++k) {
        const bool precise = dtype == f64 && got[k].dtype() == f64;
        BOOST_TEST_CONTEXT("output " << k)
        BOOST_TEST(disagreement(got[k], expected[k], precise ? 1e-12 : 1e-5) == "");
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(agree_with_the_reference) {
  const std::vector<std::string> backends = other_backends();
  for (const std::string& backend : backends) {
    DeviceOptions options;
    options.search = built_here();
    const Device device = open_device(backend, options);
    for (const OpDef& op : op_table()) {
      if (op.samples == nullptr) continue;
      BOOST_TEST_CONTEXT("backend " << backend) {
        compare(device, op, f64);
        compare(device, op, f32);
      }
    }
  }
}

}  // namespace
