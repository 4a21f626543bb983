// The plugin of sdk/README.md does what it says.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "loaded_backend.hpp"

using namespace asg::testing;

BOOST_AUTO_TEST_CASE(the_plugin_of_the_readme_multiplies) {
  const LoadedBackend toy(ASG_TEST_README_PLUGIN);
  BOOST_TEST(std::string(toy.api().info->name) == "toy");
  BOOST_TEST(toy.info().op_caps.count == 1u);
  ProgramBuilder p;
  const ValueId a = p.input(ASG_F32, {3, 2}), b = p.input(ASG_F32, {3, 1});
  const ValueId c = p.output(ASG_F32, {2, 1});
  p.step(ASG_OP_MATMUL, "matmul", {p.view(a, {2, 3}, {1, 2}), b}, {c});
  Execution run(toy, p.build());
  run.set(a, std::vector<float>{1, 2, 3, 4, 5, 6}).set(b, std::vector<float>{1, 10, 100});
  const std::vector<float> expected{531, 642};
  BOOST_TEST(run.execute().get<float>(c) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_plugin_of_the_readme_refuses_the_rest) {
  const LoadedBackend toy(ASG_TEST_README_PLUGIN);
  ProgramBuilder p;
  const ValueId a = p.input(ASG_F64, {2, 2});
  p.step(ASG_OP_MATMUL, "matmul", {a, a}, {p.output(ASG_F64, {2, 2})});
  BOOST_CHECK_EXCEPTION(Execution(toy, p.build()), Failure, [](const Failure& e) {
    return e.status == ASG_UNSUPPORTED && e.step == 0;
  });
}
