// Products of few elements and many terms, which are cut along K: by the tiles of software devices
// and by those of GPUs.
#include <boost/test/unit_test.hpp>

#include "../../plugins/vulkan/counters.hpp"
#include "cpu/differential.hpp"

namespace asg::testing {
namespace {

struct Profile {
  const char* name;
  LoadedBackend backend{ASG_TEST_VULKAN, {{"profile", name}}};
};

uint64_t dispatches(const LoadedBackend& backend) {
  const void* found = backend.api().get_extension(backend.backend(), vulkan::counters_extension);
  BOOST_TEST_REQUIRE(found != nullptr);
  return static_cast<const vulkan::Counters*>(found)->dispatches;
}

struct Sizes {
  int64_t batch, m, n, k;
};

/// With an epilogue or without, operands turned or not.
void product(Case& c, const Sizes& s, uint32_t dtype, bool epilogue) {
  Random random(static_cast<uint64_t>(s.m * 7 + s.k));
  ProgramBuilder& p = c.program;
  const ValueId a = c.input(random, dtype, {s.batch, s.k, s.m}, false),
                b = c.input(random, dtype, {s.batch, s.k, s.n}, false);
  const ValueId turned = p.view(a, {s.batch, s.m, s.k}, {s.k * s.m, 1, s.m});
  const ValueId y = c.output(dtype, {s.batch, s.m, s.n});
  if (!epilogue) {
    p.step(ASG_OP_MATMUL, "matmul", {turned, b}, {y});
    return;
  }
  const ValueId bias = c.input(random, dtype, {s.n}, false);
  RegionBuilder& r = p.epilogue(turned, b, {s.batch, s.m, s.n});
  r.store(r.op(ASG_EW_ADD, r.product(dtype), r.load(bias, {{0, 0, 1}})), y);
}

BOOST_AUTO_TEST_CASE(sums_in_slices) {
  const LoadedBackend reference(ASG_TEST_REFERENCE);
  for (const char* name : {"cpu", "gpu"}) {
    const Profile profile{name};
    for (const Sizes& s :
         {Sizes{1, 8, 8, 4096}, Sizes{1, 1, 1, 1500}, Sizes{1, 15, 31, 2049}, Sizes{2, 5, 7, 1100}})
      for (const uint32_t dtype : {ASG_F32, ASG_F64, ASG_I8, ASG_I64})
        for (const bool epilogue : {false, true})
          BOOST_TEST_CONTEXT("profile " << name << ", K " << s.k << " in "
                                        << sdk::dtype_name(dtype)) {
            Case c;
            product(c, s, dtype, epilogue);
            const uint64_t before = dispatches(profile.backend);
            std::vector<Bytes> got;
            try {
              got = run_on(profile.backend, c);
            } catch (const Failure& e) {
              BOOST_TEST(e.status == ASG_UNSUPPORTED);  // a type that the device lacks
              continue;
            }
            BOOST_TEST(dispatches(profile.backend) - before == 2u);
            const double tolerance = dtype == ASG_F32 ? 2e-6 : dtype == ASG_F64 ? 1e-14 : 0;
            BOOST_TEST(difference(dtype, got[0], run_on(reference, c)[0], tolerance) == "");
            BOOST_TEST((run_on(profile.backend, c) == got));
          }
  }
}

}  // namespace
}  // namespace asg::testing
