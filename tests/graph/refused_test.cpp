// What types or C++ would make something else of than was meant, refused with a word.
#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>

#include "support/messages.hpp"

namespace {

using namespace asg;
using test_support::contains;
using test_support::message_of;

// Data of one float type and a model of another would be computed in f64.
BOOST_AUTO_TEST_CASE(two_float_types_where_data_meets_a_model) {
  Graph graph;
  const Tensor data = graph.input("data", f64, {2, 4});
  const Tensor weight = graph.variable("weight", f32, {4, 4});
  const Tensor bias = graph.variable("bias", f64, {4});
  const Tensor single = graph.input("single", f32, {2, 4});
  const Tensor image = graph.input("image", f64, {1, 1, 4, 4});
  const Tensor kernel = graph.variable("kernel", f32, {1, 1, 2, 2});
  const std::string texts[] = {
      message_of<TypeError>([&] { return linear(data, weight); }),
      message_of<TypeError>([&] { return linear(single, weight, bias); }),
      message_of<TypeError>([&] { return matmul(data, weight); }),
      message_of<TypeError>([&] { return conv2d(image, kernel); }),
      message_of<TypeError>([&] { return scaled_dot_product_attention(data, weight, weight); }),
      message_of<TypeError>([&] { return mse_loss(single, data); }),
      message_of<TypeError>([&] { return l1_loss(single, data); }),
      message_of<TypeError>([&] { return binary_cross_entropy_with_logits(data, single); }),
      message_of<TypeError>([&] {
        return nn::named("net", nn::Linear{4, 2})(data);
      })};
  for (const std::string& text : texts) {
    BOOST_TEST(contains(text, "f32 meets f64"), text);
    BOOST_TEST(contains(text, "model.to(f64)"), text);
    BOOST_TEST(contains(text, "refused_test.cpp"), text);
  }
  BOOST_TEST(contains(texts[0], "f64[2, 4]"), texts[0]);
  BOOST_TEST(contains(texts[0], "f32[4, 4]"), texts[0]);
}

// Integers have no type of their own to keep, and elementwise functions say that they widen.
BOOST_AUTO_TEST_CASE(what_promotion_is_for_is_not_refused) {
  Graph graph;
  const Tensor n = graph.input("n", i64, {2, 4});
  const Tensor x = graph.input("x", f32, {2, 4});
  const Tensor y = graph.input("y", f64, {2, 4});
  BOOST_TEST((matmul(n, graph.variable("w", f64, {4, 3})).type() == TensorType{f64, {2, 3}}));
  BOOST_TEST((linear(n, graph.variable("v", f32, {3, 4})).type() == TensorType{f32, {2, 3}}));
  BOOST_TEST((mse_loss(x, 0.5).dtype() == f32));
  BOOST_TEST((mse_loss(y, n).dtype() == f64));
  BOOST_TEST(((x + y).dtype() == f64));
}

// 1 < x < 3 would compare the bools of 1 < x with 3, and be true everywhere.
BOOST_AUTO_TEST_CASE(chains_of_comparisons) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {3});
  const std::string text = message_of<TypeError>([&] { return 1 < x < 3; });
  BOOST_TEST(contains(text, "a < x && x < b"), text);
  BOOST_TEST(contains(text, "refused_test.cpp"), text);
  BOOST_TEST(contains(message_of<TypeError>([&] { return 3 >= x >= 1; }), "a >= x"));
  BOOST_TEST(contains(message_of<TypeError>([&] { return x <= (x > 2); }), "a <= x"));
  BOOST_TEST(contains(message_of<TypeError>([&] { return (x > 2) > 0.5; }), "a > x"));
  BOOST_CHECK_NO_THROW(static_cast<void>(lt(x > 1, x > 2)));
}

}  // namespace
