// Products with an epilogue against the reference, for several numbers of threads, by own loops and
// by BLAS.
#include <boost/test/unit_test.hpp>

#include "allocations.hpp"
#include "differential.hpp"

namespace asg::testing {
namespace {

struct Operands {
  ValueId a, b;
  Shape product;
};

/// Matrices, either one perhaps transposed, b perhaps one for all batches.
Operands operands(Random& random, Case& c, uint32_t dtype, int64_t batch, int64_t m, int64_t n,
                  int64_t k) {
  Shape a_strides{m * k, k, 1}, b_strides{k * n, n, 1};
  if (random.chance(0.4)) a_strides = {m * k, 1, m};
  if (random.chance(0.4)) b_strides = {k * n, 1, k};
  const bool shared = random.chance(0.3);
  if (shared) b_strides[0] = 0;
  const ValueId a = c.input(random, dtype, {batch, m, k}, false);
  const ValueId b = c.input(random, dtype, {shared ? 1 : batch, k, n}, false);
  return {c.program.view(a, {batch, m, k}, a_strides),
          c.program.view(b, {batch, k, n}, b_strides),
          {batch, m, n}};
}

Shape random_sizes(Random& random) {
  static const std::vector<int64_t> sizes = {1, 2, 12, 13, 31, 64, 100, 192, 193, 257, 400, 700};
  static const std::vector<int64_t> depths = {0, 1, 7, 64, 256, 257, 300, 600};
  const int64_t batch = random.chance(0.3) ? random.integer(2, 5) : 1;
  const int64_t limit = batch > 1 ? 100 : 700;
  return {batch, std::min(random.pick(sizes), limit), std::min(random.pick(sizes), limit),
          random.pick(depths)};
}

enum class Kind { bias, gelu, gelu_gradient, residual, in_place, scaled, turned };

/// What networks do with a product, in the kinds of memory that they do it in.
void add_epilogue(Random& random, Case& c, const Operands& x, uint32_t dtype, Kind kind) {
  ProgramBuilder& p = c.program;
  const int64_t m = x.product[1], n = x.product[2];
  const auto whole = [&] { return c.input(random, dtype, x.product, false); };
  const auto output = [&] { return c.output(dtype, x.product); };
  const ValueId bias = c.input(random, dtype, {n}, false);
  const ValueId other = whole();
  RegionBuilder& r = p.epilogue(x.a, x.b, x.product);
  const auto number = [&](double value) {
    return dtype == ASG_F32 ? r.imm(static_cast<float>(value)) : r.imm(value);
  };
  const auto times = [&](Register a, Register b) { return r.op(ASG_EW_MUL, a, b); };
  const auto plus = [&](Register a, Register b) { return r.op(ASG_EW_ADD, a, b); };
  const Register product = r.product(dtype);
  const auto biased = [&] { return plus(product, r.load(bias, {{0, 0, 1}})); };
  switch (kind) {
    case Kind::bias:
      return r.store(biased(), output());
    case Kind::gelu: {
      const Register h = biased();
      r.store(h, output());
      const Register half = plus(r.op(ASG_EW_TANH, times(h, number(0.8))), number(1));
      return r.store(times(times(h, number(0.5)), half), output());
    }
    case Kind::gelu_gradient: {
      const Register h = r.load(other);
      return r.store(times(product, r.op(ASG_EW_TANH, times(h, h))), output());
    }
    case Kind::residual:
      return r.store(plus(biased(), r.load(other)), output());
    case Kind::in_place: {
      const ValueId state = p.state(dtype, x.product);
      c.inputs.emplace_back(state,
                            random_data(random, dtype, sdk::element_count(p.value(state)), false));
      c.outputs.push_back(state);
      return r.store(plus(r.load(state), product), state);
    }
    case Kind::scaled: {
      // One number for each row, and one for all.
      const ValueId rows = c.input(random, dtype, {m}, false);
      const ValueId scale = c.input(random, dtype, {}, false);
      const Register scaled = times(product, r.load(scale, {{0, 0, 0}}));
      r.store(scaled, output());
      return r.store(times(scaled, r.load(rows, {{0, 1, 0}})), output());
    }
    case Kind::turned: {
      const ValueId turned = c.output(dtype, {x.product[0], n, m});
      return r.store(plus(product, r.load(other)), turned, {{n * m, 1, m}});
    }
  }
}

constexpr Kind all_kinds[] = {Kind::bias,     Kind::gelu,   Kind::gelu_gradient, Kind::residual,
                              Kind::in_place, Kind::scaled, Kind::turned};

void build(Random& random, Case& c, uint32_t dtype, const Shape& s, Kind kind) {
  add_epilogue(random, c, operands(random, c, dtype, s[0], s[1], s[2], s[3]), dtype, kind);
}

double tolerance_of(uint32_t dtype) { return dtype == ASG_F32 ? 4e-6 : 1e-13; }

std::string name_of(const Shape& s, uint32_t dtype, Kind kind) {
  return std::to_string(s[0]) + " x " + std::to_string(s[1]) + " x " + std::to_string(s[2]) +
         " x " + std::to_string(s[3]) + " of " + sdk::dtype_name(dtype) + ", kind " +
         std::to_string(static_cast<int>(kind)) + ": ";
}

BOOST_AUTO_TEST_SUITE(epilogue)

BOOST_AUTO_TEST_CASE(random_products) {
  for (uint64_t seed = 1; seed <= 140; ++seed) {
    Random random(seed);
    Case c;
    const uint32_t dtype = seed % 3 == 0 ? ASG_F64 : ASG_F32;
    const Shape sizes = random_sizes(random);
    const Kind kind = all_kinds[seed % std::size(all_kinds)];
    build(random, c, dtype, sizes, kind);
    const std::string text = backends().compare(c, tolerance_of(dtype));
    BOOST_CHECK_MESSAGE(text.empty(), name_of(sizes, dtype, kind) << text);
  }
}

// More columns than a tile has points, than are packed at once, and depths that no cache holds.
BOOST_AUTO_TEST_CASE(long_sides) {
  const std::vector<Shape> shapes = {{1, 200, 1500, 9},   {1, 15, 5000, 300}, {1, 300, 40, 5000},
                                     {1, 250, 33, 17000}, {1, 5, 70, 33000},  {1, 1, 3000, 65},
                                     {1, 3000, 1, 65},    {1, 300, 2100, 600}};
  uint64_t seed = 100;
  for (const Shape& sizes : shapes)
    for (const Kind kind : {Kind::gelu, Kind::in_place}) {
      Random random(++seed);
      Case c;
      build(random, c, ASG_F32, sizes, kind);
      const std::string text = backends().compare(c, tolerance_of(ASG_F32));
      BOOST_CHECK_MESSAGE(text.empty(), name_of(sizes, ASG_F32, kind) << text);
    }
}

BOOST_AUTO_TEST_CASE(through_blas) {
  const LoadedBackend one(ASG_TEST_CPU, {{"matmul", "blas"}, {"threads", "1"}});
  const LoadedBackend three(ASG_TEST_CPU, {{"matmul", "blas"}, {"threads", "3"}});
  for (uint64_t seed = 1; seed <= 70; ++seed) {
    Random random(seed);
    Case c;
    const uint32_t dtype = seed % 3 == 0 ? ASG_F64 : ASG_F32;
    const Shape sizes = random_sizes(random);
    const Kind kind = all_kinds[seed % std::size(all_kinds)];
    build(random, c, dtype, sizes, kind);
    const std::vector<Bytes> expected = run_on(backends().reference(), c);
    const std::vector<Bytes> first = run_on(one, c);
    for (std::size_t o = 0; o < expected.size(); ++o) {
      const std::string text = difference(dtype, first[o], expected[o], tolerance_of(dtype));
      BOOST_CHECK_MESSAGE(text.empty(), name_of(sizes, dtype, kind) << text);
    }
    BOOST_CHECK_MESSAGE(run_on(three, c) == first, name_of(sizes, dtype, kind)
                                                       << "depends on the number of threads");
  }
}

BOOST_AUTO_TEST_CASE(a_second_run_allocates_nothing) {
  for (std::size_t k = 0; k < 2; ++k)
    for (const Kind kind : all_kinds) {
      Random random(7);
      Case c;
      build(random, c, ASG_F32, {1, 500, 300, 200}, kind);
      const asg_program& program = c.program.build();
      const long before_compile = allocations;
      Execution run(backends().cpu(k), program);
      BOOST_CHECK_GT(allocations - before_compile, 20);  // the plugin's are seen here
      for (const auto& [id, data] : c.inputs) run.set(id, data);
      run.execute();
      const long before = allocations;
      run.execute();
      BOOST_CHECK_EQUAL(allocations - before, 0);
    }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace asg::testing
