// What C++ would accept and mean something else: it does not compile, or an error says so.
#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>

#include "support.hpp"
#include "support/messages.hpp"

namespace {

using namespace asg;
using graph_test::message_of;
using test_support::contains;

// The forms below, asked of any type so that one that does not compile is an answer.

template <class X>
constexpr bool is_true_or_false = requires(X x) {
  x ? 1 : 2;
};
template <class X>
constexpr bool comparison_is_a_condition = requires(X x) {
  (x > 0) ? 1 : 2;
};
template <class X>
constexpr bool and_is_a_condition = requires(X x) {
  (x && x) ? 1 : 2;
};
template <class X>
constexpr bool not_is_a_condition = requires(X x) {
  !x ? 1 : 2;
};
template <class X>
constexpr bool becomes_bool = requires(X x) {
  static_cast<bool>(x);
};
template <class X>
constexpr bool equals = requires(X x) {
  x == x;
};
template <class X>
constexpr bool equals_a_number = requires(X x) {
  x == 1;
};
template <class X>
constexpr bool differs_from_a_number = requires(X x) {
  x != 1;
};

template <class X, class... A>
constexpr bool has_sum = requires(X x, A... a) {
  sum(x, a...);
};
template <class X, class... A>
constexpr bool has_mean = requires(X x, A... a) {
  mean(x, a...);
};
template <class X, class... A>
constexpr bool has_var = requires(X x, A... a) {
  var(x, a...);
};
template <class X, class... A>
constexpr bool has_sort = requires(X x, A... a) {
  sort(x, a...);
};
template <class X, class... A>
constexpr bool has_argmax = requires(X x, A... a) {
  argmax(x, a...);
};
template <class X, class... A>
constexpr bool has_softmax = requires(X x, A... a) {
  softmax(x, a...);
};
template <class X, class... A>
constexpr bool has_cumsum = requires(X x, A... a) {
  cumsum(x, a...);
};
template <class X, class... A>
constexpr bool has_concat = requires(std::vector<X> x, A... a) {
  concat(x, a...);
};

BOOST_AUTO_TEST_SUITE(do_not_compile)

BOOST_AUTO_TEST_CASE(tensors_as_conditions) {
  static_assert(!is_true_or_false<Tensor>);
  static_assert(!comparison_is_a_condition<Tensor>);
  static_assert(!and_is_a_condition<Tensor>);
  static_assert(!not_is_a_condition<Tensor>);
  static_assert(!becomes_bool<Tensor>);
  static_assert(!std::is_convertible_v<Tensor, bool>);
  static_assert(is_true_or_false<int> && comparison_is_a_condition<double>);
  BOOST_TEST(!Tensor{}.defined());
  Graph graph;
  BOOST_TEST(graph.input("x", f32, {}).defined());
}

BOOST_AUTO_TEST_CASE(equality_which_would_be_one_bool) {
  static_assert(!equals<Tensor> && !equals_a_number<Tensor> && !differs_from_a_number<Tensor>);
  static_assert(equals<int>);
}

BOOST_AUTO_TEST_CASE(bools_and_fractions_as_axes) {
  static_assert(!has_sum<Tensor, bool> && !has_sum<Tensor, double>);
  static_assert(!has_mean<Tensor, bool> && !has_mean<Tensor, float>);
  static_assert(!has_sort<Tensor, bool> && !has_argmax<Tensor, bool>);
  static_assert(!has_softmax<Tensor, bool> && !has_softmax<Tensor, double>);
  static_assert(!has_cumsum<Tensor, bool> && !has_concat<Tensor, bool>);
  static_assert(has_sum<Tensor> && has_sum<Tensor, int> && has_sum<Tensor, std::size_t, bool>);
  static_assert(has_sort<Tensor> && has_sort<Tensor, int, bool> && has_argmax<Tensor, int, bool>);
  static_assert(has_softmax<Tensor, std::int64_t> && has_concat<Tensor, int>);
  static_assert(!std::is_constructible_v<Pair, bool> && !std::is_constructible_v<Pair, double>);
  static_assert(std::is_convertible_v<int, Pair> && std::is_convertible_v<std::int64_t, Pair>);
}

BOOST_AUTO_TEST_CASE(keepdims_in_the_place_of_a_correction) {
  static_assert(!has_var<Tensor, int, bool> && !has_var<Tensor, Axes, bool, bool>);
  static_assert(!has_var<Tensor, int, double>);
  static_assert(has_var<Tensor> && has_var<Tensor, int> && has_var<Tensor, int, int>);
  static_assert(has_var<Tensor, int, int, bool>);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(compile)

BOOST_AUTO_TEST_CASE(logic_of_bools_element_by_element) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {3});
  const auto op = [&](const Tensor& t) { return graph.node(t.value().node).op.name; };
  BOOST_TEST(op(x > 1 && x < 3) == "logical_and");
  BOOST_TEST(op(x < 1 || x > 3) == "logical_or");
  BOOST_TEST(op(!(x > 1)) == "logical_not");
  // A C++ bool stays one.
  BOOST_TEST(op((x > 1) && true) == "logical_and");
  BOOST_TEST(op(false || (x > 1)) == "logical_or");
  BOOST_TEST((where(x > 1, true, false).dtype() == boolean));
  BOOST_TEST((where(x > 1, true, 2).dtype() == i64));
  for (const Tensor& t : {x > 1 && x < 3, x < 1 || x > 3, !(x > 1)})
    BOOST_TEST((t.type() == TensorType{boolean, {3}}));
}

BOOST_AUTO_TEST_CASE(padding_with_lists) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {2, 3});
  BOOST_TEST((pad(x, {0, 1}, {2, 3}).shape() == Shape{4, 7}));
  BOOST_TEST((pad(x, {1, 0}, {0, 0}, 7.5).shape() == Shape{3, 3}));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(are_refused)

BOOST_AUTO_TEST_CASE(logic_of_numbers) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {3});
  BOOST_TEST(contains(message_of<TypeError>([&] { static_cast<void>(!x); }), "bool"));
  BOOST_TEST(contains(message_of<TypeError>([&] { static_cast<void>(x && x); }), "bool"));
  BOOST_TEST(contains(message_of<TypeError>([&] { static_cast<void>((x > 0) || 2); }), "bool"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
