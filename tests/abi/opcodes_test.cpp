// Every instruction of a region against the standard library, for every type that has it.
#include <boost/test/unit_test.hpp>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "loaded_backend.hpp"

using namespace asg::testing;

namespace {

const LoadedBackend& backend() {
  static const auto& loaded = kept<LoadedBackend>(ASG_TEST_PLUGIN);
  return loaded;
}

template <class T>
std::vector<T> samples() {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_same_v<T, bool>) {
    return {false, true};
  } else if constexpr (std::is_floating_point_v<T>) {
    return {T(0),
            T(-0.0),
            T(1),
            T(-1),
            T(0.5),
            T(-0.5),
            T(1.5),
            T(2.5),
            T(-2.5),
            T(3.25),
            T(-7.75),
            T(0.1),
            T(12.3),
            T(-33.3),
            T(1e-6),
            T(-1e6),
            Limits::infinity(),
            -Limits::infinity(),
            Limits::quiet_NaN(),
            Limits::min(),
            Limits::denorm_min(),
            Limits::max()};
  } else {
    std::vector<T> list{0, 1, 2, 3, 7, 31, 32, 63, 64, 100, Limits::max(), Limits::min()};
    if constexpr (std::is_signed_v<T>) list.insert(list.end(), {-1, -2, -5, -31, -100});
    return list;
  }
}

/// Exact equality, NaN equal to NaN and -0 different from 0; or within `ulps` of one another.
template <class T>
bool agree(T got, T expected, int ulps) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(expected)) return std::isnan(got);
    if (got == expected) return std::signbit(got) == std::signbit(expected);
    for (int i = 0; i < ulps; ++i) {
      if (std::nextafter(expected, got) == got) return true;
      expected = std::nextafter(expected, got);
    }
    return false;
  } else {
    return got == expected;
  }
}

/// One instruction over operands given as bytes.  No template: only the types differ in a test.
std::vector<char> evaluate(uint32_t opcode, uint32_t result, uint32_t operand, int64_t count,
                           const std::vector<std::vector<char>>& operands) {
  ProgramBuilder p;
  const ValueId y = p.output(result, {count});
  std::vector<ValueId> inputs;
  for (std::size_t i = 0; i < operands.size(); ++i) inputs.push_back(p.input(operand, {count}));
  RegionBuilder& r = p.region({count});
  std::vector<Register> registers;
  for (const ValueId input : inputs) registers.push_back(r.load(input));
  const uint32_t b = registers.size() > 1 ? registers[1].index : 0;
  r.store(r.add({opcode, result, registers[0].index, b, 0, 0, 0}), y);
  Execution run(backend(), p.build());
  for (std::size_t i = 0; i < operands.size(); ++i) run.set(inputs[i], operands[i]);
  return run.execute().get<char>(y);
}

template <class T>
std::vector<char> bytes_of(const std::vector<T>& items) {
  std::vector<char> bytes(items.size() * sizeof(T));
  for (std::size_t i = 0; i < items.size(); ++i) {
    const T item = items[i];
    std::memcpy(bytes.data() + i * sizeof(T), &item, sizeof(T));
  }
  return bytes;
}

/// One line for each result that is wrong.  Apart from `check`, so that a test instantiates little.
template <class R>
std::string compare(const std::vector<char>& got, const std::vector<char>& wanted, int ulps) {
  std::string mismatches;
  for (std::size_t i = 0; i < got.size() / sizeof(R); ++i) {
    R a, b;
    std::memcpy(&a, got.data() + i * sizeof(R), sizeof(R));
    std::memcpy(&b, wanted.data() + i * sizeof(R), sizeof(R));
    if (!agree(a, b, ulps))
      mismatches += " [" + std::to_string(i) + "] is " + std::to_string(a) + ", expected " +
                    std::to_string(b) + ";";
  }
  return mismatches;
}

void report(uint32_t opcode, uint32_t operand, uint32_t result, const std::string& mismatches) {
  BOOST_TEST(mismatches == "", "opcode " << opcode << ", " << asg::sdk::dtype_name(operand)
                                         << " -> " << asg::sdk::dtype_name(result) << ":"
                                         << mismatches);
}

