// The kernels beside regions, with strides of every sort.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>
#include <random>
#include <tuple>
#include <vector>

#include "loaded_backend.hpp"
#include "support/messages.hpp"

using namespace asg::testing;
using boost::test_tools::per_element;
using test_support::contains;

namespace {

const LoadedBackend& backend() {
  static const auto& loaded = kept<LoadedBackend>(ASG_TEST_PLUGIN);
  return loaded;
}

using Numbers = std::tuple<float, double, int8_t, int32_t, int64_t, uint8_t, uint32_t>;
using Indices = std::tuple<int32_t, int64_t>;

/// Small whole numbers: every type holds them and their sums exactly.
template <class T>
std::vector<T> small_numbers(int64_t count, unsigned seed = 1) {
  std::mt19937 engine(seed);
  std::uniform_int_distribution<int> uniform(0, 3);
  std::vector<T> values(static_cast<std::size_t>(count));
  for (T& value : values) value = static_cast<T>(uniform(engine));
  return values;
}

constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();

}  // namespace

BOOST_AUTO_TEST_SUITE(kernels)

// ------------------------------------------------------------------------- matmul

BOOST_AUTO_TEST_CASE_TEMPLATE(matmul_with_batches_and_strides, T, Numbers) {
  const int64_t batches = 2, m = 3, k = 5, n = 4;
  ProgramBuilder p;
  const ValueId a = p.input(dtype_of<T>(), {batches, k, m});  // transposed
  const ValueId b = p.input(dtype_of<T>(), {k, n});           // shared by the batches
  const ValueId c = p.output(dtype_of<T>(), {batches, m, n});
  p.step(ASG_OP_MATMUL, "matmul",
         {p.view(a, {batches, m, k}, {k * m, 1, m}), p.view(b, {batches, k, n}, {0, n, 1})}, {c});
  Execution run(backend(), p.build());
  const auto x = small_numbers<T>(batches * k * m), y = small_numbers<T>(k * n, 2);
  const auto got = run.set(a, x).set(b, y).execute().template get<T>(c);
  for (int64_t i = 0; i < batches; ++i)
    for (int64_t r = 0; r < m; ++r)
      for (int64_t s = 0; s < n; ++s) {
        int sum = 0;
        for (int64_t q = 0; q < k; ++q)
          sum += static_cast<int>(x[(i * k + q) * m + r]) * static_cast<int>(y[q * n + s]);
        BOOST_TEST(static_cast<int>(got[(i * m + r) * n + s]) == sum);
      }
}

BOOST_AUTO_TEST_CASE(matmul_rounds_once) {
  // 1e8 + 1 - 1e8 is 0 in float32 and 1 in the accumulator.
  ProgramBuilder p;
  const ValueId a = p.input(ASG_F32, {1, 3}), b = p.input(ASG_F32, {3, 1});
  const ValueId c = p.output(ASG_F32, {1, 1});
  p.step(ASG_OP_MATMUL, "matmul", {a, b}, {c});
  Execution run(backend(), p.build());
  run.set(a, std::vector<float>{1e8f, 1, -1e8f}).set(b, std::vector<float>{1, 1, 1});
  BOOST_TEST(run.execute().get<float>(c)[0] == 1.0f);
}

BOOST_AUTO_TEST_CASE(matmul_of_empty_operands) {
  ProgramBuilder p;
  const ValueId a = p.input(ASG_F32, {2, 0}), b = p.input(ASG_F32, {0, 3});
  const ValueId zeros = p.output(ASG_F32, {2, 3}), nothing = p.output(ASG_F32, {0, 0});
  p.step(ASG_OP_MATMUL, "matmul", {a, b}, {zeros});
  p.step(ASG_OP_MATMUL, "matmul", {p.view(b, {0, 2}, {2, 1}), p.view(a, {2, 0}, {1, 1})},
         {nothing});
  Execution run(backend(), p.build());
  BOOST_TEST(run.execute().get<float>(zeros) == std::vector<float>(6, 0.0f), per_element());
}

