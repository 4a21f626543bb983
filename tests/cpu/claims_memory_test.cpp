// Claimed composites ask nothing of the heap once a program has run.
#include <boost/test/unit_test.hpp>

#include "allocations.hpp"
#include "differential.hpp"

namespace asg::testing {
namespace {

BOOST_AUTO_TEST_SUITE(claims_memory)

Attrs window(int64_t stride, int64_t padding) {
  return Attrs{}
      .ints("stride", {stride, stride})
      .ints("padding", {padding, padding})
      .ints("dilation", {1, 1});
}

BOOST_AUTO_TEST_CASE(a_second_run_allocates_nothing) {
  for (std::size_t k = 0; k < 2; ++k) {
    ProgramBuilder p;
    const Attrs attention = Attrs{}.set("causal", 1).set("scale", 0.25);
    const Shape heads = {4, 6, 70, 16}, rows = {4, 6, 70};
    const ValueId q = p.input(ASG_F32, heads), key = p.input(ASG_F32, heads);
    const ValueId v = p.input(ASG_F32, heads), y = p.output(ASG_F32, heads);
    const ValueId lse = p.output(ASG_F32, rows), delta = p.input(ASG_F32, rows);
    const ValueId dq = p.output(ASG_F32, heads), dk = p.output(ASG_F32, heads);
    const ValueId dv = p.output(ASG_F32, heads);
    p.step(ASG_OP_CLAIMED, "scaled_dot_product_attention", {q, key, v}, {y, lse}, attention);
    p.step(ASG_OP_CLAIMED, "scaled_dot_product_attention_backward", {y, q, key, v, lse, delta},
           {dq, dk, dv}, attention);
    const Shape images = {8, 16, 20, 20}, filters = {24, 16, 3, 3}, maps = {8, 24, 20, 20};
    const ValueId x = p.input(ASG_F32, images), w = p.input(ASG_F32, filters);
    const ValueId z = p.output(ASG_F32, maps), pooled = p.output(ASG_F32, {8, 24, 10, 10});
    const ValueId dz = p.output(ASG_F32, maps), dx = p.output(ASG_F32, images);
    const ValueId dw = p.output(ASG_F32, filters);
    const ValueId sums = p.scratch(ASG_BOOL, {1 << 22});
    const Attrs convolution = window(1, 1).set("groups", 1);
    const Attrs pooling = window(2, 0).ints("kernel", {2, 2});
    p.step(ASG_OP_CLAIMED, "conv2d", {x, w}, {z}, convolution);
    p.step(ASG_OP_CLAIMED, "max_pool2d", {z}, {pooled}, pooling);
    p.step(ASG_OP_CLAIMED, "max_pool2d_backward", {pooled, z}, {dz}, pooling);
    p.step(ASG_OP_CLAIMED, "conv2d_input_backward", {dz, w}, {dx},
           Attrs(convolution).ints("image", {20, 20}));
    const uint32_t by_weight = p.step(ASG_OP_CLAIMED, "conv2d_weight_backward", {dz, x}, {dw},
                                      Attrs(convolution).ints("kernel", {3, 3}));
    const asg_program& program = p.build();
    const_cast<asg_step*>(ASG_AT(asg_step, program.steps, by_weight))->scratch = 1 + sums.index;
    Execution run(backends().cpu(k), program);
    Random random(k);
    for (const ValueId id : {q, key, v, delta, x, w})
      run.set(id, random_data(random, ASG_F32, sdk::element_count(p.value(id)), false));
    run.execute();
    const long before = allocations;
    run.execute();
    BOOST_CHECK_EQUAL(allocations - before, 0);
    BOOST_CHECK(std::isfinite(run.get<float>(dw)[0]) && run.get<float>(dw)[0] != 0);
    BOOST_CHECK(std::isfinite(run.get<float>(dk)[0]) && run.get<float>(dk)[0] != 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace asg::testing
