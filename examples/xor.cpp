// The smallest network that needs a hidden layer: four points that no straight line divides.
// Shows a module, an optimizer, and a training step that is one program on the device.
//
//   xor [BACKEND]        for example: xor reference
#include <fmt/format.h>
#include <asg/asg.hpp>

using namespace asg;

int main(int argc, char** argv) try {
  const Device device = open_device(argc > 1 ? argv[argc - 1] : "cpu");

  // A model says which numbers it needs; they live in a State, on the device.
  const nn::Sequential model{nn::Linear{2, 8}, nn::Tanh{}, nn::Linear{8, 1}};
  State state = initialize(model, device, /*seed=*/1);

  // The lambda does not compute: it describes. It is traced at the first call, and forward pass,
  // gradients and updates become one program.
  const optim::AdamW adamw{{.weight_decay = 0}};
  auto step = compile(device, [&](Tensor x, Tensor y, Tensor lr) {
    const Tensor loss = binary_cross_entropy_with_logits(model(x), y);
    adamw.minimize(loss, lr);
    return loss;
  });

  const Array x({4, 2}, {0.f, 0.f, 0.f, 1.f, 1.f, 0.f, 1.f, 1.f});
  const Array y({4, 1}, {0.f, 1.f, 1.f, 0.f});
  for (int i = 0; i <= 200; ++i) {
    const float loss = step(state, x, y, 0.05).item<float>();
    if (i % 50 == 0) fmt::print("step {:>3}  loss {:.4f}\n", i, loss);
  }

  // Another program, the same State.
  auto predict = compile(device, [&](Tensor points) { return sigmoid(model(points)); });
  const Array p = predict(state, x);
  bool learned = true;
  for (int i = 0; i < 4; ++i) {
    fmt::print("{:.0f} xor {:.0f} = {:.3f}\n", x.get(2 * i), x.get(2 * i + 1), p.get(i));
    learned = learned && (p.get(i) > 0.5) == (y.get(i) > 0.5);
  }
  return learned ? 0 : 1;
} catch (const Error& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
