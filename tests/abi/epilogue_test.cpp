// Products with an epilogue, on every backend that has them.
#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "every_backend.hpp"
#include "support/messages.hpp"

using namespace asg::testing;
using boost::test_tools::per_element;
using test_support::contains;

namespace {

const std::vector<NamedBackend>& backends() {
  static const std::vector<NamedBackend> all = backends_with(ASG_OP_MATMUL, ASG_CAP_EPILOGUE);
  return all;
}

/// Small whole numbers: every type holds them and their products exactly, in any order.
template <class T>
std::vector<T> small_numbers(int64_t count, uint32_t seed) {
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = static_cast<T>(seed >> 30);
  }
  return values;
}

/// The product of row-major matrices, batch by batch.
template <class T>
std::vector<T> product(const std::vector<T>& a, const std::vector<T>& b, int64_t batches, int64_t m,
                       int64_t n, int64_t k) {
  std::vector<T> c(static_cast<std::size_t>(batches * m * n));
  for (int64_t i = 0; i < batches * m; ++i)
    for (int64_t q = 0; q < k; ++q)
      for (int64_t j = 0; j < n; ++j)
        c[i * n + j] = static_cast<T>(c[i * n + j] + a[i * k + q] * b[(i / m * k + q) * n + j]);
  return c;
}

/// Compiles a program everywhere and expects a refusal.
void refused(asg_status status, const std::string& text,
             const std::function<void(ProgramBuilder&)>& build) {
  for (const auto& [name, backend] : backends()) {
    ProgramBuilder p;
    build(p);
    BOOST_TEST_INFO("backend " << name);
    BOOST_CHECK_EXCEPTION(Execution(*backend, p.build()), Failure, [&](const Failure& e) {
      BOOST_TEST_INFO("message: " << e.what());
      return e.status == status && contains(e.what(), text);
    });
  }
}

struct Sizes {
  int64_t batches, m, n, k;
};
std::ostream& operator<<(std::ostream& out, const Sizes& s) {
  return out << s.batches << " x [" << s.m << ", " << s.k << "] [" << s.k << ", " << s.n << "]";
}
// One element, one row, one column, no depth, nothing, sizes around the panels of fast kernels.
const std::vector<Sizes> all_sizes = {
    {1, 1, 1, 1},     {1, 1, 40, 7},    {1, 37, 1, 5},   {3, 4, 5, 0},     {2, 0, 3, 4},
    {1, 3, 0, 4},     {2, 7, 33, 3},    {5, 13, 31, 12}, {1, 64, 64, 64},  {1, 97, 130, 9},
    {1, 385, 200, 8}, {40, 16, 16, 16}, {1, 50, 700, 3}, {1, 700, 50, 300}};

using Numbers = std::tuple<float, double, int8_t, int32_t, int64_t, uint8_t, uint32_t>;

}  // namespace

BOOST_AUTO_TEST_SUITE(epilogues)

BOOST_AUTO_TEST_CASE(the_reference_has_them) { BOOST_TEST(backends().size() >= 1u); }

// What a layer of a network does: bias, residual; both the sum and a function of it are kept.
BOOST_AUTO_TEST_CASE_TEMPLATE(bias_and_residual, T, Numbers) {
  for (const Sizes s : all_sizes)
    for (const auto& [name, backend] : backends()) {
      ProgramBuilder p;
      const uint32_t dtype = dtype_of<T>();
      const ValueId a = p.input(dtype, {s.batches, s.m, s.k});
      const ValueId b = p.input(dtype, {s.batches, s.k, s.n});
      const ValueId bias = p.input(dtype, {s.n});
      const ValueId residual = p.input(dtype, {s.batches, s.m, s.n});
      const ValueId sum = p.output(dtype, {s.batches, s.m, s.n});
      const ValueId capped = p.output(dtype, {s.batches, s.m, s.n});
      RegionBuilder& r = p.epilogue(a, b, {s.batches, s.m, s.n});
      const Register biased = r.op(ASG_EW_ADD, r.product(dtype), r.load(bias, {{0, 0, 1}}));
      const Register total = r.op(ASG_EW_ADD, biased, r.load(residual));
      r.store(total, sum);
      r.store(r.op(ASG_EW_MIN, total, r.imm(T(9))), capped);

      const auto x = small_numbers<T>(s.batches * s.m * s.k, 1);
      const auto y = small_numbers<T>(s.batches * s.k * s.n, 2);
      const auto v = small_numbers<T>(s.n, 3), w = small_numbers<T>(s.batches * s.m * s.n, 4);
      std::vector<T> expected = product(x, y, s.batches, s.m, s.n, s.k), smaller;
      for (std::size_t i = 0; i < expected.size(); ++i) {
        expected[i] = static_cast<T>(expected[i] + v[i % v.size()] + w[i]);
        smaller.push_back(std::min(expected[i], T(9)));
      }
      Execution run(*backend, p.build());
      run.set(a, x).set(b, y).set(bias, v).set(residual, w).execute().execute();
      BOOST_TEST_INFO_SCOPE(name << ", " << s);
      BOOST_CHECK(run.template get<T>(sum) == expected);
      BOOST_CHECK(run.template get<T>(capped) == smaller);
    }
}

