#include <asg/ops/convolution.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/sdk/composites.hpp>

#include "ops/conv_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

using conv::kernel_of;

Types conv2d_infer(const Signature& call) { return conv::infer(call, 2); }

// The patches under the kernel, [N, C, OH, OW, KH, KW], as the columns of one matrix per image and
// group: [N, groups, C / groups * KH * KW, OH * OW].
Tensor columns(const Tensor& patches, std::int64_t groups) {
  const Shape p = patches.shape();
  return reshape(permute(patches, {0, 1, 4, 5, 2, 3}),
                 {p[0], groups, p[1] / groups * p[4] * p[5], p[2] * p[3]});
}

// [O, C / groups, KH, KW] -> [groups, O / groups, C / groups * KH * KW]
Tensor filters(const Tensor& weight, std::int64_t groups) {
  const Shape w = weight.shape();
  return reshape(weight, {groups, w[0] / groups, w[1] * w[2] * w[3]});
}

// [N, O, OH, OW] -> [N, groups, O / groups, OH * OW]
Tensor maps(const Tensor& y, std::int64_t groups) {
  const Shape s = y.shape();
  return reshape(y, {s[0], groups, s[1] / groups, s[2] * s[3]});
}

Tensors conv2d_body(const OpCall& call) {
  using namespace sdk::composites::conv2d;
  const Shape w = call.in(weight).shape();
  const std::int64_t groups = call.attributes.integer("groups");
  const Tensor patches =
      unfold(call.in(x), windows::window(call.attributes, call.in(x).shape(), kernel_of(w)));
  const Shape p = patches.shape();
  const Tensor product = matmul(filters(call.in(weight), groups), columns(patches, groups));
  const Tensor result = reshape(product, {p[0], w[0], p[2], p[3]});
  return {call.has(bias) ? conv::with_bias(result, call.in(bias)) : result};
}

Tensors conv2d_gradient(const GradientCall& call) {
  using namespace sdk::composites::conv2d;
  const Ints image = windows::image(call.in(x).shape());
  const Ints kernel = kernel_of(call.in(weight).shape());
  Attributes for_input = call.attributes, for_weight = call.attributes;
  for_input.set("image", image);
  for_weight.set("kernel", kernel);
  Tensors result = {
      apply(find_op("conv2d_input_backward"), {call.dy(), call.in(weight)}, for_input),
      apply(find_op("conv2d_weight_backward"), {call.dy(), call.in(x)}, for_weight)};
  if (call.inputs.size() > bias) result.push_back(sum(call.dy(), {0, 2, 3}));
  return result;
}

Types infer_input_backward(const Signature& call) {
  using namespace sdk::composites::conv2d_input_backward;
  conv::require_floats(call);
  const Ints& image = call.attributes.integers("image");
  call.require(image.size() == 2, "image must be a height and a width");
  call.require(call.shape(dy).rank() == 4 && call.shape(weight).rank() == 4,
               "dy must be [N, O, OH, OW] and the weight [O, C / groups, KH, KW]");
  const Shape x = {call.shape(dy)[0], call.shape(weight)[1] * call.attributes.integer("groups"),
                   image[0], image[1]};
  call.require(conv::result_shape(call, x, call.shape(weight), 2) == call.shape(dy),
               "dy must have the shape of the convolution's result");
  return {{call.dtype(dy), x}};
}

Tensors input_backward(const OpCall& call) {
  using namespace sdk::composites::conv2d_input_backward;
  const Shape y = call.in(dy).shape(), w = call.in(weight).shape();
  const std::int64_t groups = call.attributes.integer("groups");
  const Ints image = call.attributes.integers("image");
  const Window window = windows::window(call.attributes, Shape(image), kernel_of(w));
  const Tensor patches =
      matmul(transpose(filters(call.in(weight), groups)), maps(call.in(dy), groups));
  const Tensor kernels = reshape(patches, {y[0], w[1] * groups, w[2], w[3], y[2], y[3]});
  return {fold(permute(kernels, {0, 1, 4, 5, 2, 3}), window, Shape(image))};
}

