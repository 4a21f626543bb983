// First, second and third derivatives of every op against central differences, in f64.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "ops/support.hpp"

namespace {

using namespace asg;
using namespace ops_test;

bool differentiable(const Sample& sample) {
  return sample.gradient && std::any_of(sample.inputs.begin(), sample.inputs.end(),
                                        [](const Array& a) { return a.dtype() == f64; });
}

std::vector<std::string> differentiable_ops() {
  std::vector<std::string> names;
  for (const OpDef& op : op_table()) {
    if (op.samples == nullptr || !op.no_gradient.empty()) continue;
    const std::vector<Sample> samples = op.samples();
    if (std::any_of(samples.begin(), samples.end(), differentiable)) names.emplace_back(op.name);
  }
  return names;
}

void check_all(const std::string& name, int order, const DerivativeCheck& check = {}) {
  const OpDef& op = find_op(name);
  const std::vector<Sample> samples = op.samples();
  for (std::size_t i = 0; i < samples.size(); ++i)
    if (differentiable(samples[i])) BOOST_TEST_CONTEXT(describe(op, i, samples[i]))
  BOOST_TEST(check_derivative(of_sample(op, samples[i]), samples[i].inputs, order, check) == "");
}

BOOST_DATA_TEST_CASE(first, boost::unit_test::data::make(differentiable_ops()), name) {
  check_all(name, 0);
}
BOOST_DATA_TEST_CASE(second, boost::unit_test::data::make(differentiable_ops()), name) {
  check_all(name, 1);
}
BOOST_DATA_TEST_CASE(third, boost::unit_test::data::make(differentiable_ops()), name) {
  check_all(name, 2);
}

}  // namespace
