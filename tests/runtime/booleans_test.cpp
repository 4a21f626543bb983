// Bytes of bool that are neither 0 nor 1 come in by many doors; behind each of them they are true.
#include <cstring>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>

namespace {

using namespace asg;

const char* const backends[] = {"reference", "cpu"};

// As a program makes it that copies bytes of its own.
Array odd() {
  Array array(boolean, {5});
  std::memcpy(array.bytes(), "\0\1\2\x80\xff", 5);
  return array;
}
const Array numbers({5}, {0.0f, 1.0f, 1.0f, 1.0f, 1.0f});
const Array truths({5}, {false, true, true, true, true});

// What goes wrong in one way or another: a cast, a count, logic, a choice, the bool itself.
Tensors uses(const Tensor& b) {
  return {cast(b, f32), sum(cast(b, i32), 0), cast(logical_not(b), f32), where(b, 1.0f, 0.0f),
          b};
}

void check(const std::vector<Array>& outputs) {
  BOOST_TEST(to_string(outputs[0]) == to_string(numbers));
  BOOST_TEST(outputs[1].item<int>() == 4);
  BOOST_TEST(to_string(outputs[2]) == to_string(Array({5}, {1.0f, 0.0f, 0.0f, 0.0f, 0.0f})));
  BOOST_TEST(to_string(outputs[3]) == to_string(numbers));
  BOOST_TEST(identical(outputs[4], truths));
}

BOOST_DATA_TEST_CASE(an_input_is_taken_as_true, backends, backend) {
  Graph graph;
  const Tensors outputs = uses(graph.input("b", boolean, {5}));
  const Array given = odd();
  check(compile(open_device(backend), graph, outputs).run({given}));
  BOOST_TEST(std::memcmp(given.bytes(), "\0\1\2\x80\xff", 5) == 0);  // the caller's, not ours
}

BOOST_DATA_TEST_CASE(a_state_is_taken_as_true, backends, backend) {
  const Device device = open_device(backend);
  Graph graph;
  const Tensors outputs = uses(graph.variable("b", boolean, {5}));
  State state(device);
  state.set("b", odd());
  BOOST_TEST(identical(state.get("b"), truths));
  check(compile(device, graph, outputs).run(state, {}));
  state.set("b", odd());  // once more, where there is one
  check(compile(device, graph, outputs).run(state, {}));
}

BOOST_DATA_TEST_CASE(a_constant_is_taken_as_true, backends, backend) {
  Graph graph;
  check(compile(open_device(backend), graph, uses(graph.constant(odd()))).run({}));
}

}  // namespace
