// The plugin of sdk/guide.md does what it says.
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

#include "loaded_backend.hpp"

using namespace asg::testing;

BOOST_AUTO_TEST_CASE(the_plugin_of_the_guide_multiplies) {
  const LoadedBackend toy(ASG_TEST_GUIDE_PLUGIN);
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

BOOST_AUTO_TEST_CASE(the_plugin_of_the_guide_refuses_the_rest) {
  const LoadedBackend toy(ASG_TEST_GUIDE_PLUGIN);
  ProgramBuilder p;
  const ValueId a = p.input(ASG_F64, {2, 2});
  p.step(ASG_OP_MATMUL, "matmul", {a, a}, {p.output(ASG_F64, {2, 2})});
  BOOST_CHECK_EXCEPTION(Execution(toy, p.build()), Failure, [](const Failure& e) {
    return e.status == ASG_UNSUPPORTED && e.step == 0;
  });
}

BOOST_AUTO_TEST_CASE(the_plugin_of_the_guide_takes_a_softmax_that_it_claimed) {
  const LoadedBackend toy(ASG_TEST_GUIDE_PLUGIN);
  const auto claims = [&](uint32_t dtype, int64_t axis) {
    const asg_type type{dtype, 2, {2, 3}};
    const std::vector<asg_type> types{type, type};
    Attrs attrs;
    attrs.set("axis", axis);
    asg_step_request request{};
    request.struct_size = sizeof request;
    request.op = ASG_OP_CLAIMED;
    request.name = "softmax";
    request.version = 1;
    request.n_inputs = 1;
    request.types = {types.data(), 2, sizeof(asg_type)};
    request.attrs = attrs.span();
    asg_claim_reply reply{};
    reply.struct_size = sizeof reply;
    checked([&](asg_error* e) { return toy.api().claim(toy.device(), &request, &reply, e); });
    return reply.accepted == 1;
  };
  BOOST_TEST(claims(ASG_F32, 1));
  BOOST_TEST(!claims(ASG_F32, 0));
  BOOST_TEST(!claims(ASG_F64, 1));
  ProgramBuilder p;
  const ValueId x = p.input(ASG_F32, {2, 2}), y = p.output(ASG_F32, {2, 2});
  p.step(ASG_OP_CLAIMED, "softmax", {x}, {y}, Attrs().set("axis", int64_t{1}));
  Execution run(toy, p.build());
  run.set(x, std::vector<float>{1000, 1000, 0, -1000});
  const std::vector<float> expected{0.5, 0.5, 1, 0};
  BOOST_TEST(run.execute().get<float>(y) == expected, boost::test_tools::per_element());
}
