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

void ModelFlags::add(CLI::App& app) {
  app.add_option("--model", model, "gpt, mlp, cnn or transformer-block")
      ->required()
      ->check(CLI::IsMember(model_names()));
  const auto count = [&](const char* name, std::int64_t& value, const char* text) {
    app.add_option(name, value, text)
        ->transform(whole(1, most_of_a_size))
        ->capture_default_str()
        ->type_name("N");
  };
  count("--layers", layers, "transformer blocks");
  count("--heads", heads, "attention heads");
  count("--embd", embd, "width");
  count("--block", block, "tokens of context");
  count("--batch", batch, "sequences or images of a step");
  app.add_option("--dropout", dropout, "share of activations dropped in training")
      ->check(finite() & CLI::Range(0.0, most_dropout))
      ->capture_default_str();
  app.add_flag("--tie", tie, "gpt: the head uses the token table's weights");
  app.add_flag("--no-bias", no_bias, "no biases in linears and norms");
  app.add_option("--dtype", dtype, "f32 or f64")
      ->check(CLI::IsMember({"f32", "f64"}))
      ->capture_default_str();
}

void ModelFlags::add_vocab(CLI::App& app, const char* otherwise) {
  app.add_option("--vocab", vocab,
                 fmt::format("gpt: size of the vocabulary (default: {})", otherwise))
      ->transform(whole(1, most_of_a_size))
      ->type_name("N");
}

Model make_model(const ModelFlags& flags) {
  if (flags.embd % flags.heads != 0)
    throw UsageError(
        fmt::format("--embd {} is not divisible by --heads {}", flags.embd, flags.heads));
  for (const auto& [name, make] : models) {
    if (flags.model != name) continue;
    Model model = make(flags);
    if (flags.element() != f32) model.module->to(flags.element());
    model.config = {
        {"model", flags.model},     {"vocab", flags.vocab},     {"layers", flags.layers},
        {"heads", flags.heads},     {"embd", flags.embd},       {"block", flags.block},
        {"batch", flags.batch},     {"dropout", flags.dropout}, {"tie", flags.tie},
        {"no_bias", flags.no_bias}, {"dtype", flags.dtype}};
    return model;
  }
  throw UsageError(fmt::format("there is no model '{}'", flags.model));
}

Model make_saved_model(const ModelFlags& flags, const std::string& file) {
  try {
    for (const std::int64_t size :
         {flags.layers, flags.heads, flags.embd, flags.block, flags.batch})
      if (size < 1) throw UsageError(fmt::format("a size is {}", size));
    return make_model(flags);
  } catch (const Error& error) {
    throw FormatError(fmt::format("{}: {}", file, error.what()));
  }
}

}  // namespace asg::cli
