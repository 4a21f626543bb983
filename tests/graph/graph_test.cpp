#include <string>
#include <thread>
#include <utility>

#include <boost/test/unit_test.hpp>

#include <asg/graph/build.hpp>
#include <asg/graph/error.hpp>
#include <asg/graph/print.hpp>
#include <asg/graph/verify.hpp>

#include "graph/support.hpp"

using namespace asg;
using graph_test::message_of;

namespace {
const OpDef join = graph_test::make_join();
const OpDef join_along = graph_test::make_join({{"axis", AttributeType::integer, "which"}});
const OpDef step = graph_test::make_step();
const OpDef fork_op = graph_test::make_fork();
}  // namespace

BOOST_AUTO_TEST_SUITE(graph)

BOOST_AUTO_TEST_CASE(nodes_keep_what_they_were_made_of) {
  Graph g;
  const Tensor x = g.input("x", f32, {2, 3});
  const Tensor w = g.variable("w", f32, {2, 3});
  const Tensor y = apply(join_along, {x, w}, {{"axis", 1}});
  const int line = __LINE__ - 1;

  BOOST_TEST(g.size() == 3u);
  const Node node = g.node(y.value().node);
  BOOST_TEST(&node.op == &join_along);
  BOOST_TEST(node.operands.size() == 2u);
  BOOST_TEST((node.operands[0] == x.value()));
  BOOST_TEST((node.operands[1] == w.value()));
  BOOST_TEST((node.outputs[0] == TensorType{f32, {2, 3}}));
  BOOST_TEST(node.attributes.integer("axis") == 1);
  BOOST_TEST(node.origin.line == line);
  BOOST_TEST(to_string(node.origin) == fmt::format("graph_test.cpp:{}", line));
  BOOST_TEST(&y.graph() == &g);
  BOOST_TEST((g.type(y.value()) == y.type()));
  BOOST_TEST(g.tensor(y.value()).same_as(y));
  BOOST_TEST(!x.same_as(w));
}

BOOST_AUTO_TEST_CASE(nodes_of_several_outputs_give_a_tensor_for_each) {
  Graph g;
  const Tensor x = g.input("x", f64, {4});
  const Tensors y = g.add(fork_op, {{x}});
  BOOST_TEST(y.size() == 2u);
  BOOST_TEST((y[0].type() == TensorType{f64, {4}}));
  BOOST_TEST((y[1].type() == TensorType{i64, {}}));
  BOOST_TEST(y[1].value().output == 1u);
}

BOOST_AUTO_TEST_CASE(equal_nodes_are_not_merged) {
  Graph g;
  const Tensor x = g.input("x", f32, {});
  BOOST_TEST(!apply(step, {x}).same_as(apply(step, {x})));
  BOOST_TEST(!g.constant(Array(1.f)).same_as(g.constant(Array(1.f))));
}

