#include <asg/ops/convolution.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/sdk/composites.hpp>

#include "ops/operand_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"
#include "ops/window_rules.hpp"

namespace asg {
namespace {

Ints kernel_of(const Shape& weight) { return windows::image(weight); }

// Checks images and weight against each other; returns the shape of the result.
Shape result_shape(const Signature& call, const Shape& x, const Shape& weight) {
  call.require(x.rank() == 4, "images must be [N, C, H, W]");
  call.require(weight.rank() == 4, "the weight must be [O, C / groups, KH, KW]");
  const std::int64_t groups = call.attributes.integer("groups");
  call.require(groups >= 1, "groups must be at least 1");
  call.require(x[1] % groups == 0 && weight[0] % groups == 0,
               "groups must divide the channels of x and the filters of the weight");
  call.require(weight[1] == x[1] / groups,
               "the weight's second axis must be the channels of x divided by groups");
  const Ints sides = windows::positions(call, x, kernel_of(weight));
  return {x[0], weight[0], sides[0], sides[1]};
}

void require_floats(const Signature& call) {
  call.require_same_types();
  call.require_type(is_float(call.dtype(0)), "needs float elements");
}

Types conv2d_infer(const Signature& call) {
  using namespace sdk::composites::conv2d;
  require_floats(call);
  const Shape result = result_shape(call, call.shape(x), call.shape(weight));
  if (call.has(bias)) call.require(call.shape(bias) == Shape{result[1]}, "the bias must be [O]");
  return {{call.dtype(x), result}};
}

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
  const Tensor patches = unfold(call.in(x), windows::window(call.attributes, kernel_of(w)));
  const Shape p = patches.shape();
  const Tensor product = matmul(filters(call.in(weight), groups), columns(patches, groups));
  const Tensor result = reshape(product, {p[0], w[0], p[2], p[3]});
  return {call.has(bias) ? result + reshape(call.in(bias), {w[0], 1, 1}) : result};
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
  require_floats(call);
  const Ints& image = call.attributes.integers("image");
  call.require(image.size() == 2, "image must be a height and a width");
  call.require(call.shape(dy).rank() == 4 && call.shape(weight).rank() == 4,
               "dy must be [N, O, OH, OW] and the weight [O, C / groups, KH, KW]");
  const Shape x = {call.shape(dy)[0], call.shape(weight)[1] * call.attributes.integer("groups"),
                   image[0], image[1]};
  call.require(result_shape(call, x, call.shape(weight)) == call.shape(dy),
               "dy must have the shape of the convolution's result");
  return {{call.dtype(dy), x}};
}

Tensors input_backward(const OpCall& call) {
  using namespace sdk::composites::conv2d_input_backward;
  const Shape y = call.in(dy).shape(), w = call.in(weight).shape();
  const std::int64_t groups = call.attributes.integer("groups");
  const Ints image = call.attributes.integers("image");
  const Tensor patches =
      matmul(transpose(filters(call.in(weight), groups)), maps(call.in(dy), groups));
  const Tensor kernels = reshape(patches, {y[0], w[1] * groups, w[2], w[3], y[2], y[3]});
  return {fold(permute(kernels, {0, 1, 4, 5, 2, 3}), windows::window(call.attributes, kernel_of(w)),
               Shape(image))};
}

Types infer_weight_backward(const Signature& call) {
  using namespace sdk::composites::conv2d_weight_backward;
  require_floats(call);
  const Ints& kernel = call.attributes.integers("kernel");
  const std::int64_t groups = call.attributes.integer("groups");
  call.require(kernel.size() == 2, "kernel must be a height and a width");
  call.require(call.shape(dy).rank() == 4 && call.shape(x).rank() == 4 && groups >= 1,
               "dy must be [N, O, OH, OW] and x [N, C, H, W]");
  const Shape weight = {call.shape(dy)[1], call.shape(x)[1] / groups, kernel[0], kernel[1]};
  call.require(result_shape(call, call.shape(x), weight) == call.shape(dy),
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
  const Tensor patches = unfold(call.in(x), windows::window(call.attributes, kernel));
  const Tensor together =
      reshape(permute(columns(patches, groups), {1, 2, 0, 3}), {groups, depth, length});
  return {
      reshape(matmul(rows, transpose(together)), {y[1], image[1] / groups, kernel[0], kernel[1]})};
}

Attributes conv2d_options(Pair stride, Pair padding, Pair dilation, std::int64_t groups) {
  return {{"stride", windows::list(stride)},
          {"padding", windows::list(padding)},
          {"dilation", windows::list(dilation)},
          {"groups", groups}};
}

struct Case {
  Shape x, weight, y;
  Attributes how;
};

std::vector<Case> conv2d_cases() {
  return {{{1, 1, 3, 3}, {1, 1, 2, 2}, {1, 1, 2, 2}, conv2d_options(1, 0, 1, 1)},
          {{2, 3, 5, 4}, {4, 3, 3, 2}, {2, 4, 3, 3}, conv2d_options({2, 1}, {1, 0}, {1, 1}, 1)},
          {{1, 4, 5, 5}, {6, 2, 2, 3}, {1, 6, 6, 3}, conv2d_options(1, {1, 1}, {1, 2}, 2)},
          {{2, 2, 4, 4}, {2, 1, 1, 1}, {2, 2, 2, 2}, conv2d_options(2, 0, 1, 2)},
          {{0, 2, 3, 3}, {1, 2, 2, 2}, {0, 1, 2, 2}, conv2d_options(1, 0, 1, 1)}};
}

// The definition with loops.
Array convolved(const Array& x, const Array& weight, const Array& bias, const Case& c) {
  const Ints& stride = c.how.integers("stride");
  const Ints& padding = c.how.integers("padding");
  const Ints& dilation = c.how.integers("dilation");
  const Shape &xs = c.x, &w = c.weight, &ys = c.y;
  const std::int64_t per_group = w[0] / c.how.integer("groups");
  Array y(f64, ys);
  for (std::int64_t at = 0; at < y.numel(); ++at) {
    const std::int64_t column = at % ys[3], row = at / ys[3] % ys[2];
    const std::int64_t o = at / (ys[2] * ys[3]) % ys[1], n = at / (ys[1] * ys[2] * ys[3]);
    double total = bias.get(o);
    for (std::int64_t k = 0; k < w[1] * w[2] * w[3]; ++k) {
      const std::int64_t kw = k % w[3], kh = k / w[3] % w[2], part = k / (w[2] * w[3]);
      const std::int64_t h = row * stride[0] - padding[0] + kh * dilation[0];
      const std::int64_t v = column * stride[1] - padding[1] + kw * dilation[1];
      const std::int64_t channel = o / per_group * w[1] + part;
      if (h < 0 || h >= xs[2] || v < 0 || v >= xs[3]) continue;
      total += x.get(((n * xs[1] + channel) * xs[2] + h) * xs[3] + v) *
               weight.get(o * w[1] * w[2] * w[3] + k);
    }
    y.set(at, total);
  }
  return y;
}

std::vector<Sample> conv2d_samples() {
  std::vector<Sample> result;
  for (const Case& c : conv2d_cases()) {
    const Array x = spread(c.x, -1, 1, 1), weight = spread(c.weight, -1, 1, 2);
    const Array bias = spread({c.weight[0]}, -1, 1, 3);
    result.push_back({.inputs = {x, weight, bias},
                      .attributes = c.how,
                      .outputs = {convolved(x, weight, bias, c)}});
  }
  Sample without = result[1];
  without.inputs.pop_back();
  without.outputs = {convolved(without.inputs[0], without.inputs[1],
                               Array::zeros(f64, {conv2d_cases()[1].weight[0]}),
                               conv2d_cases()[1])};
  result.push_back(without);
  return result;
}

// Both backward ops are the adjoints of the convolution, which is linear in each of its operands:
// their values follow from that of the forward pass for unit vectors.
std::vector<Sample> conv2d_backward_samples(bool to_weight) {
  std::vector<Sample> result;
  for (const Case& c : conv2d_cases()) {
    const Array dy = spread(c.y, -1, 1, 4);
    const Array other = spread(to_weight ? c.x : c.weight, -1, 1, 5);
    const Shape& shape = to_weight ? c.weight : c.x;
    const Array none = Array::zeros(f64, {c.weight[0]});
    Array expected(f64, shape);
    for (std::int64_t i = 0; i < expected.numel(); ++i) {
      Array unit = Array::zeros(f64, shape);
      unit.set(i, 1);
      const Array y = to_weight ? convolved(other, unit, none, c) : convolved(unit, other, none, c);
      double total = 0;
      for (std::int64_t k = 0; k < y.numel(); ++k) total += y.get(k) * dy.get(k);
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

Attributes conv2d_options(const Conv2dOptions& o) {
  return conv2d_options(o.stride, o.padding, o.dilation, o.groups);
}

}  // namespace

Tensor conv2d(const Operand& x, const Operand& weight, const Conv2dOptions& how) {
  const Call call("conv2d", {x, weight});
  const Tensors t = operands::of_one_float("conv2d", call, {x, weight});
  return call.make("conv2d", {call.as_float(t[0]), call.as_float(t[1])}, conv2d_options(how));
}

Tensor conv2d(const Operand& x, const Operand& weight, const Operand& bias,
              const Conv2dOptions& how) {
  const Call call("conv2d", {x, weight, bias});
  const Tensors t = operands::of_one_float("conv2d", call, {x, weight, bias});
  return call.make("conv2d", {call.as_float(t[0]), call.as_float(t[1]), call.as_float(t[2])},
                   conv2d_options(how));
}

namespace ops {
std::vector<OpDef> conv2d() {
  const std::vector<AttributeDef> attributes = {
      {"stride", AttributeType::integers, "steps of the kernel, {height, width}"},
      {"padding", AttributeType::integers, "zeros on both sides, {height, width}"},
      {"dilation", AttributeType::integers, "distance of the kernel's elements, {height, width}"},
      {"groups", AttributeType::integer, "parts of the channels that do not see each other"}};
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
          .decompose = weight_backward,
          .samples = weight_backward_samples,
      }};
}
}  // namespace ops

}  // namespace asg
