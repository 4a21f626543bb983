// An op of your own: mish(x) = x * tanh(softplus(x)). Its body in other ops is its meaning, and
// with that it runs on every backend and can be differentiated. A gradient rule of its own is
// optional; here one is written by hand and held against the gradient of the body.
//
//   custom_op [BACKEND]
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <asg/asg.hpp>
#include <asg/graph/fmt.hpp>  // prints tensors and graphs

using namespace asg;

// What mish means. The tensors belong to the graph that is being built.
Tensors mish_body(const OpCall& call) {
  const Tensor& x = call.in(0);
  return {x * tanh(softplus(x))};
}

// From the cotangent of the output to that of the input: dy * (t + x * (1 - t^2) * sigmoid(x)).
// It is written in ops, too, so it can be differentiated again.
Tensors mish_gradient(const GradientCall& call) {
  const Tensor& x = call.in(0);
  const Tensor t = tanh(softplus(x));
  return {call.dy() * (t + x * (1 - square(t)) * sigmoid(x))};
}

// Definitions outlive the graphs that use them.
const OpDef& by_its_body() {
  static const OpDef op{.name = "mish",
                        .summary = "x * tanh(softplus(x))",
                        .inputs = {{"x", "[...]", "float"}},
                        .outputs = {{"y", "as x", "as x"}},
                        .decompose = mish_body};
  return op;
}

const OpDef& with_a_rule() {
  static const OpDef op{.name = "mish_with_rule",
                        .summary = "x * tanh(softplus(x)), differentiated by a rule of its own",
                        .inputs = {{"x", "[...]", "float"}},
                        .outputs = {{"y", "as x", "as x"}},
                        .infer = same_as_first,  // without it, the body's types are inferred
                        .gradient = mish_gradient,
                        .decompose = mish_body};
  return op;
}

int main(int argc, char** argv) try {
  const Device device = open_device(argc > 1 ? argv[argc - 1] : "cpu");

  Graph graph;
  const Tensor x = graph.input("x", f32, {7});
  Tensors outputs;
  for (const OpDef* op : {&by_its_body(), &with_a_rule()}) {
    const Tensor y = apply(*op, {x});
    const Tensor slope = gradients(sum(y), {x})[0];
    const Tensor curvature = gradients(sum(slope), {x})[0];
    outputs.insert(outputs.end(), {y, slope, curvature});
  }

  // The graph still says "mish": only what a backend does not know itself is taken apart.
  fmt::print("{}\n\n", outputs[0]);

  const Array points({7}, {-3.f, -2.f, -1.f, 0.f, 1.f, 2.f, 3.f});
  const std::vector<Array> r = compile(device, graph, outputs).run({points});
  fmt::print("{:>6} {:>10} {:>10} {:>10} {:>10}\n", "x", "mish", "slope", "by rule", "curvature");
  double difference = 0, wrong = 0;
  for (int i = 0; i < 7; ++i) {
    fmt::print("{:>6.1f} {:>10.6f} {:>10.6f} {:>10.6f} {:>10.6f}\n", points.get(i), r[0].get(i),
               r[1].get(i), r[4].get(i), r[2].get(i));
    for (int k = 0; k < 3; ++k)
      difference = std::max(difference, std::abs(r[k].get(i) - r[k + 3].get(i)));
    const double p = points.get(i);
    wrong = std::max(wrong, std::abs(r[0].get(i) - p * std::tanh(std::log1p(std::exp(p)))));
  }
  fmt::print("\nrule and body differ by at most {:.1e}, mish and its formula by {:.1e}\n",
             difference, wrong);
  return difference < 1e-5 && wrong < 1e-5 ? 0 : 1;
} catch (const Error& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
