#include "cli/model.hpp"

#include <fmt/format.h>

#include <asg/nn/activation.hpp>
#include <asg/nn/convolution.hpp>
#include <asg/nn/gpt.hpp>
#include <asg/nn/linear.hpp>
#include <asg/nn/pooling.hpp>
#include <asg/nn/sequential.hpp>
#include <asg/nn/transformer.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/loss.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

#include "cli/command.hpp"
#include "cli/memory.hpp"

namespace asg::cli {
namespace {

constexpr std::int64_t image_side = 28;

// The graph of that many layers must fit into the memory there is.
void check_layers(std::int64_t layers) {
  // Modules, graph and program of a block, as measured on plans of 500 and 1,000 small ones.
  constexpr double bytes_of_layer = 900e3;
  const double need = static_cast<double>(layers) * bytes_of_layer;
  const auto available = static_cast<double>(available_memory());
  if (available == 0 || need <= available) return;
  throw UsageError(
      fmt::format("--layers {}: the graph of so many layers takes about {}; {} are available",
                  layers, size_text(need), size_text(available)));
}

Model gpt(const ModelFlags& f) {
  if (f.vocab < 1) throw UsageError("--vocab is needed: the size of the vocabulary");
  check_layers(f.layers);
  nn::GPTOptions options;
  options.vocab = f.vocab;
  options.block = f.block;
  options.layers = f.layers;
  options.heads = f.heads;
  options.embd = f.embd;
  options.dropout = f.dropout;
  options.bias = !f.no_bias;
  options.tied = f.tie;
  const auto module = std::make_shared<const nn::GPT>(options);
  Model model;
  model.module = module;
  const TensorType tokens{i32, {f.batch, f.block}};
  model.inputs = {tokens, tokens};
  model.predict = [module](const Tensor& x) { return (*module)(x); };
  model.loss = [module, vocab = f.vocab](const Tensors& in) {
    return cross_entropy(reshape((*module)(in[0]), {-1, vocab}), reshape(in[1], {-1}));
  };
  model.items = static_cast<double>(f.batch) * static_cast<double>(f.block);
  return model;
}

Model classifier(const ModelFlags& f, std::shared_ptr<const nn::Module> module) {
  Model model;
  model.module = module;
  model.inputs = {{f.element(), {f.batch, 1, image_side, image_side}}, {i32, {f.batch}}};
  model.predict = [module](const Tensor& x) { return (*module)(x); };
  model.loss = [module](const Tensors& in) { return cross_entropy((*module)(in[0]), in[1]); };
  model.items = static_cast<double>(f.batch);
  model.unit = "images";
  return model;
}

Model mlp(const ModelFlags& f) {
  return classifier(f, std::make_shared<const nn::Sequential>(
                           nn::Flatten{}, nn::Linear{image_side * image_side, 512}, nn::ReLU{},
                           nn::Linear{512, 512}, nn::ReLU{}, nn::Linear{512, 10}));
}

Model cnn(const ModelFlags& f) {
  return classifier(
      f, std::make_shared<const nn::Sequential>(
             nn::Conv2d{1, 32, 3, {.padding = 1}}, nn::ReLU{}, nn::MaxPool2d{2},
             nn::Conv2d{32, 64, 3, {.padding = 1}}, nn::ReLU{}, nn::MaxPool2d{2}, nn::Flatten{},
             nn::Linear{64 * 49, 128}, nn::ReLU{}, nn::Linear{128, 10}));
}

// Learns to give 0.5 everywhere: the predecessor's demonstration.
Model transformer_block(const ModelFlags& f) {
  nn::TransformerBlockOptions options;
  options.dropout = f.dropout;
  options.bias = !f.no_bias;
  options.activation = [](const Tensor& x) { return relu(x); };
  const auto module = std::make_shared<const nn::TransformerBlock>(f.embd, f.heads, options);
  Model model;
  model.module = module;
  model.inputs = {{f.element(), {f.batch, f.block, f.embd}}};
  model.predict = [module](const Tensor& x) { return (*module)(x); };
  model.loss = [module](const Tensors& in) { return sum(square((*module)(in[0]) - 0.5)); };
  model.items = static_cast<double>(f.batch) * static_cast<double>(f.block);
  return model;
}

constexpr std::pair<const char*, Model (*)(const ModelFlags&)> models[] = {
    {"gpt", gpt}, {"mlp", mlp}, {"cnn", cnn}, {"transformer-block", transformer_block}};

std::vector<std::string> model_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : models) names.emplace_back(name);
  return names;
}

}  // namespace

void add_model(CLI::App& app, ModelFlags& flags) {
  flags.add(app);
  const std::vector<std::string> names = model_names();
  app.get_option("--model")
      ->description(fmt::format("{}", fmt::join(names, ", ")))
      ->required()
      ->check(CLI::IsMember(names));
}

Model make_model(const ModelFlags& flags) {
  if (flags.embd % flags.heads != 0)
    throw UsageError(
        fmt::format("--embd {} is not divisible by --heads {}", flags.embd, flags.heads));
  for (const auto& [name, make] : models) {
    if (flags.model != name) continue;
    Model model = make(flags);
    if (flags.element() != f32) model.module->to(flags.element());
    model.config = flags.to_config();
    return model;
  }
  throw UsageError(fmt::format("there is no model '{}'", flags.model));
}

Model make_saved_model(const ModelFlags& flags, const std::string& file) {
  try {
    return make_model(flags);
  } catch (const Error& error) {
    throw FormatError(fmt::format("{}: {}", file, error.what()));
  }
}

}  // namespace asg::cli
