#include <string>

#include <boost/test/unit_test.hpp>

#include <asg/graph/build.hpp>
#include <asg/graph/error.hpp>
#include <asg/graph/verify.hpp>

#include "graph/support.hpp"

using namespace asg;

namespace {

// A sound graph, which each case breaks in one place. Graphs have no way to change a node, so the
// cases write through views whose memory is not constant.
struct Sound {
  OpDef join = graph_test::make_join();
  Graph g;
  NodeId sum = 0;
  NodeId assign = 0;

  Sound() {
    const Tensor x = g.input("x", f32, {2});
    const Tensor w = g.variable("w", f32, {2});
    const Tensor y = apply(join, {x, w});
    g.assign(w, y);
    sum = y.value().node;
    assign = g.assigns()[0];
  }

  Value& operand(NodeId node, std::size_t i) {
    return const_cast<Value&>(g.node(node).operands[i]);
  }
  TensorType& output(NodeId node) { return const_cast<TensorType&>(g.node(node).outputs[0]); }
  Attributes& attributes(NodeId node) { return const_cast<Attributes&>(g.node(node).attributes); }

  // The complaint without the line and the request to report it, both checked here.
  std::string complaint() {
    std::string text = graph_test::message_of<InternalError>([&] { verify(g); });
    const std::string request = "\n  this is a bug in asg, please report it";
    if (text == test_support::nothing_thrown) return text;
    BOOST_TEST(text.ends_with(request));
    return text.substr(0, text.find("\n  at "));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(verify_graph)

BOOST_AUTO_TEST_CASE(a_sound_graph_passes) {
  Sound s;
  BOOST_TEST(s.complaint() == test_support::nothing_thrown);
  const Tensor y = elementwise("add", {s.g.tensor({s.sum, 0}), 1.0});
  (void)float_elementwise("exp", {y});
  BOOST_TEST(s.complaint() == test_support::nothing_thrown);
  BOOST_CHECK_NO_THROW(verify(Graph()));
}

BOOST_AUTO_TEST_CASE(operands_come_before_their_users) {
  Sound s;
  s.operand(s.sum, 1) = {s.sum, 0};
  BOOST_TEST(s.complaint() == "join (node 2): its operand %2 does not come before it");
}

BOOST_AUTO_TEST_CASE(operands_exist) {
  Sound s;
  s.operand(s.sum, 0) = {0, 1};
  BOOST_TEST(s.complaint() == "join (node 2): its operand %0.1 does not exist");
}

BOOST_AUTO_TEST_CASE(arity_is_that_of_the_op) {
  Sound more;
  more.join.inputs.pop_back();
  BOOST_TEST(more.complaint() == "join (node 2): has 2 operands, its op declares 1");
  Sound fewer;
  fewer.join.inputs.push_back({"third", "[...]", "f32"});
  BOOST_TEST(fewer.complaint() == "join (node 2): has 2 operands, its op declares 3");
  fewer.join.inputs.back().optional = true;
  BOOST_TEST(fewer.complaint() == test_support::nothing_thrown);
  fewer.join.inputs.back() = {"rest", "[...]", "f32", false, true};
  BOOST_TEST(fewer.complaint() == test_support::nothing_thrown);
}

BOOST_AUTO_TEST_CASE(types_are_those_that_are_inferred) {
  Sound s;
  s.output(s.sum).dtype = f64;
  BOOST_TEST(s.complaint() == "join (node 2): output 0 is f64[2], its op's rule gives f32[2]");
  Sound count;
  count.join.infer = [](const Signature& call) { return Types{call.in(0), call.in(0)}; };
  BOOST_TEST(count.complaint() == "join (node 2): has 1 outputs, its op's rule gives 2");
}

BOOST_AUTO_TEST_CASE(rules_accept_their_operands) {
  Sound s;
  s.output(1).shape = Shape{3};
  s.attributes(1).set("shape", std::vector<std::int64_t>{3});
  BOOST_TEST(
      s.complaint().starts_with("join (node 2): its op refuses its operands: join: left and "
                                "right must have the same shape\n"));
}

BOOST_AUTO_TEST_CASE(names_are_unique_and_agree_with_the_lists) {
  Sound s;
  s.attributes(1).set("name", "x");
  BOOST_TEST(s.complaint() == "variable (node 1): the name 'x' is taken");
  s.attributes(1).set("name", "v");
  BOOST_TEST(s.complaint() ==
             "variable (node 1): the graph's list of variables calls it by another name");
  s.attributes(1).set("name", "");
  BOOST_TEST(s.complaint() == "variable (node 1): has no name");
}

BOOST_AUTO_TEST_CASE(lists_miss_nothing) {
  Sound inputs;
  const_cast<std::vector<NodeId>&>(inputs.g.inputs()).clear();
  BOOST_TEST(inputs.complaint().starts_with(
      "the graph lists 1 inputs and variables and has 2 nodes of them"));
  Sound assigns;
  const_cast<std::vector<NodeId>&>(assigns.g.assigns()).clear();
  BOOST_TEST(
      assigns.complaint().starts_with("the graph lists 0 assignments and has 1 nodes of them"));
}

BOOST_AUTO_TEST_CASE(a_variable_is_assigned_once_and_is_one) {
  Sound twice;
  const Tensor v = twice.g.variable("v", f32, {2});
  twice.g.assign(v, v);
  twice.operand(twice.g.assigns()[1], 0) = {1, 0};
  BOOST_TEST(twice.complaint() == "assign (node 5): the variable 'w' is assigned already");

  Sound input;
  input.operand(input.assign, 0) = {0, 0};
  BOOST_TEST(input.complaint() == "assign (node 3): its target %0 is no variable");
}

BOOST_AUTO_TEST_CASE(the_value_assigned_has_the_variables_type) {
  Sound s;
  const Tensor v = s.g.variable("v", f64, {2});
  s.g.assign(v, v);
  s.operand(s.g.assigns()[1], 0) = {1, 0};
  BOOST_TEST(s.complaint().starts_with(
      "assign (node 5): its op refuses its operands: assign: all operands must have one element"));
}

BOOST_AUTO_TEST_CASE(every_node_knows_its_line) {
  Sound s;
  (void)s.g.input("d", f64, {2}, Where("", 0));
  BOOST_TEST(s.complaint() == "input (node 4): the line it comes from is unknown");
  Sound line;
  (void)line.g.input("d", f64, {2}, Where("main.cpp", 0));
  BOOST_TEST(line.complaint() == "input (node 4): the line it comes from is unknown");
}

BOOST_AUTO_TEST_SUITE_END()
