// The functions that no standard defines to the bit, against long double.
#include <boost/test/unit_test.hpp>

#include "differential.hpp"

namespace asg::testing {
namespace {

using Function = long double (*)(long double);

/// f of every element, computed by the CPU backend; the odd length makes tails in every vector.
template <class T>
std::vector<T> evaluate(uint32_t opcode, const std::vector<T>& x) {
  ProgramBuilder p;
  const auto n = static_cast<int64_t>(x.size());
  const ValueId in = p.input(dtype_of<T>(), {n}), out = p.output(dtype_of<T>(), {n});
  RegionBuilder& r = p.region({n});
  r.store(r.op(opcode, r.load(in)), out);
  Execution run(backends().cpu(), p.build());
  return run.set(in, x).execute().template get<T>(out);
}

/// Error in units of the last place of the true result, denormals included.
template <class T>
double error_in_ulps(T got, long double expected) {
  if (std::isnan(expected)) return std::isnan(got) ? 0 : INFINITY;
  const T rounded = static_cast<T>(expected);
  if (std::isinf(rounded) || !std::isfinite(got)) return got == rounded ? 0 : INFINITY;
  int exponent = 0;
  std::frexp(rounded == 0 ? std::numeric_limits<T>::denorm_min() : rounded, &exponent);
  exponent = std::max(exponent, std::numeric_limits<T>::min_exponent);
  const long double unit = std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits);
  return static_cast<double>(std::fabs(static_cast<long double>(got) - expected) / unit);
}

template <class T>
void check(const char* name, uint32_t opcode, Function truth, const std::vector<T>& x,
           double limit) {
  const std::vector<T> y = evaluate(opcode, x);
  double worst = 0;
  T at = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double error = error_in_ulps(y[i], truth(x[i]));
    if (!(error <= worst)) worst = error, at = x[i];
  }
  BOOST_TEST_MESSAGE(name << (sizeof(T) == 4 ? " f32: " : " f64: ") << worst << " ulp at " << at);
  BOOST_CHECK_MESSAGE(worst <= limit, name << (sizeof(T) == 4 ? " f32" : " f64") << ": " << worst
                                           << " ulp at " << at << ", limit " << limit);
}

/// Numbers of [low, high], and of all magnitudes inside it.
template <class T>
std::vector<T> samples(double low, double high) {
  Random random(7);
  std::vector<T> x;
  for (int i = 0; i < 60001; ++i) {
    x.push_back(static_cast<T>(low + (high - low) * random.real()));
    const double magnitude = std::exp2(-140 + 280 * random.real()) * (random.chance(0.5) ? 1 : -1);
    if (magnitude >= low && magnitude <= high) x.push_back(static_cast<T>(magnitude));
  }
  return x;
}
template <class T>
std::vector<T> specials() {
  using limits = std::numeric_limits<T>;
  std::vector<T> x = {0,
                      -T{0},
                      limits::infinity(),
                      -limits::infinity(),
                      limits::quiet_NaN(),
                      limits::denorm_min(),
                      -limits::denorm_min(),
                      limits::min(),
                      -limits::min(),
                      limits::max(),
                      limits::lowest(),
                      1,
                      -1,
                      limits::epsilon()};
  return x;
}

long double rsqrt(long double x) { return 1 / sqrtl(x); }

struct Entry {
  const char* name;
  uint32_t opcode;
  Function truth;
  double low, high, limit;
};
const Entry entries[] = {
    {"exp", ASG_EW_EXP, expl, -760, 720, 1.5},
    {"exp", ASG_EW_EXP, expl, -20, 20, 1.5},
    {"log", ASG_EW_LOG, logl, -1, 1e30, 1.5},
    {"log", ASG_EW_LOG, logl, 0.3, 3, 1.5},
    {"tanh", ASG_EW_TANH, tanhl, -30, 30, 2.5},
    {"tanh", ASG_EW_TANH, tanhl, -1, 1, 2.5},
    {"erf", ASG_EW_ERF, erfl, -5, 5, 2},
    {"erf", ASG_EW_ERF, erfl, -1, 1, 2},
    {"expm1", ASG_EW_EXPM1, expm1l, -760, 720, 2},
    {"expm1", ASG_EW_EXPM1, expm1l, -2, 2, 2},
    {"log1p", ASG_EW_LOG1P, log1pl, -1.5, 1e30, 2},
    {"log1p", ASG_EW_LOG1P, log1pl, -1, 1, 2},
    {"sin", ASG_EW_SIN, sinl, -10, 10, 3},
    {"sin", ASG_EW_SIN, sinl, -40000, 40000, 3},
    {"sin", ASG_EW_SIN, sinl, -1e30, 1e30, 3},
    {"cos", ASG_EW_COS, cosl, -10, 10, 3},
    {"cos", ASG_EW_COS, cosl, -40000, 40000, 3},
    {"cos", ASG_EW_COS, cosl, -1e30, 1e30, 3},
    {"sqrt", ASG_EW_SQRT, sqrtl, -1, 1e30, 0.5},
    {"rsqrt", ASG_EW_RSQRT, rsqrt, -1, 1e30, 1.5},
};

