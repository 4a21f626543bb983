// A loop that is written out costs, in its gradient too, what one of its steps costs times their
// number.
#include <functional>
#include <ostream>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>
#include <asg/passes/cost.hpp>
#include <asg/passes/passes.hpp>
#include <asg/runtime/target.hpp>

#include "passes/differential.hpp"

namespace {

using namespace asg;

// What step t of T reads of x, whose first axis has 4 T positions of 8.
struct Loop {
  const char* name;
  std::function<Tensor(const Tensor& x, std::int64_t t, std::int64_t steps)> read;
  bool along_columns = false;
};
std::ostream& operator<<(std::ostream& out, const Loop& loop) { return out << loop.name; }

Tensor at(const Tensor& x, std::int64_t position) { return x.graph().constant(Array(position)); }

const Loop loops[] = {
    {"select", [](const Tensor& x, std::int64_t t, std::int64_t) { return select(x, 0, t); }},
    {"select of the second axis",
     [](const Tensor& x, std::int64_t t, std::int64_t) { return select(x, 1, t); }, true},
    {"select of a view made each time",
     [](const Tensor& x, std::int64_t t, std::int64_t) {
       return select(transpose(x, 0, 1), 1, t);
     }},
    {"select of what is computed each time",
     [](const Tensor& x, std::int64_t t, std::int64_t) { return select(exp(x * 2), 0, t); }},
    {"select of select",
     [](const Tensor& x, std::int64_t t, std::int64_t steps) {
       return select(select(reshape(x, {2, 2 * steps, 8}), 0, t % 2), 0, t / 2);
     }},
    {"chunks",
     [](const Tensor& x, std::int64_t t, std::int64_t) { return slice(x, 0, 4 * t, 4 * t + 4); }},
    {"windows",
     [](const Tensor& x, std::int64_t t, std::int64_t) { return slice(x, 0, t, t + 3); }},
    {"interleaved", [](const Tensor& x, std::int64_t t,
                       std::int64_t steps) { return slice(x, 0, t, 4 * steps, steps); }},
    {"tiles",
     [](const Tensor& x, std::int64_t t, std::int64_t) {
       return slice(slice(x, 0, t / 4, t / 4 + 1), 1, t % 4 * 2, t % 4 * 2 + 2);
     }},
    {"a diagonal",
     [](const Tensor& x, std::int64_t t, std::int64_t) {
       return slice(slice(x, 0, 4 * t, 4 * t + 4), 1, t % 7, t % 7 + 2);
     }},
    {"gather",
     [](const Tensor& x, std::int64_t t, std::int64_t) { return gather(x, at(x, t), 0); }},
    {"take_along_dim",
     [](const Tensor& x, std::int64_t t, std::int64_t) {
       return take_along_dim(x, broadcast_to(at(x, t), {1, 8}), 0);
     }},
    {"embedding",
     [](const Tensor& x, std::int64_t t, std::int64_t) { return embedding(at(x, t), x); }},
};

// What a program does: bytes moved, and points visited, those outside of a padded operand included.
double work_of(const Graph& graph, const Tensors& outputs) {
  const Program program = compile_program({graph, outputs}, *target_of(passes_test::cpu(1)));
  double work = cost_of(program).bytes();
  for (const Region& region : program.regions)
    work += static_cast<double>(region.dims.numel()) * static_cast<double>(region.insts.size());
  return work;
}

double work_of_gradient(const Loop& loop, std::int64_t steps, int order) {
  Graph graph;
  const Shape shape = loop.along_columns ? Shape{8, 4 * steps} : Shape{4 * steps, 8};
  const Tensor x = graph.input("x", f32, shape);
  const Tensor y = tanh(x);
  Tensor state = graph.input("state", f32, {});
  for (std::int64_t t = 0; t < steps; ++t)
    state = tanh(state + sum(square(loop.read(y, t, steps))));
  Tensor gradient = gradients(state, {x})[0];
  for (int k = 1; k < order; ++k) gradient = gradients(sum(sin(gradient)), {x})[0];
  return work_of(graph, {state, gradient});
}

BOOST_DATA_TEST_CASE(work_grows_with_the_steps, boost::unit_test::data::make(loops), loop) {
  for (int order = 1; order <= 2; ++order) {
    const double few = work_of_gradient(loop, 64, order), many = work_of_gradient(loop, 256, order);
    BOOST_TEST(many <= 4.5 * few, "derivative " << order << ": " << many << " after " << few);
  }
}

// The first row, then the same of the rest.
BOOST_AUTO_TEST_CASE(a_rest_that_grows_shorter_costs_each_row_once) {
  const auto work = [](std::int64_t steps) {
    Graph graph;
    const Tensor x = graph.input("x", f32, {steps, 8});
    Tensor rest = tanh(x), state = graph.input("state", f32, {8});
    for (std::int64_t t = 0; t < steps; ++t) {
      state = tanh(state + select(rest, 0, 0));
      rest = slice(rest, 0, 1, steps);
    }
    return work_of(graph, gradients(sum(state), {x}));
  };
  BOOST_TEST(work(256) <= 4.5 * work(64));
}

}  // namespace
