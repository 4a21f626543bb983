// sin and cos of angles of every size, and never beyond 1.  ASG_TEST_ANGLES says how many random
// ones there are.
#include <boost/test/unit_test.hpp>

#include <cstdlib>

#include "pair.hpp"

namespace asg::testing {
namespace {

struct Waves {
  std::vector<float> sine, cosine;
};

Waves evaluate(const std::vector<float>& x) {
  ProgramBuilder p;
  const auto n = static_cast<int64_t>(x.size());
  const ValueId in = p.input(ASG_F32, {n}), s = p.output(ASG_F32, {n}), c = p.output(ASG_F32, {n});
  RegionBuilder& r = p.region({n});
  const Register loaded = r.load(in);
  r.store(r.op(ASG_EW_SIN, loaded), s);
  r.store(r.op(ASG_EW_COS, loaded), c);
  Execution run(vulkan_pair().cpu(), p.build());
  run.set(in, x).execute();
  return {run.get<float>(s), run.get<float>(c)};
}

/// The first fault; empty when there is none.  The C library's functions of 64 bits are right to
/// far more digits than a float has, for angles of any size.
std::string fault_of(const std::vector<float>& x) {
  const Waves got = evaluate(x);
  for (std::size_t i = 0; i < x.size(); ++i)
    for (const bool sine : {true, false}) {
      const double exact =
          sine ? std::sin(static_cast<double>(x[i])) : std::cos(static_cast<double>(x[i]));
      const float y = sine ? got.sine[i] : got.cosine[i];
      // What is denormal may become 0.
      const bool vanishes = std::fabs(exact) < 2 * std::numeric_limits<float>::min() &&
                            std::fabs(y) < 2 * std::numeric_limits<float>::min();
      if (!vanishes && !(ulps(y, static_cast<float>(exact)) <= 2))
        return std::string(sine ? "sin(" : "cos(") + std::to_string(x[i]) + ") is " +
               std::to_string(y) + ", not " + std::to_string(exact);
      if (std::fabs(y) > 1) return "a wave leaves [-1, 1] at " + std::to_string(x[i]);
    }
  return {};
}

float from_bits(uint32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

BOOST_AUTO_TEST_CASE(powers_of_two_and_their_neighbours) {
  std::vector<float> x;
  for (uint32_t exponent = 1; exponent < 255; ++exponent)
    for (const int64_t step : {-2, -1, 0, 1, 2, 0x200000, 0x490fdb, 0x7fffff})
      for (const float sign : {1.0f, -1.0f})
        x.push_back(sign * from_bits(static_cast<uint32_t>(
                               std::max<int64_t>((int64_t{exponent} << 23) + step, 1 << 23))));
  BOOST_TEST(fault_of(x) == "");
}

BOOST_AUTO_TEST_CASE(multiples_of_a_quarter_turn_and_their_neighbours) {
  std::vector<float> x;
  for (double turns = 1; turns < 1e38; turns = std::ceil(turns * 1.3))
    for (const int step : {-1, 0, 1}) {
      const auto near = static_cast<float>(turns * 1.57079632679489661923);
      uint32_t bits;
      std::memcpy(&bits, &near, sizeof bits);
      x.push_back(from_bits(bits + static_cast<uint32_t>(step)));
    }
  // The float that is nearest to such a multiple, of all there are.
  x.push_back(from_bits(0x6f79be45));
  x.push_back(16367173.0f * 0x1p72f);
  BOOST_TEST(fault_of(x) == "");
}

BOOST_AUTO_TEST_CASE(random_angles_of_every_size) {
  const char* asked = std::getenv("ASG_TEST_ANGLES");
  int64_t left = asked == nullptr ? 200'000 : std::atoll(asked);
  Random random(11);
  while (left > 0) {
    std::vector<float> x;
    for (; left > 0 && x.size() < 1'000'000; --left)
      x.push_back(from_bits(static_cast<uint32_t>(random.integer(1 << 23, 0x7f7fffff)) |
                            (random.chance(0.5) ? 0x80000000u : 0u)));
    BOOST_TEST(fault_of(x) == "");
  }
}

BOOST_AUTO_TEST_CASE(angles_that_are_none) {
  const Waves got = evaluate({0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1e-38f});
  BOOST_TEST((got.sine[0] == 0 && !std::signbit(got.sine[0])));
  BOOST_TEST((got.sine[1] == 0 && std::signbit(got.sine[1])));
  for (const std::size_t i : {2, 3, 4})
    BOOST_TEST((std::isnan(got.sine[i]) && std::isnan(got.cosine[i])));
  for (const std::size_t i : {0, 1, 5}) BOOST_TEST(got.cosine[i] == 1.0f);
}

}  // namespace
}  // namespace asg::testing
