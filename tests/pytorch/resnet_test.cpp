// A residual network with batch norm follows PyTorch, step by step, from the same weights.
#include <cmath>

#include <asg/graph/error.hpp>
#include <asg/nn/initialize.hpp>
#include <asg/nn/resnet.hpp>
#include <asg/ops/loss.hpp>
#include <asg/optim/sgd.hpp>
#include <asg/runtime/compile.hpp>

#include "pytorch/layers.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

// What a parameter begins with; the biases of norms are around `bias`.
Array start(const nn::Parameter& parameter, double bias) {
  const Shape& shape = parameter.shape();
  const std::string name = parameter.name();
  const bool matrix = shape.rank() > 1;
  const auto fan_in = static_cast<double>(shape.slice(1, shape.rank()).numel());
  const double scale = matrix ? std::sqrt(24 / fan_in) : 0.2;
  const double middle = matrix || name == "fc.bias" ? 0 : name.ends_with("weight") ? 1 : bias;
  Array values = noise(name, shape);
  for (std::int64_t k = 0; k < values.numel(); ++k) values.set(k, middle + scale * values.get(k));
  return values.to(parameter.dtype());
}

Array images(int batch, DType dtype) {
  Array values = noise("images" + std::to_string(batch), {8, 3, 16, 16});
  for (std::int64_t i = 0; i < values.numel(); ++i) values.set(i, 4 * values.get(i));
  return values.to(dtype);
}

Array labels(int batch) {
  Array values(i64, {8});
  for (int n = 0; n < 8; ++n) values.set(n, (n + batch) % 5);
  return values;
}

struct Run {
  std::string name;
  DType dtype;
  double lr, bias;               ///< the rate, and where the biases of norms begin
  double of_losses, of_the_end;  ///< how far they may be off
};

void follows(const Run& run, const Device& device) {
  const std::vector<Array>& expected = recorded().at(run.name).outputs;
  const nn::ResNet model({.classes = 5, .width = 4, .small_images = true});
  model.to(run.dtype);
  const optim::SGD sgd{{.momentum = 0.9, .weight_decay = 1e-3}};
  auto step = compile(device, [&](Tensor x, Tensor y) {
    const Tensor loss = cross_entropy(model(x), y);
    sgd.minimize(loss, run.lr);
    return loss;
  });
  auto predict = compile(device, [&](Tensor x) -> Tensor { return model(x); });
  State state = initialize(model, device, 1);
  for (const nn::Parameter& parameter : model.parameters())
    state.set(parameter.name(), start(parameter, run.bias));
  double worst = 0;
  for (int k = 0; k < 40; ++k) {
    const double loss = step(state, images(k % 3, run.dtype), labels(k % 3)).get(0);
    worst = std::max(worst, std::abs(loss - expected[0].get(k)));
  }
  BOOST_TEST_MESSAGE(run.name << " on " << device.backend_name() << ": off by " << worst);
  BOOST_TEST(worst <= run.of_losses);
  const auto agrees_in_the_end = [&](const Array& got, std::size_t output) {
    const bool real = is_float(got.dtype());
    BOOST_TEST(
        ops_test::difference(real ? got.to(f64) : got, expected[output], run.of_the_end) == "",
        "output " << output);
  };
  agrees_in_the_end(state.get("layer4.1.bn2.running_mean"), 1);
  agrees_in_the_end(state.get("layer4.1.bn2.running_var"), 2);
  agrees_in_the_end(predict(state, images(0, run.dtype)), 3);
  agrees_in_the_end(state.get("layer4.1.bn2.num_batches_tracked"), 4);
}

BOOST_AUTO_TEST_CASE(resnet18_for_40_steps) {
  for (const Run& run : {Run{"resnet18_f64", f64, 0.02, 0, 1e-9, 1e-9},
                         Run{"resnet18_f32", f32, 0.003, 2, 5e-6, 5e-5}}) {
    compared().insert(run.name);
    for (const Device& device : devices())
      BOOST_TEST_CONTEXT(run.name << " on " << device.backend_name()) { follows(run, device); }
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
