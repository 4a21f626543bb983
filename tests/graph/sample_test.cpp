#include <algorithm>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <asg/graph/op.hpp>

using namespace asg;

BOOST_AUTO_TEST_SUITE(sample)

BOOST_AUTO_TEST_CASE(spread_stays_in_range_and_repeats_itself) {
  const Array a = spread({4, 5}, -1, 3);
  BOOST_TEST((a.type() == TensorType{f64, {4, 5}}));
  for (const double x : a.values<double>()) BOOST_TEST((x >= -1 && x <= 3));
  BOOST_TEST(identical(a, spread({4, 5}, -1, 3)));
  BOOST_TEST(!identical(a, spread({4, 5}, -1, 3, 1)));
  BOOST_TEST(spread({0}).numel() == 0);
}

BOOST_AUTO_TEST_CASE(spread_keeps_numbers_apart_and_covers_the_range) {
  const Array a = spread({1000}, 0, 1, 3);
  std::vector<double> values(a.values<double>().begin(), a.values<double>().end());
  BOOST_TEST(!std::is_sorted(values.begin(), values.end()));
  std::sort(values.begin(), values.end());
  for (std::size_t i = 1; i < values.size(); ++i) BOOST_TEST(values[i] - values[i - 1] > 4e-4);
  BOOST_TEST(values.front() < 1e-3);
  BOOST_TEST(values.back() > 1 - 1e-3);
}

// Written out once, so that a change of the generator does not go unnoticed: samples all over
// the ops rest on these numbers.
BOOST_AUTO_TEST_CASE(spread_has_the_same_bits_everywhere) {
  const Array a = spread({3}, -2, 2, 0);
  BOOST_TEST(a.get(0) == 1.017622514395065);
  BOOST_TEST(a.get(1) == -1.0194120145641143);
  BOOST_TEST(a.get(2) == -0.26243553895519156);
}

BOOST_AUTO_TEST_SUITE_END()