// Operands and results may lie in any order.
BOOST_AUTO_TEST_CASE(transposed_and_shared_operands) {
  for (const Sizes s : all_sizes)
    for (const bool turned : {false, true})
      for (const auto& [name, backend] : backends()) {
        ProgramBuilder p;
        const ValueId a = p.input(ASG_F32, {s.batches, s.k, s.m});
        const ValueId b = p.input(ASG_F32, {s.n, s.k});  // one for all batches
        const Shape out = turned ? Shape{s.batches, s.n, s.m} : Shape{s.m, s.batches, s.n};
        const Shape places = turned ? Shape{s.n * s.m, 1, s.m} : Shape{s.n, s.batches * s.n, 1};
        const ValueId old = p.input(ASG_F32, out), c = p.output(ASG_F32, out);
        RegionBuilder& r =
            p.epilogue(p.view(a, {s.batches, s.m, s.k}, {s.k * s.m, 1, s.m}),
                       p.view(b, {s.batches, s.k, s.n}, {0, 1, s.k}), {s.batches, s.m, s.n});
        const Register doubled = r.op(ASG_EW_MUL, r.product(ASG_F32), r.imm(2.0f));
        r.store(r.op(ASG_EW_SUB, doubled, r.load(old, {places})), c, {places});
        const auto x = small_numbers<float>(s.batches * s.k * s.m, 5);
        const auto y = small_numbers<float>(s.n * s.k, 6);
        const auto w = small_numbers<float>(s.batches * s.m * s.n, 7);
        Execution run(*backend, p.build());
        const auto got = run.set(a, x).set(b, y).set(old, w).execute().get<float>(c);
        std::vector<float> expected(got.size());
        for (int64_t i = 0; i < s.batches; ++i)
          for (int64_t row = 0; row < s.m; ++row)
            for (int64_t j = 0; j < s.n; ++j) {
              float sum = 0;
              for (int64_t q = 0; q < s.k; ++q)
                sum += x[(i * s.k + q) * s.m + row] * y[j * s.k + q];
              const int64_t at = i * places[0] + row * places[1] + j * places[2];
              expected[at] = 2 * sum - w[at];
            }
        BOOST_TEST_INFO_SCOPE(name << ", " << s << (turned ? ", turned" : ""));
        BOOST_CHECK(got == expected);
      }
}

BOOST_AUTO_TEST_CASE(a_residual_is_overwritten) {
  for (const Sizes s : all_sizes)
    for (const auto& [name, backend] : backends()) {
      ProgramBuilder p;
      const ValueId a = p.input(ASG_F32, {s.m, s.k}), b = p.input(ASG_F32, {s.k, s.n});
      const ValueId x = p.state(ASG_F32, {s.m, s.n});
      RegionBuilder& r = p.epilogue(a, b, {s.m, s.n});
      r.store(r.op(ASG_EW_ADD, r.load(x), r.product(ASG_F32)), x);
      const auto left = small_numbers<float>(s.m * s.k, 8),
                 right = small_numbers<float>(s.k * s.n, 9);
      auto expected = small_numbers<float>(s.m * s.n, 10);
      Execution run(*backend, p.build());
      run.set(a, left).set(b, right).set(x, expected).execute().execute();
      const auto step = product(left, right, 1, s.m, s.n, s.k);
      for (std::size_t i = 0; i < step.size(); ++i) expected[i] += 2 * step[i];
      BOOST_TEST_INFO_SCOPE(name << ", " << s);
      BOOST_CHECK(run.get<float>(x) == expected);
    }
}

