#include <cstdint>
#include <limits>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/graph/shape.hpp>

#include "graph/support.hpp"

using namespace asg;
using graph_test::message_of;

BOOST_AUTO_TEST_SUITE(shape)

BOOST_AUTO_TEST_CASE(counts_elements) {
  BOOST_TEST(Shape{}.numel() == 1);
  BOOST_TEST((Shape{2, 3, 4}.numel()) == 24);
  BOOST_TEST((Shape{2, 0, 4}.numel()) == 0);
  const std::int64_t half = std::int64_t{1} << 32;
  BOOST_TEST((Shape{half, half, 0}.numel()) == 0);
  BOOST_TEST(message_of<ShapeError>([&] {
               (void)Shape{half, half}.numel();
             }) == "the shape [4294967296, 4294967296] has more elements than 64 bits can count");
}

BOOST_AUTO_TEST_CASE(prints_as_in_messages) {
  BOOST_TEST(to_string(Shape{}) == "[]");
  BOOST_TEST(to_string(Shape{2, 3}) == "[2, 3]");
  BOOST_TEST(to_string(TensorType{f32, {2, 3}}) == "f32[2, 3]");
  BOOST_TEST(to_string(TensorType{boolean, {}}) == "bool[]");
}

BOOST_AUTO_TEST_CASE(axes_count_from_either_end) {
  const Shape shape{2, 3, 4};
  BOOST_TEST(shape.at(0) == 2);
  BOOST_TEST(shape.at(-1) == 4);
  BOOST_TEST(shape.at(-3) == 2);
  BOOST_TEST(shape.back() == 4);
  BOOST_TEST(message_of<ShapeError>([&] { (void)shape.at(3); }) ==
             "axis 3 is outside of -3..2, the axes of rank 3");
  BOOST_TEST(message_of<ShapeError>([] { (void)Shape{}.at(-1); }) ==
             "axis -1 of a scalar, which has none");
  BOOST_TEST(normalize_axis(-1, 4) == 3);
  BOOST_TEST(normalize_axis(2, 4) == 2);
  BOOST_CHECK_THROW((void)normalize_axis(-5, 4), ShapeError);
}

BOOST_AUTO_TEST_CASE(is_edited_like_a_list) {
  Shape shape{2, 4};
  shape.insert(1, 3);
  BOOST_TEST((shape == Shape{2, 3, 4}));
  shape.insert(0, 1);
  shape.push_back(5);
  BOOST_TEST((shape == Shape{1, 2, 3, 4, 5}));
  shape.erase(0);
  shape.erase(shape.rank() - 1);
  BOOST_TEST((shape == Shape{2, 3, 4}));
  BOOST_TEST((shape.slice(1, 3) == Shape{3, 4}));
  BOOST_TEST((shape.slice(1, 1) == Shape{}));
  BOOST_TEST((Shape(shape.to_vector()) == shape));
}

BOOST_AUTO_TEST_CASE(erased_sizes_do_not_take_part_in_comparisons) {
  Shape shape{2, 3, 4};
  shape.erase(1);
  BOOST_TEST((shape == Shape{2, 4}));
  BOOST_TEST((shape != Shape{2, 4, 4}));
  BOOST_TEST((shape != Shape{2}));
}

BOOST_AUTO_TEST_CASE(has_eight_axes_at_most) {
  Shape shape{1, 2, 3, 4, 5, 6, 7, 8};
  BOOST_TEST(shape.rank() == max_rank);
  BOOST_TEST(message_of<ShapeError>([&] { shape.push_back(9); }) ==
             "[1, 2, 3, 4, 5, 6, 7, 8] cannot get another axis: a tensor has 8 at most");
  BOOST_CHECK_THROW(shape.insert(0, 9), ShapeError);
  BOOST_TEST(message_of<ShapeError>([] { (void)Shape{1, 1, 1, 1, 1, 1, 1, 1, 1}; }) ==
             "a shape of 9 axes: a tensor has 8 at most");
}

BOOST_AUTO_TEST_CASE(row_major_strides_end_at_one) {
  BOOST_TEST((row_major_strides({2, 3, 4}) == Shape{12, 4, 1}));
  BOOST_TEST((row_major_strides({}) == Shape{}));
  BOOST_TEST((row_major_strides({5}) == Shape{1}));
}

BOOST_AUTO_TEST_CASE(broadcasting_follows_numpy) {
  BOOST_TEST((broadcast_shapes({2, 3}, {2, 3}) == Shape{2, 3}));
  BOOST_TEST((broadcast_shapes({2, 3}, {}) == Shape{2, 3}));
  BOOST_TEST((broadcast_shapes({3}, {2, 1}) == Shape{2, 3}));
  BOOST_TEST((broadcast_shapes({8, 1, 6, 1}, {7, 1, 5}) == Shape{8, 7, 6, 5}));
  BOOST_TEST((broadcast_shapes({1, 3}, {0, 3}) == Shape{0, 3}));
  BOOST_TEST((broadcast_shapes({0}, {1}) == Shape{0}));

  BOOST_TEST(broadcastable({}, {2, 3}));
  BOOST_TEST(broadcastable({1, 3}, {2, 3}));
  BOOST_TEST(broadcastable({3}, {2, 3}));
  BOOST_TEST(broadcastable({1}, {0}));
  BOOST_TEST(!broadcastable({2}, {2, 3}));
  BOOST_TEST(!broadcastable({2, 3}, {3}));
  BOOST_TEST(!broadcastable({2, 3}, {1, 3}));
}

BOOST_AUTO_TEST_CASE(sizes_that_do_not_broadcast_are_named) {
  BOOST_TEST(message_of<ShapeError>([] {
               (void)broadcast_shapes({4, 2, 5}, {3, 5});
             }) == "[4, 2, 5] and [3, 5] do not broadcast: 2 meets 3 at axis -2, and neither is 1");
  BOOST_TEST(message_of<ShapeError>([] {
               (void)broadcast_shapes({3}, {7, 4});
             }) == "[3] and [7, 4] do not broadcast: 3 meets 4 at axis -1, and neither is 1");
  BOOST_CHECK_THROW((void)broadcast_shapes({0}, {2}), ShapeError);
}

BOOST_AUTO_TEST_CASE(axes_are_written_as_one_or_several) {
  BOOST_TEST(Axes{}.empty());
  BOOST_TEST((Axes(-1) == std::vector<std::int64_t>{-1}));
  BOOST_TEST((Axes{0, 2} == std::vector<std::int64_t>{0, 2}));
}

BOOST_AUTO_TEST_SUITE_END()