Attributes conv2d_without(const Attributes& attributes, std::string_view name) {
  Attributes result;
  for (const auto& [key, value] : attributes)
    if (key != name) result.set(key, value);
  return result;
}

// The op is linear in dy and in the weight, and conv2d is its adjoint by dy.
Tensors gradient_of_input_backward(const GradientCall& call) {
  using namespace sdk::composites::conv2d_input_backward;
  const Attributes how = conv2d_without(call.attributes, "image");
  Attributes for_weight = how;
  for_weight.set("kernel", kernel_of(call.in(weight).shape()));
  return {apply(find_op("conv2d"), {call.dy(), call.in(weight)}, how),
          apply(find_op("conv2d_weight_backward"), {call.in(dy), call.dy()}, for_weight)};
}

Types infer_weight_backward(const Signature& call) {
  using namespace sdk::composites::conv2d_weight_backward;
  conv::require_floats(call);
  const Ints& kernel = call.attributes.integers("kernel");
  const std::int64_t groups = call.attributes.integer("groups");
  call.require(kernel.size() == 2, "kernel must be a height and a width");
  call.require(call.shape(dy).rank() == 4 && call.shape(x).rank() == 4 && groups >= 1,
               "dy must be [N, O, OH, OW] and x [N, C, H, W]");
  const Shape weight = {call.shape(dy)[1], call.shape(x)[1] / groups, kernel[0], kernel[1]};
  call.require(conv::result_shape(call, call.shape(x), weight, 2) == call.shape(dy),
               "dy must have the shape of the convolution's result");
  return {{call.dtype(dy), weight}};
}

// The images of a batch stand side by side, so that the sum over them is part of the product.
Tensors weight_backward(const OpCall& call) {
  using namespace sdk::composites::conv2d_weight_backward;
  const Shape y = call.in(dy).shape(), image = call.in(x).shape();
  const std::int64_t groups = call.attributes.integer("groups");
  const Ints kernel = call.attributes.integers("kernel");
  const std::int64_t length = y[0] * y[2] * y[3];
  const std::int64_t depth = image[1] / groups * kernel[0] * kernel[1];
  const Tensor rows =
      reshape(permute(maps(call.in(dy), groups), {1, 2, 0, 3}), {groups, y[1] / groups, length});
  const Tensor patches = unfold(call.in(x), windows::window(call.attributes, image, kernel));
  const Tensor together =
      reshape(permute(columns(patches, groups), {1, 2, 0, 3}), {groups, depth, length});
  return {
      reshape(matmul(rows, transpose(together)), {y[1], image[1] / groups, kernel[0], kernel[1]})};
}

// The same for dy and x, whose adjoints are conv2d and its transpose with the cotangent as weight.
Tensors gradient_of_weight_backward(const GradientCall& call) {
  using namespace sdk::composites::conv2d_weight_backward;
  const Attributes how = conv2d_without(call.attributes, "kernel");
  Attributes for_input = how;
  for_input.set("image", windows::image(call.in(x).shape()));
  return {apply(find_op("conv2d"), {call.in(x), call.dy()}, how),
          apply(find_op("conv2d_input_backward"), {call.in(dy), call.dy()}, for_input)};
}

std::vector<conv::Case> conv2d_cases() {
  return {{{1, 1, 3, 3}, {1, 1, 2, 2}, conv::options({1, 1}, {0, 0}, {1, 1}, 1)},
          {{1, 4, 5, 5}, {6, 2, 2, 3}, conv::options({1, 1}, {1, 1}, {1, 2}, 2)},
          {{2, 2, 4, 4}, {2, 1, 1, 1}, conv::options({2, 2}, {0, 0}, {1, 1}, 2)},
          {{1, 2, 3, 2}, {2, 2, 1, 2}, conv::options({1, 1}, {2, 3}, {1, 1}, 1)},
          {{0, 2, 3, 3}, {1, 2, 2, 2}, conv::options({1, 1}, {0, 0}, {1, 1}, 1)},
          {{2, 3, 5, 4}, {4, 3, 3, 2}, conv::options({2, 1}, {1, 0}, {1, 1}, 1)}};
}

