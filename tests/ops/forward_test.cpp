// Every sample of every op gives what it should.
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "ops/support.hpp"

namespace {

using namespace asg;
using namespace ops_test;

BOOST_DATA_TEST_CASE(sample, boost::unit_test::data::make(sampled_ops()), name) {
  const OpDef& op = find_op(name);
  const std::vector<Sample> samples = op.samples();
  BOOST_TEST(!samples.empty());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const Sample& sample = samples[i];
    BOOST_TEST_CONTEXT(describe(op, i, sample)) {
      const Arrays outputs = run(of_sample(op, sample), sample.inputs);
      if (sample.outputs.empty()) continue;
      BOOST_TEST_REQUIRE(outputs.size() >= sample.outputs.size());
      for (std::size_t k = 0; k < sample.outputs.size(); ++k)
        BOOST_TEST(difference(outputs[k], sample.outputs[k], sample.tolerance) == "");
    }
  }
}

}  // namespace
