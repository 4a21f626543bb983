// A convolution of volumes is one of images whose channels are the slices under the kernel's depth:
// one product, which whoever claims conv2d runs, over KD copies of x. A sum over the slices would
// read and write y KD times; the patches of a window of rank 3 would be KD * KH * KW copies.
#include <asg/ops/convolution.hpp>

#include "ops/conv_rules.hpp"

namespace asg {
namespace {

Types conv3d_infer(const Signature& call) { return conv::infer(call, 3); }

// [A, B, D, H, W] -> [A, B, H, W, D]
Tensor depth_last(const Tensor& x) { return permute(x, {0, 1, 3, 4, 2}); }

Tensors conv3d_body(const OpCall& call) {
  const Tensor &x = call.in(0), &weight = call.in(1);
  const Shape w = weight.shape();
  const conv::Slices slices(call.attributes, x.shape(), w);
  const Tensor patches = unfold(depth_last(x), slices.along_depth);  // [N, C, H, W, OD, KD]
  const Shape p = patches.shape();
  const Tensor images =
      reshape(permute(patches, {0, 4, 1, 5, 2, 3}), {p[0] * p[4], p[1] * p[5], p[2], p[3]});
  Tensors operands = call.inputs;
  operands[0] = images;
  operands[1] = slices.as_channels(weight);
  const Tensor y = apply(find_op("conv2d"), operands, slices.over_images);
  const Tensor apart = reshape(y, {p[0], p[4], w[0], y.size(2), y.size(3)});
  return {permute(apart, {0, 2, 1, 3, 4})};
}

std::vector<Sample> conv3d_samples() {
  return conv::samples(
      {{{1, 1, 1, 1, 1}, {1, 1, 1, 1, 1}, conv::options({1, 1, 1}, {0, 0, 0}, {1, 1, 1}, 1)},
       {{1, 4, 4, 3, 3}, {4, 2, 2, 2, 1}, conv::options({2, 1, 1}, {1, 0, 1}, {1, 2, 1}, 2)},
       {{1, 2, 4, 2, 3}, {2, 1, 2, 1, 2}, conv::options({1, 1, 2}, {0, 1, 0}, {2, 1, 1}, 2)},
       {{0, 1, 2, 2, 2}, {2, 1, 2, 1, 1}, conv::options({1, 1, 1}, {0, 0, 0}, {1, 1, 1}, 1)},
       {{2, 1, 3, 2, 3}, {2, 1, 2, 2, 2}, conv::options({1, 1, 1}, {1, 0, 0}, {1, 1, 1}, 1)}});
}

}  // namespace

namespace ops {
std::vector<OpDef> conv3d() {
  return {{
      .name = "conv3d",
      .summary = "The scalar products of a kernel with all blocks of the volumes, plus bias.",
      .inputs = {{"x", "[N, C, D, H, W]", "float"},
                 {"weight", "[O, C / groups, KD, KH, KW]", "as x"},
                 {"bias", "[O]", "as x", true}},
      .outputs = {{"y", "[N, O, OD, OH, OW]", "as x"}},
      .attributes = conv::attributes(),
      .infer = conv3d_infer,
      .decompose = conv3d_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.nn.functional.conv3d.html",
      .samples = conv3d_samples,
  }};
}
}  // namespace ops

}  // namespace asg