std::vector<Sample> conv2d_samples() { return conv::samples(conv2d_cases()); }

// Both backward ops are the adjoints of the convolution, which is linear in each of its operands:
// their values follow from that of the forward pass for unit vectors.
std::vector<Sample> conv2d_backward_samples(bool to_weight) {
  std::vector<Sample> result;
  for (const conv::Case& c : conv2d_cases()) {
    const Shape y = conv::samples({c})[0].outputs[0].shape();
    const Array dy = spread(y, -1, 1, 4);
    const Array other = spread(to_weight ? c.x : c.weight, -1, 1, 5);
    const Shape& shape = to_weight ? c.weight : c.x;
    Array expected(f64, shape);
    for (std::int64_t i = 0; i < expected.numel(); ++i) {
      Array unit = Array::zeros(f64, shape);
      unit.set(i, 1);
      const Array each = to_weight ? conv::convolved(other, unit, y, c.how)
                                   : conv::convolved(unit, other, y, c.how);
      double total = 0;
      for (std::int64_t k = 0; k < each.numel(); ++k) total += each.get(k) * dy.get(k);
      expected.set(i, total);
    }
    Attributes how = c.how;
    how.set(to_weight ? "kernel" : "image", windows::image(shape));
    result.push_back({.inputs = {dy, other}, .attributes = how, .outputs = {expected}});
  }
  return result;
}

std::vector<Sample> input_backward_samples() { return conv2d_backward_samples(false); }
std::vector<Sample> weight_backward_samples() { return conv2d_backward_samples(true); }

}  // namespace

namespace ops {
std::vector<OpDef> conv2d() {
  const std::vector<AttributeDef> attributes = conv::attributes();
  std::vector<AttributeDef> for_input = attributes, for_weight = attributes;
  for_input.push_back({"image", AttributeType::integers, "the size of dx, {H, W}"});
  for_weight.push_back({"kernel", AttributeType::integers, "the size of the kernel, {KH, KW}"});
  return {
      {
          .name = "conv2d",
          .summary = "The scalar products of a kernel with all patches of the images, plus bias.",
          .inputs = {{"x", "[N, C, H, W]", "float"},
                     {"weight", "[O, C / groups, KH, KW]", "as x"},
                     {"bias", "[O]", "as x", true}},
          .outputs = {{"y", "[N, O, OH, OW]", "as x"}},
          .attributes = attributes,
          .infer = conv2d_infer,
          .gradient = conv2d_gradient,
          .decompose = conv2d_body,
          .source = "https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html",
          .samples = conv2d_samples,
      },
      {
          .name = "conv2d_input_backward",
          .summary = "The gradient of conv2d's images; also known as transposed convolution.",
          .inputs = {{"dy", "[N, O, OH, OW]", "float"},
                     {"weight", "[O, C / groups, KH, KW]", "as dy"}},
          .outputs = {{"dx", "[N, C, H, W]", "as dy"}},
          .attributes = for_input,
          .infer = infer_input_backward,
          .gradient = gradient_of_input_backward,
          .decompose = input_backward,
          .samples = input_backward_samples,
      },
      {
          .name = "conv2d_weight_backward",
          .summary = "The gradient of conv2d's weight.",
          .inputs = {{"dy", "[N, O, OH, OW]", "float"}, {"x", "[N, C, H, W]", "as dy"}},
          .outputs = {{"dweight", "[O, C / groups, KH, KW]", "as dy"}},
          .attributes = for_weight,
          .infer = infer_weight_backward,
          .gradient = gradient_of_weight_backward,
          .decompose = weight_backward,
          .samples = weight_backward_samples,
      }};
}
}  // namespace ops

}  // namespace asg
