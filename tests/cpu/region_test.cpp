// Regions whose size or contents lead them along ways that small random ones do not take.
#include <boost/test/unit_test.hpp>

#include "differential.hpp"

namespace asg::testing {
namespace {

void expect_agreement(Case& c) {
  const std::string text = backends().compare(c);
  BOOST_CHECK_MESSAGE(text.empty(), text);
}

BOOST_AUTO_TEST_SUITE(region)

// As much as most processors' caches hold in all: such stores go past them.  The next step reads
// what other threads have stored so.
BOOST_AUTO_TEST_CASE(stores_past_the_caches) {
  constexpr int64_t rows = 4100, columns = 1031, stride = 1043;
  Random random(3);
  for (const uint32_t dtype : {ASG_F32, ASG_BOOL}) {
    const int64_t high = dtype == ASG_BOOL ? 4 * rows : rows;
    Case c;
    const ValueId x = c.input(random, dtype, {high, columns});
    const ValueId whole = c.output(dtype, {high * stride + 5});
    const ValueId y = c.program.view(whole, {high, columns}, {stride, 1}, 5);
    const ValueId dense = c.output(dtype, {high, columns}), sums = c.output(dtype, {columns});
    RegionBuilder& r = c.program.region({high, columns});
    const Register v = r.load(x);
    r.store(dtype == ASG_BOOL ? r.op(ASG_EW_NOT, v) : r.op(ASG_EW_NEG, v), y);
    RegionBuilder& copy = c.program.region({high, columns});
    copy.store(copy.load(y), dense);
    RegionBuilder& sum = c.program.region({high, columns});
    sum.store(sum.reduce(dtype == ASG_BOOL ? ASG_REDUCE_ANY : ASG_REDUCE_SUM, sum.load(dense), {0}),
              sums);
    expect_agreement(c);
  }
}

// The gradient of a bias of images: a sum over axes on both sides of the one that is kept.
BOOST_AUTO_TEST_CASE(sums_over_outer_and_inner_axes) {
  Random random(11);
  const Shape shapes[] = {{5, 3, 40},  {7, 33, 196}, {64, 2, 784}, {3, 5, 5000},
                          {2, 70, 31}, {9, 1, 64},   {40, 6, 33}};
  for (const Shape& shape : shapes) {
    for (const bool both : {false, true}) {
      Case c;
      const ValueId h = c.input(random, ASG_F32, shape, false);
      const ValueId dy = c.input(random, ASG_F32, shape, false);
      const ValueId dx = c.output(ASG_F32, shape), bias = c.output(ASG_F32, {shape[1]});
      const ValueId most = c.output(ASG_F32, {shape[1]});
      RegionBuilder& r = c.program.region(shape);
      const Register zero = r.imm(0.0f);
      const Register g = r.where(r.op(ASG_EW_GT, r.load(h), zero), r.load(dy), zero);
      r.store(g, dx);
      r.store(r.reduce(ASG_REDUCE_SUM, g, {0, 2}), bias);
      r.store(r.reduce(ASG_REDUCE_MAX, g, {0, 2}), most);
      if (both) {
        const ValueId sums = c.output(ASG_F32, {shape[0], shape[2]});
        r.store(r.reduce(ASG_REDUCE_SUM, g, {1}), sums);
      }
      expect_agreement(c);
    }
  }
}

// Zeros of both signs are equal: the first of them is the largest.
BOOST_AUTO_TEST_CASE(first_of_equal_extremes) {
  Random random(5);
  for (const int64_t n : {3, 16, 63, 64, 65, 130, 257, 1000, 4096, 5000}) {
    for (const uint32_t kind : {ASG_REDUCE_MAX, ASG_REDUCE_MIN}) {
      for (const float other : {kind == ASG_REDUCE_MAX ? -1.0f : 1.0f, NAN}) {
        constexpr int64_t rows = 40;
        std::vector<float> data(static_cast<std::size_t>(rows * n));
        for (float& x : data) {
          const double chosen = random.real();
          x = chosen < 2.0 / static_cast<double>(n)   ? 0.0f
              : chosen < 4.0 / static_cast<double>(n) ? -0.0f
              : std::isnan(other) && chosen < 0.999   ? 1.0f
                                                      : other;
        }
        Case c;
        const ValueId x = c.program.input(ASG_F32, {rows, n}), y = c.output(ASG_F32, {rows});
        Bytes bytes(data.size() * sizeof(float));
        std::memcpy(bytes.data(), data.data(), bytes.size());
        c.inputs.emplace_back(x, bytes);
        RegionBuilder& r = c.program.region({rows, n});
        r.store(r.reduce(kind, r.load(x), {1}), y);
        expect_agreement(c);
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace asg::testing
