// What was moved from, or made of nothing, says so from every function; two threads that meet in
// one program get an error and no wrong numbers.
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>

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

struct Use {
  const char* name;
  std::function<void()> call;
};

template <class E>
void all_throw(const std::string& part, const std::vector<Use>& uses) {
  for (const auto& [name, call] : uses) {
    const std::string message = message_of<E>(call);
    BOOST_TEST(contains(message, part), name << ": " << message);
  }
}

// Moves without telling the compiler's warnings.
template <class T>
T taken(T& from) {
  return std::move(from);
}

void check_device(const Device& empty) {
  BOOST_TEST(!empty);
  const asg_step_request request{};
  const asg_program program{};
  Graph graph;
  const Tensor x = graph.input("x", f32, {2});
  all_throw<DeviceError>("this Device is empty",
                         {{"backend_name", [&] { (void)empty.backend_name(); }},
                          {"backend_file", [&] { (void)empty.backend_file(); }},
                          {"description", [&] { (void)empty.description(); }},
                          {"limits", [&] { (void)empty.limits(); }},
                          {"capabilities", [&] { (void)empty.capabilities(); }},
                          {"allocate", [&] { (void)empty.allocate(4); }},
                          {"claim", [&] { (void)empty.claim(request); }},
                          {"compile", [&] { (void)empty.compile(program); }},
                          {"a State", [&] { (void)State(empty); }},
                          {"a graph", [&] { (void)asg::compile(empty, graph, {x}); }},
                          {"a function", [&] {
                             auto f = asg::compile(empty, [](Tensor t) { return t + 1; });
                             (void)f(1.f);
                           }}});
}

BOOST_AUTO_TEST_CASE(an_empty_device_says_so) {
  Device moved = device();
  const Device other = taken(moved);
  check_device(moved);
  check_device(Device(nullptr));
  BOOST_TEST((moved == Device(nullptr)));
  moved = other;
  BOOST_TEST(moved.backend_name() == "reference");
}

BOOST_AUTO_TEST_CASE(a_graph_that_was_moved_from_says_so) {
  Graph moved;
  const Tensor x = moved.input("x", f32, {2});
  const Tensor v = moved.variable("v", f32, {2});
  Graph graph = taken(moved);
  const VariableInfo info = graph.variables()[0];
  all_throw<TypeError>("this Graph was moved from",
                       {{"input", [&] { (void)moved.input("y", f32, {}); }},
                        {"variable", [&] { (void)moved.variable("w", f32, {}); }},
                        {"variable of", [&] { (void)moved.variable(info, f32, {2}); }},
                        {"constant", [&] { (void)moved.constant(Array(1.f)); }},
                        {"assign", [&] { moved.assign(v, x); }},
                        {"add", [&] { (void)moved.add(find_op("neg"), {{x}}); }},
                        {"size", [&] { (void)moved.size(); }},
                        {"node", [&] { (void)moved.node(0); }},
                        {"tensor",
                         [&] {
                           (void)moved.tensor({0, 0});
                         }},
                        {"type",
                         [&] {
                           (void)moved.type({0, 0});
                         }},
                        {"inputs", [&] { (void)moved.inputs(); }},
                        {"variables", [&] { (void)moved.variables(); }},
                        {"assigns", [&] { (void)moved.assigns(); }},
                        {"find_variable", [&] { (void)moved.find_variable("v"); }},
                        {"find_variable", [&] { (void)moved.find_variable(NodeId{1}); }},
                        {"training", [&] { (void)moved.training(); }},
                        {"set_training", [&] { moved.set_training(true); }},
                        {"training_was_read", [&] { (void)moved.training_was_read(); }},
                        {"path", [&] { (void)moved.path(); }},
                        {"origin_now", [&] { (void)moved.origin_now(); }},
                        {"next_stream", [&] { (void)moved.next_stream(); }},
                        {"PathScope", [&] { const PathScope scope(moved, "a"); }},
                        {"WhereScope", [&] { const WhereScope scope(moved, {}); }},
                        {"OriginScope", [&] { const OriginScope scope(moved, {}); }},
                        {"verify", [&] { verify(moved); }},
                        {"to_text", [&] { (void)to_text(moved); }},
                        {"creation", [&] { (void)zeros(moved, {2}); }},
                        {"compile", [&] { (void)compile(device(), moved, {}); }}});
  BOOST_TEST((neg(x).shape() == Shape{2}));  // its tensors went along
  moved = Graph();
  BOOST_TEST(moved.size() == 0u);
}

