// NaN, infinities and both zeros through every instruction, as constants, inputs and what drivers
// could work out: nothing is folded that IEEE 754 does not allow.
#include <boost/test/unit_test.hpp>

#include <string>

#include "check/compare.hpp"
#include "pair.hpp"

namespace asg::testing {
namespace {

template <class T>
const std::vector<T>& specials() {
  static const std::vector<T> values{0, -T{0}, 1, T{-2.75}, INFINITY, -INFINITY, NAN};
  return values;
}
template <class T>
constexpr uint32_t dtype = sizeof(T) == 4 ? ASG_F32 : ASG_F64;

enum class Wanted { bits, near };

/// Functions and division may be a few units off where they are no special value.
Wanted wanted(uint32_t op) {
  return asg::proof::allowed_ulps(op) > 0 ? Wanted::near : Wanted::bits;
}

/// Results of one region: all that `add` stores, over all pairs of special values.
template <class T>
class Table {
 public:
  static int64_t side() { return static_cast<int64_t>(specials<T>().size()); }

  Table()
      : a_(program_.input(dtype<T>, {side()})),
        b_(program_.input(dtype<T>, {side()})),
        region_(program_.region({side(), side()})) {}

  RegionBuilder& region() { return region_; }
  Register a() { return region_.load(a_, {{1, 0}}); }
  Register b() { return region_.load(b_, {{0, 1}}); }
  /// Numbers at which a bound leaves out what would be loaded.
  Register filled(T value) {
    Access access{{1, 0}};
    asg_bound nowhere{};
    nowhere.base = 5;
    nowhere.extent = 0;
    access.bounds = {nowhere};
    access.fill = 0;
    std::memcpy(&access.fill, &value, sizeof value);
    return region_.load(a_, access);
  }
  void add(Register value, const std::string& what) { kept_.push_back({value, what}); }

  /// Empty when both backends agree.
  std::string compare(Wanted wanted) {
    const auto count = static_cast<int64_t>(kept_.size());
    std::vector<Register> floats, bools;
    const ValueId numbers = program_.output(dtype<T>, {count, side(), side()}),
                  truths = program_.output(ASG_BOOL, {count, side(), side()});
    for (int64_t k = 0; k < count; ++k) {
      const Register value = kept_[static_cast<std::size_t>(k)].value;
      region_.store(value, region_.dtype(value) == ASG_BOOL ? truths : numbers,
                    {{side(), 1}, k * side() * side()});
    }
    const auto run_on = [&](const LoadedBackend& backend) {
      Execution run(backend, program_.build());
      run.set(a_, specials<T>()).set(b_, specials<T>());
      run.set(numbers, std::vector<T>(static_cast<std::size_t>(count * side() * side())));
      run.set(truths, std::vector<uint8_t>(static_cast<std::size_t>(count * side() * side())));
      run.execute();
      return std::pair{run.template get<T>(numbers), run.template get<uint8_t>(truths)};
    };
    const auto expected = run_on(vulkan_pair().reference()), got = run_on(vulkan_pair().cpu());
    for (std::size_t i = 0; i < expected.first.size(); ++i) {
      const T x = got.first[i], y = expected.first[i];
      const bool same = std::isnan(x) == std::isnan(y) &&
                        (std::isnan(y) || std::signbit(x) == std::signbit(y)) &&
                        (std::isnan(y) || x == y || (wanted == Wanted::near && ulps(x, y) <= 4));
      if (!same || got.second[i] != expected.second[i])
        return what(i) + " gives " + std::to_string(x) + " / " + std::to_string(got.second[i]) +
               ", not " + std::to_string(y) + " / " + std::to_string(expected.second[i]);
    }
    return {};
  }

 private:
  std::string what(std::size_t i) const {
    const auto n = static_cast<std::size_t>(side());
    return kept_[i / (n * n)].what + " at a = " + std::to_string(specials<T>()[i / n % n]) +
           ", b = " + std::to_string(specials<T>()[i % n]);
  }