template <class T>
using Operands = std::vector<std::vector<T>>;

template <class A>
Operands<A> one_operand() {
  return {samples<A>()};
}
/// Every sample with every other.
template <class A>
Operands<A> two_operands() {
  Operands<A> operands(2);
  for (const A first : samples<A>())
    for (const A second : samples<A>()) {
      operands[0].push_back(first);
      operands[1].push_back(second);
    }
  return operands;
}

template <class R, class A>
void check(uint32_t opcode, const Operands<A>& operands, const std::vector<R>& wanted, int ulps) {
  std::vector<std::vector<char>> bytes;
  for (const std::vector<A>& operand : operands) bytes.push_back(bytes_of(operand));
  const std::vector<char> got =
      evaluate(opcode, dtype_of<R>(), dtype_of<A>(), static_cast<int64_t>(wanted.size()), bytes);
  report(opcode, dtype_of<A>(), dtype_of<R>(), compare<R>(got, bytes_of(wanted), ulps));
}

template <class R, class A, class F>
void check_unary(uint32_t opcode, F expected, int ulps = 0) {
  const Operands<A> operands = one_operand<A>();
  std::vector<R> wanted(operands[0].size());
  for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = expected(A(operands[0][i]));
  check<R, A>(opcode, operands, wanted, ulps);
}

template <class R, class A, class F>
void check_binary(uint32_t opcode, F expected, int ulps = 0) {
  const Operands<A> operands = two_operands<A>();
  std::vector<R> wanted(operands[0].size());
  for (std::size_t i = 0; i < wanted.size(); ++i)
    wanted[i] = expected(A(operands[0][i]), A(operands[1][i]));
  check<R, A>(opcode, operands, wanted, ulps);
}

using Floats = std::tuple<float, double>;
using Integers = std::tuple<int8_t, int32_t, int64_t, uint8_t, uint32_t>;
using Numbers = std::tuple<float, double, int8_t, int32_t, int64_t, uint8_t, uint32_t>;
using All = std::tuple<float, double, int8_t, int32_t, int64_t, uint8_t, uint32_t, bool>;

__extension__ typedef __int128 Wide;