BOOST_AUTO_TEST_CASE(a_state_that_was_moved_from_says_so) {
  Graph graph;
  const Tensor w = graph.variable("w", f32, {});
  auto program = compile(device(), graph, {w * 2});
  State moved(device());
  moved.set("w", Array(3.f));
  BOOST_TEST(program.run(moved, {})[0].item<float>() == 6);
  State state = taken(moved);
  std::vector<Array> outputs;
  all_throw<StateError>(
      "this State was moved from",
      {{"device", [&] { (void)moved.device(); }},
       {"has", [&] { (void)moved.has("w"); }},
       {"names", [&] { (void)moved.names(); }},
       {"type", [&] { (void)moved.type("w"); }},
       {"get", [&] { (void)moved.get("w"); }},
       {"set", [&] { moved.set("w", Array(1.f)); }},
       {"erase", [&] { moved.erase("w"); }},
       {"buffer", [&] { (void)moved.buffer("w"); }},
       {"to_host", [&] { (void)moved.to_host(); }},
       {"clone", [&] { (void)moved.clone(device()); }},
       {"size_bytes", [&] { (void)moved.size_bytes(); }},
       {"version", [&] { (void)moved.version(); }},
       // The program is bound to the tensors of that version.
       {"run", [&] { (void)program.run(moved, {}); }},
       {"run into", [&] { program.run(moved, {}, outputs); }},
       {"profile", [&] { (void)program.profile(moved, {}); }},
       {"function", [&] { (void)compile(device(), [](Tensor x) { return x; })(moved, 1.f); }}});
  BOOST_TEST(program.run(state, {})[0].item<float>() == 6);
  moved = std::move(state);
  BOOST_TEST(program.run(moved, {})[0].item<float>() == 6);
  BOOST_CHECK_THROW((void)state.names(), StateError);  // NOLINT(bugprone-use-after-move)
  State& same = moved;
  moved = std::move(same);
  BOOST_TEST(moved.get("w").item<float>() == 3);
}

void check_compiled_graph(CompiledGraph& empty) {
  BOOST_TEST(!empty);
  State state(device());
  std::vector<Array> outputs;
  std::vector<StepTime> times;
  all_throw<DeviceError>("this CompiledGraph is empty",
                         {{"run", [&] { (void)empty.run({}); }},
                          {"run with a state", [&] { (void)empty.run(state, {}); }},
                          {"run into", [&] { empty.run(state, {}, outputs); }},
                          {"profile", [&] { (void)empty.profile(state, {}); }},
                          {"profile and run", [&] { (void)empty.profile(state, {}, times); }},
                          {"program", [&] { (void)empty.program(); }},
                          {"report", [&] { (void)empty.report(); }}});
}

BOOST_AUTO_TEST_CASE(an_empty_compiled_graph_says_so) {
  CompiledGraph made_of_nothing;
  check_compiled_graph(made_of_nothing);
  Graph graph;
  CompiledGraph moved = compile(device(), graph, {zeros(graph, {2})});
  CompiledGraph program = taken(moved);
  check_compiled_graph(moved);
  BOOST_TEST(program.run({})[0].numel() == 2);
}

BOOST_AUTO_TEST_CASE(a_compiled_function_that_was_moved_from_says_so) {
  auto moved = compile(device(), [](Tensor x) { return x + 1; });
  auto function = taken(moved);
  State state(device());
  all_throw<Error>("this compiled function is empty",
                   {{"call", [&] { (void)moved(1.f); }},
                    {"call with a state", [&] { (void)moved(state, 1.f); }},
                    {"specialize", [&] { (void)moved.function().specialize({}); }},
                    {"programs", [&] { (void)moved.function().programs(); }},
                    {"clear", [&] { moved.function().clear(); }},
                    {"device", [&] { (void)moved.function().device(); }}});
  BOOST_TEST(function(1.f).item<float>() == 2);
  BOOST_CHECK_THROW((void)Function(device(), {}, {}), Error);
}

// Runs `use` on two threads until one of them is refused; what is not refused must be right.
template <class F>
void meet(const F& use) {
  std::atomic<bool> refused{false}, wrong{false};
  std::string message;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto loop = [&](float number) {
    while (!refused && std::chrono::steady_clock::now() < deadline) {
      try {
        if (use(number) != number) wrong = true;
      } catch (const Error& error) {
        if (!refused.exchange(true)) message = error.what();
      }
    }
  };
  std::thread other(loop, 2.f);
  loop(1.f);
  other.join();
  BOOST_TEST(refused);
  BOOST_TEST(!wrong);
  BOOST_TEST(message.find("it is in use already") != std::string::npos, message);
}

constexpr std::int64_t side = 96;

// The number that it is given, with some work to find it.
float first(const Array& a) { return static_cast<float>(a.get(0)); }

BOOST_AUTO_TEST_CASE(two_threads_that_meet_in_a_compiled_graph_get_an_error) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {side, side});
  const auto program = compile(device(), graph, {matmul(x, zeros(graph, {side, side})) + x});
  meet([&](float number) {
    CompiledGraph copy = program;  // copies share the memory
    return first(copy.run({Array::full(f32, {side, side}, number)})[0]);
  });
}

BOOST_AUTO_TEST_CASE(two_threads_that_meet_in_a_function_get_an_error) {
  auto function = compile(device(), [](Tensor x) { return matmul(x, x * 0) + x; });
  meet([&](float number) { return first(function(Array::full(f32, {side, side + 0}, number))); });
  // Programs of one function share their memory, too.
  meet([&](float number) {
    const std::int64_t size = number == 1.f ? side : side + 1;
    return first(function(Array::full(f32, {size, size}, number)));
  });
}

BOOST_AUTO_TEST_CASE(a_function_that_calls_itself_while_it_is_built_gets_an_error) {
  std::function<Array(float)> again;
  auto function = compile(device(), [&](Tensor x) {
    (void)again(1.f);
    return x;
  });
  again = [&](float number) { return function(number); };
  all_throw<Error>("function: it is in use already", {{"call", [&] { (void)function(2.f); }}});
  again = [](float number) { return Array(number); };
  BOOST_TEST(function(2.f).item<float>() == 2);  // and is free again
}

}  // namespace
