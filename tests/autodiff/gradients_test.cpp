// gradients(): what it costs, what it refuses and what its messages say. That the numbers are right
// is tested op by op in tests/ops.
#include <boost/test/unit_test.hpp>

#include <functional>

#include <asg/asg.hpp>

#include "support/messages.hpp"

namespace {

using namespace asg;
using test_support::contains;
using test_support::message_of;

Tensor chain(Graph& graph, Tensor x, int length) {
  const OpDef& op = find_op("sin");
  for (int i = 0; i < length; ++i) x = graph.add(op, {&x, 1})[0];
  return x;
}

std::size_t visits_of(const Tensor& y, const Tensor& x) {
  std::size_t visits = 0;
  GradientOptions options;
  options.visits = &visits;
  static_cast<void>(gradients(y, {x}, {}, options));
  return visits;
}

BOOST_AUTO_TEST_CASE(a_chain_of_a_million_nodes_is_differentiated) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {});
  const Tensor y = chain(graph, x, 1'000'000);

  const Tensors result = gradients(y, {x});

  BOOST_TEST((result[0].type() == x.type()));
  BOOST_TEST(graph.size() > 3'000'000u);  // cos and mul for each sin
}

BOOST_AUTO_TEST_CASE(visits_grow_with_the_nodes_and_no_faster) {
  const auto visits = [](int length) {
    Graph graph;
    const Tensor x = graph.input("x", f32, {});
    return visits_of(chain(graph, x, length), x);
  };
  const auto one = visits(1000), eight = visits(8000);
  BOOST_TEST(one >= 1000u);
  BOOST_TEST(eight <= 8 * one);
}

BOOST_AUTO_TEST_CASE(a_hub_with_many_users_costs_each_of_them_once) {
  const auto visits = [](int users) {
    Graph graph;
    const Tensor x = graph.input("x", f32, {});
    Tensor y = exp(x);
    for (int i = 0; i < users; ++i) y = y + x;
    return visits_of(y, x);
  };
  BOOST_TEST(visits(8000) <= 8 * visits(1000));
}

BOOST_AUTO_TEST_CASE(any_number_of_gradients_costs_one_sweep) {
  const auto visits = [](std::size_t count) {
    Graph graph;
    const Tensor x = graph.input("x", f32, {});
    Tensors middle;
    Tensor y = x;
    for (int i = 0; i < 1000; ++i) middle.push_back(y = sin(y));
    middle.resize(count);
    std::size_t result = 0;
    GradientOptions options;
    options.visits = &result;
    static_cast<void>(gradients(y, middle, {}, options));
    return result;
  };
  BOOST_TEST(visits(900) <= visits(1));
}

BOOST_AUTO_TEST_CASE(an_op_without_a_rule_names_itself_the_way_and_the_line) {
  static const OpDef opaque = [] {
    OpDef op;
    op.name = "opaque";
    op.inputs = {{"x", "[...]", "float"}};
    op.outputs = {{"y", "[...]", "as x"}};
    op.infer = same_as_first;
    return op;
  }();
  Graph graph;
  const Tensor x = graph.input("x", f32, {3});
  const Tensor middle = apply(opaque, {x * 2});
  const int line = __LINE__ - 1;
  const Tensor loss = sum(exp(middle));

  const std::string message =
      message_of<GradientError>([&] { static_cast<void>(gradients(loss, {x})); });

  BOOST_TEST(contains(message, "opaque: this op has no gradient rule"), message);
  BOOST_TEST(contains(message, "exp (gradients_test.cpp"), message);
  BOOST_TEST(contains(message, "at gradients_test.cpp:" + std::to_string(line)), message);
  BOOST_TEST(contains(message, "stop_gradient"), message);
}

BOOST_AUTO_TEST_CASE(an_op_without_a_rule_beside_the_way_is_no_error) {
  static const OpDef opaque = [] {
    OpDef op;
    op.name = "opaque";
    op.inputs = {{"x", "[...]", "float"}};
    op.infer = same_as_first;
    return op;
  }();
  Graph graph;
  const Tensor x = graph.input("x", f32, {3}), z = graph.input("z", f32, {3});
  const Tensor loss = sum(x * apply(opaque, {z}));
  BOOST_CHECK_NO_THROW(static_cast<void>(gradients(loss, {x})));
}

