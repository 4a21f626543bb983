// No gradient rule turns a NaN that signals a fault into a silent 0: where an operand makes the result
// NaN and the NaN comes back as its cotangent, some operand's gradient holds it.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "ops/support.hpp"

namespace {

using namespace asg;
using namespace ops_test;

bool has_nan(const Array& array) {
  if (!is_float(array.dtype())) return false;
  for (std::int64_t i = 0; i < array.numel(); ++i)
    if (std::isnan(array.get(i))) return true;
  return false;
}

bool any_nan(const Arrays& arrays) { return std::any_of(arrays.begin(), arrays.end(), has_nan); }

// NaN where the result is, 1 elsewhere.
Array cotangent_of(const Array& y) {
  Array dy = Array::full(y.dtype(), y.shape(), 1);
  for (std::int64_t i = 0; i < y.numel(); ++i)
    if (std::isnan(y.get(i))) dy.set(i, y.get(i));
  return dy;
}

Arrays gradients_at(const OpDef& op, const Sample& sample, const Arrays& inputs,
                    const Arrays& results) {
  Graph graph;
  const Tensors in = inputs_for(graph, inputs);
  Tensors outputs, cotangents, wrt;
  const Tensors made = graph.add(op, in, sample.attributes);
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (!is_float(made[i].dtype())) continue;
    outputs.push_back(made[i]);
    cotangents.push_back(graph.constant(cotangent_of(results[i])));
  }
  for (const Tensor& x : in)
    if (is_float(x.dtype())) wrt.push_back(x);
  const Tensors found = gradients(outputs, wrt, cotangents, {.allow_unused = true});
  return compile(reference(), graph, found).run(inputs);
}

std::vector<std::string> differentiable_ops() {
  std::vector<std::string> names;
  for (const std::string& name : sampled_ops())
    if (find_op(name).no_gradient.empty()) names.push_back(name);
  return names;
}

BOOST_DATA_TEST_CASE(a_nan_comes_back, boost::unit_test::data::make(differentiable_ops()), name) {
  const OpDef& op = find_op(name);
  const std::vector<Sample> samples = op.samples();
  for (std::size_t s = 0; s < samples.size(); ++s) {
    // What is NaN of finite operands (the mean of no elements) tells nothing of the rule.
    if (any_nan(run(of_sample(op, samples[s]), samples[s].inputs))) continue;
    for (std::size_t k = 0; k < samples[s].inputs.size(); ++k) {
      const Array& input = samples[s].inputs[k];
      if (!is_float(input.dtype()) || input.numel() == 0) continue;
      for (const std::int64_t element : {std::int64_t{0}, input.numel() / 2, input.numel() - 1}) {
        Arrays inputs = samples[s].inputs;
        inputs[k] = input.clone();
        inputs[k].set(element, std::nan(""));
        const Arrays results = run(of_sample(op, samples[s]), inputs);
        if (!any_nan(results)) continue;
        BOOST_TEST(any_nan(gradients_at(op, samples[s], inputs, results)),
                   describe(op, s, samples[s]) << ": element " << element << " of operand " << k
                                               << " is NaN, and no gradient is");
      }
    }
  }
}

}  // namespace
