// Operators that C++ would read in its own way, on every backend.
#include <boost/test/unit_test.hpp>

#include <asg/ops/elementwise.hpp>

#include "models/support.hpp"

namespace {

using namespace asg;
using namespace models_test;

BOOST_AUTO_TEST_CASE(conditions_are_joined_element_by_element) {
  const Arrays x = {Array({3}, {1.0, 2.0, 3.0})};
  const auto chosen = [&](auto condition) {
    return run(
        [&](Graph&, const Tensors& t) { return Tensors{where(condition(t[0]), t[0], 0)}; }, x)[0];
  };
  BOOST_TEST(differs(chosen([](const Tensor& t) { return t > 1 && t < 3; }), {0, 2, 0}) == "");
  BOOST_TEST(differs(chosen([](const Tensor& t) { return t < 2 || t > 2; }), {1, 0, 3}) == "");
  BOOST_TEST(differs(chosen([](const Tensor& t) { return !(t > 1); }), {1, 0, 0}) == "");
  BOOST_TEST(differs(chosen([](const Tensor& t) { return t > 1 && true; }), {0, 2, 3}) == "");
}

}  // namespace