// ------------------------------------------------------------- gather and scatter

BOOST_AUTO_TEST_CASE_TEMPLATE(gather_along_an_axis, I, Indices) {
  // x [2, 4, 3], indices [2, 2] -> y [2, 2, 2, 3]
  ProgramBuilder p;
  const ValueId x = p.input(ASG_F64, {2, 4, 3}), i = p.input(dtype_of<I>(), {2, 2});
  const ValueId y = p.output(ASG_F64, {2, 2, 2, 3});
  p.step(ASG_OP_GATHER, "gather", {x, i}, {y}, Attrs{}.set("axis", 1).set("batch_dims", 0));
  Execution run(backend(), p.build());
  std::vector<double> table(24);
  std::iota(table.begin(), table.end(), 0.0);
  const std::vector<I> index{3, 0, 1, 3};
  const auto got = run.set(x, table).set(i, index).execute().template get<double>(y);
  for (int b = 0; b < 2; ++b)
    for (int k = 0; k < 4; ++k)
      for (int q = 0; q < 3; ++q)
        BOOST_TEST(got[(b * 4 + k) * 3 + q] == table[(b * 4 + index[k]) * 3 + q]);
}

BOOST_AUTO_TEST_CASE(gather_with_batch_axes) {
  // One index for each row, as the loss of a classifier picks its label.
  ProgramBuilder p;
  const ValueId x = p.input(ASG_F32, {3, 4}), i = p.input(ASG_I64, {3});
  const ValueId y = p.output(ASG_F32, {3});
  p.step(ASG_OP_GATHER, "gather", {x, i}, {y}, Attrs{}.set("axis", 1).set("batch_dims", 1));
  Execution run(backend(), p.build());
  run.set(x, std::vector<float>{0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23});
  run.set(i, std::vector<int64_t>{2, 0, 3});
  const std::vector<float> expected{2, 10, 23};
  BOOST_TEST(run.execute().get<float>(y) == expected, per_element());
}

