// 64-bit coordinates beside constants: Mesa 22.3 compares them wrongly where it knows how large they
// can be, as in the epilogue of a product.
#include <boost/test/unit_test.hpp>

#include "pair.hpp"

namespace asg::testing {
namespace {

BOOST_AUTO_TEST_CASE(coordinates_compared_with_constants) {
  for (const uint32_t opcode : {ASG_EW_LT, ASG_EW_LE, ASG_EW_EQ, ASG_EW_NE})
    for (const int64_t constant : {int64_t{-3}, int64_t{0}, int64_t{7}, int64_t{1} << 40}) {
      Case c;
      Random random(1);
      const ValueId a = c.input(random, ASG_F32, {16, 3}, false),
                    b = c.input(random, ASG_F32, {3, 20}, false);
      RegionBuilder& r = c.program.epilogue(a, b, {16, 20});
      const Register at = r.iota(ASG_I64, {0, 1}), number = r.imm(constant);
      const Register zero = r.imm(0.0f), product = r.product(ASG_F32);
      r.store(r.where(r.op(opcode, at, number), product, zero), c.output(ASG_F32, {16, 20}));
      r.store(r.where(r.op(opcode, number, at), product, zero), c.output(ASG_F32, {16, 20}));
      BOOST_TEST(vulkan_pair().compare(c, 1e-6) == "", "opcode " << opcode << " with " << constant);
    }
}

}  // namespace
}  // namespace asg::testing
