// compile, Function and State: what a program reads, writes, keeps and refuses.
#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>
#include <asg/passes/program.hpp>

#include "support/messages.hpp"

namespace {

using namespace asg;
using test_support::contains;
using test_support::message_of;

const Device& device() {
  static const Device opened = open_device("reference");
  return opened;
}

BOOST_AUTO_TEST_CASE(reads_see_the_values_before_the_run) {
  Graph graph;
  const Tensor a = graph.variable("a", f32, {2}), b = graph.variable("b", f32, {2});
  graph.assign(a, b);
  graph.assign(b, a);
  State state(device());
  state.set("a", Array({2}, {1.f, 2.f}));
  state.set("b", Array({2}, {3.f, 4.f}));

  const auto outputs = compile(device(), graph, {a, flip(b, {0})}).run(state, {});

  BOOST_TEST(identical(state.get("a"), Array({2}, {3.f, 4.f})));
  BOOST_TEST(identical(state.get("b"), Array({2}, {1.f, 2.f})));
  BOOST_TEST(identical(outputs[0], Array({2}, {1.f, 2.f})));
  BOOST_TEST(identical(outputs[1], Array({2}, {4.f, 3.f})));
}

BOOST_AUTO_TEST_CASE(one_value_may_be_given_several_times) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {2});
  const Tensor y = x + 1;
  const Array expected({2}, {2.f, 3.f});

  const auto outputs =
      compile(device(), graph, {y, y, x, reshape(y, {2, 1})}).run({Array({2}, {1.f, 2.f})});

  BOOST_TEST(identical(outputs[0], expected));
  BOOST_TEST(identical(outputs[1], expected));
  BOOST_TEST(identical(outputs[2], Array({2}, {1.f, 2.f})));
  BOOST_TEST(identical(outputs[3], expected.reshaped({2, 1})));
}

BOOST_AUTO_TEST_CASE(empty_tensors_run) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {0, 3});
  const auto outputs = compile(device(), graph,
                               {exp(x), sum(x, 0), sum(x), matmul(x, transpose(x)),
                                matmul(transpose(x), x), concat({x, x}, 0)})
                           .run({Array(f32, {0, 3})});
  BOOST_TEST((outputs[0].shape() == Shape{0, 3}));
  BOOST_TEST(identical(outputs[1], Array::zeros(f32, {3})));
  BOOST_TEST(identical(outputs[2], Array(0.f)));
  BOOST_TEST((outputs[3].shape() == Shape{0, 0}));
  BOOST_TEST(identical(outputs[4], Array::zeros(f32, {3, 3})));
  BOOST_TEST((outputs[5].shape() == Shape{0, 3}));
}

BOOST_AUTO_TEST_CASE(variables_with_an_initial_value_need_no_state) {
  Graph graph;
  VariableInfo info;
  info.name = "count";
  info.initial = 5;
  const Tensor count = graph.variable(info, i64, {});
  graph.assign(count, count + 1);
  auto program = compile(device(), graph, {count});
  State state(device());

  BOOST_TEST(program.run(state, {})[0].item<int>() == 5);
  BOOST_TEST(program.run(state, {})[0].item<int>() == 6);
  BOOST_TEST(state.get("count").item<int>() == 7);
}

BOOST_AUTO_TEST_CASE(a_state_that_does_not_fit_is_refused) {
  Graph graph;
  const Tensor w = graph.variable("w", f32, {2}), v = graph.variable("v", f32, {2});
  auto program = compile(device(), graph, {w + v}, "model");
  State state(device());
  const std::string missing = message_of<StateError>([&] { program.run(state, {}); });
  BOOST_TEST(contains(missing, "model: the state has no value for w, v"), missing);

  state.set("w", Array(f32, {3}));
  state.set("v", Array(f32, {2}));
  const std::string other = message_of<StateError>([&] { program.run(state, {}); });
  BOOST_TEST(contains(other, "needs 'w' as f32[2], the state has it as f32[3]"), other);
  BOOST_TEST(contains(message_of<StateError>([&] { state.set("v", Array(f64, {2})); }),
                      "'v' is f32[2] and cannot be set to f64[2]"));
  BOOST_TEST(contains(message_of<StateError>([&] { static_cast<void>(state.get("nothing")); }),
                      "no tensor 'nothing'; it has v, w"));
}

BOOST_AUTO_TEST_CASE(a_program_follows_a_state_whose_tensors_were_replaced) {
  Graph graph;
  const Tensor w = graph.variable("w", f32, {});
  auto program = compile(device(), graph, {w * 2});
  State state(device());
  state.set("w", Array(1.f));
  BOOST_TEST(program.run(state, {})[0].item<float>() == 2);
  state.erase("w");
  state.set("w", Array(5.f));
  BOOST_TEST(program.run(state, {})[0].item<float>() == 10);
  State second(device());
  second.set("w", Array(7.f));
  BOOST_TEST(program.run(second, {})[0].item<float>() == 14);
  BOOST_TEST(program.run(state, {})[0].item<float>() == 10);
}

