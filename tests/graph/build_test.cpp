#include <array>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include <asg/graph/build.hpp>
#include <asg/graph/error.hpp>

#include "graph/support.hpp"

using namespace asg;
using graph_test::message_of;

namespace {

std::vector<std::string> ops_of(const Graph& g) {
  std::vector<std::string> names;
  for (NodeId id = 0; id < g.size(); ++id) names.emplace_back(g.node(id).op.name);
  return names;
}

// As a user function of the library would be written.
Tensor sum_of(const Operand& a, const Operand& b) {
  const Call call("sum_of", {a, b});
  const Tensors operands = call.matched({a, b});
  call.require(operands[0].rank() < 3, "at most two axes, for the test's sake");
  return call.make("add", {operands[0], operands[1]});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(build)

BOOST_AUTO_TEST_CASE(equal_operands_need_no_more_nodes) {
  Graph g;
  const Tensor x = g.input("x", f32, {2});
  const Tensor y = elementwise("add", {x, x});
  BOOST_TEST((y.type() == TensorType{f32, {2}}));
  BOOST_TEST((ops_of(g) == std::vector<std::string>{"input", "add"}));
}

BOOST_AUTO_TEST_CASE(tensors_meet_in_the_later_type_and_the_common_shape) {
  Graph g;
  const Tensor x = g.input("x", i32, {3});
  const Tensor y = g.input("y", f64, {2, 1});
  const Tensor z = elementwise("add", {x, y});
  BOOST_TEST((z.type() == TensorType{f64, {2, 3}}));
  BOOST_TEST((ops_of(g) == std::vector<std::string>{"input", "input", "cast", "broadcast_to",
                                                    "broadcast_to", "add"}));
}

BOOST_AUTO_TEST_CASE(numbers_take_the_type_of_the_tensor_they_meet) {
  Graph g;
  const auto with = [&](DType dtype, const Operand& number) {
    const Tensor x = g.input(fmt::format("x{}", g.size()), dtype, {});
    return elementwise("eq", {x, number}).graph().node(static_cast<NodeId>(g.size() - 1));
  };
  const auto type_of = [&](DType dtype, const Operand& number) {
    return g.type(with(dtype, number).operands[1]).dtype;
  };
  BOOST_TEST((type_of(f32, 0.5) == f32));
  BOOST_TEST((type_of(f64, 0.5f) == f64));
  BOOST_TEST((type_of(f32, 2) == f32));
  BOOST_TEST((type_of(i32, 2) == i32));
  BOOST_TEST((type_of(u32, 2) == u32));
  BOOST_TEST((type_of(i32, 0.5) == f32));
  BOOST_TEST((type_of(i64, 0.5) == f32));
  BOOST_TEST((type_of(boolean, 2) == i64));
  BOOST_TEST((type_of(boolean, 0.5) == f32));
}

BOOST_AUTO_TEST_CASE(integers_keep_all_their_bits) {
  Graph g;
  const std::int64_t exact = (std::int64_t{1} << 53) + 1;
  const Tensor y = elementwise("add", {g.input("x", i64, {}), exact});
  const Value number = g.node(y.value().node).operands[1];
  BOOST_TEST(g.node(number.node).attributes.array("value").item<std::int64_t>() == exact);
}

BOOST_AUTO_TEST_CASE(functions_of_reals_turn_integers_into_f32) {
  Graph g;
  BOOST_TEST((float_elementwise("exp", {g.input("i", i64, {2})}).dtype() == f32));
  BOOST_TEST((float_elementwise("exp", {g.input("b", boolean, {2})}).dtype() == f32));
  BOOST_TEST((float_elementwise("exp", {g.input("d", f64, {2})}).dtype() == f64));
}

BOOST_AUTO_TEST_CASE(shapes_that_do_not_broadcast_name_the_users_line) {
  Graph g;
  const Tensor x = g.input("x", f32, {2, 3});
  const Tensor y = g.input("y", f32, {2});
  const PathScope path(g, "head");
  BOOST_TEST(message_of<ShapeError>([&] { (void)sum_of(x, y); }) ==
             "sum_of: shapes [2, 3] and [2] do not broadcast: aligned at the last axis,"
             " sizes must be equal or 1\n"
             "  operand 0: f32[2, 3]\n"
             "  operand 1: f32[2]\n"
             "  at HERE, in head");
}

BOOST_AUTO_TEST_CASE(u32_meets_no_other_tensor) {
  Graph g;
  const Tensor x = g.input("x", u32, {2});
  const Tensor y = g.input("y", f32, {2});
  const std::string message = message_of<TypeError>([&] { (void)sum_of(x, y); });
  BOOST_TEST(message ==
             "sum_of: u32 meets another element type; cast one of them\n"
             "  operand 0: u32[2]\n"
             "  operand 1: f32[2]\n"
             "  at HERE");
}

BOOST_AUTO_TEST_CASE(nodes_made_inside_a_function_get_the_line_of_its_caller) {
  Graph g;
  const Tensor x = g.input("x", f32, {2, 3});
  const Tensor y = sum_of(x, 2.0);
  const int line = __LINE__ - 1;
  for (NodeId id = 1; id < g.size(); ++id) BOOST_TEST(g.node(id).origin.line == line);
  BOOST_TEST(g.size() == 4u);
  BOOST_TEST((y.shape() == Shape{2, 3}));
}

BOOST_AUTO_TEST_CASE(a_function_without_a_tensor_has_no_graph) {
  Graph g;
  BOOST_TEST(message_of<TypeError>([] { (void)sum_of(1.0, 2); }) ==
             "sum_of: at least one operand must be a Tensor\n  at HERE");
  BOOST_TEST(message_of<TypeError>([&] { (void)sum_of(g.input("x", f32, {}), Tensor{}); }) ==
             "sum_of: an operand is an empty Tensor, one that no graph has made\n"
             "  at HERE");
  Graph other;
  const Tensor y = other.input("y", f32, {});
  const Tensor x = g.tensor({0, 0});
  const std::string message = message_of<TypeError>([&] { (void)sum_of(x, y); });
  BOOST_TEST(message == "sum_of: operands belong to different graphs\n  at HERE");
}

BOOST_AUTO_TEST_CASE(axes_are_counted_from_either_end_sorted_and_distinct) {
  Graph g;
  const Tensor x = g.input("x", f32, {2, 3, 4});
  const Call call("f", {x});
  const auto axes = [&](const std::vector<std::int64_t>& given) { return call.axes(given, 3); };
  BOOST_TEST(call.axis(-1, 3) == 2);
  BOOST_TEST(call.axis(0, 3) == 0);
  BOOST_TEST((axes({}) == std::vector<std::int64_t>{0, 1, 2}));
  BOOST_TEST((axes({-1, 0}) == std::vector<std::int64_t>{0, 2}));
  BOOST_TEST(
      message_of<ShapeError>([&] {
        (void)axes({1, -2});
      }).starts_with("f: an axis is repeated\n  operand 0: f32[2, 3, 4]\n  at build_test.cpp:"));
  BOOST_TEST(message_of<ShapeError>([&] {
               (void)call.axis(3, 3);
             }).starts_with("f: axis 3 does not exist: a tensor of rank 3 has axes -3 to 2\n"));
  BOOST_TEST(message_of<ShapeError>([&] {
               (void)call.axis(0, 0);
             }).starts_with("f: axis 0 of a scalar, which has none\n"));
}

BOOST_AUTO_TEST_CASE(ops_of_ones_own_are_added_by_apply) {
  const OpDef fork_op = graph_test::make_fork();
  Graph g;
  const Tensor y = apply(fork_op, {g.input("x", f32, {2})});
  BOOST_TEST(g.node(y.value().node).op.name == "fork");
  BOOST_TEST(message_of<TypeError>([&] { (void)apply(fork_op, {}); }) ==
             "fork: apply needs at least one Tensor");
}

BOOST_AUTO_TEST_CASE(a_composite_without_a_rule_has_the_types_of_its_body) {
  const OpDef twice{
      .name = "twice",
      .summary = "x + x",
      .inputs = {{"x", "[...]", "number"}},
      .outputs = {{"y", "as x", "as x"}},
      .decompose = [](const OpCall& call) -> Tensors {
        return {elementwise("add", {call.in(0), call.in(0)})};
      },
  };
  Graph g;
  const Tensor y = apply(twice, {g.input("x", f64, {2, 2})});
  BOOST_TEST(twice.is_composite());
  BOOST_TEST((y.type() == TensorType{f64, {2, 2}}));
  BOOST_TEST(g.size() == 2u);
  BOOST_CHECK_THROW((void)apply(twice, {g.input("b", boolean, {})}), TypeError);
}

BOOST_AUTO_TEST_SUITE_END()