BOOST_AUTO_TEST_CASE(gather_moves_types_it_cannot_compute_with) {
  ProgramBuilder p;
  const ValueId x = p.input(ASG_BF16, {3}), i = p.input(ASG_I64, {2}), y = p.output(ASG_BF16, {2});
  p.step(ASG_OP_GATHER, "gather", {x, i}, {y}, Attrs{}.set("axis", 0));
  Execution run(backend(), p.build());
  run.set(x, std::vector<uint16_t>{1, 2, 3}).set(i, std::vector<int64_t>{2, 1});
  const std::vector<uint16_t> expected{3, 2};
  BOOST_TEST(run.execute().get<uint16_t>(y) == expected, per_element());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(an_index_out_of_range_is_refused, I, Indices) {
  for (const int bad : {4, -1, -2147483647}) {
    ProgramBuilder p;
    const ValueId x = p.input(ASG_F32, {4}), i = p.input(dtype_of<I>(), {3});
    const ValueId nothing = p.view(i, {0}, {1}), y = p.output(ASG_F32, {3});
    // An empty list of indices is fine, and the step at fault is the second.
    p.step(ASG_OP_GATHER, "gather", {x, nothing}, {p.output(ASG_F32, {0})}, Attrs{}.set("axis", 0));
    const uint32_t step = p.step(ASG_OP_GATHER, "gather", {x, i}, {y}, Attrs{}.set("axis", 0));
    Execution run(backend(), p.build());
    run.set(i, std::vector<I>{0, static_cast<I>(bad), 1});
    const auto refused = [&](const Failure& e) {
      return e.status == ASG_INVALID_ARGUMENT &&
             contains(e.what(), "index " + std::to_string(bad) + " is outside [0, 4)");
    };
    BOOST_CHECK_EXCEPTION(run.execute(), Failure, [&](const Failure& e) {
      return refused(e) && contains(e.what(), "gather") && e.step == step;
    });

    ProgramBuilder q;
    const ValueId x2 = q.input(ASG_F32, {4}), i2 = q.input(dtype_of<I>(), {3});
    const ValueId u2 = q.input(ASG_F32, {3}), y2 = q.output(ASG_F32, {4});
    q.step(ASG_OP_SCATTER, "scatter", {x2, i2, u2}, {y2},
           Attrs{}.set("axis", 0).set("mode", "add"));
    Execution scatter(backend(), q.build());
    scatter.set(i2, std::vector<I>{0, 1, static_cast<I>(bad)});
    BOOST_CHECK_EXCEPTION(scatter.execute(), Failure, refused);
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(scatter_in_every_mode, T, Numbers) {
  // Row 1 of x [3, 2] is met twice, row 2 never.
  const std::vector<T> table{1, 2, 3, 4, 5, 6}, news{7, 0, 2, 9, 4, 4};
  const std::vector<int64_t> index{1, 0, 1};
  const std::vector<std::pair<const char*, std::vector<T>>> expectations{
      {"set", {2, 9, 4, 4, 5, 6}},
      {"add", {3, 11, 14, 8, 5, 6}},
      {"max", {2, 9, 7, 4, 5, 6}},
      {"min", {1, 2, 3, 0, 5, 6}}};
  for (const auto& [mode, expected] : expectations) {
    ProgramBuilder p;
    const ValueId x = p.input(dtype_of<T>(), {3, 2}), i = p.input(ASG_I64, {3});
    const ValueId u = p.input(dtype_of<T>(), {3, 2}), y = p.output(dtype_of<T>(), {3, 2});
    p.step(ASG_OP_SCATTER, "scatter", {x, i, u}, {y},
           Attrs{}.set("axis", 0).set("batch_dims", 0).set("mode", mode));
    Execution run(backend(), p.build());
    const auto got = run.set(x, table).set(i, index).set(u, news).execute().template get<T>(y);
    BOOST_TEST(got == expected, per_element());
  }
}

BOOST_AUTO_TEST_CASE(scatter_with_batch_axes_and_strides) {
  // y[b, index[b]] += u[b], u broadcast from one number, x seen transposed.
  ProgramBuilder p;
  const ValueId x = p.input(ASG_F32, {3, 2}), i = p.input(ASG_I32, {2}), u = p.input(ASG_F32, {1});
  const ValueId y = p.output(ASG_F32, {2, 3});
  p.step(ASG_OP_SCATTER, "scatter", {p.view(x, {2, 3}, {1, 2}), i, p.view(u, {2}, {0})}, {y},
         Attrs{}.set("axis", 1).set("batch_dims", 1).set("mode", "add"));
  Execution run(backend(), p.build());
  run.set(x, std::vector<float>{1, 4, 2, 5, 3, 6}).set(i, std::vector<int32_t>{2, 0});
  const std::vector<float> expected{1, 2, 103, 104, 5, 6};
  BOOST_TEST(run.set(u, std::vector<float>{100}).execute().get<float>(y) == expected,
             per_element());
}

// --------------------------------------------------------------------------- fold

BOOST_AUTO_TEST_CASE_TEMPLATE(fold_is_the_adjoint_of_unfold, T, Numbers) {
  // Two image axes with different strides, dilations and pads; the sum is written the other way
  // round, from every window into the image.
  const int64_t n = 2, s[] = {5, 6}, o[] = {3, 4}, k[] = {2, 3};
  const int64_t stride[] = {2, 1}, dilation[] = {1, 2}, pad[] = {1, 1};
  ProgramBuilder p;
  const ValueId x = p.input(dtype_of<T>(), {n, o[0], o[1], k[0], k[1]});
  const ValueId y = p.output(dtype_of<T>(), {n, s[0], s[1]});
  p.step(ASG_OP_FOLD, "fold", {x}, {y},
         Attrs{}.ints("strides", {2, 1}).ints("dilations", {1, 2}).ints("pads", {1, 1}));
  Execution run(backend(), p.build());
  const auto input = small_numbers<T>(n * o[0] * o[1] * k[0] * k[1]);
  const auto got = run.set(x, input).execute().template get<T>(y);
  std::vector<T> expected(static_cast<std::size_t>(n * s[0] * s[1]), T(0));
  std::size_t at = 0;
  for (int64_t b = 0; b < n; ++b)
    for (int64_t o0 = 0; o0 < o[0]; ++o0)
      for (int64_t o1 = 0; o1 < o[1]; ++o1)
        for (int64_t k0 = 0; k0 < k[0]; ++k0)
          for (int64_t k1 = 0; k1 < k[1]; ++k1, ++at) {
            const int64_t i = o0 * stride[0] + k0 * dilation[0] - pad[0];
            const int64_t j = o1 * stride[1] + k1 * dilation[1] - pad[1];
            if (i < 0 || i >= s[0] || j < 0 || j >= s[1]) continue;
            T& place = expected[(b * s[0] + i) * s[1] + j];
            place = static_cast<T>(place + input[at]);
          }
  BOOST_TEST(got == expected, per_element());
}

// ----------------------------------------------------- arg_reduce, sort, cumulative

std::vector<int64_t> positions(const std::vector<float>& data, Shape shape, int axis,
                               const char* mode) {
  ProgramBuilder p;
  Shape kept = shape;
  kept.erase(kept.begin() + axis);
  const ValueId x = p.input(ASG_F32, shape), y = p.output(ASG_I64, kept);
  p.step(ASG_OP_ARG_REDUCE, "arg_reduce", {x}, {y}, Attrs{}.set("axis", axis).set("mode", mode));
  Execution run(backend(), p.build());
  return run.set(x, data).execute().get<int64_t>(y);
}

BOOST_AUTO_TEST_CASE(arg_reduce_takes_the_first) {
  using Positions = std::vector<int64_t>;
  const std::vector<float> data{1, 5, 5, 2, -1, 0, -1, 3};
  BOOST_TEST(positions(data, {2, 4}, 1, "max") == (Positions{1, 3}), per_element());
  BOOST_TEST(positions(data, {2, 4}, 1, "min") == (Positions{0, 0}), per_element());
  BOOST_TEST(positions(data, {2, 4}, 0, "max") == (Positions{0, 0, 0, 1}), per_element());
  const std::vector<float> with_nan{1, nan_value, 9, nan_value};
  BOOST_TEST(positions(with_nan, {4}, 0, "max") == (Positions{1}), per_element());
  BOOST_TEST(positions(with_nan, {4}, 0, "min") == (Positions{1}), per_element());
}

BOOST_AUTO_TEST_CASE(arg_reduce_of_bool_and_of_nothing) {
  ProgramBuilder p;
  const ValueId x = p.input(ASG_BOOL, {4}), y = p.output(ASG_I64, {});
  p.step(ASG_OP_ARG_REDUCE, "arg_reduce", {x}, {y}, Attrs{}.set("axis", 0).set("mode", "max"));
  Execution run(backend(), p.build());
  BOOST_TEST(run.set(x, std::vector<bool>{false, false, true, true}).execute().get<int64_t>(y)[0] ==
             2);
  BOOST_CHECK_EXCEPTION(positions({}, {2, 0}, 1, "max"), Failure, [](const Failure& e) {
    return e.status == ASG_INVALID_ARGUMENT && contains(e.what(), "nothing to choose from");
  });
}

BOOST_AUTO_TEST_CASE_TEMPLATE(sort_is_stable_both_ways, T, Numbers) {
  for (const int descending : {0, 1}) {
    ProgramBuilder p;
    const ValueId x = p.input(dtype_of<T>(), {3, 40});
    const ValueId y = p.output(dtype_of<T>(), {3, 40}), at = p.output(ASG_I64, {3, 40});
    p.step(ASG_OP_SORT, "sort", {x}, {y, at}, Attrs{}.set("axis", 1).set("descending", descending));
    Execution run(backend(), p.build());
    const auto input = small_numbers<T>(120);
    run.set(x, input).execute();
    const auto sorted = run.template get<T>(y);
    const auto place = run.template get<int64_t>(at);
    for (std::size_t row = 0; row < 3; ++row)
      for (std::size_t i = 0; i < 40; ++i) {
        const std::size_t here = row * 40 + i;
        BOOST_TEST(sorted[here] == input[row * 40 + static_cast<std::size_t>(place[here])]);
        if (i == 0) continue;
        BOOST_TEST(
            (descending ? sorted[here - 1] >= sorted[here] : sorted[here - 1] <= sorted[here]));
        if (sorted[here - 1] == sorted[here]) BOOST_TEST(place[here - 1] < place[here]);
      }
  }
}

BOOST_AUTO_TEST_CASE(sort_puts_nan_above_every_number) {
  for (const int descending : {0, 1}) {
    ProgramBuilder p;
    const ValueId x = p.input(ASG_F32, {5});
    const ValueId y = p.output(ASG_F32, {5}), at = p.output(ASG_I64, {5});
    p.step(ASG_OP_SORT, "sort", {x}, {y, at}, Attrs{}.set("axis", 0).set("descending", descending));
    Execution run(backend(), p.build());
    run.set(x, std::vector<float>{2, nan_value, -1, nan_value, 7}).execute();
    const std::vector<int64_t> expected =
        descending ? std::vector<int64_t>{1, 3, 4, 0, 2} : std::vector<int64_t>{2, 0, 4, 1, 3};
    BOOST_TEST(run.get<int64_t>(at) == expected, per_element());
  }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(cumulative_in_every_mode, T, Numbers) {
  // Along the first axis of [4, 2], so that lines are strided.
  const std::vector<T> input{1, 2, 3, 1, 2, 2, 1, 3};
  for (const std::string mode : {"sum", "prod", "max"})
    for (const int exclusive : {0, 1})
      for (const int reverse : {0, 1}) {
        ProgramBuilder p;
        const ValueId x = p.input(dtype_of<T>(), {4, 2}), y = p.output(dtype_of<T>(), {4, 2});
        p.step(ASG_OP_CUMULATIVE, "cumulative", {x}, {y},
               Attrs{}
                   .set("axis", 0)
                   .set("mode", mode.c_str())
                   .set("exclusive", exclusive)
                   .set("reverse", reverse));
        Execution run(backend(), p.build());
        const auto got = run.set(x, input).execute().template get<T>(y);
        for (int column = 0; column < 2; ++column)
          for (int i = 0; i < 4; ++i) {
            // Everything up to here from the side where the line starts.
            T expected = mode == "sum"                 ? T(0)
                         : mode == "prod"              ? T(1)
                         : std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity()
                                                       : std::numeric_limits<T>::lowest();
            for (int k = 0; k < 4; ++k) {
              const int ahead = reverse ? k - i : i - k;
              if (ahead < exclusive) continue;
              const T item = input[static_cast<std::size_t>(k * 2 + column)];
              expected = mode == "sum"    ? static_cast<T>(expected + item)
                         : mode == "prod" ? static_cast<T>(expected * item)
                                          : std::max(expected, item);
            }
            BOOST_TEST(got[static_cast<std::size_t>(i * 2 + column)] == expected,
                       mode << " exclusive " << exclusive << " reverse " << reverse << " at " << i);
          }
      }
}

BOOST_AUTO_TEST_CASE(cumulative_sum_rounds_each_result_once) {
  ProgramBuilder p;
  const ValueId x = p.input(ASG_F32, {3}), y = p.output(ASG_F32, {3});
  p.step(ASG_OP_CUMULATIVE, "cumulative", {x}, {y}, Attrs{}.set("axis", 0).set("mode", "sum"));
  Execution run(backend(), p.build());
  const std::vector<float> expected{1e8f, 1e8f, 1};
  BOOST_TEST(run.set(x, std::vector<float>{1e8f, 1, -1e8f}).execute().get<float>(y) == expected,
             per_element());
}

BOOST_AUTO_TEST_SUITE_END()