BOOST_AUTO_TEST_SUITE(accuracy)

/// One float in 499 below the magnitude from which the C library computes the waves.
BOOST_AUTO_TEST_CASE(waves_stay_within_1) {
  std::vector<float> x{3.264676e-6f, -3.264676e-6f};
  for (uint32_t bits = 0; bits < 0x47000000u; bits += 499) {
    x.emplace_back();
    std::memcpy(&x.back(), &bits, sizeof bits);
  }
  for (const uint32_t opcode : {ASG_EW_SIN, ASG_EW_COS}) {
    const std::vector<float> y = evaluate(opcode, x);
    float most = 0, at = 0;
    for (std::size_t i = 0; i < y.size(); ++i)
      if (!(std::fabs(y[i]) <= most)) most = std::fabs(y[i]), at = x[i];
    BOOST_CHECK_MESSAGE(most <= 1,
                        "instruction " << opcode << " reaches 1 + " << most - 1 << " at " << at);
  }
}

BOOST_AUTO_TEST_CASE(float32_samples) {
  for (const Entry& e : entries)
    check(e.name, e.opcode, e.truth, samples<float>(e.low, e.high), e.limit);
}
BOOST_AUTO_TEST_CASE(float64_samples) {
  // The C library's own tanh is two units off.
  for (const Entry& e : entries)
    check(e.name, e.opcode, e.truth, samples<double>(e.low, e.high), std::min(e.limit, 2.5));
}

template <class T>
void check_specials() {
  // Of huge numbers not even long double knows the sine of the argument itself; it is exact here,
  // because both argument and function are taken in extended precision.
  for (const Entry& e : entries) check(e.name, e.opcode, e.truth, specials<T>(), e.limit);
  // Zero keeps its sign where the function does.
  for (const uint32_t op : {ASG_EW_TANH, ASG_EW_ERF, ASG_EW_EXPM1, ASG_EW_LOG1P, ASG_EW_SIN,
                            ASG_EW_SQRT, ASG_EW_FLOOR, ASG_EW_CEIL, ASG_EW_ROUND, ASG_EW_SIGN}) {
    const std::vector<T> y = evaluate<T>(op, {T{0}, -T{0}});
    BOOST_CHECK_MESSAGE(y[0] == 0 && !std::signbit(y[0]) && y[1] == 0 && std::signbit(y[1]),
                        "opcode " << op << " of zeros");
  }
}
BOOST_AUTO_TEST_CASE(special_values) {
  check_specials<float>();
  check_specials<double>();
}

template <class T>
void check_power() {
  Random random(3);
  ProgramBuilder p;
  const int64_t n = 20001;
  std::vector<T> base, exponent;
  for (int64_t i = 0; i < n; ++i) {
    base.push_back(static_cast<T>(random.real() * 8));
    exponent.push_back(static_cast<T>((random.real() - 0.5) * 20));
  }
  const ValueId a = p.input(dtype_of<T>(), {n}), b = p.input(dtype_of<T>(), {n});
  const ValueId c = p.output(dtype_of<T>(), {n}), d = p.output(dtype_of<T>(), {n});
  RegionBuilder& r = p.region({n});
  const Register x = r.load(a);
  r.store(r.op(ASG_EW_POW, x, r.load(b)), c);
  r.store(r.op(ASG_EW_POW, x, r.imm(T{2})), d);
  Execution run(backends().cpu(), p.build());
  run.set(a, base).set(b, exponent).execute();
  const std::vector<T> power = run.get<T>(c), square = run.get<T>(d);
  double worst = 0, worst_square = 0;
  for (std::size_t i = 0; i < power.size(); ++i) {
    const long double wide = base[i];
    worst = std::max(worst, error_in_ulps(power[i], powl(wide, exponent[i])));
    worst_square = std::max(worst_square, error_in_ulps(square[i], wide * wide));
  }
  BOOST_CHECK_LE(worst, 1.5);
  BOOST_CHECK_LE(worst_square, 0.5);
}
BOOST_AUTO_TEST_CASE(power) {
  check_power<float>();
  check_power<double>();
}

/// The bits of an element do not depend on where it stands, nor on how many stand beside it.
BOOST_AUTO_TEST_CASE(independent_of_position) {
  Random random(5);
  std::vector<float> x;
  for (int i = 0; i < 5003; ++i) x.push_back(static_cast<float>((random.real() - 0.5) * 20));
  for (const uint32_t op : {ASG_EW_EXP, ASG_EW_LOG, ASG_EW_TANH, ASG_EW_SIN, ASG_EW_COS,
                            ASG_EW_RSQRT, ASG_EW_ERF, ASG_EW_EXPM1, ASG_EW_LOG1P}) {
    const std::vector<float> whole = evaluate(op, x);
    for (const std::size_t length : {1u, 2u, 7u, 15u, 16u, 17u, 100u, 1023u}) {
      const std::size_t start = 5003 - length;
      const std::vector<float> part = evaluate(op, std::vector<float>(x.begin() + start, x.end()));
      for (std::size_t i = 0; i < length; ++i)
        BOOST_REQUIRE(bits_of(part[i]) == bits_of(whole[start + i]));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace asg::testing
