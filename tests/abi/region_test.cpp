// Regions: phases, bounds, index registers, iota, random numbers and the fixed reduction tree.
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

using namespace asg::testing;

namespace {

const LoadedBackend& backend() {
  static const auto& loaded = kept<LoadedBackend>(ASG_TEST_PLUGIN);
  return loaded;
}

using Floats = std::tuple<float, double>;
using IotaTypes = std::tuple<float, double, int32_t, int64_t, uint8_t>;

template <class T>
std::vector<T> random_values(std::size_t count, unsigned seed = 1) {
  std::mt19937 engine(seed);
  std::uniform_real_distribution<double> uniform(-2, 2);
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(uniform(engine));
  return values;
}

/// The tree as the header words it, one lane array and one list of block results at a time.
template <class T, class Op>
T fixed_tree(const std::vector<T>& points, T neutral, Op op) {
  if (points.empty()) return neutral;
  std::vector<T> blocks;
  for (std::size_t begin = 0; begin < points.size(); begin += 4096) {
    std::vector<T> lane(16, neutral);
    for (std::size_t i = begin; i < std::min(begin + 4096, points.size()); ++i)
      lane[(i - begin) % 16] = op(lane[(i - begin) % 16], points[i]);
    for (const std::size_t h : {8u, 4u, 2u, 1u})
      for (std::size_t i = 0; i < h; ++i) lane[i] = op(lane[i], lane[i + h]);
    blocks.push_back(lane[0]);
  }
  while (blocks.size() > 1) {
    std::vector<T> next;
    for (std::size_t i = 0; i + 1 < blocks.size(); i += 2)
      next.push_back(op(blocks[i], blocks[i + 1]));
    if (blocks.size() % 2 == 1) next.push_back(blocks.back());
    blocks = next;
  }
  return blocks[0];
}

template <class T>
T plus(T a, T b) {
  return a + b;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(regions)

BOOST_AUTO_TEST_CASE_TEMPLATE(softmax_in_three_phases, T, Floats) {
  const int64_t rows = 5, columns = 37;
  ProgramBuilder p;
  const ValueId x = p.input(dtype_of<T>(), {rows, columns});
  const ValueId y = p.output(dtype_of<T>(), {rows, columns});
  RegionBuilder& r = p.region({rows, columns}, "softmax");
  const ReductionId largest = r.reduce(ASG_REDUCE_MAX, r.load(x), {1});
  r.next_phase();
  const auto exponential = [&] {
    const Register value = r.load(x);
    return r.op(ASG_EW_EXP, r.op(ASG_EW_SUB, value, r.reduced(largest)));
  };
  const ReductionId total = r.reduce(ASG_REDUCE_SUM, exponential(), {1});
  r.next_phase();
  const Register numerator = exponential();
  r.store(r.op(ASG_EW_DIV, numerator, r.reduced(total)), y);

  Execution run(backend(), p.build());
  const std::vector<T> input = random_values<T>(static_cast<std::size_t>(rows * columns));
  const std::vector<T> got = run.set(x, input).execute().template get<T>(y);
  for (int64_t i = 0; i < rows; ++i) {
    long double sum = 0;
    for (int64_t j = 0; j < columns; ++j)
      sum += std::exp(static_cast<long double>(input[i * columns + j]));
    for (int64_t j = 0; j < columns; ++j) {
      const auto expected = std::exp(static_cast<long double>(input[i * columns + j])) / sum;
      BOOST_TEST(std::fabs(got[i * columns + j] - expected) <=
                 8 * std::numeric_limits<T>::epsilon() * expected);
    }
  }
}

BOOST_AUTO_TEST_CASE(views_broadcast_transpose_and_flip) {
  ProgramBuilder p;
  const ValueId x = p.input(ASG_F32, {2, 3}), row = p.input(ASG_F32, {3});
  const ValueId flipped = p.view(x, {3, 2}, {-1, 3}, 2);
  const ValueId repeated = p.view(row, {3, 2}, {1, 0});
  const ValueId y = p.output(ASG_F32, {3, 2});
  RegionBuilder& r = p.region({3, 2});
  const Register a = r.load(flipped);
  r.store(r.op(ASG_EW_ADD, a, r.load(repeated)), y);
  Execution run(backend(), p.build());
  run.set(x, std::vector<float>{1, 2, 3, 4, 5, 6}).set(row, std::vector<float>{10, 20, 30});
  const std::vector<float> expected{13, 16, 22, 25, 31, 34};
  BOOST_TEST(run.execute().get<float>(y) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(bounds_pad_a_load) {
  // Two before, one after, each row filled up with -1.
  ProgramBuilder p;
  const ValueId x = p.input(ASG_F32, {2, 3}), y = p.output(ASG_F32, {2, 6});
  RegionBuilder& r = p.region({2, 6});
  Access access{{3, 1}, -2, {{-2, 3, {0, 1}}}, bits_of(-1.0f)};
  r.store(r.load(x, access), y);
  Execution run(backend(), p.build());
  run.set(x, std::vector<float>{1, 2, 3, 4, 5, 6});
  const std::vector<float> expected{-1, -1, 1, 2, 3, -1, -1, -1, 4, 5, 6, -1};
  BOOST_TEST(run.execute().get<float>(y) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(bounds_skip_a_store) {
  // Concatenation writes its parts into one value; the places outside keep what they had.
  ProgramBuilder p;
  const ValueId x = p.input(ASG_I32, {6}), y = p.state(ASG_I32, {6});
  RegionBuilder& r = p.region({6});
  r.store(r.load(x), y, {{1}, 2, {{-1, 3, {1}}}});
  Execution run(backend(), p.build());
  run.set(x, std::vector<int32_t>{1, 2, 3, 4, 5, 6}).set(y, std::vector<int32_t>{9, 9, 9, 9, 9, 9});
  const std::vector<int32_t> expected{9, 9, 9, 2, 3, 4};
  BOOST_TEST(run.execute().get<int32_t>(y) == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(unfold_with_stride_dilation_and_pads) {
  // y[o, k] = x[2 o + 3 k - 2], zero outside.
  const int64_t size = 9, windows = 4, taps = 3;
  ProgramBuilder p;
  const ValueId x = p.input(ASG_F64, {size}), y = p.output(ASG_F64, {windows, taps});
  RegionBuilder& r = p.region({windows, taps});
  r.store(r.load(x, {{2, 3}, -2, {{-2, size, {2, 3}}}, bits_of(0.0)}), y);
  Execution run(backend(), p.build());
  const std::vector<double> input = random_values<double>(size);
  const std::vector<double> got = run.set(x, input).execute().get<double>(y);
  for (int64_t o = 0; o < windows; ++o)
    for (int64_t k = 0; k < taps; ++k) {
      const int64_t at = 2 * o + 3 * k - 2;
      BOOST_TEST(got[o * taps + k] == (at >= 0 && at < size ? input[at] : 0.0));
    }
}

BOOST_AUTO_TEST_CASE_TEMPLATE(iota, T, IotaTypes) {
  ProgramBuilder p;
  const ValueId y = p.output(dtype_of<T>(), {3, 4});
  RegionBuilder& r = p.region({3, 4});
  r.store(r.iota(dtype_of<T>(), {10, 2}, 5), y);
  Execution run(backend(), p.build());
  const std::vector<T> got = run.execute().template get<T>(y);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 4; ++j) BOOST_TEST(got[i * 4 + j] == static_cast<T>(5 + 10 * i + 2 * j));
}

// ------------------------------------------------------------------- random numbers

std::vector<uint32_t> random_words(int64_t seed, int64_t step, uint64_t stream, int64_t first,
                                   int64_t count) {
  ProgramBuilder p;
  const ValueId y = p.output(ASG_U32, {count});
  RegionBuilder& r = p.region({count});
  const Register seed_register = r.imm(seed);
  r.store(r.random(seed_register, r.imm(step), {1}, first, stream), y);
  Execution run(backend(), p.build());
  return run.execute().get<uint32_t>(y);
}

// The known answers that the authors publish with Random123 (kat_vectors, philox4x32 10).
BOOST_AUTO_TEST_CASE(philox_known_answers) {
  using Words = std::vector<uint32_t>;
  BOOST_TEST(random_words(0, 0, 0, 0, 4) == (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}),
             boost::test_tools::per_element());
  BOOST_TEST(random_words(-1, -1, ~uint64_t{0}, 4 * int64_t{0xffffffff}, 4) ==
                 (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}),
             boost::test_tools::per_element());
  // Counter 243f6a88 85a308d3 13198a2e 03707344, key a4093822 299f31d0: digits of pi.
  BOOST_TEST(
      random_words(0x299f31d0a4093822, 0x03707344, 0x13198a2e85a308d3, 4 * int64_t{0x243f6a88},
                   4) == (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}),
      boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(random_numbers_depend_on_the_element_alone) {
  const std::vector<uint32_t> all = random_words(42, 7, 3, 0, 1000);
  const std::vector<uint32_t> part = random_words(42, 7, 3, 301, 99);
  BOOST_TEST(std::equal(part.begin(), part.end(), all.begin() + 301));
  BOOST_TEST(random_words(42, 8, 3, 0, 1000) != all);
  BOOST_TEST(random_words(42, 7, 4, 0, 1000) != all);
  BOOST_TEST(random_words(43, 7, 3, 0, 1000) != all);
  // The element number is the access's, not the place in the walk: a transposed walk gives the
  // transposed numbers.
  ProgramBuilder p;
  const ValueId y = p.output(ASG_U32, {20, 50});
  RegionBuilder& r = p.region({50, 20});
  const Register seed = r.imm(int64_t{42});
  r.store(r.random(seed, r.imm(int64_t{7}), {1, 50}, 0, 3), y, {{1, 50}});
  Execution run(backend(), p.build());
  BOOST_TEST(run.execute().get<uint32_t>(y) == all, boost::test_tools::per_element());
}

// ---------------------------------------------------------------------- reductions

BOOST_AUTO_TEST_CASE_TEMPLATE(sum_keeps_the_fixed_tree, T, Floats) {
  for (const int64_t n :
       {1, 2, 15, 16, 17, 255, 256, 257, 4095, 4096, 4097, 8192, 12293, 20481, 61441}) {
    ProgramBuilder p;
    const ValueId x = p.input(dtype_of<T>(), {n}), y = p.output(dtype_of<T>(), {});
    RegionBuilder& r = p.region({n});
    r.store(r.reduce(ASG_REDUCE_SUM, r.load(x), {0}), y);
    Execution run(backend(), p.build());
    const std::vector<T> input = random_values<T>(static_cast<std::size_t>(n));
    const T got = run.set(x, input).execute().template get<T>(y)[0];
    BOOST_TEST(got == fixed_tree<T>(input, 0, plus<T>), "of " << n);
  }
}

// Every set of reduced axes of a rank-3 domain, so that results are visited in order and mixed.
BOOST_AUTO_TEST_CASE(sum_keeps_the_fixed_tree_over_any_axes) {
  const int64_t dims[] = {13, 67, 90};
  const std::vector<float> input = random_values<float>(13 * 67 * 90, 3);
  for (uint32_t mask = 0; mask < 8; ++mask) {
    ProgramBuilder p;
    Shape kept;
    for (uint32_t d = 0; d < 3; ++d)
      if ((mask >> d & 1) == 0) kept.push_back(dims[d]);
    const ValueId x = p.input(ASG_F32, {dims[0], dims[1], dims[2]});
    const ValueId y = p.output(ASG_F32, kept);
    RegionBuilder& r = p.region({dims[0], dims[1], dims[2]});
    const Register source = r.load(x);
    r.store(mask == 0   ? r.reduce(ASG_REDUCE_SUM, source, {})
            : mask == 1 ? r.reduce(ASG_REDUCE_SUM, source, {0})
            : mask == 2 ? r.reduce(ASG_REDUCE_SUM, source, {1})
            : mask == 3 ? r.reduce(ASG_REDUCE_SUM, source, {0, 1})
            : mask == 4 ? r.reduce(ASG_REDUCE_SUM, source, {2})
            : mask == 5 ? r.reduce(ASG_REDUCE_SUM, source, {0, 2})
            : mask == 6 ? r.reduce(ASG_REDUCE_SUM, source, {1, 2})
                        : r.reduce(ASG_REDUCE_SUM, source, {0, 1, 2}),
            y);
    Execution run(backend(), p.build());
    const std::vector<float> got = run.set(x, input).execute().get<float>(y);
    std::vector<std::vector<float>> groups(got.size());
    for (std::size_t i = 0; i < input.size(); ++i) {
      const std::size_t at[] = {i / (67 * 90), i / 90 % 67, i % 90};
      std::size_t group = 0;
      for (uint32_t d = 0; d < 3; ++d)
        if ((mask >> d & 1) == 0) group = group * static_cast<std::size_t>(dims[d]) + at[d];
      groups[group].push_back(input[i]);
    }
    for (std::size_t g = 0; g < groups.size(); ++g)
      BOOST_TEST(got[g] == fixed_tree<float>(groups[g], 0, plus<float>), "axes " << mask);
  }
}

BOOST_AUTO_TEST_CASE(every_kind_of_reduction) {
  const int64_t n = 100;
  const std::vector<double> input = random_values<double>(n);
  std::vector<int32_t> integers(n);
  for (int64_t i = 0; i < n; ++i) integers[i] = static_cast<int32_t>(input[i] * 1000);
  std::vector<bool> flags(n, false);
  flags[60] = true;

  ProgramBuilder p;
  const ValueId x = p.input(ASG_F64, {n}), k = p.input(ASG_I32, {n}), b = p.input(ASG_BOOL, {n});
  const ValueId real = p.output(ASG_F64, {4}), whole = p.output(ASG_I32, {4});
  const ValueId logical = p.output(ASG_BOOL, {2});
  RegionBuilder& r = p.region({n});
  const Register from[] = {r.load(x), r.load(k), r.load(b)};
  for (uint32_t kind = ASG_REDUCE_SUM; kind <= ASG_REDUCE_MIN; ++kind) {
    r.store(r.reduce(kind, from[0], {0}), real, {{0}, kind - 1});
    r.store(r.reduce(kind, from[1], {0}), whole, {{0}, kind - 1});
  }
  r.store(r.reduce(ASG_REDUCE_ANY, from[2], {0}), logical, {{0}, 0});
  r.store(r.reduce(ASG_REDUCE_ALL, from[2], {0}), logical, {{0}, 1});
  Execution run(backend(), p.build());
  run.set(x, input).set(k, integers).set(b, flags).execute();

  const auto times = [](auto a, auto c) { return a * c; };
  const auto got = run.get<double>(real);
  BOOST_TEST(got[0] == fixed_tree<double>(input, 0, plus<double>));
  BOOST_TEST(got[1] == fixed_tree<double>(input, 1, times));
  BOOST_TEST(got[2] == *std::max_element(input.begin(), input.end()));
  BOOST_TEST(got[3] == *std::min_element(input.begin(), input.end()));
  const auto counted = run.get<int32_t>(whole);
  uint32_t product = 1;
  for (const int32_t i : integers) product *= static_cast<uint32_t>(i);
  BOOST_TEST(counted[0] == std::accumulate(integers.begin(), integers.end(), 0));
  BOOST_TEST(counted[1] == static_cast<int32_t>(product));
  BOOST_TEST(counted[2] == *std::max_element(integers.begin(), integers.end()));
  BOOST_TEST(counted[3] == *std::min_element(integers.begin(), integers.end()));
  BOOST_TEST(run.get<bool>(logical)[0]);
  BOOST_TEST(!run.get<bool>(logical)[1]);
}

BOOST_AUTO_TEST_CASE(reductions_of_nothing_are_neutral) {
  ProgramBuilder p;
  const ValueId x = p.input(ASG_F32, {2, 0}), k = p.input(ASG_I64, {2, 0});
  const ValueId b = p.input(ASG_BOOL, {2, 0});
  const ValueId real = p.output(ASG_F32, {2, 4}), whole = p.output(ASG_I64, {2, 4});
  const ValueId logical = p.output(ASG_BOOL, {2, 4});
  RegionBuilder& r = p.region({2, 0});
  const Register from[] = {r.load(x), r.load(k), r.load(b)};
  for (uint32_t kind = ASG_REDUCE_SUM; kind <= ASG_REDUCE_MIN; ++kind) {
    r.store(r.reduce(kind, from[0], {1}), real, {{4, 0}, kind - 1});
    r.store(r.reduce(kind, from[1], {1}), whole, {{4, 0}, kind - 1});
  }
  const uint32_t kinds[] = {ASG_REDUCE_MAX, ASG_REDUCE_MIN, ASG_REDUCE_ANY, ASG_REDUCE_ALL};
  for (uint32_t i = 0; i < 4; ++i) r.store(r.reduce(kinds[i], from[2], {1}), logical, {{4, 0}, i});
  Execution run(backend(), p.build());
  run.execute();
  const float inf = std::numeric_limits<float>::infinity();
  const int64_t least = std::numeric_limits<int64_t>::min(),
                most = std::numeric_limits<int64_t>::max();
  const std::vector<float> reals{0, 1, -inf, inf, 0, 1, -inf, inf};
  const std::vector<int64_t> wholes{0, 1, least, most, 0, 1, least, most};
  const std::vector<bool> logicals{false, true, false, true, false, true, false, true};
  BOOST_TEST(run.get<float>(real) == reals, boost::test_tools::per_element());
  BOOST_TEST(run.get<int64_t>(whole) == wholes, boost::test_tools::per_element());
  BOOST_TEST((run.get<bool>(logical) == logicals));
}

BOOST_AUTO_TEST_CASE(a_nan_survives_maximum_and_minimum) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const std::size_t place : {0u, 17u, 99u}) {
    std::vector<float> input(100, 1.0f);
    input[place] = nan;
    ProgramBuilder p;
    const ValueId x = p.input(ASG_F32, {100}), y = p.output(ASG_F32, {2});
    RegionBuilder& r = p.region({100});
    const Register source = r.load(x);
    r.store(r.reduce(ASG_REDUCE_MAX, source, {0}), y, {{0}, 0});
    r.store(r.reduce(ASG_REDUCE_MIN, source, {0}), y, {{0}, 1});
    Execution run(backend(), p.build());
    const auto got = run.set(x, input).execute().get<float>(y);
    BOOST_TEST((std::isnan(got[0]) && std::isnan(got[1])));
  }
}

BOOST_AUTO_TEST_CASE(phases_with_different_axes) {
  // x - mean over columns - mean over rows, and the reduction stored as well as used.
  const int64_t rows = 7, columns = 300;
  ProgramBuilder p;
  const ValueId x = p.input(ASG_F64, {rows, columns}), y = p.output(ASG_F64, {rows, columns});
  const ValueId sums = p.output(ASG_F64, {columns});
  RegionBuilder& r = p.region({rows, columns});
  const Register source = r.load(x);
  const ReductionId across = r.reduce(ASG_REDUCE_SUM, source, {1});
  const ReductionId down = r.reduce(ASG_REDUCE_SUM, source, {0});
  r.store(down, sums);
  r.next_phase();
  const Register again = r.load(x);
  const Register first = r.op(ASG_EW_SUB, again, r.reduced(across));
  r.store(r.op(ASG_EW_SUB, first, r.reduced(down)), y);
  Execution run(backend(), p.build());
  const std::vector<double> input = random_values<double>(static_cast<std::size_t>(rows * columns));
  run.set(x, input).execute();
  const auto got = run.get<double>(y), got_sums = run.get<double>(sums);
  std::vector<std::vector<double>> in_row(rows), in_column(columns);
  for (int64_t i = 0; i < rows * columns; ++i) {
    in_row[i / columns].push_back(input[i]);
    in_column[i % columns].push_back(input[i]);
  }
  for (int64_t j = 0; j < columns; ++j)
    BOOST_TEST(got_sums[j] == fixed_tree<double>(in_column[j], 0, plus<double>));
  for (int64_t i = 0; i < rows * columns; ++i)
    BOOST_TEST(got[i] == input[i] - fixed_tree<double>(in_row[i / columns], 0, plus<double>) -
                             fixed_tree<double>(in_column[i % columns], 0, plus<double>));
}

// A store over what the region loads: every point is read before it is written.
BOOST_AUTO_TEST_CASE_TEMPLATE(values_are_updated_where_they_are, T, Floats) {
  const int64_t rows = 7, columns = 300;
  ProgramBuilder p;
  const ValueId x = p.state(dtype_of<T>(), {rows, columns});
  const ValueId y = p.state(dtype_of<T>(), {columns, rows});
  const ValueId turned = p.view(y, {rows, columns}, {1, rows});
  RegionBuilder& r = p.region({rows, columns});
  const Register a = r.load(x), b = r.load(turned);
  r.store(b, x);
  r.store(r.op(ASG_EW_ADD, a, b), turned);
  Execution run(backend(), p.build());
  const auto u = random_values<T>(static_cast<std::size_t>(rows * columns), 7);
  const auto v = random_values<T>(static_cast<std::size_t>(rows * columns), 8);
  run.set(x, u).set(y, v).execute();
  const auto first = run.template get<T>(x), second = run.template get<T>(y);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      const std::size_t at = i * columns + j, across = j * rows + i;
      BOOST_REQUIRE(first[at] == v[across]);
      BOOST_REQUIRE(second[across] == u[at] + v[across]);
    }
}

// Every phase reads the rows; the last one writes them.
BOOST_AUTO_TEST_CASE_TEMPLATE(rows_are_centred_where_they_are, T, Floats) {
  const int64_t rows = 6, columns = 5000;
  for (const bool by_rows : {true, false}) {
    ProgramBuilder p;
    const ValueId x = p.state(dtype_of<T>(), {rows, columns});
    RegionBuilder& r = p.region({rows, columns});
    const ReductionId most = by_rows ? r.reduce(ASG_REDUCE_MAX, r.load(x), {1})
                                     : r.reduce(ASG_REDUCE_MAX, r.load(x), {0});
    r.next_phase();
    const Register below = r.op(ASG_EW_SUB, r.load(x), r.reduced(most));
    const ReductionId least =
        by_rows ? r.reduce(ASG_REDUCE_MIN, below, {1}) : r.reduce(ASG_REDUCE_MIN, below, {0});
    r.next_phase();
    const Register again = r.op(ASG_EW_SUB, r.load(x), r.reduced(most));
    r.store(r.op(ASG_EW_DIV, again, r.reduced(least)), x);
    Execution run(backend(), p.build());
    const auto values = random_values<T>(static_cast<std::size_t>(rows * columns), 9);
    const auto got = run.set(x, values).execute().template get<T>(x);
    const int64_t lines = by_rows ? rows : columns, length = by_rows ? columns : rows;
    for (int64_t i = 0; i < lines; ++i) {
      const auto at = [&](int64_t k) { return by_rows ? i * columns + k : k * columns + i; };
      T largest = values[at(0)], smallest = 0;
      for (int64_t k = 0; k < length; ++k) largest = std::max(largest, values[at(k)]);
      for (int64_t k = 0; k < length; ++k) smallest = std::min(smallest, values[at(k)] - largest);
      for (int64_t k = 0; k < length; ++k)
        BOOST_REQUIRE(got[at(k)] == (values[at(k)] - largest) / smallest);
    }
  }
}

BOOST_AUTO_TEST_CASE(scalars_constants_and_eight_axes) {
  ProgramBuilder p;
  const ValueId c = p.constant<float>({2.5f}, {}), x = p.input(ASG_F32, {});
  const ValueId y = p.scratch(ASG_F32, {}), z = p.output(ASG_F32, {1, 2, 1, 2, 1, 2, 1, 2});
  RegionBuilder& first = p.region({});
  const Register a = first.load(c);
  first.store(first.op(ASG_EW_MUL, a, first.load(x)), y);
  RegionBuilder& second = p.region({1, 2, 1, 2, 1, 2, 1, 2});
  const Register value = second.load(y, {Shape(8, 0)});
  const Register number = second.iota(ASG_F32, {0, 8, 0, 4, 0, 2, 0, 1});
  second.store(second.op(ASG_EW_ADD, value, number), z);
  Execution run(backend(), p.build());
  const auto got = run.set(x, std::vector<float>{4}).execute().get<float>(z);
  for (int i = 0; i < 16; ++i) BOOST_TEST(got[i] == 10.0f + static_cast<float>(i));
}

BOOST_AUTO_TEST_SUITE_END()
