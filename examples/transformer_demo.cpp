// A Transformer block learns to answer 0.5 whatever it is shown: attention, layer norms and a
// feed-forward network, trained by plain gradient descent for 15 epochs.
//
//   transformer_demo [--backend NAME] [--batch N] [--length N]
#include <cstdint>
#include <cstdlib>
#include <string>

#include <fmt/format.h>
#include <asg/asg.hpp>

using namespace asg;

struct Arguments {
  std::string backend;  // nothing stands for $ASG_BACKEND, or cpu
  std::int64_t batch = 1, length = 1;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; i += 2) {
    const std::string flag = argv[i], value = i + 1 < argc ? argv[i + 1] : "";
    // What is no number becomes 0, which is refused below.
    const std::int64_t number = std::strtoll(value.c_str(), nullptr, 10);
    if (flag == "--backend")
      arguments.backend = value;
    else if (flag == "--batch")
      arguments.batch = number;
    else if (flag == "--length")
      arguments.length = number;
    else
      throw Error("unknown option " + flag);
  }
  if (arguments.batch < 1 || arguments.length < 1)
    throw Error("--batch and --length take a number from 1 on");
  return arguments;
}

int main(int argc, char** argv) try {
  const Arguments arguments = parse(argc, argv);
  const Device device = open_device(arguments.backend);
  constexpr std::int64_t embed = 4, heads = 2;

  nn::TransformerBlockOptions options;
  options.hidden = 16;
  options.activation = [](const Tensor& x) { return relu(x); };
  const nn::TransformerBlock block(embed, heads, options);
  const optim::SGD sgd;

  // The sum of squares of a position; of several, their mean, so that one learning rate fits all.
  auto epoch = compile(device, [&](Tensor x, Tensor lr) {
    const Tensor loss = mean(sum(square(block(x) - 0.5), {-1}));
    sgd.minimize(loss, lr);
    return loss;
  });

  Array x(f32, {arguments.batch, arguments.length, embed});
  data::Random random(/*seed=*/1);
  for (std::int64_t i = 0; i < x.numel(); ++i) x.set(i, 2 * random.uniform() - 1);

  State state = initialize(block, device, /*seed=*/1);
  fmt::print("TransformerBlock with {} parameters on {} ({}), input {}\n", block.numel(),
             device.backend_name(), device.description().name, to_string(x.shape()));
  float before = 0;
  bool falling = true;
  for (int i = 1; i <= 15; ++i) {
    const float loss = epoch(state, x, 0.01).item<float>();
    fmt::print("epoch {:>2}  loss {:.6f}\n", i, loss);
    falling = falling && (i == 1 || loss < before);
    before = loss;
  }
  if (!falling) fmt::print(stderr, "the loss did not fall in every epoch\n");
  return falling ? 0 : 1;
} catch (const Error& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
