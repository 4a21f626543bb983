#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <asg/graph/attributes.hpp>
#include <asg/graph/error.hpp>

#include "graph/support.hpp"

using namespace asg;
using graph_test::message_of;
using Ints = std::vector<std::int64_t>;

BOOST_AUTO_TEST_SUITE(attributes)

BOOST_AUTO_TEST_CASE(every_kind_comes_back) {
  const Attributes a{{"axis", 1},
                     {"flag", true},
                     {"epsilon", 1e-5},
                     {"mode", "mean"},
                     {"shape", Ints{2, 3}},
                     {"dtype", f64},
                     {"value", Array({2}, {1.f, 2.f})}};
  BOOST_TEST(a.integer("axis") == 1);
  BOOST_TEST(a.axis("axis") == 1);
  BOOST_TEST(a.flag("flag"));
  BOOST_TEST(a.number("epsilon") == 1e-5);
  BOOST_TEST(a.text("mode") == "mean");
  BOOST_TEST((a.integers("shape") == Ints{2, 3}));
  BOOST_TEST((a.shape("shape") == Shape{2, 3}));
  BOOST_TEST((a.dtype("dtype") == f64));
  BOOST_TEST(a.array("value").get(1) == 2.);
  BOOST_TEST(!a.has("axes"));
  BOOST_TEST(Attributes{}.empty());
}

BOOST_AUTO_TEST_CASE(are_sorted_and_a_later_value_replaces) {
  Attributes a{{"b", 1}, {"a", 2}, {"c", 3}};
  a.set("b", 7);
  std::string names;
  for (const auto& [name, value] : a) names += name + "=" + to_string(value) + " ";
  BOOST_TEST(names == "a=2 b=7 c=3 ");
}

BOOST_AUTO_TEST_CASE(missing_and_mistyped_attributes_are_named) {
  const Attributes a{{"axis", 1}, {"mode", "mean"}};
  BOOST_TEST(message_of<TypeError>([&] { (void)a.integer("axes"); }) ==
             "the attribute 'axes' is missing; present: axis, mode");
  BOOST_TEST(message_of<TypeError>([&] { (void)Attributes{}.text("mode"); }) ==
             "the attribute 'mode' is missing; present: none");
  BOOST_TEST(message_of<TypeError>([&] { (void)a.integer("mode"); }) ==
             "the attribute 'mode' is a text, mean, but must be an integer");
  BOOST_TEST(message_of<TypeError>([&] { (void)a.number("axis"); }) ==
             "the attribute 'axis' is an integer, 1, but must be a number");
}

BOOST_AUTO_TEST_CASE(print_as_in_messages) {
  BOOST_TEST(to_string(Attribute(std::int64_t{3})) == "3");
  BOOST_TEST(to_string(Attribute(0.1)) == "0.1");
  BOOST_TEST(to_string(Attribute("add")) == "add");
  BOOST_TEST(to_string(Attribute(Ints{0, 1})) == "[0, 1]");
  BOOST_TEST(to_string(Attribute(f32)) == "f32");
  BOOST_TEST(to_string(Attribute(Array({2}, {1.f, 2.f}))) == "f32[2] {1, 2}");
}

BOOST_AUTO_TEST_CASE(equality_and_hash_go_by_names_kinds_and_bits) {
  const auto same = [](const Attributes& a, const Attributes& b) {
    BOOST_TEST((a == b) == (a.hash() == b.hash()));
    return a == b;
  };
  BOOST_TEST(same({{"a", 1}, {"b", 2}}, {{"b", 2}, {"a", 1}}));
  BOOST_TEST(same({{"a", Array({1}, {2.f})}}, {{"a", Array({1}, {2.f})}}));
  BOOST_TEST(same({{"a", std::nan("")}}, {{"a", std::nan("")}}));
  BOOST_TEST(!same({{"a", 0.0}}, {{"a", -0.0}}));
  BOOST_TEST(!same({{"a", 1}}, {{"a", 1.0}}));
  BOOST_TEST(!same({{"a", 1}}, {{"b", 1}}));
  BOOST_TEST(!same({{"a", 1}}, {{"a", 1}, {"b", 1}}));
  BOOST_TEST(!same({{"a", 1}, {"b", 2}}, {{"a", 2}, {"b", 1}}));
  BOOST_TEST(!same({{"a", Ints{1, 2}}}, {{"a", Ints{2, 1}}}));
  BOOST_TEST(!same({{"a", f32}}, {{"a", f64}}));
  BOOST_TEST(!same({}, {{"a", 1}}));
  // Arrays of one content and two shapes hash alike, and differ.
  BOOST_TEST(!(Attributes{{"a", Array({2, 1}, {1, 2})}} == Attributes{{"a", Array({2}, {1, 2})}}));
}

BOOST_AUTO_TEST_SUITE_END()
