// conv_transpose1d, conv_transpose2d and conv_transpose3d: what conv2d_input_backward computes,
// whose gradients are conv2d and conv2d_weight_backward.
#include <fmt/format.h>

#include <asg/ops/convolution.hpp>
#include <asg/ops/elementwise.hpp>

#include "ops/conv_rules.hpp"

namespace asg {
namespace {

Attributes without_output_padding(const Attributes& attributes) {
  return conv::options(attributes.integers("stride"), attributes.integers("padding"),
                       attributes.integers("dilation"), attributes.integer("groups"));
}

// The size of y along one axis of x.
std::int64_t transposed_size(const Signature& call, std::size_t i) {
  const Attributes& how = call.attributes;
  const std::int64_t stride = how.integers("stride")[i], padding = how.integers("padding")[i],
                     dilation = how.integers("dilation")[i],
                     more = how.integers("output_padding")[i];
  const std::int64_t size = call.shape(0)[static_cast<int>(i) + 2],
                     kernel = call.shape(1)[static_cast<int>(i) + 2];
  call.require(kernel >= 1 && stride >= 1 && dilation >= 1 && padding >= 0 && more >= 0,
               "kernel, stride and dilation must be at least 1, padding and output_padding at "
               "least 0");
  call.require(more < stride || more < dilation,
               "output_padding must be below the stride or the dilation");
  call.require(size >= 1, "x must not be empty but for its batch");
  const auto result = conv::transposed_size({size, kernel, stride, padding, dilation, more});
  call.require(result.has_value(), "the result is larger than 64 bits can count");
  if (*result < 1)
    call.fail(
        fmt::format("nothing is left of y: its size would be {}; less padding helps", *result));
  return *result;
}

template <std::size_t axes>
Types conv_transpose_infer(const Signature& call) {
  conv::require_floats(call);
  const Shape &x = call.shape(0), &weight = call.shape(1);
  const int rank = static_cast<int>(axes) + 2;
  if (x.rank() != rank) call.fail(fmt::format("x must be {}", windows::described("N, C", axes)));
  if (weight.rank() != rank)
    call.fail(fmt::format("the weight must be {}", windows::described("C, O / groups", axes, "K")));
  const std::int64_t groups = call.attributes.integer("groups");
  call.require(groups >= 1, "groups must be at least 1");
  call.require(x[1] % groups == 0, "groups must divide the channels of x");
  call.require(weight[0] == x[1], "the weight's first axis must be the channels of x");
  std::int64_t channels = 0;
  call.require(!__builtin_mul_overflow(weight[1], groups, &channels),
               "the result is larger than 64 bits can count");
  for (const char* name : {"stride", "padding", "output_padding", "dilation"})
    call.require(call.attributes.integers(name).size() == axes,
                 "stride, padding, output_padding and dilation need one entry for each axis of the "
                 "kernel");
  Shape result = {x[0], channels};
  for (std::size_t i = 0; i < axes; ++i) result.push_back(transposed_size(call, i));
  if (call.has(2)) call.require(call.shape(2) == Shape{channels}, "the bias must be [O]");
  return {{call.dtype(0), result}};
}

// y of the given image without bias, over images and over volumes.
Tensor back_to_images(const Tensor& x, const Tensor& weight, Attributes how, const Ints& image) {
  how.set("image", image);
  return apply(find_op("conv2d_input_backward"), {x, weight}, std::move(how));
}

Tensor back_to(const Tensor& x, const Tensor& weight, const Attributes& how, const Ints& image) {
  if (image.size() == 1)
    return squeeze(back_to_images(unsqueeze(x, 2), unsqueeze(weight, 2),
                                  windows::over_two_axes(how), {1, image[0]}),
                   2);
  if (image.size() == 2) return back_to_images(x, weight, how, image);
  // The adjoint of conv3d's body.
  const Shape s = x.shape(), w = weight.shape();
  const std::int64_t channels = w[1] * how.integer("groups");
  const conv::Slices slices(how, {s[0], channels, image[0], image[1], image[2]}, w);
  const Tensor images = reshape(permute(x, {0, 2, 1, 3, 4}), {s[0] * s[2], s[1], s[3], s[4]});
  const Tensor patches =
      back_to_images(images, slices.as_channels(weight), slices.over_images, {image[1], image[2]});
  const Tensor apart = reshape(patches, {s[0], s[2], channels, w[2], image[1], image[2]});
  const Tensor y = fold(permute(apart, {0, 2, 4, 5, 1, 3}), slices.along_depth, {image[0]});
  return permute(y, {0, 1, 4, 2, 3});
}

// The convolution that leads back must have x's positions over y. It has more where output_padding
// is a step or longer; then y is cut from all that the kernel reaches.
Tensor cut_out(const Tensor& x, const Tensor& weight, const Attributes& how, const Ints& image) {
  const std::size_t axes = image.size();
  const Ints &padding = how.integers("padding"), &stride = how.integers("stride");
  const Ints kernel = conv::kernel_of(weight.shape());
  Attributes bare = how;
  bare.set("padding", Ints(axes, 0));
  Ints all(axes), low(axes + 2, 0), behind(axes + 2, 0);
  for (std::size_t i = 0; i < axes; ++i) {
    all[i] = (x.size(static_cast<int>(i) + 2) - 1) * stride[i] +
             how.integers("dilation")[i] * (kernel[i] - 1) + 1;
    behind[i + 2] = std::max<std::int64_t>(0, padding[i] + image[i] - all[i]);
  }
  Tensor y = pad(back_to(x, weight, bare, all), low, behind);
  for (std::size_t i = 0; i < axes; ++i)
    y = slice(y, static_cast<int>(i) + 2, padding[i], padding[i] + image[i]);
  return y;
}

Tensors conv_transpose_body(const OpCall& call) {
  const Tensor &x = call.in(0), &weight = call.in(1);
  const Attributes how = without_output_padding(call.attributes);
  const Ints &more = call.attributes.integers("output_padding"), &stride = how.integers("stride");
  Ints image;
  bool fits = true;
  for (std::size_t i = 0; i < more.size(); ++i) {
    const int axis = static_cast<int>(i) + 2;
    image.push_back(
        conv::transposed_size({x.size(axis), weight.size(axis), stride[i],
                               how.integers("padding")[i], how.integers("dilation")[i], more[i]})
            .value());
    fits = fits && more[i] < stride[i];
  }
  const Tensor y = fits ? back_to(x, weight, how, image) : cut_out(x, weight, how, image);
  return {call.has(2) ? conv::with_bias(y, call.in(2)) : y};
}

struct TransposedCase {
  Shape x, weight, y;
  Attributes how;
  Ints more;
};

// y[k] is the sum of x times what a convolution makes of a one at k.
Array transposed(const Array& x, const Array& weight, const Array& bias, const TransposedCase& c) {
  Array y(f64, c.y);
  // Over an image that ends where y would without output_padding of whole steps.
  for (std::int64_t at = 0; at < y.numel(); ++at) {
    Array unit = Array::zeros(f64, c.y);
    unit.set(at, 1);
    const Array read = conv::convolved(unit, weight, c.x, c.how);
    const std::int64_t image = Shape(conv::kernel_of(c.y)).numel();
    double total = bias.get(at / image % c.y[1]);
    for (std::int64_t k = 0; k < x.numel(); ++k) total += x.get(k) * read.get(k);
    y.set(at, total);
  }
  return y;
}

std::vector<Sample> transposed_samples(const std::vector<TransposedCase>& cases) {
  std::vector<Sample> result;
  for (const TransposedCase& c : cases) {
    const Array x = spread(c.x, -1, 1, 1), weight = spread(c.weight, -1, 1, 2);
    const Array bias = spread({c.y[1]}, -1, 1, 3);
    Attributes how = c.how;
    how.set("output_padding", c.more);
    result.push_back({.inputs = {x, weight, bias},
                      .attributes = how,
                      .outputs = {transposed(x, weight, bias, c)}});
    if (&c == &cases.back())
      result.push_back({.inputs = {x, weight},
                        .attributes = how,
                        .outputs = {transposed(x, weight, Array::zeros(f64, {c.y[1]}), c)}});
  }
  return result;
}

std::vector<Sample> conv_transpose1d_samples() {
  return transposed_samples(
      {{{1, 1, 1}, {1, 1, 1}, {1, 1, 1}, conv::options({1}, {0}, {1}, 1), {0}},
       {{2, 4, 3}, {4, 1, 3}, {2, 2, 6}, conv::options({2}, {1}, {1}, 2), {1}},
       {{1, 2, 3}, {2, 1, 2}, {1, 1, 6}, conv::options({1}, {1}, {3}, 1), {2}},
       {{1, 2, 2}, {2, 1, 1}, {1, 2, 4}, conv::options({1}, {0}, {3}, 2), {2}},
       {{0, 2, 3}, {2, 1, 2}, {0, 1, 4}, conv::options({1}, {0}, {1}, 1), {0}},
       {{1, 2, 4}, {2, 2, 2}, {1, 2, 3}, conv::options({1}, {1}, {1}, 1), {0}}});
}

std::vector<Sample> conv_transpose2d_samples() {
  return transposed_samples(
      {{{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}, conv::options({1, 1}, {0, 0}, {1, 1}, 1), {0, 0}},
       {{1, 4, 2, 3}, {4, 1, 2, 3}, {1, 2, 5, 5}, conv::options({3, 2}, {0, 1}, {1, 1}, 2), {0, 0}},
       {{2, 2, 2, 2}, {2, 1, 2, 1}, {2, 1, 3, 4}, conv::options({1, 2}, {1, 0}, {2, 1}, 1), {1, 1}},
       {{2, 2, 3, 2},
        {2, 3, 2, 2},
        {2, 3, 4, 3},
        conv::options({1, 1}, {0, 0}, {1, 1}, 1),
        {0, 0}}});
}

std::vector<Sample> conv_transpose3d_samples() {
  return transposed_samples({{{1, 4, 2, 2, 1},
                              {4, 1, 2, 1, 2},
                              {1, 2, 4, 3, 2},
                              conv::options({2, 2, 1}, {0, 0, 0}, {1, 1, 1}, 2),
                              {0, 0, 0}},
                             {{1, 1, 2, 2, 2},
                              {1, 2, 2, 2, 1},
                              {1, 2, 3, 3, 4},
                              conv::options({1, 1, 2}, {1, 0, 0}, {2, 1, 1}, 1),
                              {1, 0, 1}},
                             {{2, 2, 2, 1, 2},
                              {2, 1, 2, 2, 2},
                              {2, 1, 4, 2, 3},
                              conv::options({2, 1, 1}, {0, 0, 0}, {1, 1, 1}, 1),
                              {0, 0, 0}}});
}

OpDef conv_transpose_of(std::string_view name, std::size_t axes) {
  constexpr std::string_view shapes[][3] = {
      {"[N, C, L]", "[C, O / groups, K]", "[N, O, OL]"},
      {"[N, C, H, W]", "[C, O / groups, KH, KW]", "[N, O, OH, OW]"},
      {"[N, C, D, H, W]", "[C, O / groups, KD, KH, KW]", "[N, O, OD, OH, OW]"}};
  const auto& [x, weight, y] = shapes[axes - 1];
  std::vector<AttributeDef> attributes = conv::attributes();
  attributes[1].meaning = "what is cut off both sides of each axis of y";
  attributes.push_back({"output_padding", AttributeType::integers,
                        "how much less is cut off behind each axis of y"});
  return {.name = name,
          .summary =
              "The sum of a kernel times each element of x, where a convolution would read "
              "that element, plus bias.",
          .inputs = {{"x", x, "float"}, {"weight", weight, "as x"}, {"bias", "[O]", "as x", true}},
          .outputs = {{"y", y, "as x"}},
          .attributes = std::move(attributes),
          .decompose = conv_transpose_body};
}

}  // namespace

namespace ops {
std::vector<OpDef> conv_transpose() {
  OpDef one = conv_transpose_of("conv_transpose1d", 1);
  one.infer = conv_transpose_infer<1>;
  one.source =
      "https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose1d.html";
  one.samples = conv_transpose1d_samples;
  OpDef two = conv_transpose_of("conv_transpose2d", 2);
  two.infer = conv_transpose_infer<2>;
  two.source =
      "https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html";
  two.samples = conv_transpose2d_samples;
  OpDef three = conv_transpose_of("conv_transpose3d", 3);
  three.infer = conv_transpose_infer<3>;
  three.source =
      "https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose3d.html";
  three.samples = conv_transpose3d_samples;
  return {one, two, three};
}
}  // namespace ops

}  // namespace asg
