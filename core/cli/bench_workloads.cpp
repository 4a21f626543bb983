#include "cli/bench_workloads.hpp"

#include <memory>

#include <fmt/format.h>

#include <asg/data/random.hpp>
#include <asg/nn/encoder_decoder.hpp>
#include <asg/nn/initialize.hpp>
#include <asg/nn/llama.hpp>
#include <asg/nn/positions.hpp>
#include <asg/nn/recurrent.hpp>
#include <asg/nn/resnet.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/attention.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/loss.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/normalization.hpp>
#include <asg/optim/adamw.hpp>
#include <asg/optim/sgd.hpp>

#include "cli/model.hpp"

namespace asg::cli {
namespace {

Array noise(const TensorType& type, std::uint64_t seed, std::int64_t below = 0) {
  Array array(type.dtype, type.shape);
  data::Random random(seed);
  for (std::int64_t i = 0; i < array.numel(); ++i)
    array.set(
        i, below > 0 ? random.below(static_cast<std::uint64_t>(below)) : 4 * random.uniform() - 2);
  return array;
}

// Arrays stay in the State: the workload is the computation, not the copy to the device.
Workload kernel(const Device& device, const std::vector<Shape>& shapes,
                const std::function<Tensor(const Tensors&)>& compute, double flops, double bytes) {
  State state(device);
  for (std::size_t i = 0; i < shapes.size(); ++i)
    state.set(fmt::format("operand{}", i), noise({f32, shapes[i]}, i + 1));
  Shape result;
  {
    Graph graph;
    Tensors in;
    for (const Shape& shape : shapes)
      in.push_back(graph.input(fmt::format("x{}", in.size()), f32, shape));
    result = compute(in).shape();
  }
  state.set("result", Array::zeros(f32, result));
  const auto build = [=](Graph& graph, const Tensors&) -> Tensors {
    Tensors in;
    for (std::size_t i = 0; i < shapes.size(); ++i)
      in.push_back(graph.variable(fmt::format("operand{}", i), f32, shapes[i]));
    graph.assign(graph.variable("result", f32, result), compute(in));
    return {};
  };
  return {Function(device, build, {.name = "bench"}), {}, std::move(state), flops, bytes};
}

// A step of training on noise; integers among the inputs are below `below`.
Workload training_workload(const Device& device, const std::string& name,
                           const optim::Optimizer& optimizer, const Model& model,
                           std::int64_t below, float lr = 3e-4f) {
  const auto build = [loss_of = model.loss, &optimizer](Graph&, const Tensors& in) -> Tensors {
    const Tensor loss = loss_of({in.begin(), in.end() - 1});
    optimizer.minimize(loss, in.back());
    return {loss};
  };
  std::vector<Argument> arguments;
  for (const TensorType& type : model.inputs)
    arguments.emplace_back(noise(type, 7 + arguments.size(), is_float(type.dtype) ? 0 : below));
  arguments.emplace_back(lr);
  return {Function(device, build, {.name = name}), arguments, initialize(*model.module, device, 1),
          0, 0};
}

const optim::Optimizer& adamw() {
  static const optim::AdamW optimizer;
  return optimizer;
}
const optim::Optimizer& sgd_with_momentum() {
  static const optim::SGD optimizer{{.momentum = 0.9}};
  return optimizer;
}

// The transformer formula: 6 per weight and token, and full attention.
Workload gpt_steps(const Device& device, std::int64_t vocab, std::int64_t block, std::int64_t embd,
                   std::int64_t heads, std::int64_t layers, std::int64_t batch) {
  ModelFlags flags;
  flags.model = "gpt";
  flags.vocab = vocab;
  flags.block = block;
  flags.embd = embd;
  flags.heads = heads;
  flags.layers = layers;
  flags.batch = batch;
  const Model model = make_model(flags);
  Workload workload = training_workload(device, "gpt", adamw(), model, vocab);
  const auto weights = static_cast<double>(model.module->numel() - (vocab + block) * embd);
  const auto tokens = static_cast<double>(batch * block);
  workload.flops =
      6 * weights * tokens + 12 * static_cast<double>(layers * batch * block * block * embd);
  return workload;
}

Workload image_steps(const Device& device, const char* name, const optim::Optimizer& optimizer) {
  ModelFlags flags;
  flags.model = name;
  flags.batch = 64;
  return training_workload(device, name, optimizer, make_model(flags), 10);
}

// The predecessor's demonstration: overhead is all there is.
Workload seed_block(const Device& device) {
  static const optim::SGD sgd;
  ModelFlags flags;
  flags.model = "transformer-block";
  flags.embd = 4;
  flags.heads = 2;
  flags.block = 1;
  flags.batch = 1;
  return training_workload(device, flags.model, sgd, make_model(flags), 0, 0.01f);
}

// All states of the last layer are compared with others. 6 FLOPs per weight and token.
Workload lstm_steps(const Device& device) {
  constexpr std::int64_t steps = 64, batch = 32, size = 256;
  const auto lstm = std::make_shared<nn::LSTM>(size, size, nn::RecurrentOptions{.num_layers = 2});
  Model model;
  model.module = lstm;
  model.inputs = {{f32, {steps, batch, size}}, {f32, {steps, batch, size}}};
  model.loss = [lstm](const Tensors& in) { return mse_loss((*lstm)(in[0]), in[1]); };
  Workload workload = training_workload(device, "lstm", adamw(), model, 0);
  workload.flops = 6 * static_cast<double>(lstm->numel() * steps * batch);
  return workload;
}

Workload resnet18_steps(const Device& device) {
  const auto net =
      std::make_shared<nn::ResNet>(nn::ResNetOptions{.classes = 10, .small_images = true});
  Model model;
  model.module = net;
  model.inputs = {{f32, {32, 3, 32, 32}}, {i64, {32}}};
  model.loss = [net](const Tensors& in) { return cross_entropy((*net)(in[0]), in[1]); };
  return training_workload(device, "resnet18", sgd_with_momentum(), model, 10);
}

// The loss of logits [..., vocab] for the tokens that come next.
Tensor loss_of_tokens(const Tensor& logits, const Tensor& next) {
  return cross_entropy(reshape(logits, {-1, logits.size(-1)}), flatten(next));
}

Workload llama_steps(const Device& device) {
  constexpr std::int64_t vocab = 256, block = 256, batch = 8;
  const auto llama = std::make_shared<nn::Llama>(nn::LlamaOptions{.vocab = vocab,
                                                                  .block = block,
                                                                  .layers = 6,
                                                                  .heads = 6,
                                                                  .kv_heads = 2,
                                                                  .embd = 384,
                                                                  .tied = true});
  Model model;
  model.module = llama;
  model.inputs = {{i64, {batch, block}}, {i64, {batch, block}}};
  model.loss = [llama](const Tensors& in) { return loss_of_tokens((*llama)(in[0]), in[1]); };
  return training_workload(device, "llama-small", adamw(), model, vocab);
}

// Tokens to tokens, as for translation.
struct Translator : nn::Module {
  static constexpr std::int64_t vocab = 256, features = 256;
  nn::Embedding source = add("source", nn::Embedding{vocab, features});
  nn::Embedding target = add("target", nn::Embedding{vocab, features});
  nn::SinusoidalPositions positions = add("positions", nn::SinusoidalPositions{features});
  nn::Transformer transformer =
      add("transformer", nn::Transformer{{.d_model = features,
                                          .nhead = 4,
                                          .num_encoder_layers = 3,
                                          .num_decoder_layers = 3,
                                          .layer = {.dim_feedforward = 1024, .dropout = 0}}});
  nn::Linear head = add("head", nn::Linear{features, vocab});
  Tensor operator()(const Tensor& from, const Tensor& to) const {
    const Scope scope = enter(from);
    return head(
        transformer(positions(source(from)), positions(target(to)), {.tgt = {.is_causal = true}}));
  }
};

Workload encoder_decoder_steps(const Device& device) {
  const auto net = std::make_shared<Translator>();
  const TensorType tokens{i64, {16, 64}};
  Model model;
  model.module = net;
  model.inputs = {tokens, tokens, tokens};
  model.loss = [net](const Tensors& in) { return loss_of_tokens((*net)(in[0], in[1]), in[2]); };
  return training_workload(device, "encoder-decoder", adamw(), model, Translator::vocab);
}

}  // namespace

std::vector<BenchEntry> bench_workloads() {
  std::vector<BenchEntry> list;
  for (const std::int64_t n : {256, 512, 1024, 2048, 4096})
    list.push_back({fmt::format("gemm{}", n), [n](const Device& d) {
                      const double cube =
                          static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n);
                      return kernel(
                          d, {{n, n}, {n, n}}, [](const Tensors& t) { return matmul(t[0], t[1]); },
                          2 * cube, 0);
                    }});
  constexpr std::int64_t many = 1 << 24, rows = 4096, columns = 1024;
  constexpr double row_bytes = 8.0 * rows * columns;
  list.push_back({"chain16M", [](const Device& d) {
                    return kernel(
                        d, {{many}, {many}},
                        [](const Tensors& t) { return tanh(t[0] * t[1] + 0.5) * t[0] - t[1]; }, 0,
                        12.0 * many);
                  }});
  list.push_back({"copy16M", [](const Device& d) {
                    return kernel(
                        d, {{many}}, [](const Tensors& t) { return t[0]; }, 0, 8.0 * many);
                  }});
  const auto by_rows = [&](const char* name, Tensor (*f)(const Tensors&),
                           std::vector<Shape> shapes) {
    list.push_back({name, [=](const Device& d) { return kernel(d, shapes, f, 0, row_bytes); }});
  };
  by_rows("softmax4096x1024", [](const Tensors& t) { return softmax(t[0], -1); },
          {{rows, columns}});
  by_rows("layernorm4096x1024",
          [](const Tensors& t) { return layer_norm(t[0], {columns}, t[1], t[2]); },
          {{rows, columns}, {columns}, {columns}});
  by_rows("gelu4096x1024", [](const Tensors& t) { return gelu(t[0]); }, {{rows, columns}});
  list.push_back({"attention64x512x64", [](const Device& d) {
                    const Shape heads = {64, 512, 64};
                    return kernel(
                        d, {heads, heads, heads},
                        [](const Tensors& t) {
                          return scaled_dot_product_attention(t[0], t[1], t[2], {.causal = true});
                        },
                        4.0 * 64 * 512 * 512 * 64, 0);
                  }});
  list.push_back({"mlp", [](const Device& d) { return image_steps(d, "mlp", adamw()); }});
  list.push_back({"gpt-nano", [](const Device& d) { return gpt_steps(d, 65, 64, 128, 4, 4, 12); }});
  list.push_back({"gpt-tiny", [](const Device& d) { return gpt_steps(d, 65, 64, 128, 4, 4, 16); }});
  list.push_back(
      {"gpt-small", [](const Device& d) { return gpt_steps(d, 256, 256, 384, 6, 6, 8); }});
  list.push_back(
      {"cnn", [](const Device& d) { return image_steps(d, "cnn", sgd_with_momentum()); }});
  list.push_back({"resnet18", resnet18_steps});
  list.push_back({"lstm", lstm_steps});
  list.push_back({"llama-small", llama_steps});
  list.push_back({"encoder-decoder", encoder_decoder_steps});
  list.push_back({"seed-block", seed_block});
  // What a kernel costs beside its work.
  list.push_back({"tiny1000", [](const Device& d) {
                    return kernel(
                        d, {{4, 4}},
                        [](const Tensors& t) {
                          Tensor product = t[0];
                          for (int i = 0; i < 1000; ++i) product = matmul(product, t[0]);
                          return product;
                        },
                        0, 0);
                  }});
  return list;
}

}  // namespace asg::cli
