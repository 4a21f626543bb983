// A training step of a small GPT: the program with everything in it.
#pragma once
#include <asg/asg.hpp>

namespace test_support {

/// Views, reductions, products, random numbers and assigns: forward, backward and AdamW. The inputs
/// are tokens and targets, i32[3, block], and the learning rate; the output is the loss.
inline asg::TracedFunction trace_gpt_step(std::int64_t embd = 8) {
  constexpr std::int64_t vocab = 11, block = 6;
  const asg::nn::GPT model({.vocab = vocab,
                            .block = block,
                            .layers = 2,
                            .heads = 2,
                            .embd = embd,
                            .dropout = 0.1,
                            .tied = true});
  const asg::optim::AdamW adamw;
  const auto step = [&](asg::Graph&, const asg::Tensors& in) -> asg::Tensors {
    const asg::Tensor loss =
        cross_entropy(reshape(model(in[0]), {-1, vocab}), reshape(in[1], {-1}));
    adamw.minimize(loss, in[2]);
    return {loss};
  };
  const asg::TensorType tokens{asg::i32, {3, block}};
  return asg::trace(step, {tokens, tokens, {asg::f32, {}}});
}

}  // namespace test_support
