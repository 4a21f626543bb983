// Reads digits: a model as a struct of its own, batches of images, a learning rate that changes
// from step to step, and the accuracy on images that training never saw.
//
//   mlp_classifier [BACKEND]
#include <fmt/format.h>
#include <asg/asg.hpp>

using namespace asg;

// Members are registered by name, so the parameters are called "hidden.weight", "out.bias", ...
struct Classifier : nn::Module {
  nn::Linear hidden = add("hidden", nn::Linear{28 * 28, 128});
  nn::Linear out = add("out", nn::Linear{128, 10});

  [[nodiscard]] Tensor forward(const Tensor& images) const override {
    return out(relu(hidden(flatten(images, 1))));
  }
};

int main(int argc, char** argv) try {
  const Device device = open_device(argc > 1 ? argv[argc - 1] : "cpu");

  const Classifier model;
  const optim::AdamW adamw{{.weight_decay = 0.01, .decays = optim::matrices_only}};

  // Traced once for each shape it meets.
  auto step = compile(device, [&](Tensor images, Tensor labels, Tensor lr) {
    const Tensor loss = cross_entropy(model(images), labels);
    adamw.minimize(loss, lr);
    return loss;
  });
  auto accuracy = compile(device, [&](Tensor images, Tensor labels) {
    return metrics::accuracy(model(images), labels);
  });

  // Digits that asg draws itself, shifted, slanted, blurred and noisy. Other seeds give other
  // images: these two sets have none in common.
  data::ImageBatches batches(data::glyphs(4096, /*seed=*/1), /*batch=*/64, /*seed=*/1);
  const data::LabelledImages unseen = data::glyphs(1024, /*seed=*/2);

  State state = initialize(model, device, /*seed=*/1);
  constexpr int steps = 200;
  const optim::WarmupCosine rate{.lr = 2e-3, .min_lr = 2e-4, .warmup = 20, .steps = steps};
  fmt::print("{} parameters on {}\n", model.numel(), device.description().name);
  for (int i = 0; i < steps; ++i) {
    const auto [images, labels] = batches.batch(i);
    const float loss = step(state, images, labels, rate(i)).item<float>();
    if (i % 40 == 0 || i == steps - 1)
      fmt::print("step {:>3}  loss {:.4f}  accuracy on unseen digits {:.1f} %\n", i, loss,
                 100 * accuracy(state, unseen.images, unseen.labels).item<double>());
  }
  return accuracy(state, unseen.images, unseen.labels).item<double>() > 0.9 ? 0 : 1;
} catch (const Error& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