  struct Kept {
    Register value;
    std::string what;
  };
  ProgramBuilder program_;
  ValueId a_, b_;
  RegionBuilder& region_;
  std::vector<Kept> kept_;
};

/// A register and how it came about.
struct Operand {
  Register value;
  std::string what;
};

template <class T>
std::vector<Operand> constants(Table<T>& table) {
  std::vector<Operand> all;
  for (const T x : specials<T>()) all.push_back({table.region().imm(x), std::to_string(x)});
  return all;
}

/// Zeros and infinities that a driver may work out.
template <class T>
std::vector<Operand> known(Table<T>& table) {
  RegionBuilder& r = table.region();
  const Register half = r.imm(T{0.5}), a = table.a();
  const Register number = r.cast(ASG_I32, r.op(ASG_EW_MIN, r.op(ASG_EW_ABS, a), r.imm(T{9})));
  const Register nothing = r.op(ASG_EW_SUB, number, number);
  return {{r.op(ASG_EW_SUB, half, half), "(0.5 - 0.5)"},
          {r.op(ASG_EW_MUL, half, r.imm(-T{0})), "(0.5 * -0)"},
          {r.cast(dtype<T>, r.imm(int32_t{0})), "float(0)"},
          {r.cast(dtype<T>, nothing), "float(i - i)"},
          {r.cast(dtype<T>, r.op(ASG_EW_LT, number, number)), "float(i < i)"},
          {r.iota(dtype<T>, {0, 0}), "iota"},
          {table.filled(T{0}), "a fill of 0"}};
}

constexpr uint32_t unary[] = {
    ASG_EW_NEG,  ASG_EW_ABS,       ASG_EW_SIGN, ASG_EW_FLOOR, ASG_EW_CEIL, ASG_EW_ROUND,
    ASG_EW_EXP,  ASG_EW_LOG,       ASG_EW_SQRT, ASG_EW_RSQRT, ASG_EW_SIN,  ASG_EW_COS,
    ASG_EW_TANH, ASG_EW_IS_FINITE, ASG_EW_ERF,  ASG_EW_EXPM1, ASG_EW_LOG1P};
constexpr uint32_t binary[] = {ASG_EW_ADD, ASG_EW_SUB, ASG_EW_MUL, ASG_EW_DIV, ASG_EW_REM,
                               ASG_EW_POW, ASG_EW_MAX, ASG_EW_MIN, ASG_EW_EQ,  ASG_EW_NE,
                               ASG_EW_LT,  ASG_EW_LE,  ASG_EW_GT,  ASG_EW_GE};

/// 64-bit floats have what IEEE 754 defines.
template <class T>
bool has(uint32_t op) {
  if (sizeof(T) == 4) return true;
  return wanted(op) == Wanted::bits || op == ASG_EW_DIV || op == ASG_EW_SQRT || op == ASG_EW_RSQRT;
}

template <class T>
void check_unary() {
  for (const uint32_t op : unary) {
    if (!has<T>(op)) continue;
    Table<T> table;
    std::vector<Operand> operands = constants(table);
    for (const Operand& zero : known(table)) operands.push_back(zero);
    operands.push_back({table.a(), "a"});
    for (const Operand& x : operands) table.add(table.region().op(op, x.value), x.what);
    const std::string fault = table.compare(wanted(op));
    BOOST_CHECK_MESSAGE(fault.empty(), "instruction " << op << " of " << fault);
  }
}

/// Every order of a loaded value with itself, with constants and with what may be worked out, and
/// constants among themselves.
template <class T>
void check_binary() {
  for (const uint32_t op : binary) {
    if (!has<T>(op)) continue;
    Table<T> table;
    RegionBuilder& r = table.region();
    const auto pair = [&](const Operand& x, const Operand& y) {
      table.add(r.op(op, x.value, y.value), x.what + ", " + y.what);
    };
    const Operand a{table.a(), "a"}, b{table.b(), "b"};
    const Operand again{r.op(ASG_EW_MUL, a.value, r.imm(T{1})), "(a * 1)"};
    for (const auto& [x, y] : {std::pair{a, b}, {a, a}, {a, again}, {again, a}}) pair(x, y);
    const std::vector<Operand> fixed = constants(table);
    for (const Operand& x : fixed) pair(a, x), pair(x, a);
    // These two have long bodies.
    if (op != ASG_EW_REM && op != ASG_EW_POW) {
      for (const Operand& x : known(table)) pair(a, x), pair(x, a);
      for (const Operand& x : fixed)
        for (const Operand& y : fixed)
          if (x.what != "1.000000" && y.what != "1.000000") pair(x, y);
    }
    const std::string fault = table.compare(wanted(op));
    BOOST_CHECK_MESSAGE(fault.empty(), "instruction " << op << " of " << fault);
  }
}

BOOST_AUTO_TEST_CASE(instructions_of_one_operand) {
  check_unary<float>();
  check_unary<double>();
}
BOOST_AUTO_TEST_CASE(instructions_of_two_operands) {
  check_binary<float>();
  check_binary<double>();
}

/// What the next instruction makes of the last one's result: 1 / (-0 + 0), loss + 0 * inf, ...
template <class T>
void check_chains() {
  Table<T> table;
  RegionBuilder& r = table.region();
  const Register a = table.a(), b = table.b(), zero = r.imm(T{0}), minus = r.imm(-T{0});
  const Register one = r.imm(T{1}), infinite = r.imm(T(INFINITY));
  const auto op = [&](uint32_t code, Register x, Register y) { return r.op(code, x, y); };
  table.add(op(ASG_EW_DIV, one, op(ASG_EW_ADD, minus, zero)), "1 / (-0 + 0)");
  table.add(op(ASG_EW_DIV, one, op(ASG_EW_ADD, a, zero)), "1 / (a + 0)");
  table.add(op(ASG_EW_DIV, one, op(ASG_EW_SUB, zero, a)), "1 / (0 - a)");
  table.add(op(ASG_EW_DIV, one, r.op(ASG_EW_NEG, op(ASG_EW_SUB, a, a))), "1 / -(a - a)");
  table.add(op(ASG_EW_ADD, a, op(ASG_EW_MUL, zero, infinite)), "a + 0 * inf");
  table.add(op(ASG_EW_ADD, a, op(ASG_EW_MUL, b, zero)), "a + b * 0");
  table.add(op(ASG_EW_ADD, op(ASG_EW_SUB, a, b), b), "(a - b) + b");
  table.add(op(ASG_EW_DIV, op(ASG_EW_MUL, a, b), b), "a * b / b");
  table.add(op(ASG_EW_ADD, a, r.op(ASG_EW_NEG, a)), "a + -a");
  table.add(op(ASG_EW_DIV, a, a), "a / a");
  table.add(r.where(op(ASG_EW_EQ, a, a), one, zero), "where(a == a, 1, 0)");
  table.add(r.where(op(ASG_EW_NE, a, a), one, a), "where(a != a, 1, a)");
  table.add(r.where(op(ASG_EW_GT, a, zero), a, op(ASG_EW_MUL, a, zero)), "relu");
  const std::string fault = table.compare(Wanted::bits);
  BOOST_CHECK_MESSAGE(fault.empty(), fault);
}
BOOST_AUTO_TEST_CASE(chains_of_instructions) {
  check_chains<float>();
  check_chains<double>();
}

/// Sums and products of one, two and three numbers, which unrolled loops could fold.
template <class T>
void check_short_rows() {
  const std::vector<T>& values = specials<T>();
  const auto n = static_cast<int64_t>(values.size());
  for (const int64_t length : {1, 2, 3}) {
    Case c;
    std::vector<T> rows;
    for (int64_t i = 0; i < n * n; ++i)
      for (int64_t k = 0; k < length; ++k)
        rows.push_back(values[static_cast<std::size_t>((i / (k == 0 ? 1 : n) + k / 2) % n)]);
    const ValueId x = c.program.input(dtype<T>, {n * n, length});
    Bytes data(rows.size() * sizeof(T));
    std::memcpy(data.data(), rows.data(), data.size());
    c.inputs.emplace_back(x, data);
    RegionBuilder& r = c.program.region({n * n, length});
    const Register loaded = r.load(x);
    for (const uint32_t kind : {ASG_REDUCE_SUM, ASG_REDUCE_PROD, ASG_REDUCE_MAX, ASG_REDUCE_MIN})
      r.store(r.reduce(kind, loaded, {1}), c.output(dtype<T>, {n * n}));
    const ValueId products = c.output(dtype<T>, {n * n, n * n});
    const ValueId across = c.program.view(x, {length, n * n}, {1, length});
    c.program.step(ASG_OP_MATMUL, "matmul", {x, across}, {products});
    const std::string fault = vulkan_pair().compare(c);
    BOOST_CHECK_MESSAGE(fault.empty(), "rows of " << length << ": " << fault);
  }
}
BOOST_AUTO_TEST_CASE(short_sums_and_products) {
  check_short_rows<float>();
  check_short_rows<double>();
}

}  // namespace
}  // namespace asg::testing
