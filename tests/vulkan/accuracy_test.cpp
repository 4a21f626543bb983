// The functions that the plugin computes itself, against long double.
#include <boost/test/unit_test.hpp>

#include <cfloat>

#include "pair.hpp"

namespace asg::testing {
namespace {

using Function = long double (*)(long double);

std::vector<float> evaluate(uint32_t opcode, const std::vector<float>& x) {
  ProgramBuilder p;
  const auto n = static_cast<int64_t>(x.size());
  const ValueId in = p.input(ASG_F32, {n}), out = p.output(ASG_F32, {n});
  RegionBuilder& r = p.region({n});
  r.store(r.op(opcode, r.load(in)), out);
  Execution run(vulkan_pair().cpu(), p.build());
  return run.set(in, x).execute().get<float>(out);
}

/// Numbers of [low, high], and of all magnitudes inside it that are not denormal.
std::vector<float> samples(double low, double high) {
  Random random(7);
  std::vector<float> x;
  for (int i = 0; i < 60001; ++i) {
    x.push_back(static_cast<float>(low + (high - low) * random.real()));
    const double magnitude = std::exp2(-126 + 250 * random.real()) * (random.chance(0.5) ? 1 : -1);
    if (magnitude >= low && magnitude <= high) x.push_back(static_cast<float>(magnitude));
  }
  for (const float special :
       {0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1.0f, -1.0f, FLT_MAX, -FLT_MAX})
    x.push_back(special);
  return x;
}

void check(const char* name, uint32_t opcode, Function truth, double low, double high,
           double limit) {
  const std::vector<float> x = samples(low, high);
  const std::vector<float> y = evaluate(opcode, x);
  double worst = 0;
  float at = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const long double exact = truth(x[i]);
    // What is denormal may become 0.
    if (std::fabs(exact) < 2 * FLT_MIN && std::fabs(y[i]) < 2 * FLT_MIN) continue;
    const double error = ulps(y[i], static_cast<float>(exact));
    if (!(error <= worst)) worst = error, at = x[i];
  }
  BOOST_TEST_MESSAGE(name << ": " << worst << " ulp at " << at);
  BOOST_CHECK_MESSAGE(worst <= limit,
                      name << ": " << worst << " ulp at " << at << ", limit " << limit);
}

BOOST_AUTO_TEST_CASE(functions) {
  check("exp", ASG_EW_EXP, std::exp, -110, 90, 1);
  check("expm1", ASG_EW_EXPM1, std::expm1, -110, 90, 2);
  check("log", ASG_EW_LOG, std::log, -1, 1e38, 1);
  check("log near 1", ASG_EW_LOG, std::log, 0.5, 2, 1);
  check("log1p", ASG_EW_LOG1P, std::log1p, -1.5, 1e38, 2);
  check("log1p near 0", ASG_EW_LOG1P, std::log1p, -0.9, 2, 2);
  check("tanh", ASG_EW_TANH, std::tanh, -12, 12, 3);
  check("erf", ASG_EW_ERF, std::erf, -5, 5, 2);
}

BOOST_AUTO_TEST_CASE(angles) {
  // Near their zeros the functions have no relative accuracy to promise beyond that of the angle.
  const auto check_angle = [](const char* name, uint32_t opcode, Function truth, double reach) {
    Random random(3);
    std::vector<float> x;
    for (int i = 0; i < 50000; ++i)
      x.push_back(static_cast<float>((random.real() - 0.5) * 2 * reach));
    const std::vector<float> y = evaluate(opcode, x);
    double worst = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      worst = std::max(worst, std::fabs(static_cast<double>(y[i] - truth(x[i]))));
    BOOST_TEST_MESSAGE(name << " to " << reach << ": " << worst);
    BOOST_CHECK_MESSAGE(worst <= 1.5e-7, name << " to " << reach << ": off by " << worst);
  };
  for (const double reach : {1.0, 10.0, 1000.0}) {
    check_angle("sin", ASG_EW_SIN, std::sin, reach);
    check_angle("cos", ASG_EW_COS, std::cos, reach);
  }
}

BOOST_AUTO_TEST_CASE(powers) {
  Random random(5);
  std::vector<float> a, b;
  for (int i = 0; i < 50000; ++i) {
    a.push_back(
        static_cast<float>(std::exp2(40 * (random.real() - 0.5)) * (random.chance(0.2) ? -1 : 1)));
    b.push_back(random.chance(0.3) ? static_cast<float>(random.integer(-6, 6))
                                   : static_cast<float>((random.real() - 0.5) * 12));
  }
  const std::vector<float> special = {0.0f, -0.0f, 1,     -1,       2,         -2,
                                      3,    0.5f,  -0.5f, INFINITY, -INFINITY, NAN};
  for (const float x : special)
    for (const float y : special) a.push_back(x), b.push_back(y);
  ProgramBuilder p;
  const auto n = static_cast<int64_t>(a.size());
  const ValueId x = p.input(ASG_F32, {n}), y = p.input(ASG_F32, {n}), z = p.output(ASG_F32, {n});
  RegionBuilder& r = p.region({n});
  r.store(r.op(ASG_EW_POW, r.load(x), r.load(y)), z);
  Execution run(vulkan_pair().cpu(), p.build());
  const std::vector<float> got = run.set(x, a).set(y, b).execute().get<float>(z);
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto exact = static_cast<float>(
        std::pow(static_cast<long double>(a[i]), static_cast<long double>(b[i])));
    if (std::fabs(exact) < 2 * FLT_MIN && std::fabs(got[i]) < 2 * FLT_MIN) continue;
    const double error = ulps(got[i], exact);
    if (error > 2)
      BOOST_ERROR("pow(" << a[i] << ", " << b[i] << ") = " << got[i] << ", not " << exact);
    worst = std::max(worst, error);
  }
  BOOST_TEST_MESSAGE("pow: " << worst << " ulp");
}

}  // namespace
}  // namespace asg::testing