// Numbers of the points, bounds and other types: scores of a causal attention, and a mask.
BOOST_AUTO_TEST_CASE(masks_and_other_types) {
  const int64_t batches = 3, m = 20, n = 35, k = 4;
  for (const auto& [name, backend] : backends()) {
    ProgramBuilder p;
    const ValueId a = p.input(ASG_F32, {batches, m, k}), b = p.input(ASG_F32, {batches, k, n});
    const ValueId part = p.input(ASG_I32, {5});
    const ValueId scores = p.output(ASG_F32, {batches, m, n});
    const ValueId large = p.output(ASG_BOOL, {batches, m, n});
    const ValueId whole = p.output(ASG_I64, {batches, m, n});
    RegionBuilder& r = p.epilogue(a, b, {batches, m, n});
    const Register x = r.product(ASG_F32);
    const Register row = r.iota(ASG_I32, {0, 1, 0}), column = r.iota(ASG_I32, {0, 0, 1});
    const Register visible = r.op(ASG_EW_GE, row, column);
    r.store(r.where(visible, x, r.imm(-std::numeric_limits<float>::infinity())), scores);
    r.store(r.op(ASG_EW_GT, x, r.imm(7.0f)), large);
    // Five numbers in columns 2 to 6, 100 elsewhere.
    const Register padded = r.load(part, {{0, 0, 1}, -2, {{-2, 5, {0, 0, 1}}}, bits_of(100)});
    r.store(r.op(ASG_EW_ADD, r.cast(ASG_I64, x), r.cast(ASG_I64, padded)), whole);
    const auto u = small_numbers<float>(batches * m * k, 11);
    const auto v = small_numbers<float>(batches * k * n, 12);
    Execution run(*backend, p.build());
    run.set(a, u).set(b, v).set(part, std::vector<int32_t>{1, 2, 3, 4, 5}).execute();
    const auto full = product(u, v, batches, m, n, k);
    std::vector<float> masked;
    std::vector<bool> above;
    std::vector<int64_t> sums;
    for (int64_t i = 0; i < batches * m * n; ++i) {
      const int64_t at = i % n;
      masked.push_back(i / n % m >= at ? full[i] : -std::numeric_limits<float>::infinity());
      above.push_back(full[i] > 7);
      sums.push_back(static_cast<int64_t>(full[i]) + (at >= 2 && at < 7 ? at - 1 : 100));
    }
    BOOST_TEST_INFO_SCOPE(name);
    BOOST_CHECK(run.get<float>(scores) == masked);
    BOOST_CHECK(run.get<bool>(large) == above);
    BOOST_CHECK(run.get<int64_t>(whole) == sums);
  }
}

BOOST_AUTO_TEST_CASE(epilogues_are_checked) {
  const auto malformed = [](const std::string& text, Shape dims,
                            const std::function<void(ProgramBuilder&, RegionBuilder&)>& spoil) {
    refused(ASG_INVALID_ARGUMENT, text, [&](ProgramBuilder& p) {
      const ValueId a = p.input(ASG_F32, {2, 3}), b = p.input(ASG_F32, {3, 4});
      RegionBuilder& r = p.epilogue(a, b, dims);
      r.store(r.product(ASG_F32), p.output(ASG_F32, dims));
      spoil(p, r);
    });
  };
  const auto nothing = [](ProgramBuilder&, RegionBuilder&) {};
  malformed("has another domain than the product", {2, 3}, nothing);
  malformed("has another domain than the product", {8}, nothing);
  malformed("more than one phase", {2, 4}, [](ProgramBuilder&, RegionBuilder& r) {
    r.next_phase();
    r.imm(1.0f);
  });
  malformed("more than one phase", {2, 4},
            [](ProgramBuilder&, RegionBuilder& r) { r.reduce(ASG_REDUCE_SUM, r.imm(1.0f), {0}); });
  malformed("in another type than an earlier one", {2, 4},
            [](ProgramBuilder&, RegionBuilder& r) { r.product(ASG_F64); });
  malformed("another type than the value", {2, 4}, [](ProgramBuilder& p, RegionBuilder& r) {
    r.store(r.imm(1.0), p.output(ASG_F32, {2, 4}));
  });
  refused(ASG_INVALID_ARGUMENT, "shapes do not fit", [](ProgramBuilder& p) {
    const ValueId a = p.input(ASG_F32, {2, 3}), b = p.input(ASG_F32, {5, 4});
    RegionBuilder& r = p.epilogue(a, b, {2, 4});
    r.store(r.product(ASG_F32), p.output(ASG_F32, {2, 4}));
  });
  refused(ASG_UNSUPPORTED, "no kernel accepts 'matmul'", [](ProgramBuilder& p) {
    const ValueId a = p.input(ASG_F32, {2, 3}), b = p.input(ASG_F32, {3, 4});
    RegionBuilder& r = p.epilogue(a, b, {2, 4});
    r.op(ASG_EW_EXP, r.imm(int32_t{1}));
  });
  // The product of two matrices of float32 is one of float32.
  refused(ASG_UNSUPPORTED, "no kernel accepts 'matmul'", [](ProgramBuilder& p) {
    const ValueId a = p.input(ASG_F32, {2, 3}), b = p.input(ASG_F32, {3, 4});
    RegionBuilder& r = p.epilogue(a, b, {2, 4});
    r.store(r.product(ASG_F64), p.output(ASG_F64, {2, 4}));
  });
  refused(ASG_UNSUPPORTED, "no kernel accepts 'region'", [](ProgramBuilder& p) {
    RegionBuilder& r = p.region({2});
    r.store(r.product(ASG_F32), p.output(ASG_F32, {2}));
  });
}

BOOST_AUTO_TEST_SUITE_END()
