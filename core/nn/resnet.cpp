#include <asg/nn/resnet.hpp>

#include <fmt/format.h>

#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/pooling.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {
namespace {

Conv2d convolution(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                   Where where) {
  const Initializer start = init::kaiming_normal({.mode = init::Fan::out, .activation = "relu"});
  return {in,
          out,
          kernel,
          {.stride = stride, .padding = kernel / 2, .bias = false, .weight_init = start},
          where};
}

const ResNetOptions& checked(const ResNetOptions& options, Where where) {
  check_sizes("ResNet",
              {{"classes", options.classes},
               {"channels", options.channels},
               {"width", options.width},
               {"the number of stages", static_cast<std::int64_t>(options.layers.size())}},
              1, where);
  for (const std::int64_t blocks : options.layers)
    check_sizes("ResNet", {{"the number of blocks", blocks}}, 1, where);
  return options;
}

// The channels of a stage.
std::int64_t width_of(const ResNetOptions& options, std::size_t stage, Where where) {
  std::int64_t width = options.width;
  for (std::size_t i = 0; i < stage; ++i) width = times("ResNet", 2, {"the width", width}, where);
  return width;
}

}  // namespace

BasicBlock::BasicBlock(std::int64_t in, std::int64_t out, std::int64_t stride, Where where)
    : conv1(add("conv1", convolution(in, out, 3, stride, where), where)),
      bn1(add("bn1", BatchNorm2d(out, {}, where), where)),
      conv2(add("conv2", convolution(out, out, 3, 1, where), where)),
      bn2(add("bn2", BatchNorm2d(out, {}, where), where)) {
  check_sizes("BasicBlock", {{"stride", stride}}, 1, where);
  if (in == out && stride == 1) return;
  downsample =
      add("downsample",
          Sequential{convolution(in, out, 1, stride, where), BatchNorm2d(out, {}, where)}, where);
}

Tensor BasicBlock::forward(const Tensor& x) const {
  const Tensor around = downsample.size() == 0 ? x : downsample(x);
  return relu(bn2(conv2(relu(bn1(conv1(x))))) + around);
}

ResNet::ResNet(const ResNetOptions& options, Where where)
    : conv1(add("conv1",
                options.small_images
                    ? convolution(checked(options, where).channels, options.width, 3, 1, where)
                    : convolution(checked(options, where).channels, options.width, 7, 2, where),
                where)),
      bn1(add("bn1", BatchNorm2d(options.width, {}, where), where)),
      fc(width_of(options, options.layers.size() - 1, where), options.classes, {}, where),
      small_images_(options.small_images) {
  std::int64_t in = options.width;
  for (std::size_t stage = 0; stage < options.layers.size(); ++stage) {
    const std::int64_t out = width_of(options, stage, where);
    ModuleList<BasicBlock> blocks =
        add(fmt::format("layer{}", stage + 1), ModuleList<BasicBlock>{}, where);
    for (std::int64_t i = 0; i < options.layers[stage]; ++i) {
      blocks.push_back(BasicBlock(in, out, i == 0 && stage > 0 ? 2 : 1, where), where);
      in = out;
    }
    stages.push_back(blocks);
  }
  fc = add("fc", fc, where);
}

Tensor ResNet::forward(const Tensor& x) const {
  Tensor y = relu(bn1(conv1(x)));
  if (!small_images_) y = max_pool2d(y, 3, {.stride = 2, .padding = 1});
  for (const ModuleList<BasicBlock>& stage : stages)
    for (const BasicBlock& block : stage) y = block(y);
  return fc(flatten(adaptive_avg_pool2d(y, 1), 1));
}

}  // namespace asg::nn