BOOST_AUTO_TEST_CASE(a_rule_of_the_wrong_shape_is_an_error) {
  static const OpDef wrong = [] {
    OpDef op;
    op.name = "wrong";
    op.inputs = {{"x", "[...]", "float"}};
    op.infer = same_as_first;
    op.gradient = [](const GradientCall& call) -> Tensors { return {sum(call.dy())}; };
    return op;
  }();
  Graph graph;
  const Tensor x = graph.input("x", f32, {3});
  const std::string message =
      message_of<GradientError>([&] { static_cast<void>(gradients(sum(apply(wrong, {x})), {x})); });
  BOOST_TEST(
      contains(message, "wrong: its gradient rule gives f32[] for operand 0, which is f32[3]"),
      message);
}

BOOST_AUTO_TEST_CASE(a_tensor_that_plays_no_part_is_an_error_unless_zeros_are_wanted) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {3}), other = graph.input("other", f32, {2});
  const Tensor loss = sum(x);

  const std::string message =
      message_of<GradientError>([&] { static_cast<void>(gradients(loss, {other})); });
  BOOST_TEST(contains(message, "does not depend on 'other'"), message);

  const GradientOptions zeros{.allow_unused = true};
  BOOST_TEST((gradients(loss, {other}, {}, zeros)[0].type() == other.type()));
}

BOOST_AUTO_TEST_CASE(a_tensor_behind_ops_of_zero_derivative_has_zeros) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {3});
  for (const Tensor& y : {floor(x), stop_gradient(x * 2), cast(x > 0, f32)})
    BOOST_TEST((gradients(sum(y), {x})[0].type() == x.type()));
}

BOOST_AUTO_TEST_CASE(zeros_that_arrive_are_told_from_none) {
  const auto reached = [](const std::function<Tensor(const Tensor&)>& f) {
    Graph graph;
    const Tensor x = graph.input("x", f32, {3});
    std::vector<bool> found;
    static_cast<void>(gradients(sum(f(x)), {x}, {}, {.reached = &found}));
    BOOST_REQUIRE(found.size() == 1u);
    return bool(found[0]);
  };
  BOOST_TEST(reached([](const Tensor& x) { return x; }));
  BOOST_TEST(reached([](const Tensor& x) { return floor(x); }));
  BOOST_TEST(reached([](const Tensor& x) { return floor(gelu(sign(x) + 1)); }));
  BOOST_TEST(reached([](const Tensor& x) { return cast(floor(x), f64) + stop_gradient(x); }));
  BOOST_TEST(!reached([](const Tensor& x) { return stop_gradient(x); }));
  BOOST_TEST(!reached([](const Tensor& x) { return floor(gelu(stop_gradient(x) + 1)); }));
  BOOST_TEST(!reached([](const Tensor& x) { return cast(cast(x, i32), f32); }));
  BOOST_TEST(!reached([](const Tensor& x) { return ceil(cast(x > 0, f32)); }));
}

BOOST_AUTO_TEST_CASE(several_elements_need_a_cotangent) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {3});
  const std::string message =
      message_of<GradientError>([&] { static_cast<void>(gradients(x * x, {x})); });
  BOOST_TEST(contains(message, "the output is f32[3]; without a cotangent"), message);
  BOOST_TEST(contains(message, "gradients_test.cpp"), message);

  BOOST_TEST((gradients(x * x, {x}, ones_like(x))[0].type() == x.type()));
  BOOST_TEST(contains(message_of<GradientError>(
                          [&] { static_cast<void>(gradients(x * x, {x}, ones(graph, {2}))); }),
                      "must have its type"));
}

BOOST_AUTO_TEST_CASE(integers_have_no_gradients) {
  Graph graph;
  const Tensor n = graph.input("n", i64, {});
  const Tensor x = graph.input("x", f32, {});
  BOOST_TEST(contains(message_of<GradientError>([&] { static_cast<void>(gradients(n + 1, {n})); }),
                      "i64"));
  BOOST_TEST(contains(message_of<GradientError>([&] { static_cast<void>(gradients(x * n, {n})); }),
                      "only floats have gradients"));
}

BOOST_AUTO_TEST_CASE(backward_nodes_carry_the_line_and_the_module_of_the_forward_one) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {3});
  Tensor y;
  {
    const PathScope scope(graph, "encoder");
    y = tanh(x);
  }
  const int line = __LINE__ - 2;
  const auto begin = static_cast<NodeId>(graph.size());

  static_cast<void>(gradients(sum(y), {x}));

  bool found = false;
  for (NodeId id = begin; id < graph.size(); ++id) {
    const Origin origin = graph.node(id).origin;
    if (origin.path != "encoder") continue;
    found = true;
    BOOST_TEST(origin.line == line);
    BOOST_TEST(origin.backward);
  }
  BOOST_TEST(found);
}

}  // namespace
