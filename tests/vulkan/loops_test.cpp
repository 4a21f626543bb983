// Loops longer than what a device is trusted with: llvmpipe ends every loop, silently, once the
// loops of an invocation have run 65535 times.  At that size, and with the limit lowered.
#include <boost/test/unit_test.hpp>

#include <numeric>

#include "cpu/differential.hpp"

namespace asg::testing {
namespace {

struct Limited {
  std::string loops;
  LoadedBackend backend;
  explicit Limited(int limit, const char* profile = "auto")
      : loops(std::to_string(limit)),
        backend(ASG_TEST_VULKAN, {{"loops", loops.c_str()}, {"profile", profile}}) {}
};

const LoadedBackend& device() {
  static const auto& backend = kept<LoadedBackend>(ASG_TEST_VULKAN);
  return backend;
}

/// Empty when a backend agrees with the reference.
std::string compare(const LoadedBackend& backend, Case& c, double tolerance = 0) {
  static const auto& reference = kept<LoadedBackend>(ASG_TEST_REFERENCE);
  const std::vector<Bytes> expected = run_on(reference, c), got = run_on(backend, c);
  for (std::size_t o = 0; o < expected.size(); ++o) {
    const uint32_t dtype = c.program.value(c.outputs[o]).dtype;
    const std::string text = difference(dtype, got[o], expected[o], tolerance);
    if (!text.empty()) return std::string(sdk::dtype_name(dtype)) + ": " + text;
  }
  return {};
}

template <class T>
ValueId given(Case& c, const std::vector<T>& data, const Shape& shape) {
  const ValueId id = c.program.input(dtype_of<T>(), shape);
  const auto* bytes = reinterpret_cast<const uint8_t*>(data.data());
  c.inputs.emplace_back(id, Bytes(bytes, bytes + data.size() * sizeof(T)));
  return id;
}

void cumulative(Case& c, uint32_t dtype, int64_t length, const char* mode, bool turned) {
  Random random(static_cast<uint64_t>(length));
  const ValueId x = c.input(random, dtype, {2, length, 3}, false);
  c.program.step(ASG_OP_CUMULATIVE, "cumulative", {x}, {c.output(dtype, {2, length, 3})},
                 Attrs{}
                     .set("axis", 1)
                     .set("mode", mode)
                     .set("exclusive", int64_t{turned})
                     .set("reverse", int64_t{turned}));
}

BOOST_AUTO_TEST_CASE(a_running_sum_of_ones_counts_them) {
  for (const int64_t length : {int64_t{65535}, int64_t{65536}, int64_t{200'001}}) {
    Case c;
    const ValueId x = given(c, std::vector<float>(static_cast<std::size_t>(length), 1), {length});
    c.program.step(ASG_OP_CUMULATIVE, "cumsum", {x}, {c.output(ASG_F32, {length})},
                   Attrs{}.set("axis", 0).set("mode", "sum"));
    BOOST_TEST(compare(device(), c) == "", "of " << length);
  }
}

BOOST_AUTO_TEST_CASE(long_running_results) {
  for (const char* mode : {"sum", "prod", "max"})
    for (const bool turned : {false, true}) {
      Case c;
      cumulative(c, ASG_F32, 70'001, mode, turned);
      BOOST_TEST(compare(device(), c) == "", mode);
    }
  const Limited limited(50);
  for (const uint32_t dtype : {ASG_F32, ASG_F64, ASG_I8, ASG_I64})
    for (const char* mode : {"sum", "prod", "max"}) {
      Case c;
      cumulative(c, dtype, 333, mode, dtype != ASG_I8);
      BOOST_TEST(compare(limited.backend, c) == "", mode);
    }
}

void arg_reduce(Case& c, ValueId x, Shape shape, int64_t axis, const char* mode) {
  shape.erase(shape.begin() + axis);
  c.program.step(ASG_OP_ARG_REDUCE, "arg_reduce", {x}, {c.output(ASG_I64, shape)},
                 Attrs{}.set("axis", axis).set("mode", mode));
}

BOOST_AUTO_TEST_CASE(the_largest_of_a_million) {
  constexpr int64_t count = 1'100'000;
  std::vector<float> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0.0f);
  Case c;
  const ValueId x = given(c, numbers, {count});
  arg_reduce(c, x, {count}, 0, "max");
  arg_reduce(c, x, {count}, 0, "min");
  BOOST_TEST(compare(device(), c) == "");
}

// Of pieces, of what these have chosen, and of what has been chosen of that; equal ones abound.
BOOST_AUTO_TEST_CASE(the_first_of_equals_in_many_pieces) {
  const Limited limited(20);
  for (const uint32_t dtype : {ASG_F32, ASG_I8, ASG_BOOL})
    for (const char* mode : {"max", "min"}) {
      Case c;
      Random random(dtype);
      const Shape shape = {3, 30'000, 2};
      arg_reduce(c, c.input(random, dtype, shape), shape, 1, mode);
      BOOST_TEST(compare(limited.backend, c) == "", mode << " of " << sdk::dtype_name(dtype));
    }
}

void scatter(Case& c, uint32_t dtype, const char* mode, int64_t updates) {
  Random random(static_cast<uint64_t>(updates));
  constexpr int64_t rows = 3, width = 4;
  std::vector<int64_t> indices(static_cast<std::size_t>(updates), 1);
  for (std::size_t i = 0; i < indices.size(); i += 997) indices[i] = random.integer(0, rows - 1);
  const ValueId x = c.input(random, dtype, {rows, width}, false),
                chosen = given(c, indices, {updates}),
                values = c.input(random, dtype, {updates, width}, false);
  c.program.step(ASG_OP_SCATTER, "scatter", {x, chosen, values}, {c.output(dtype, {rows, width})},
                 Attrs{}.set("axis", 0).set("mode", mode));
}

BOOST_AUTO_TEST_CASE(many_updates_of_one_row) {
  for (const char* mode : {"add", "set", "max", "min"}) {
    Case c;
    scatter(c, ASG_F32, mode, 66'000);
    BOOST_TEST(compare(device(), c) == "", mode);
  }
  const Limited limited(100);
  for (const uint32_t dtype : {ASG_F32, ASG_I8, ASG_F64})
    for (const char* mode : {"add", "set", "max", "min"}) {
      Case c;
      scatter(c, dtype, mode, 1000);
      BOOST_TEST(compare(limited.backend, c) == "", mode << " of " << sdk::dtype_name(dtype));
    }
}

BOOST_AUTO_TEST_CASE(large_windows) {
  const auto fold = [](Case& c, uint32_t dtype, Shape kernel, std::vector<int64_t> strides) {
    Random random(5);
    Shape x = {2}, y = {2};
    std::vector<int64_t> dilations, pads;
    for (std::size_t d = 0; d < kernel.size(); ++d) {
      constexpr int64_t windows = 3, pad = 1;
      x.push_back(windows);
      y.push_back((windows - 1) * strides[d] + kernel[d] - 2 * pad);
      dilations.push_back(1);
      pads.push_back(pad);
    }
    x.insert(x.end(), kernel.begin(), kernel.end());
    const ValueId from = c.input(random, dtype, x, false);
    c.program.step(
        ASG_OP_FOLD, "fold", {from}, {c.output(dtype, y)},
        Attrs{}.ints("strides", strides).ints("dilations", dilations).ints("pads", pads));
  };
  const Limited limited(30);
  for (const uint32_t dtype : {ASG_F32, ASG_I8}) {
    Case one, two;
    fold(one, dtype, {100}, {7});
    fold(two, dtype, {9, 11}, {2, 3});
    BOOST_TEST(compare(limited.backend, one, 2e-7) == "");
    BOOST_TEST(compare(limited.backend, two, 2e-7) == "");
  }
}

/// [m, k] times [k, n], of which element (i, j) is k (i % 3) (j % 5 + 1).
std::size_t wrong_products(const LoadedBackend& backend, int64_t m, int64_t n, int64_t k) {
  ProgramBuilder p;
  const ValueId a = p.input(ASG_F32, {m, k}), b = p.input(ASG_F32, {k, n}),
                y = p.output(ASG_F32, {m, n});
  p.step(ASG_OP_MATMUL, "matmul", {a, b}, {y});
  std::vector<float> left, right;
  for (int64_t i = 0; i < m * k; ++i) left.push_back(static_cast<float>(i / k % 3));
  for (int64_t i = 0; i < k * n; ++i) right.push_back(static_cast<float>(i % n % 5 + 1));
  const std::vector<float> got =
      Execution(backend, p.build()).set(a, left).set(b, right).execute().get<float>(y);
  std::size_t wrong = 0;
  for (int64_t i = 0; i < m * n; ++i)
    wrong +=
        got[static_cast<std::size_t>(i)] != static_cast<float>(k * (i / n % 3) * (i % n % 5 + 1))
            ? 1
            : 0;
  return wrong;
}

BOOST_AUTO_TEST_CASE(long_sums_of_products) {
  const LoadedBackend gpu(ASG_TEST_VULKAN, {{"profile", "gpu"}});
  BOOST_TEST(wrong_products(device(), 3, 1, 1'100'000) == 0u);
  BOOST_TEST(wrong_products(gpu, 3, 2, 1'100'000) == 0u);
  BOOST_TEST(wrong_products(device(), 256, 256, 70'001) == 0u);
}

/// A product whose epilogue has loops, too.
void product(Case& c, uint32_t dtype, int64_t k, bool epilogue) {
  Random random(static_cast<uint64_t>(k));
  constexpr int64_t m = 21, n = 37;
  ProgramBuilder& p = c.program;
  const ValueId a = c.input(random, dtype, {2, m, k}, false),
                b = c.input(random, dtype, {2, k, n}, false), y = c.output(dtype, {2, m, n});
  if (!epilogue) {
    p.step(ASG_OP_MATMUL, "matmul", {a, b}, {y});
    return;
  }
  RegionBuilder& r = p.epilogue(a, b, {2, m, n});
  const Register large = r.cast(dtype, r.imm(1e30f)), one = r.product(dtype);
  r.store(r.op(ASG_EW_ADD, one,
               r.op(ASG_EW_REM, large,
                    r.op(ASG_EW_MAX, r.cast(dtype, r.imm(3.f)), r.cast(dtype, r.imm(7.f))))),
          y);
}

BOOST_AUTO_TEST_CASE(products_in_several_runs) {
  for (const char* profile : {"cpu", "gpu"}) {
    const Limited limited(4000, profile);
    for (const uint32_t dtype : {ASG_F32, ASG_F64, ASG_I8, ASG_I64})
      for (const bool epilogue : {false, true})
        for (const int64_t k : {7, 20'011}) {
          if (epilogue && !sdk::is_float(dtype)) continue;
          Case c;
          product(c, dtype, k, epilogue);
          const double tolerance = dtype == ASG_F32 ? 3e-6 : dtype == ASG_F64 ? 1e-13 : 0;
          BOOST_TEST(compare(limited.backend, c, tolerance) == "",
                     profile << ", K " << k << " of " << sdk::dtype_name(dtype) << ", epilogue "
                             << epilogue);
        }
  }
}

/// max(x % d) and sum(x % d) for each row, and x % d less its maximum.
void remainders(Case& c, uint32_t dtype, int64_t rows, int64_t width) {
  Random random(dtype);
  const auto magnitudes = [&](double low, double high) {
    Bytes data;
    for (int64_t i = 0; i < rows * width; ++i) {
      const double x = std::exp2(low + (high - low) * random.real());
      const auto narrow = static_cast<float>(x);
      const auto* bytes = dtype == ASG_F32 ? reinterpret_cast<const uint8_t*>(&narrow)
                                           : reinterpret_cast<const uint8_t*>(&x);
      data.insert(data.end(), bytes, bytes + sdk::dtype_size(dtype));
    }
    const ValueId id = c.program.input(dtype, {rows, width});
    c.inputs.emplace_back(id, data);
    return id;
  };
  const double most = dtype == ASG_F32 ? 120 : 1000;
  const ValueId x = magnitudes(most - 10, most), d = magnitudes(-most, 10 - most);
  RegionBuilder& r = c.program.region({rows, width});
  Register rest = r.op(ASG_EW_REM, r.load(x), r.load(d));
  const ReductionId largest = r.reduce(ASG_REDUCE_MAX, rest, {1}),
                    sum = r.reduce(ASG_REDUCE_SUM, rest, {1});
  r.next_phase();
  r.store(largest, c.output(dtype, {rows}));
  r.store(sum, c.output(dtype, {rows}));
  r.store(r.op(ASG_EW_SUB, r.op(ASG_EW_REM, r.load(x), r.load(d)), r.reduced(largest)),
          c.output(dtype, {rows, width}));
}

// A remainder of floats is a loop of its own, inside that over the elements.
BOOST_AUTO_TEST_CASE(reductions_of_remainders) {
  for (const uint32_t dtype : {ASG_F32, ASG_F64})
    for (const int64_t width : {100, 4096, 10'000}) {
      Case c;
      remainders(c, dtype, 2, width);
      BOOST_TEST(compare(device(), c) == "", width << " of " << sdk::dtype_name(dtype));
    }
}

// No number of runs makes one element's loops shorter.
BOOST_AUTO_TEST_CASE(what_no_run_can_hold_is_refused_by_name) {
  const Limited limited(1000);
  ProgramBuilder p;
  const ValueId x = p.input(ASG_F32, {5}), y = p.output(ASG_F32, {5});
  RegionBuilder& r = p.region({5}, "chain");
  Register value = r.load(x);
  for (int i = 0; i < 4; ++i) value = r.op(ASG_EW_REM, value, r.load(x));
  r.store(value, y);
  try {
    Execution run(limited.backend, p.build());
    BOOST_ERROR("nothing refuses it");
  } catch (const Failure& e) {
    BOOST_TEST(e.status == ASG_UNSUPPORTED);
    BOOST_TEST(e.step == 0u);
    const std::string text = e.what();
    BOOST_CHECK_MESSAGE(text.find("1024 iterations") != std::string::npos &&
                            text.find("trusted with 1000") != std::string::npos,
                        text);
  }
}

BOOST_AUTO_TEST_CASE(the_limit_is_a_number_above_0) {
  for (const char* bad : {"0", "-1", "many", "", "5 "}) try {
      const LoadedBackend backend(ASG_TEST_VULKAN, {{"loops", bad}});
      BOOST_ERROR("accepted '" << bad << "'");
    } catch (const Failure& e) {
      BOOST_TEST(e.status == ASG_INVALID_ARGUMENT);
    }
}

}  // namespace
}  // namespace asg::testing
