// Fits y = X w + b without a module or an optimizer, to show what those are made of: variables that
// live in a State, gradients that are part of the graph, and assigns that give new values.
//
//   linear_regression [BACKEND]
#include <cmath>

#include <fmt/format.h>
#include <asg/asg.hpp>

using namespace asg;

int main(int argc, char** argv) try {
  const Device device = open_device(argc > 1 ? argv[argc - 1] : "cpu");

  // Points of a known plane, with a little noise.
  constexpr int points = 256;
  const Array truth({3, 1}, {2.f, -1.f, 0.5f});
  constexpr float offset = 0.25f;
  Array x(f32, {points, 3}), y(f32, {points, 1});
  data::Random random(/*seed=*/1);
  for (int i = 0; i < points; ++i) {
    double sum = offset + 0.01 * (random.uniform() - 0.5);
    for (int j = 0; j < 3; ++j) {
      x.set(3 * i + j, 2 * random.uniform() - 1);
      sum += x.get(3 * i + j) * truth.get(j);
    }
    y.set(i, sum);
  }

  auto step = compile(device, [](Graph& graph, Tensor x_in, Tensor y_in, Tensor lr) {
    const Tensor w = graph.variable("w", f32, {3, 1});
    const Tensor b = graph.variable("b", f32, {});
    const Tensor loss = mse_loss(matmul(x_in, w) + b, y_in);
    const Tensors slope = gradients(loss, {w, b});
    // All reads in a run see the old values; these take effect at its end.
    graph.assign(w, w - lr * slope[0]);
    graph.assign(b, b - lr * slope[1]);
    return loss;
  });

  State state(device);
  state.set("w", Array::zeros(f32, {3, 1}));
  state.set("b", Array(0.f));
  for (int i = 0; i <= 200; ++i) {
    const float loss = step(state, x, y, 0.1).item<float>();
    if (i % 40 == 0) fmt::print("step {:>3}  loss {:.6f}\n", i, loss);
  }

  const Array w = state.get("w");
  const float b = state.get("b").item<float>();
  fmt::print("w = {:.3f} {:.3f} {:.3f}, b = {:.3f}\n", w.get(0), w.get(1), w.get(2), b);
  bool found = std::abs(b - offset) < 0.01;
  for (int j = 0; j < 3; ++j) found = found && std::abs(w.get(j) - truth.get(j)) < 0.01;
  fmt::print("{}\n", found ? "the plane is found" : "this is not the plane");
  return found ? 0 : 1;
} catch (const Error& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
