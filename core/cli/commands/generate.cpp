// asg generate: lets a trained GPT write.
#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>

#include <fmt/format.h>

#include <asg/data/random.hpp>
#include <asg/data/text.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/movement.hpp>
#include <asg/runtime/compile.hpp>

#include "cli/command.hpp"
#include "cli/config.hpp"
#include "cli/model.hpp"
#include "cli/numbers.hpp"
#include "cli/save.hpp"
#include "graph/utf8.hpp"

namespace asg::cli {
namespace {

struct GenerateFlags {
  std::string from, prompt;
  bool has_prompt = false;
  std::int64_t tokens = 200, top_k = 0;
  double temperature = 1;
  std::uint64_t seed = 1;
  DeviceFlags device;
};

// Draws a token from softmax(logits / temperature) over the top_k largest.
std::int32_t draw(const Array& logits, const GenerateFlags& flags, data::Random& random) {
  const std::int64_t count = logits.numel();
  std::vector<std::int32_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int32_t a, std::int32_t b) { return logits.get(a) > logits.get(b); });
  if (flags.temperature == 0) return order[0];
  if (flags.top_k > 0) order.resize(static_cast<std::size_t>(std::min(count, flags.top_k)));
  std::vector<double> weights;
  for (const std::int32_t token : order)
    weights.push_back(std::exp((logits.get(token) - logits.get(order[0])) / flags.temperature));
  double left = random.uniform() * std::accumulate(weights.begin(), weights.end(), 0.0);
  for (std::size_t i = 0; i < order.size(); ++i)
    if ((left -= weights[i]) < 0) return order[i];
  return order.back();
}

std::vector<std::int32_t> encode_prompt(const data::CharTokenizer& tokenizer,
                                        const std::string& prompt) {
  if (prompt.empty()) throw UsageError("--prompt must have at least one character");
  try {
    return tokenizer.encode(prompt);
  } catch (const FormatError& error) {
    throw UsageError(fmt::format("--prompt: {}", error.what()));
  }
}

int generate(const GenerateFlags& flags) {
  const std::filesystem::path from = flags.from;
  const auto config = load_config(from);
  const std::string config_file = (from / "config.json").string();
  const ModelFlags model_flags = ModelFlags::from_config(config, config_file);
  if (model_flags.model != "gpt" || !config.contains("vocabulary"))
    throw FormatError(fmt::format("{}: the model is a {}; only a gpt generates text", config_file,
                                  model_flags.model));
  const data::CharTokenizer tokenizer(vocabulary_from_json(config["vocabulary"], config_file));
  const Model model = make_saved_model(model_flags, config_file);
  if (tokenizer.size() != model_flags.vocab)
    throw FormatError(fmt::format("{}: the vocabulary has {} characters, the model {}", config_file,
                                  tokenizer.size(), model_flags.vocab));
  // A line's beginning where the text had lines, else the vocabulary's first character.
  std::string prompt = flags.prompt;
  if (!flags.has_prompt) {
    const auto& known = tokenizer.vocabulary();
    const bool lines = std::find(known.begin(), known.end(), "\n") != known.end();
    prompt = lines ? "\n" : known.at(0);
  }
  std::vector<std::int32_t> tokens = encode_prompt(tokenizer, prompt);

  const Device device = flags.device.open();
  State state(device);
  load_weights(from, *model.module, state);
  // One program for any length: the row of the last token is taken out of a whole block, whose
  // rest a causal model does not see.
  auto next = compile(device, [&](Tensor window, Tensor last) {
    return reshape(gather(model.predict(window), last, 1), {-1});
  });
  data::Random random(flags.seed);
  fmt::print("{}", shown_lines(prompt));
  const std::int64_t block = model_flags.block;
  for (std::int64_t i = 0; i < flags.tokens; ++i) {
    Array window = Array::zeros(i32, {1, block});
    const auto length = std::min<std::int64_t>(block, static_cast<std::int64_t>(tokens.size()));
    std::copy(tokens.end() - length, tokens.end(), window.data<std::int32_t>());
    const Array logits = next(state, window, length - 1);
    tokens.push_back(draw(logits, flags, random));
    fmt::print("{}", shown_lines(tokenizer.decode({tokens.back()})));
    flush_output();
  }
  fmt::print("\n");
  return exit_done;
}

}  // namespace

Run add_generate(CLI::App& command) {
  auto flags = std::make_shared<GenerateFlags>();
  command.description("let a trained GPT write");
  command.add_option("--from", flags->from, "what asg train --out wrote")
      ->required()
      ->type_name("DIR");
  CLI::Option* prompt = command.add_option("--prompt", flags->prompt, "what it goes on from");
  add_count(command, "--tokens", flags->tokens, "how much it writes", 0);
  add_number(command, "--temperature", flags->temperature,
             "below 1 safer, above 1 wilder, 0 always the likeliest")
      ->capture_default_str();
  add_count(command, "--top-k", flags->top_k, "draw from the K likeliest only; 0: from all", 0);
  command.add_option("--seed", flags->seed, "of the drawing")
      ->transform(whole(0, UINT64_MAX))
      ->capture_default_str();
  flags->device.add(command);
  return [flags, prompt] {
    flags->has_prompt = prompt->count() > 0;
    return generate(*flags);
  };
}

}  // namespace asg::cli
