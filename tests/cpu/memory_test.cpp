// What a run asks of the heap: nothing, once the program has run.
#include <boost/test/unit_test.hpp>

#include "allocations.hpp"
#include "differential.hpp"

namespace asg::testing {
namespace {

BOOST_AUTO_TEST_SUITE(memory)

BOOST_AUTO_TEST_CASE(a_second_run_allocates_nothing) {
  for (std::size_t k = 0; k < 2; ++k) {
    ProgramBuilder p;
    const ValueId x = p.input(ASG_F32, {300, 400}), w = p.input(ASG_F32, {400, 500});
    const ValueId h = p.scratch(ASG_F32, {300, 500}), y = p.output(ASG_F32, {300, 500});
    const ValueId total = p.output(ASG_F32, {}), sums = p.output(ASG_F32, {500});
    const ValueId sorted = p.output(ASG_F32, {300, 500}), order = p.output(ASG_I64, {300, 500});
    const ValueId best = p.output(ASG_I64, {300}), picked = p.output(ASG_F32, {300, 300});
    p.step(ASG_OP_MATMUL, "matmul", {x, p.view(w, {400, 500}, {500, 1})}, {h});
    RegionBuilder& softmax = p.region({300, 500});
    const ReductionId top = softmax.reduce(ASG_REDUCE_MAX, softmax.load(h), {1});
    softmax.next_phase();
    const Register e =
        softmax.op(ASG_EW_EXP, softmax.op(ASG_EW_SUB, softmax.load(h), softmax.reduced(top)));
    const ReductionId sum = softmax.reduce(ASG_REDUCE_SUM, e, {1});
    softmax.next_phase();
    softmax.store(softmax.op(ASG_EW_DIV,
                             softmax.op(ASG_EW_EXP, softmax.op(ASG_EW_SUB, softmax.load(h),
                                                               softmax.reduced(top))),
                             softmax.reduced(sum)),
                  y);
    RegionBuilder& all = p.region({300, 500});
    const Register v = all.load(y);
    all.store(all.reduce(ASG_REDUCE_SUM, v, {0, 1}), total);
    all.store(all.reduce(ASG_REDUCE_SUM, v, {0}), sums);
    p.step(ASG_OP_SORT, "sort", {y}, {sorted, order}, Attrs{}.set("axis", 1));
    p.step(ASG_OP_ARG_REDUCE, "argmax", {y}, {best}, Attrs{}.set("axis", 1).set("mode", "max"));
    p.step(ASG_OP_GATHER, "gather", {y, best}, {picked}, Attrs{}.set("axis", 1));
    const LoadedBackend& backend = backends().cpu(k);
    const asg_program& program = p.build();
    const long before_compile = allocations;
    Execution run(backend, program);
    BOOST_CHECK_GT(allocations - before_compile, 100);  // the plugin's allocations are seen here
    std::vector<float> data(300 * 400), weights(400 * 500);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<float>(i % 7) - 3;
    for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<float>(i % 5) / 50;
    run.set(x, data).set(w, weights);
    run.execute();
    const long before = allocations;
    run.execute();
    BOOST_CHECK_EQUAL(allocations - before, 0);
    BOOST_CHECK_CLOSE(run.get<float>(total)[0], 300.0f, 1e-3);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace asg::testing