BOOST_AUTO_TEST_CASE(inputs_that_do_not_fit_are_refused) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {2});
  auto program = compile(device(), graph, {x}, "model");
  BOOST_TEST(
      contains(message_of<ShapeError>([&] { program.run({}); }), "takes 1 inputs, 0 were given"));
  BOOST_TEST(contains(message_of<ShapeError>([&] { program.run({Array(f64, {2})}); }),
                      "model: input 'x' is f32[2], the array given is f64[2]"));

  Graph scalar;
  auto same = compile(device(), scalar, {scalar.input("x", f32, {})}, "model");
  BOOST_TEST(contains(message_of<ShapeError>([&] { same.run({Array()}); }),
                      "model: the array given for input 'x' was only declared"));
  State state(device());
  BOOST_TEST(contains(message_of<StateError>([&] { state.set("w", Array()); }), "only declared"));
  BOOST_TEST(!state.has("w"));
}

BOOST_AUTO_TEST_CASE(a_body_that_does_not_fit_its_op_is_refused) {
  using Body = Tensors (*)(const OpCall&);
  const auto refusal = [](OpDef& op, Body body) {
    op.inputs = {{"x", "[...]", "float"}};
    op.outputs = {{"y", "[...]", "as x"}};
    op.infer = same_as_first;
    op.decompose = body;
    auto call = compile(device(), [&](Tensor x) { return apply(op, {x}); });
    return message_of<TypeError>([&] { call(1.5f); });
  };
  static OpDef none, other, self;
  none.name = "none";
  other.name = "other";
  self.name = "self";
  BOOST_TEST(contains(refusal(none, [](const OpCall&) { return Tensors{}; }),
                      "none: its decompose gives 0 tensors for the op's 1 outputs"));
  BOOST_TEST(contains(refusal(other, [](const OpCall& call) { return Tensors{gt(call.in(0), 0)}; }),
                      "other: its decompose gives bool[] for output 0, which is f32[]"));
  BOOST_TEST(
      contains(refusal(self, [](const OpCall& call) { return Tensors{apply(self, {call.in(0)})}; }),
               "self: the bodies of ops stand 1000 deep"));
}

BOOST_AUTO_TEST_CASE(a_function_is_traced_once_for_each_combination_of_types) {
  int traced = 0;
  auto twice = compile(device(), [&](Tensor x) {
    ++traced;
    return x * 2;
  });
  BOOST_TEST(twice(Array({2}, {1.f, 2.f})).get(1) == 4);
  BOOST_TEST(twice(Array({2}, {3.f, 4.f})).get(1) == 8);
  BOOST_TEST(traced == 1);
  BOOST_TEST(twice(Array({3}, {1.f, 2.f, 5.f})).get(2) == 10);
  BOOST_TEST((twice(3).dtype() == i64));
  BOOST_TEST(traced == 3);
  BOOST_TEST(twice.function().programs() == 3u);
}

BOOST_AUTO_TEST_CASE(functions_return_what_the_lambda_returns) {
  auto both = compile(device(), [](Tensor x) { return std::tuple{x + 1, x > 0}; });
  const auto [sum_of, positive] = both(1.5f);
  BOOST_TEST(sum_of.item<float>() == 2.5f);
  BOOST_TEST((positive.dtype() == boolean));
  auto list = compile(device(), [](Graph& graph) { return Tensors{zeros(graph, {2})}; });
  BOOST_TEST(list()[0].numel() == 2);
  State state(device());
  state.set("w", Array(1.f));
  auto effect = compile(device(), [](Graph& graph) {
    const Tensor w = graph.variable("w", f32, {});
    graph.assign(w, w + 1);
  });
  effect(state);
  BOOST_TEST(state.get("w").item<float>() == 2);
}

BOOST_AUTO_TEST_CASE(turning_training_on_late_traces_again) {
  std::vector<bool> seen;
  auto step = compile(device(), [&](Graph& graph, Tensor x) {
    seen.push_back(graph.training());
    graph.set_training(true);
    return x;
  });
  step(1.f);
  BOOST_TEST(seen.size() == 2u);
  BOOST_TEST((!seen.front() && seen.back()));
}

BOOST_AUTO_TEST_CASE(random_numbers_differ_from_run_to_run_and_repeat_with_the_state) {
  auto draw = compile(device(), [](Graph& graph) { return random_uniform(graph, {4}); });
  State state(device());
  const Array first = draw(state), second = draw(state);
  BOOST_TEST(!identical(first, second));
  State again(device());
  BOOST_TEST(identical(first, draw(again)));
  BOOST_TEST(identical(second, draw(again)));
}

BOOST_AUTO_TEST_CASE(gradcheck_finds_a_wrong_gradient) {
  static const OpDef wrong = [] {
    OpDef op;
    op.name = "wrong";
    op.inputs = {{"x", "[...]", "float"}};
    op.infer = same_as_first;
    op.decompose = [](const OpCall& call) -> Tensors { return {call.in(0) * call.in(0)}; };
    op.gradient = [](const GradientCall& call) -> Tensors { return {call.dy() * call.in(0)}; };
    return op;
  }();
  const std::vector<Array> point{Array({3}, {0.5, -1.0, 2.0})};
  const auto square_of = [](const Tensors& in) { return square(in[0]); };
  BOOST_TEST(gradcheck(device(), square_of, point).ok);
  BOOST_TEST(gradcheck(device(), square_of, point, {.second_order = true}).ok);

  const auto result = gradcheck(
      device(), [](const Tensors& in) { return apply(wrong, {in[0]}); }, point);

  BOOST_TEST(!result.ok);
  BOOST_TEST(contains(result.message, "differences give"), result.message);
}

}  // namespace