/// The integer type twice as wide shows what wraps: only its low bits are kept.
template <class T>
T wrapped(Wide x) {
  return static_cast<T>(x);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(instructions)

BOOST_AUTO_TEST_CASE_TEMPLATE(rounding, T, Floats) {
  check_unary<T, T>(ASG_EW_FLOOR, [](T a) { return std::floor(a); });
  check_unary<T, T>(ASG_EW_CEIL, [](T a) { return std::ceil(a); });
  check_unary<T, T>(ASG_EW_ROUND, [](T a) {
    const T whole = std::trunc(a), part = std::fabs(a - whole);
    if (!std::isfinite(a) || part == 0) return a;
    const T away = whole + std::copysign(T(1), a);
    if (part < T(0.5)) return whole;
    if (part > T(0.5)) return away;
    return std::fmod(whole, T(2)) == 0 ? whole : away;
  });
}

// The true value comes from long double; float64 libraries are within one unit in the last place.
BOOST_AUTO_TEST_CASE_TEMPLATE(elementary_functions, T, Floats) {
  using L = long double;
  check_unary<T, T>(
      ASG_EW_EXP, [](T a) { return T(std::exp(L(a))); }, 1);
  check_unary<T, T>(
      ASG_EW_LOG, [](T a) { return T(std::log(L(a))); }, 1);
  check_unary<T, T>(ASG_EW_SQRT, [](T a) { return std::sqrt(a); });
  check_unary<T, T>(
      ASG_EW_RSQRT, [](T a) { return T(1 / std::sqrt(L(a))); }, 1);
  check_unary<T, T>(
      ASG_EW_SIN, [](T a) { return T(std::sin(L(a))); }, 1);
  check_unary<T, T>(
      ASG_EW_COS, [](T a) { return T(std::cos(L(a))); }, 1);
  check_unary<T, T>(
      ASG_EW_TANH, [](T a) { return T(std::tanh(L(a))); }, 1);
  check_unary<T, T>(
      ASG_EW_ERF, [](T a) { return T(std::erf(L(a))); }, 1);
  check_unary<T, T>(
      ASG_EW_EXPM1, [](T a) { return T(std::expm1(L(a))); }, 1);
  check_unary<T, T>(
      ASG_EW_LOG1P, [](T a) { return T(std::log1p(L(a))); }, 1);
  check_binary<T, T>(
      ASG_EW_POW, [](T a, T b) { return T(std::pow(L(a), L(b))); }, 1);
  check_unary<bool, T>(ASG_EW_IS_FINITE, [](T a) { return std::isfinite(a); });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(arithmetic_of_floats, T, Floats) {
  check_unary<T, T>(ASG_EW_NEG, [](T a) { return -a; });
  check_unary<T, T>(ASG_EW_ABS, [](T a) { return std::fabs(a); });
  check_unary<T, T>(ASG_EW_SIGN,
                    [](T a) { return std::isnan(a) || a == 0 ? a : std::copysign(T(1), a); });
  check_binary<T, T>(ASG_EW_ADD, [](T a, T b) { return a + b; });
  check_binary<T, T>(ASG_EW_SUB, [](T a, T b) { return a - b; });
  check_binary<T, T>(ASG_EW_MUL, [](T a, T b) { return a * b; });
  check_binary<T, T>(ASG_EW_DIV, [](T a, T b) { return a / b; });
  check_binary<T, T>(ASG_EW_REM, [](T a, T b) { return std::fmod(a, b); });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(arithmetic_of_integers, T, Integers) {
  check_unary<T, T>(ASG_EW_NEG, [](T a) { return wrapped<T>(-Wide(a)); });
  check_unary<T, T>(ASG_EW_ABS, [](T a) { return wrapped<T>(a < 0 ? -Wide(a) : Wide(a)); });
  check_unary<T, T>(ASG_EW_SIGN, [](T a) { return T((a > 0) - (a < 0)); });
  check_binary<T, T>(ASG_EW_ADD, [](T a, T b) { return wrapped<T>(Wide(a) + b); });
  check_binary<T, T>(ASG_EW_SUB, [](T a, T b) { return wrapped<T>(Wide(a) - b); });
  check_binary<T, T>(ASG_EW_MUL, [](T a, T b) { return wrapped<T>(Wide(a) * b); });
  check_binary<T, T>(ASG_EW_DIV, [](T a, T b) { return b == 0 ? T(0) : wrapped<T>(Wide(a) / b); });
  check_binary<T, T>(ASG_EW_REM, [](T a, T b) { return b == 0 ? T(0) : wrapped<T>(Wide(a) % b); });
  check_binary<T, T>(ASG_EW_POW, [](T a, T b) -> T {
    if (b < 0) return a == 1 ? 1 : a == T(-1) ? (b % 2 == 0 ? T(1) : T(-1)) : T(0);
    // Powers of 2 modulo the width end in zeros; of others, a loop would be long: halve it.
    Wide result = 1, base = a;
    for (uint64_t n = static_cast<uint64_t>(b); n > 0; n /= 2) {
      if (n % 2 != 0) result = Wide(wrapped<T>(result * base));
      base = Wide(wrapped<T>(base * base));
    }
    return wrapped<T>(result);
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(bits, T, Integers) {
  constexpr int width = sizeof(T) * 8;
  using U = std::make_unsigned_t<T>;
  check_binary<T, T>(ASG_EW_BIT_AND, [](T a, T b) { return T(a & b); });
  check_binary<T, T>(ASG_EW_BIT_OR, [](T a, T b) { return T(a | b); });
  check_binary<T, T>(ASG_EW_BIT_XOR, [](T a, T b) { return T(a ^ b); });
  check_binary<T, T>(ASG_EW_SHIFT_LEFT, [](T a, T b) {
    if (b < 0 || U(b) >= width) return T(0);
    U result = U(a);
    for (T i = 0; i < b; ++i) result = U(result * 2);
    return T(result);
  });
  check_binary<T, T>(ASG_EW_SHIFT_RIGHT, [](T a, T b) {
    if (b < 0 || U(b) >= width) return a < 0 ? T(-1) : T(0);  // what moved in
    long double shifted = a;
    for (T i = 0; i < b; ++i) shifted /= 2;
    return T(std::floor(shifted));
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(order, T, All) {
  check_binary<bool, T>(ASG_EW_EQ, [](T a, T b) { return a == b; });
  check_binary<bool, T>(ASG_EW_NE, [](T a, T b) { return a != b; });
  check_binary<bool, T>(ASG_EW_LT, [](T a, T b) { return a < b; });
  check_binary<bool, T>(ASG_EW_LE, [](T a, T b) { return a <= b; });
  check_binary<bool, T>(ASG_EW_GT, [](T a, T b) { return a > b; });
  check_binary<bool, T>(ASG_EW_GE, [](T a, T b) { return a >= b; });
  const auto larger = [](T a, T b) -> T {
    if constexpr (std::is_floating_point_v<T>)
      if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<T>::quiet_NaN();
    return a < b ? b : a;
  };
  const auto smaller = [](T a, T b) -> T {
    if constexpr (std::is_floating_point_v<T>)
      if (std::isnan(a) || std::isnan(b)) return std::numeric_limits<T>::quiet_NaN();
    return b < a ? b : a;
  };
  check_binary<T, T>(ASG_EW_MAX, larger);
  check_binary<T, T>(ASG_EW_MIN, smaller);
}

BOOST_AUTO_TEST_CASE(logic) {
  check_unary<bool, bool>(ASG_EW_NOT, [](bool a) { return !a; });
  check_binary<bool, bool>(ASG_EW_AND, [](bool a, bool b) { return a && b; });
  check_binary<bool, bool>(ASG_EW_OR, [](bool a, bool b) { return a || b; });
  check_binary<bool, bool>(ASG_EW_XOR, [](bool a, bool b) { return a != b; });
}

template <class To, class From>
void check_cast() {
  check_unary<To, From>(ASG_EW_CAST, [](From a) -> To {
    if constexpr (std::is_same_v<To, bool>) return a != From(0);
    if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
      using Limits = std::numeric_limits<To>;
      if (std::isnan(a)) return 0;
      const long double whole = std::trunc(static_cast<long double>(a));
      if (whole >= static_cast<long double>(Limits::max())) return Limits::max();
      if (whole <= static_cast<long double>(Limits::min())) return Limits::min();
    }
    return static_cast<To>(a);
  });
}
BOOST_AUTO_TEST_CASE_TEMPLATE(casts, From, All) {
  check_cast<float, From>();
  check_cast<double, From>();
  check_cast<int8_t, From>();
  check_cast<int32_t, From>();
  check_cast<int64_t, From>();
  check_cast<uint8_t, From>();
  check_cast<uint32_t, From>();
  check_cast<bool, From>();
}

template <class To, class From>
void check_bitcast() {
  check_unary<To, From>(ASG_EW_BITCAST, [](From a) {
    To b;
    std::memcpy(&b, &a, sizeof b);
    return b;
  });
}
BOOST_AUTO_TEST_CASE(bitcasts) {
  check_bitcast<int32_t, float>();
  check_bitcast<uint32_t, float>();
  check_bitcast<float, uint32_t>();
  check_bitcast<uint32_t, int32_t>();
  check_bitcast<int64_t, double>();
  check_bitcast<double, int64_t>();
  check_bitcast<uint8_t, int8_t>();
  check_bitcast<uint8_t, bool>();
}

BOOST_AUTO_TEST_CASE_TEMPLATE(where_and_constants, T, All) {
  std::vector<T> a = samples<T>();
  const auto n = static_cast<int64_t>(a.size());
  std::vector<bool> c(a.size());
  for (std::size_t i = 0; i < c.size(); ++i) c[i] = i % 3 == 0;
  ProgramBuilder p;
  const ValueId condition = p.input(ASG_BOOL, {n}), x = p.input(dtype_of<T>(), {n});
  const ValueId y = p.output(dtype_of<T>(), {n});
  RegionBuilder& r = p.region({n});
  const Register test = r.load(condition), first = r.load(x);
  r.store(r.where(test, first, r.imm(T(1))), y);
  Execution run(backend(), p.build());
  const std::vector<T> got = run.set(condition, c).set(x, a).execute().template get<T>(y);
  for (std::size_t i = 0; i < a.size(); ++i) BOOST_TEST(agree(T(got[i]), c[i] ? T(a[i]) : T(1), 0));
}

// What the rows promise and what the tests above try are the same set.
BOOST_AUTO_TEST_CASE(every_instruction_is_promised) {
  std::set<std::pair<uint32_t, uint32_t>> promised;
  const asg_device_info info = backend().info();
  for (const asg_op_cap& row : asg::sdk::Span<asg_op_cap>(info.op_caps)) {
    if (row.op != ASG_OP_REGION) continue;
    BOOST_TEST(row.flags == (ASG_CAP_STRIDED | ASG_CAP_FIXED_TREE | ASG_CAP_BOUNDS |
                             ASG_CAP_PHASES | ASG_CAP_INSTANCES));
    for (uint32_t opcode = 0; opcode < ASG_EW_COUNT; ++opcode)
      for (uint32_t dtype = 0; dtype < 64; ++dtype)
        if ((row.instructions[opcode / 64] >> (opcode % 64) & 1) != 0 &&
            (row.dtypes[0] >> dtype & 1) != 0)
          promised.insert({opcode, dtype});
  }
  std::set<std::pair<uint32_t, uint32_t>> expected;
  const std::vector<uint32_t> floats{ASG_F32, ASG_F64};
  const std::vector<uint32_t> integers{ASG_I8, ASG_I32, ASG_I64, ASG_U8, ASG_U32};
  const auto expect = [&](uint32_t first, uint32_t last, const std::vector<uint32_t>& dtypes) {
    for (uint32_t opcode = first; opcode <= last; ++opcode)
      for (const uint32_t dtype : dtypes) expected.insert({opcode, dtype});
  };
  for (const auto& dtypes : {floats, integers, std::vector<uint32_t>{ASG_BOOL}}) {
    expect(ASG_EW_LOAD, ASG_EW_REDUCED, dtypes);
    expect(ASG_EW_CAST, ASG_EW_CAST, dtypes);
    expect(ASG_EW_WHERE, ASG_EW_WHERE, dtypes);
    expect(ASG_EW_MAX, ASG_EW_MIN, dtypes);
    expect(ASG_EW_EQ, ASG_EW_GE, dtypes);
  }
  for (const auto& dtypes : {floats, integers}) {
    expect(ASG_EW_IOTA, ASG_EW_IOTA, dtypes);
    expect(ASG_EW_BITCAST, ASG_EW_BITCAST, dtypes);
    expect(ASG_EW_NEG, ASG_EW_SIGN, dtypes);
    expect(ASG_EW_ADD, ASG_EW_POW, dtypes);
  }
  expect(ASG_EW_FLOOR, ASG_EW_TANH, floats);
  expect(ASG_EW_ERF, ASG_EW_LOG1P, floats);
  expect(ASG_EW_BIT_AND, ASG_EW_SHIFT_RIGHT, integers);
  expect(ASG_EW_NOT, ASG_EW_IS_FINITE, {ASG_BOOL});
  expect(ASG_EW_AND, ASG_EW_XOR, {ASG_BOOL});
  expect(ASG_EW_RANDOM, ASG_EW_RANDOM, {ASG_U32});
  for (const auto& [opcode, dtype] : expected)
    BOOST_TEST(promised.count({opcode, dtype}) == 1u, "missing: " << opcode << " on " << dtype);
  for (const auto& [opcode, dtype] : promised)
    BOOST_TEST(expected.count({opcode, dtype}) == 1u, "too many: " << opcode << " on " << dtype);
}

BOOST_AUTO_TEST_SUITE_END()
