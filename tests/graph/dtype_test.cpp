#include <array>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <asg/graph/dtype.hpp>
#include <asg/graph/error.hpp>

#include "graph/support.hpp"

using namespace asg;
using graph_test::message_of;

namespace {
constexpr std::array all{boolean, i32, i64, u32, f32, f64};
constexpr std::array ordered{boolean, i32, i64, f32, f64};
}  // namespace

BOOST_AUTO_TEST_SUITE(dtype)

BOOST_AUTO_TEST_CASE(names_are_those_of_files_and_come_back) {
  for (const DType dtype : all) BOOST_TEST((dtype_from_name(name(dtype)) == dtype));
  BOOST_TEST(name(boolean) == "bool");
  BOOST_TEST(name(f32) == "f32");
  BOOST_TEST(name(f64) == "f64");
  BOOST_TEST(name(i32) == "i32");
  BOOST_TEST(name(i64) == "i64");
  BOOST_TEST(name(u32) == "u32");
}

BOOST_AUTO_TEST_CASE(an_unknown_name_lists_the_known_ones) {
  BOOST_TEST(message_of<TypeError>([] { (void)dtype_from_name("float"); }) ==
             "there is no element type 'float'; there are bool, i32, i64, f32, f64, u32");
  BOOST_TEST(message_of<TypeError>([] { (void)name(static_cast<DType>(77)); }) ==
             "77 is the number of no element type");
}

BOOST_AUTO_TEST_CASE(sizes_are_those_of_the_elements) {
  BOOST_TEST(size_of(boolean) == sizeof(bool));
  BOOST_TEST(size_of(i32) == sizeof(std::int32_t));
  BOOST_TEST(size_of(u32) == sizeof(std::uint32_t));
  BOOST_TEST(size_of(i64) == sizeof(std::int64_t));
  BOOST_TEST(size_of(f32) == sizeof(float));
  BOOST_TEST(size_of(f64) == sizeof(double));
}

BOOST_AUTO_TEST_CASE(promotion_takes_the_later_type) {
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t j = 0; j < ordered.size(); ++j) {
      BOOST_TEST((promote(ordered[i], ordered[j]) == ordered[std::max(i, j)]));
    }
  }
}

BOOST_AUTO_TEST_CASE(u32_meets_only_itself) {
  BOOST_TEST((promote(u32, u32) == u32));
  for (const DType other : ordered) {
    BOOST_CHECK_THROW((void)promote(u32, other), TypeError);
    BOOST_CHECK_THROW((void)promote(other, u32), TypeError);
  }
  BOOST_TEST(message_of<TypeError>([] { (void)promote(u32, f32); }) ==
             "u32 and f32 have no common type: cast one of them first");
}

BOOST_AUTO_TEST_SUITE_END()
