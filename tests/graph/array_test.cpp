#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <asg/graph/array.hpp>
#include <asg/graph/error.hpp>

#include "graph/support.hpp"

using namespace asg;
using graph_test::message_of;

BOOST_AUTO_TEST_SUITE(array)

BOOST_AUTO_TEST_CASE(holds_what_it_was_given) {
  const Array array({2, 3}, {1.f, 2.f, 3.f, 4.f, 5.f, 6.f});
  BOOST_TEST((array.type() == TensorType{f32, {2, 3}}));
  BOOST_TEST(array.numel() == 6);
  BOOST_TEST(array.size_bytes() == 24u);
  BOOST_TEST(array.data<float>()[4] == 5.f);
  BOOST_TEST(array.get(5) == 6.);
  BOOST_TEST((Array(0.5f).type() == TensorType{f32, {}}));
  BOOST_TEST((Array(std::int64_t{3}).dtype() == i64));
  BOOST_TEST(Array(true).item<bool>());
  BOOST_TEST(Array({3}, {true, false, true}).data<bool>()[2]);
  BOOST_TEST(reinterpret_cast<std::uintptr_t>(array.bytes()) % 64 == 0u);
}

BOOST_AUTO_TEST_CASE(copies_share_and_clones_do_not) {
  const Array array = Array::zeros(f64, {2});
  const Array copy = array;
  const Array clone = array.clone();
  array.data<double>()[0] = 7;
  BOOST_TEST(copy.get(0) == 7.);
  BOOST_TEST(clone.get(0) == 0.);
}

BOOST_AUTO_TEST_CASE(zeros_and_full_fill_every_type) {
  for (const DType dtype : {f32, f64, i32, i64, u32, boolean}) {
    const Array zeros = Array::zeros(dtype, {3});
    const Array full = Array::full(dtype, {3}, 1);
    for (int i = 0; i < 3; ++i) {
      BOOST_TEST(zeros.get(i) == 0.);
      BOOST_TEST(full.get(i) == 1.);
    }
  }
  BOOST_TEST(Array::full(i64, {0}, 1).size_bytes() == 0u);
}

BOOST_AUTO_TEST_CASE(conversion_rounds_toward_zero_and_saturates) {
  const double big = 1e300;
  const Array array({6}, {2.9, -2.9, big, -big, std::nan(""), 0.25});
  const Array ints = array.to(i32);
  const std::vector<std::int32_t> expected{
      2, -2, std::numeric_limits<std::int32_t>::max(), std::numeric_limits<std::int32_t>::min(),
      0, 0};
  BOOST_TEST((identical(ints, Array({6}, expected))));
  BOOST_TEST((identical(array.to(boolean), Array({6}, {true, true, true, true, true, true}))));
  BOOST_TEST(array.to(i64).data<std::int64_t>()[2] == std::numeric_limits<std::int64_t>::max());
  BOOST_TEST(array.to(u32).data<std::uint32_t>()[1] == 0u);
  BOOST_TEST(std::isinf(array.to(f32).data<float>()[2]));
  const std::int64_t exact = (std::int64_t{1} << 53) + 1;
  BOOST_TEST(Array(exact).to(i64).data<std::int64_t>()[0] == exact);
  BOOST_TEST(Array(std::int64_t{1} << 32).to(i32).data<std::int32_t>()[0] == 0);
}

BOOST_AUTO_TEST_CASE(item_keeps_every_bit_of_an_i64) {
  const std::int64_t exact = (std::int64_t{1} << 53) + 1;
  BOOST_TEST(Array(exact).item<std::int64_t>() == exact);
  BOOST_TEST(Array(2.75).item<int>() == 2);
}

BOOST_AUTO_TEST_CASE(reshaping_shares_the_memory) {
  const Array array({4}, {1, 2, 3, 4});
  const Array square = array.reshaped({2, 2});
  BOOST_TEST((square.shape() == Shape{2, 2}));
  BOOST_TEST(square.bytes() == array.bytes());
  BOOST_TEST(message_of<ShapeError>([&] { (void)array.reshaped({3}); }) ==
             "i32[4] has 4 elements and cannot take the shape [3], which has 3");
}

BOOST_AUTO_TEST_CASE(prints_its_elements_but_for_the_middle) {
  BOOST_TEST(to_string(Array({3}, {1.f, 2.f, 3.f})) == "f32[3] {1, 2, 3}");
  BOOST_TEST(to_string(Array(0.1f)) == "f32[] {0.1}");
  BOOST_TEST(to_string(Array({2}, {true, false})) == "bool[2] {true, false}");
  BOOST_TEST(to_string(Array({0}, std::vector<double>{})) == "f64[0] {}");
  BOOST_TEST(to_string(Array({5}, {1, 2, 3, 4, 5}), 3) == "i32[5] {1, 2, ..., 5}");
  BOOST_TEST(to_string(Array({5}, {1, 2, 3, 4, 5}), 0) == "i32[5] {...}");
  BOOST_TEST(to_string(Array({3}, {1, 2, 3}), 3) == "i32[3] {1, 2, 3}");
  BOOST_TEST(to_string(Array()) == "no array");
}

BOOST_AUTO_TEST_CASE(identity_is_by_type_shape_and_bits) {
  const Array nan({1}, {std::nan("")});
  BOOST_TEST(identical(nan, nan.clone()));
  BOOST_TEST(!identical(Array(0.), Array(-0.)));
  BOOST_TEST(!identical(Array(1), Array(1.f)));
  BOOST_TEST(!identical(Array({1}, {1}), Array(1)));
  BOOST_TEST(identical(Array(), Array()));
  BOOST_TEST(!identical(Array(), Array(0.f)));
}

BOOST_AUTO_TEST_CASE(misuse_is_told_apart) {
  BOOST_TEST(message_of<ShapeError>([] {
               Array({2}, {1, 2, 3});
             }) == "3 values for i32[2], which has 2 elements");
  BOOST_TEST(message_of<TypeError>([] {
               (void)Array({2}, {1, 2}).data<float>();
             }) == "the elements of i32[2] are read as f32");
  BOOST_TEST(message_of<ShapeError>([] {
               (void)Array({2}, {1, 2}).item<int>();
             }) == "item() of i32[2], which has 2 elements instead of one");
  BOOST_TEST(message_of<ShapeError>([] {
               (void)Array({2}, {1, 2}).get(2);
             }) == "element 2 of i32[2], which has 2");
  BOOST_TEST(message_of<ShapeError>([] {
               Array({2}, {1, 2}).set(-1, 0);
             }) == "element -1 of i32[2], which has 2");
  BOOST_TEST(message_of<ShapeError>([] {
               Array(f32, {2, -1});
             }) == "an array of shape [2, -1]: sizes are not negative");
  BOOST_TEST(message_of<ShapeError>([] { Array(f64, {std::int64_t{1} << 62}); }) ==
             "an array f64[4611686018427387904] does not fit in memory");
  BOOST_TEST(message_of<TypeError>([] { (void)Array().item<float>(); }) ==
             "an Array without elements is read: it was only declared");
  BOOST_CHECK_THROW((void)Array().clone(), TypeError);
  BOOST_CHECK_THROW((void)Array().to(f32), TypeError);
}

BOOST_AUTO_TEST_SUITE_END()
