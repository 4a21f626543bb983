// A GPT that reads characters and then writes some: text to tokens to batches, a training step, and
// a loop that draws the next character from what the model expects.
//
//   char_gpt [--backend NAME] [FILE or DIRECTORY]...
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <asg/asg.hpp>

using namespace asg;

// Draws an index with the probabilities softmax(logits).
std::int32_t draw(const Array& logits, data::Random& random) {
  double largest = logits.get(0), sum = 0;
  for (std::int64_t i = 0; i < logits.numel(); ++i) largest = std::max(largest, logits.get(i));
  for (std::int64_t i = 0; i < logits.numel(); ++i) sum += std::exp(logits.get(i) - largest);
  double left = random.uniform() * sum;
  std::int32_t index = 0;
  while (index + 1 < logits.numel() && (left -= std::exp(logits.get(index) - largest)) > 0) ++index;
  return index;
}

int main(int argc, char** argv) try {
  std::string backend;  // nothing stands for $ASG_BACKEND, or cpu
  std::vector<std::filesystem::path> paths;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--backend" && i + 1 < argc)
      backend = argv[++i];
    else
      paths.emplace_back(argv[i]);
  }
  if (paths.empty()) paths = {"/usr/share/common-licenses"};  // real text on every Debian
  const Device device = open_device(backend);

  const std::string text = data::read_text(paths);
  const data::CharTokenizer tokenizer(text);
  constexpr std::int64_t block = 32, batch = 12, steps = 400;
  const data::TokenBatches batches(tokenizer.encode(text), block, batch, /*seed=*/1);

  nn::GPTOptions options;
  options.vocab = tokenizer.size();
  options.block = block;
  options.layers = 2;
  options.heads = 2;
  options.embd = 64;
  const nn::GPT model(options);
  const optim::AdamW adamw{{.weight_decay = 0.1, .decays = optim::matrices_only, .clip_norm = 1}};
  auto step = compile(device, [&](Tensor tokens, Tensor next, Tensor lr) {
    const Tensor logits = reshape(model(tokens), {-1, options.vocab});
    const Tensor loss = cross_entropy(logits, reshape(next, {-1}));
    adamw.minimize(loss, lr);
    return loss;
  });

  State state = initialize(model, device, /*seed=*/1);
  fmt::print("{} characters, {} different; {} parameters on {}\n", text.size(), tokenizer.size(),
             model.numel(), device.description().name);
  // A model that knows nothing gives every character the same probability.
  const double ignorance = std::log(static_cast<double>(tokenizer.size()));
  const optim::WarmupCosine rate{.lr = 3e-3, .min_lr = 3e-4, .warmup = 20, .steps = steps};
  double recent = ignorance;  // a running mean: single batches vary
  for (std::int64_t i = 0; i < steps; ++i) {
    const auto [tokens, next] = batches.batch(i);
    recent += 0.05 * (step(state, tokens, next, rate(i)).item<double>() - recent);
    if (i % 100 == 99) fmt::print("step {:>3}  loss {:.3f}\n", i + 1, recent);
  }

  // One program for all lengths: the window always has `block` tokens, of which a causal model sees
  // those up to `last`.
  auto predict = compile(device, [&](Tensor window, Tensor last) {
    return reshape(gather(model(window), last, 1), {-1});
  });
  data::Random random(/*seed=*/1);
  std::vector<std::int32_t> written = {0};
  while (written.size() < 200) {
    Array window = Array::zeros(i32, {1, block});
    const auto length = std::min<std::int64_t>(block, std::ssize(written));
    std::copy(written.end() - length, written.end(), window.data<std::int32_t>());
    written.push_back(draw(predict(state, window, length - 1), random));
  }
  fmt::print("----\n{}\n----\n", tokenizer.decode(written));
  return recent < 0.75 * ignorance ? 0 : 1;
} catch (const Error& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
