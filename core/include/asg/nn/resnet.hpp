// ResNet: a residual network of convolutions and batch norms.
#pragma once
#include <cstdint>
#include <vector>

#include <asg/nn/batch_norm.hpp>
#include <asg/nn/convolution.hpp>
#include <asg/nn/linear.hpp>
#include <asg/nn/module.hpp>
#include <asg/nn/sequential.hpp>

namespace asg::nn {

/// Two convolutions of 3x3 with batch norm beside a way around them: x itself, or `downsample` of
/// it (a convolution of 1x1 and batch norm) where the shapes differ.
/// Shapes   x [N, in, H, W] -> [N, out, ceil(H / stride), ceil(W / stride)].
/// Errors   ShapeError when a size or the stride is below 1.
class BasicBlock : public Module {
 public:
  BasicBlock(std::int64_t in, std::int64_t out, std::int64_t stride = 1, Where where = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Conv2d conv1;
  BatchNorm2d bn1;
  Conv2d conv2;
  BatchNorm2d bn2;
  Sequential downsample;  ///< empty where x fits
};

struct ResNetOptions {
  /// Blocks in each stage: {2, 2, 2, 2} is ResNet-18, {3, 4, 6, 3} ResNet-34.
  std::vector<std::int64_t> layers = {2, 2, 2, 2};
  std::int64_t classes = 1000;
  std::int64_t channels = 3;  ///< of the images
  std::int64_t width = 64;    ///< channels of the first stage; each further one has twice as many
  /// For images of 32x32: the first convolution is 3x3 without a stride, and no pooling follows.
  bool small_images = false;
};

/// The network of He et al. with torchvision's names of parameters and buffers, in which weights
/// load: conv1.weight, bn1.running_mean, layer1.0.conv1.weight, layer2.0.downsample.0.weight,
/// fc.bias. Convolutions begin as there: kaiming_normal, with the fan of their outputs and relu's
/// gain.
/// Shapes   images [N, channels, H, W] -> logits [N, classes].
/// Errors   ShapeError when a size is below 1, or there is no stage.
/// Source   https://arxiv.org/abs/1512.03385
class ResNet : public Module {
 public:
  explicit ResNet(const ResNetOptions& options = {}, Where where = {});
  [[nodiscard]] Tensor forward(const Tensor& x) const override;

  Conv2d conv1;
  BatchNorm2d bn1;
  std::vector<ModuleList<BasicBlock>> stages;  ///< layer1, layer2, ...
  Linear fc;

 private:
  bool small_images_;
};

}  // namespace asg::nn
