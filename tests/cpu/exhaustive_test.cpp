// Every float32 there is, through the functions that no standard defines to the bit.
#include <boost/test/unit_test.hpp>

#include <array>
#include <cmath>
#include <thread>

#include "differential.hpp"

namespace asg::testing {
namespace {

using Function = double (*)(double);

struct Worst {
  double error = 0;
  uint32_t at = 0;
};

/// Error in units of the last place of the true result, denormals included.
double error_in_ulps(float got, double expected) {
  if (std::isnan(expected)) return std::isnan(got) ? 0 : INFINITY;
  const auto rounded = static_cast<float>(expected);
  if (got == rounded) return 0;  // at most half a unit, which nothing can improve
  if (std::isinf(rounded) || !std::isfinite(got)) return INFINITY;
  const int exponent = std::max(std::ilogb(rounded == 0 ? 0x1p-149f : rounded), -126);
  return std::fabs(got - expected) / std::ldexp(1.0, exponent - 23);
}

constexpr int64_t batch = int64_t{1} << 22;

Worst worst_of(uint32_t opcode, Function truth, uint64_t begin, uint64_t end) {
  ProgramBuilder p;
  const ValueId in = p.input(ASG_F32, {batch}), out = p.output(ASG_F32, {batch});
  RegionBuilder& r = p.region({batch});
  r.store(r.op(opcode, r.load(in)), out);
  static const asg_option one_thread{"threads", "1"};
  const LoadedBackend backend(ASG_TEST_CPU, {one_thread});
  Execution run(backend, p.build());
  std::vector<float> x(batch);
  Worst worst;
  for (uint64_t first = begin; first < end; first += batch) {
    for (uint64_t i = 0; i < batch; ++i) {
      const auto bits = static_cast<uint32_t>(first + i);
      std::memcpy(&x[i], &bits, sizeof bits);
    }
    const std::vector<float> y = run.set(in, x).execute().get<float>(out);
    for (uint64_t i = 0; i < batch; ++i) {
      const double error = error_in_ulps(y[i], truth(x[i]));
      if (error > worst.error) worst = {error, static_cast<uint32_t>(first + i)};
    }
  }
  return worst;
}

void check(const char* name, uint32_t opcode, Function truth) {
  constexpr uint64_t all = uint64_t{1} << 32;
  std::array<Worst, 4> results;
  std::vector<std::thread> threads;
  // Quarters, because the two halves of the numbers differ in how long they take.
  for (uint64_t k = 0; k < results.size(); ++k)
    threads.emplace_back([&, k] {
      results[k] =
          worst_of(opcode, truth, all / results.size() * k, all / results.size() * (k + 1));
    });
  for (std::thread& thread : threads) thread.join();
  const Worst worst =
      *std::max_element(results.begin(), results.end(),
                        [](const Worst& a, const Worst& b) { return a.error < b.error; });
  float at = 0;
  std::memcpy(&at, &worst.at, sizeof at);
  BOOST_TEST_MESSAGE(name << ": " << worst.error << " ulp at " << at);
  BOOST_CHECK_MESSAGE(worst.error <= 2, name << ": " << worst.error << " ulp at " << at);
}

/// Of larger numbers the C library computes the waves.
void check_range(uint32_t opcode) {
  constexpr int64_t count = int64_t{1} << 22;
  ProgramBuilder p;
  const ValueId in = p.input(ASG_F32, {count}), out = p.output(ASG_F32, {count});
  RegionBuilder& r = p.region({count});
  r.store(r.op(opcode, r.load(in)), out);
  const LoadedBackend backend(ASG_TEST_CPU);
  Execution run(backend, p.build());
  std::vector<float> x(count);
  for (uint64_t sign : {uint64_t{0}, uint64_t{0x80000000u}})
    for (uint64_t first = sign; first < sign + 0x47000000u; first += count) {
      for (uint64_t i = 0; i < count; ++i) {
        const auto bits = static_cast<uint32_t>(first + i);
        std::memcpy(&x[i], &bits, sizeof bits);
      }
      const std::vector<float> y = run.set(in, x).execute().get<float>(out);
      for (uint64_t i = 0; i < count; ++i)
        if (!(std::fabs(y[i]) <= 1)) BOOST_FAIL("instruction " << opcode << " at " << x[i]);
    }
}

BOOST_AUTO_TEST_SUITE(exhaustive)

BOOST_AUTO_TEST_CASE(waves_stay_within_1) {
  check_range(ASG_EW_SIN);
  check_range(ASG_EW_COS);
}

BOOST_AUTO_TEST_CASE(exp) { check("exp", ASG_EW_EXP, std::exp); }
BOOST_AUTO_TEST_CASE(expm1) { check("expm1", ASG_EW_EXPM1, std::expm1); }
BOOST_AUTO_TEST_CASE(log) { check("log", ASG_EW_LOG, std::log); }
BOOST_AUTO_TEST_CASE(log1p) { check("log1p", ASG_EW_LOG1P, std::log1p); }
BOOST_AUTO_TEST_CASE(tanh) { check("tanh", ASG_EW_TANH, std::tanh); }
BOOST_AUTO_TEST_CASE(erf) { check("erf", ASG_EW_ERF, std::erf); }

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace asg::testing
