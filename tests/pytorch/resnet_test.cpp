// A residual network with batch norm follows PyTorch, step by step, from the same weights.
#include <cmath>

#include <asg/graph/error.hpp>
#include <asg/nn/initialize.hpp>
#include <asg/nn/resnet.hpp>
#include <asg/ops/loss.hpp>
#include <asg/optim/sgd.hpp>
#include <asg/runtime/compile.hpp>

#include "pytorch/support.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

// The numbers of record.py's function of that name.
Array golden_spread(const Shape& shape, double low, double high, int seed) {
  constexpr double golden = 0.6180339887498949;
  Array result(f64, shape);
  for (std::int64_t i = 0; i < result.numel(); ++i)
    result.set(
        i, low + (high - low) * std::fmod(static_cast<double>(i + 1) * golden + seed * 0.137, 1.0));
  return result;
}

Array start(const nn::Parameter& parameter, int i) {
  const Shape& shape = parameter.shape();
  const bool vector = shape.rank() == 1;
  const bool norm = vector && parameter.name().ends_with("weight");
  const double fan = static_cast<double>(shape.slice(1, shape.rank()).numel());
  Array values = golden_spread(shape, -1, 1, i);
  for (std::int64_t k = 0; k < values.numel(); ++k) {
    const double value = values.get(k) / std::sqrt(fan);
    values.set(k, norm ? 1 + 0.1 * value : value);
  }
  return values;
}

BOOST_AUTO_TEST_CASE(resnet18_for_40_steps) {
  compared().insert("resnet18_for_40_steps");
  const Recorded& expected = recorded().at("resnet18_for_40_steps");
  const nn::ResNet model({.classes = 5, .width = 4, .small_images = true});
  model.to(f64);
  const optim::SGD sgd{{.momentum = 0.9, .weight_decay = 1e-3}};
  for (const Device& device : devices()) {
    BOOST_TEST_INFO_SCOPE("on " << device.backend_name());
    auto step = compile(device, [&](Tensor images, Tensor labels) {
      const Tensor loss = cross_entropy(model(images), labels);
      sgd.minimize(loss, 0.02);
      return loss;
    });
    auto predict = compile(device, [&](Tensor images) -> Tensor { return model(images); });
    State state = initialize(model, device, 1);
    int i = 0;
    for (const nn::Parameter& parameter : model.parameters())
      state.set(parameter.name(), start(parameter, i++));
    for (int k = 0; k < 40; ++k) {
      Array labels(i64, {4});
      for (int n = 0; n < 4; ++n) labels.set(n, (n + k % 3) % 5);
      const double loss =
          step(state, golden_spread({4, 3, 16, 16}, -2, 2, k % 3), labels).item<double>();
      const double wanted = expected.outputs[0].get(k);
      BOOST_TEST(std::abs(loss - wanted) <= 1e-9 * std::max(1.0, wanted),
                 "step " << k << ": " << loss << " in place of " << wanted);
    }
    std::size_t output = 1;
    for (const char* kept : {"running_mean", "running_var", "num_batches_tracked"})
      BOOST_TEST(ops_test::difference(state.get(std::string("layer4.1.bn2.") + kept),
                                      expected.outputs[output++], 1e-9) == "");
    BOOST_TEST(ops_test::difference(predict(state, golden_spread({4, 3, 16, 16}, -2, 2, 0)),
                                    expected.outputs[output], 1e-9) == "");
  }
}

// torchvision's names, so that its weights load.
BOOST_AUTO_TEST_CASE(names_and_shapes) {
  const nn::ResNet model;
  std::map<std::string, Shape> shapes;
  for (const nn::Parameter& tensor : model.stored()) shapes[tensor.name()] = tensor.shape();
  BOOST_TEST(shapes.size() == 122u);
  BOOST_TEST(model.numel() == 11689512);
  BOOST_TEST((shapes.at("conv1.weight") == Shape{64, 3, 7, 7}));
  BOOST_TEST((shapes.at("bn1.running_var") == Shape{64}));
  BOOST_TEST((shapes.at("layer1.0.conv1.weight") == Shape{64, 64, 3, 3}));
  BOOST_TEST((shapes.at("layer2.0.downsample.0.weight") == Shape{128, 64, 1, 1}));
  BOOST_TEST((shapes.at("layer2.0.downsample.1.num_batches_tracked") == Shape{}));
  BOOST_TEST((shapes.at("layer4.1.bn2.bias") == Shape{512}));
  BOOST_TEST((shapes.at("fc.weight") == Shape{1000, 512}));
  BOOST_CHECK_THROW((void)nn::ResNet({.layers = {}}), ShapeError);
  BOOST_CHECK_THROW((void)nn::ResNet({.layers = {1, 0}}), ShapeError);
}

}  // namespace
