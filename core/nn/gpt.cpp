#include <asg/nn/gpt.hpp>

#include <cmath>

#include <fmt/format.h>

#include <asg/graph/build.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/random.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {
namespace {

constexpr double initial_std = 0.02;

const GPTOptions& checked(const GPTOptions& options, Where where) {
  check_sizes("GPT",
              {{"vocab", options.vocab},
               {"block", options.block},
               {"layers", options.layers},
               {"heads", options.heads},
               {"embd", options.embd}},
              1, where);
  check_probability("GPT", options.dropout, where);
  return options;
}

}  // namespace

GPT::GPT(const GPTOptions& options, Where where)
    : tok(add("tok", Embedding{checked(options, where).vocab, options.embd, {}, where}, where)),
      pos(add("pos", Embedding{options.block, options.embd, {}, where}, where)),
      blocks(add("blocks", ModuleList<TransformerBlock>{}, where)),
      ln_f(add("ln_f", LayerNorm{options.embd, {.bias = options.bias}, where}, where)),
      options_(options) {
  for (std::int64_t i = 0; i < options.layers; ++i)
    blocks.push_back(
        TransformerBlock{options.embd,
                         options.heads,
                         {.dropout = options.dropout, .causal = true, .bias = options.bias},
                         where},
        where);
  if (!options.tied)
    head = add("head", Linear{options.embd, options.vocab, {.bias = false}, where}, where);

  for (const Parameter& parameter : parameters())
    if (parameter.name().ends_with(".weight") && parameter.shape().rank() == 2)
      parameter.set_initializer(init::normal(0, initial_std));
    else if (parameter.name().ends_with(".bias"))
      parameter.set_initializer(init::zeros());
  // Each layer adds to the residual stream twice; the sum keeps its size (GPT-2, section 2.3).
  const double residual = initial_std / std::sqrt(2 * static_cast<double>(options.layers));
  for (const TransformerBlock& block : blocks) {
    block.attn.proj.weight.set_initializer(init::normal(0, residual));
    block.mlp.proj.weight.set_initializer(init::normal(0, residual));
  }
}

Tensor GPT::forward(const Tensor& tokens) const {
  const Call call("GPT", {tokens});
  call.require(tokens.rank() >= 1 && tokens.size(-1) >= 1, "tokens must be [..., T] with T >= 1");
  const std::int64_t length = tokens.size(-1);
  call.require(
      length <= options_.block,
      fmt::format("a sequence of {} tokens is longer than the block of {}; cut it, or make "
                  "the model with a larger block",
                  length, options_.block));
  Graph& graph = call.graph();
  const Tensor position = slice(pos.weight.in(graph), 0, 0, length);
  Tensor x = dropout(tok(tokens) + position, options_.dropout);
  for (const TransformerBlock& block : blocks) x = block(x);
  x = ln_f(x);
  return head ? (*head)(x) : linear(x, tok.weight.in(graph));
}

}  // namespace asg::nn