BOOST_AUTO_TEST_CASE(a_broken_rule_names_op_operands_attributes_and_line) {
  Graph g;
  const Tensor x = g.input("x", f32, {2, 3});
  const Tensor w = g.variable("w", f32, {3, 2});
  const Attributes axis{{"axis", 1}};
  const auto f = [&] { (void)apply(join_along, {x, w}, axis); };
  const std::string message = message_of<ShapeError>(f, {"graph_test.cpp", __LINE__ - 1});
  BOOST_TEST(message ==
             "join: left and right must have the same shape\n"
             "  left: f32[2, 3]\n"
             "  right: f32[3, 2]\n"
             "  axis = 1\n"
             "  at HERE");
  BOOST_TEST(g.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_node_has_the_attributes_that_its_op_declares) {
  const OpDef op = graph_test::make_step(
      {{"axis", AttributeType::integer, "which"}, {"eps", AttributeType::number, "what is added"}});
  Graph g;
  const Tensor x = g.input("x", f32, {2});
  const auto message = [&](const Attributes& given) {
    const auto make = [&] { (void)apply(op, {x}, given); };
    return message_of<TypeError>(make, {"graph_test.cpp", __LINE__ - 1});
  };
  BOOST_TEST(message({{"axis", 1}}) ==
             "step: the attribute 'eps' is missing; it must be a number\n"
             "  x: f32[2]\n"
             "  axis = 1\n"
             "  at HERE");
  BOOST_TEST(message({{"axis", 1}, {"eps", 1}}) ==
             "step: the attribute 'eps' is an integer, but must be a number\n"
             "  x: f32[2]\n"
             "  axis = 1\n"
             "  eps = 1\n"
             "  at HERE");
  BOOST_TEST(message({{"axis", 1}, {"axes", 2}, {"eps", 0.5}}) ==
             "step: has no attribute 'axes'\n"
             "  x: f32[2]\n"
             "  axes = 2\n"
             "  axis = 1\n"
             "  eps = 0.5\n"
             "  at HERE");
  BOOST_TEST(g.size() == 1u);
  (void)apply(op, {x}, {{"axis", 1}, {"eps", 0.5}});
  BOOST_TEST(g.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_result_that_64_bits_cannot_count_is_refused) {
  Graph g;
  const std::int64_t large = std::int64_t{1} << 40;
  const std::string message = message_of<ShapeError>([&] { g.input("x", f32, {large, large}); });
  BOOST_TEST(message.find("input: the result f32[1099511627776, 1099511627776] would have more "
                          "elements than 64 bits can count") == 0u,
             message);
  BOOST_TEST(g.input("none", f32, {large, large, 0}).numel() == 0);
  BOOST_TEST(g.input("fits", f32, {large, 1 << 20}).numel() == large << 20);
}

BOOST_AUTO_TEST_CASE(errors_inside_modules_name_the_module) {
  Graph g;
  const Tensor x = g.input("x", f32, {2});
  const Tensor i = g.input("i", i64, {2});
  const PathScope outer(g, "blocks.0.attn");
  const std::string message = message_of<TypeError>([&] { (void)apply(join, {x, i}); });
  BOOST_TEST(message ==
             "join: all operands must have one element type\n"
             "  left: f32[2]\n"
             "  right: i64[2]\n"
             "  at HERE, in blocks.0.attn");
}

BOOST_AUTO_TEST_CASE(a_wrong_number_of_operands_is_an_error) {
  Graph g;
  const Tensor x = g.input("x", f32, {2});
  BOOST_TEST(message_of<TypeError>([&] { (void)apply(join, {x}); }) ==
             "join: takes 2 operands, 1 were given\n  left: f32[2]\n"
             "  at HERE");
  BOOST_CHECK_THROW((void)apply(join, {x, x, x}), TypeError);
}

BOOST_AUTO_TEST_CASE(tensors_of_other_graphs_and_empty_ones_are_refused) {
  Graph g;
  Graph other;
  const Tensor x = g.input("x", f32, {2});
  const Tensor y = other.input("y", f32, {2});
  const std::string foreign = message_of<TypeError>([&] { (void)apply(join, {x, y}); });
  const std::string empty = message_of<TypeError>([&] { (void)apply(join, {x, Tensor{}}); });
  BOOST_TEST(foreign == "join: operand 1 belongs to another graph\n  at HERE");
  BOOST_TEST(empty == "join: operand 1 is an empty Tensor\n  at HERE");
}

BOOST_AUTO_TEST_CASE(names_are_taken_once) {
  Graph g;
  (void)g.input("x", f32, {2});
  (void)g.variable("w", f32, {2});
  BOOST_TEST(message_of<TypeError>([&] { (void)g.input("x", f32, {2}); }) ==
             "input: the graph already has an input or variable called 'x'\n"
             "  at HERE");
  BOOST_CHECK_THROW((void)g.input("w", f32, {2}), TypeError);
  BOOST_TEST(message_of<StateError>([&] { (void)g.variable("x", f32, {2}); }) ==
             "variable 'x': the graph has an input of that name\n"
             "  at HERE");
  BOOST_TEST(g.inputs().size() == 1u);
  BOOST_TEST(g.variables().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_variable_is_shared_by_its_owner_and_by_nobody_else) {
  Graph g;
  const int owner = 0;
  VariableInfo info;
  info.name = "w";
  info.identity = &owner;
  info.trainable = false;
  info.initial = 0.5;
  const Tensor w = g.variable(info, f32, {2});
  BOOST_TEST(g.variable(info, f32, {2}).same_as(w));
  BOOST_TEST(g.size() == 1u);
  BOOST_TEST(message_of<StateError>([&] { (void)g.variable(info, f32, {3}); }) ==
             "variable 'w': it is f32[2] already and cannot be f32[3] as well\n"
             "  at HERE");
  const int stranger = 0;
  info.identity = &stranger;
  BOOST_CHECK_THROW((void)g.variable(info, f32, {2}), StateError);

  const VariableInfo* found = g.find_variable("w");
  BOOST_REQUIRE(found != nullptr);
  BOOST_TEST(found == g.find_variable(w.value().node));
  BOOST_TEST(!found->trainable);
  BOOST_TEST(*found->initial == 0.5);
  BOOST_TEST(found->node == w.value().node);
  BOOST_TEST(g.find_variable("v") == nullptr);
}

BOOST_AUTO_TEST_CASE(an_input_is_never_found_as_a_variable) {
  Graph g;
  const Tensor x = g.input("x", f32, {});
  (void)g.variable("w", f32, {});
  BOOST_TEST(g.find_variable("x") == nullptr);
  BOOST_TEST(g.find_variable(x.value().node) == nullptr);
}

BOOST_AUTO_TEST_CASE(a_variable_is_assigned_once) {
  Graph g;
  const Tensor x = g.input("x", f32, {2});
  const Tensor w = g.variable("w", f32, {2});
  g.assign(w, x);
  BOOST_TEST(g.assigns().size() == 1u);
  const Node node = g.node(g.assigns()[0]);
  BOOST_TEST(node.op.name == "assign");
  BOOST_TEST((node.operands[0] == w.value()));
  BOOST_TEST((node.operands[1] == x.value()));
  BOOST_TEST(message_of<TypeError>([&] { g.assign(w, x); }) ==
             "assign: the variable 'w' is assigned already; one run gives it one value"
             "\n  at HERE");
}

BOOST_AUTO_TEST_CASE(the_last_value_assigned_counts_where_that_is_asked_for) {
  Graph g;
  const Tensor x = g.input("x", f32, {3});
  const Tensor w = g.variable("w", f32, {3});
  const Tensor v = g.variable("v", f32, {3});
  BOOST_TEST(g.pending(w).same_as(w));
  g.reassign(w, x);
  g.assign(v, x);
  BOOST_TEST(g.pending(w).same_as(x));
  const Tensor y = apply(step, {g.pending(w)});
  g.reassign(w, y);
  BOOST_TEST(g.pending(w).same_as(y));
  BOOST_TEST(g.assigns().size() == 2u);
  for (const NodeId id : g.assigns())
    BOOST_TEST(
        g.tensor(g.node(id).operands[1]).same_as(g.node(id).operands[0] == w.value() ? y : x));
  verify(g);
  BOOST_CHECK_THROW(g.assign(w, x), TypeError);
  BOOST_CHECK_THROW((void)g.pending(x), TypeError);
  BOOST_CHECK_THROW(g.reassign(x, x), TypeError);
  BOOST_CHECK_THROW(g.reassign(w, 1.0), TypeError);
}

BOOST_AUTO_TEST_CASE(only_variables_are_assigned_and_only_their_type) {
  Graph g;
  const Tensor x = g.input("x", f32, {2});
  const Tensor w = g.variable("w", f32, {3});
  BOOST_TEST(message_of<TypeError>([&] { g.assign(x, x); }) ==
             "assign: the target is not a variable\n  at HERE");
  BOOST_CHECK_THROW(g.assign(Tensor{}, x), TypeError);
  BOOST_CHECK_THROW(g.assign(w, x), ShapeError);
  BOOST_TEST(g.assigns().empty());
  g.assign(w, apply(step, {w}));
  BOOST_TEST(g.assigns().size() == 1u);
}

BOOST_AUTO_TEST_CASE(scopes_give_paths_lines_and_origins) {
  Graph g;
  const Tensor x = g.input("x", f32, {});
  Tensor inner;
  Tensor backward;
  {
    const PathScope path(g, "encoder");
    BOOST_TEST(g.path() == "encoder");
    const WhereScope outermost(g, Where("user.cpp", 7));
    const WhereScope ignored(g, Where("library.cpp", 1));
    inner = apply(step, {x});
  }
  BOOST_TEST(g.path() == "");
  {
    Origin origin = g.node(inner.value().node).origin;
    origin.backward = true;
    const OriginScope scope(g, origin);
    backward = apply(step, {x});
  }
  const Tensor after = apply(step, {x});
  const int line = __LINE__ - 1;

  BOOST_TEST(to_string(g.node(inner.value().node).origin) == "user.cpp:7, in encoder");
  BOOST_TEST(to_string(g.node(backward.value().node).origin) ==
             "user.cpp:7, in encoder (backward)");
  BOOST_TEST(to_string(g.node(after.value().node).origin) ==
             fmt::format("graph_test.cpp:{}", line));
  BOOST_TEST(to_string(Origin{}) == "an unknown line");
}

BOOST_AUTO_TEST_CASE(random_streams_depend_on_path_and_count_alone) {
  const auto streams = [](bool more) {
    Graph g;
    if (more) (void)g.next_stream();
    const PathScope path(g, "dropout");
    return std::pair(g.next_stream(), g.next_stream());
  };
  BOOST_TEST((streams(false) == streams(true)));
  BOOST_TEST(streams(false).first != streams(false).second);
}

BOOST_AUTO_TEST_CASE(training_is_off_until_somebody_turns_it_on) {
  Graph g;
  BOOST_TEST(!g.training_was_read());
  BOOST_TEST(!g.training());
  BOOST_TEST(g.training_was_read());
  g.set_training(true);
  BOOST_TEST(g.training());
}

BOOST_AUTO_TEST_CASE(moves_keep_tensors_valid) {
  Graph first;
  const Tensor x = first.input("x", f32, {2});
  Graph second = std::move(first);
  BOOST_TEST(&x.graph() == &second);
  const Tensor y = apply(step, {x});
  Graph third;
  third = std::move(second);
  BOOST_TEST(&y.graph() == &third);
  BOOST_TEST(apply(join, {x, y}).value().node == 2u);
  BOOST_TEST(third.size() == 3u);
}

BOOST_AUTO_TEST_CASE(two_threads_build_two_graphs) {
  constexpr int count = 20000;
  std::string text[2];
  const auto build = [&](int index) {
    Graph g;
    const PathScope path(g, fmt::format("thread.{}", index));
    Tensor x = g.input("x", f32, {2});
    for (int i = 0; i < count; ++i) x = elementwise("add", {x, 1.0});
    text[index] = to_text(x);
  };
  std::thread other(build, 1);
  build(0);
  other.join();
  for (int index = 0; index < 2; ++index) {
    BOOST_TEST(text[index].find(fmt::format("in thread.{}", index)) != std::string::npos);
    BOOST_TEST(text[index].substr(0, text[index].find("  //")) ==
               fmt::format("%{}: f32[2] = add(%{}, %{})", 3 * count, 3 * count - 3, 3 * count - 1));
  }
}

BOOST_AUTO_TEST_CASE(a_chain_of_a_million_nodes_is_built_and_freed) {
  Graph g;
  Tensor x = g.input("x", f32, {2});
  for (int i = 0; i < 1'000'000; ++i) x = g.add(step, {{x}})[0];
  BOOST_TEST(g.size() == 1'000'001u);
  BOOST_TEST(x.value().node == 1'000'000u);
}

BOOST_AUTO_TEST_CASE(ops_are_found_by_name) {
  BOOST_TEST(find_op("add").name == "add");
  for (const OpDef& op : op_table()) BOOST_TEST(&find_op(op.name) == &op);
  const std::string message = message_of<TypeError>([] { (void)find_op("logg"); });
  BOOST_TEST(message.starts_with("there is no op 'logg'; near it: log"));
  BOOST_TEST(message_of<TypeError>([] { (void)find_op("qqq"); }) == "there is no op 'qqq'");
}

BOOST_AUTO_TEST_SUITE_END()
