// How many kernels a layer takes, forward and in a training step: values, and the gradients of its
// input and its parameters. What makes more of them here needs a reason.
#include <functional>

#include <asg/autodiff/gradients.hpp>
#include <asg/nn/normalization.hpp>
#include <asg/nn/positions.hpp>
#include <asg/nn/resampling.hpp>
#include <asg/ops/pooling.hpp>
#include <asg/passes/program.hpp>

#include "support.hpp"

namespace {

using namespace asg;
using namespace nn_test;

struct Layer {
  const char* name;
  Shape x;
  std::function<Tensor(const Tensor&)> function;
  std::size_t forward, training;
};

std::size_t kernels(const Layer& layer, bool training) {
  Graph graph;
  graph.set_training(training);
  const Tensor x = graph.input("x", f32, layer.x);
  Tensors outputs = {layer.function(x)};
  if (training) {
    Tensors sources = {x};
    for (const VariableInfo& variable : graph.variables())
      sources.push_back(graph.tensor({variable.node, 0}));
    const Tensor dy = graph.input("dy", f32, outputs[0].shape());
    for (const Tensor& part : gradients(outputs[0], sources, dy)) outputs.push_back(part);
  }
  return compile(device(), graph, outputs).program().steps.size();
}

const Shape images = {4, 8, 14, 14};

const Layer layers[] = {
    {"rotary", {2, 4, 16, 8}, [](const Tensor& x) { return nn::rotary(x); }, 1, 2},
    {"rotary, interleaved",
     {2, 4, 16, 8},
     [](const Tensor& x) { return nn::rotary(x, {.interleaved = true}); },
     1,
     2},
    {"avg_pool2d", images, [](const Tensor& x) { return avg_pool2d(x, 2); }, 1, 3},
    {"avg_pool2d, overlapping", images,
     [](const Tensor& x) { return avg_pool2d(x, 3, {.stride = Pair(1), .padding = 1}); }, 1, 3},
    {"avg_pool2d, large", images,
     [](const Tensor& x) { return avg_pool2d(x, 7, {.stride = Pair(1)}); }, 2, 5},
    {"max_pool2d", images,
     [](const Tensor& x) { return max_pool2d(x, 3, {.stride = Pair(2), .padding = 1}); }, 1, 3},
    {"adaptive_avg_pool2d of the whole", images,
     [](const Tensor& x) { return adaptive_avg_pool2d(x, 1); }, 1, 2},
    {"adaptive_avg_pool2d, even", images, [](const Tensor& x) { return adaptive_avg_pool2d(x, 7); },
     1, 3},
    {"adaptive_avg_pool2d, uneven", images,
     [](const Tensor& x) { return adaptive_avg_pool2d(x, 5); }, 4, 9},
};

BOOST_AUTO_TEST_CASE(layers_take_few_kernels) {
  for (const Layer& layer : layers) BOOST_TEST_CONTEXT(layer.name) {
      BOOST_TEST(kernels(layer, false) == layer.forward);
      BOOST_TEST(kernels(layer, true) == layer.training);
    }
}

BOOST_AUTO_TEST_CASE(modules_take_few_kernels) {
  const nn::GroupNorm norm{2, 8};
  const nn::LocalResponseNorm response{5};
  const nn::Upsample bilinear{{.scale_factor = {2, 2}, .mode = "bilinear"}},
      nearest{{.scale_factor = {2, 2}}};
  const auto of = [](const nn::Module& module) {
    return [&module](const Tensor& x) { return module(x); };
  };
  const Layer modules[] = {{"GroupNorm", images, of(norm), 1, 3},
                           {"LocalResponseNorm", images, of(response), 2, 3},
                           {"Upsample, bilinear", images, of(bilinear), 4, 8},
                           {"Upsample, nearest", images, of(nearest), 1, 3}};
  for (const Layer& module : modules) BOOST_TEST_CONTEXT(module.name) {
      BOOST_TEST(kernels(module, false) == module.forward);
      BOOST_TEST(kernels(module, true) == module.training);
    }
}

}  // namespace
