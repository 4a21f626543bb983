// What holds for every composite of the table: its gradient rule is the gradient of its body, and
// f32 gives what f64 gives, to rounding.
#include <cmath>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "models/support.hpp"

namespace {

using namespace asg;
using namespace models_test;

std::vector<std::string> composites(bool with_rule) {
  std::vector<std::string> names;
  for (const OpDef& op : op_table())
    if (op.is_composite() && op.samples != nullptr && (!with_rule || op.gradient != nullptr))
      names.emplace_back(op.name);
  return names;
}

// The gradients of the weighted sum of all outputs.
Arrays gradients_of(const Build& build, const Arrays& arrays) {
  return run(
      [&](Graph& graph, const Tensors& inputs) {
        Tensors wrt;
        for (const Tensor& t : inputs)
          if (is_float(t.dtype())) wrt.push_back(t);
        const Tensor total = scalar_of(graph, build, inputs, wrt, 0);
        return gradients(total, wrt, {}, {.allow_unused = true});
      },
      arrays);
}

BOOST_DATA_TEST_CASE(the_rule_is_the_gradient_of_the_body,
                     boost::unit_test::data::make(composites(true)), name) {
  const OpDef& op = find_op(name);
  const std::vector<Sample> samples = op.samples();
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Sample& sample = samples[i];
    if (!sample.gradient) continue;
    BOOST_TEST_CONTEXT(describe(op, i, sample)) {
      const Build body = [&](Graph&, const Tensors& inputs) {
        return op.decompose({inputs, sample.attributes});
      };
      const Arrays by_rule = gradients_of(of_sample(op, sample), sample.inputs);
      const Arrays by_body = gradients_of(body, sample.inputs);
      for (std::size_t k = 0; k < by_rule.size(); ++k)
        BOOST_TEST(difference(by_rule[k], by_body[k], 1e-10) == "");
    }
  }
}

BOOST_DATA_TEST_CASE(f32_gives_what_f64_gives, boost::unit_test::data::make(composites(false)),
                     name) {
  const OpDef& op = find_op(name);
  const std::vector<Sample> samples = op.samples();
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Sample& sample = samples[i];
    if (sample.attributes.has("dtype")) continue;  // asks for a type of its own
    const Arrays narrowed = narrow(sample.inputs);
    Arrays rounded = narrowed;
    bool fits = true;
    for (std::size_t k = 0; k < rounded.size(); ++k) {
      if (rounded[k].dtype() == f32) rounded[k] = rounded[k].to(f64);
      for (std::int64_t e = 0; e < rounded[k].numel(); ++e)
        fits = fits && std::isfinite(rounded[k].get(e)) == std::isfinite(sample.inputs[k].get(e));
    }
    if (!fits) continue;
    BOOST_TEST_CONTEXT(describe(op, i, sample)) {
      const Arrays wide = run(of_sample(op, sample), rounded);
      const Arrays got = run(of_sample(op, sample), narrowed);
      for (std::size_t k = 0; k < got.size(); ++k)
        BOOST_TEST(
            difference(got[k], is_float(wide[k].dtype()) ? wide[k].to(f32) : wide[k], 1e-5) == "");
    }
  }
}

}  // namespace
