// Convolutions along one, two and three axes and their transposes, as functions and as layers.
#include <asg/nn/convolution.hpp>
#include <asg/nn/initialize.hpp>
#include <asg/ops/convolution.hpp>

#include "pytorch/support.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

// The recorded weights, called as PyTorch calls them, in a layer that makes the recorded output.
template <class Layer>
void check_layer(const std::string& name, const Layer& layer) {
  const Recorded& expected = recorded().at(name);
  layer.to(f64);
  std::size_t parameters = 0;
  for (std::size_t i = 0; i < expected.names.size(); ++i)
    if (expected.names[i] != "input") {
      const nn::Parameter parameter = layer.parameter(expected.names[i]);
      BOOST_TEST(to_string(parameter.shape()) == to_string(expected.inputs[i].shape()), name);
      parameter.set_initializer(nn::init::values(expected.inputs[i]));
      ++parameters;
    }
  BOOST_TEST(layer.parameters().size() == parameters);
  for (const Device& device : devices()) {
    State state = initialize(layer, device, 1);
    auto run = compile(device, [&](Tensor x) -> Tensor { return layer(x); });
    const Array got = run(state, expected.inputs[0]);
    BOOST_TEST(ops_test::difference(got, expected.outputs[0], 1e-10) == "", name);
  }
}

Tensor call(const Inputs& in, const Conv1dOptions& how) {
  return in.has("bias") ? conv1d(in("input"), in("weight"), in("bias"), how)
                        : conv1d(in("input"), in("weight"), how);
}
Tensor call(const Inputs& in, const Conv2dOptions& how) {
  return in.has("bias") ? conv2d(in("input"), in("weight"), in("bias"), how)
                        : conv2d(in("input"), in("weight"), how);
}
Tensor call(const Inputs& in, const Conv3dOptions& how) {
  return in.has("bias") ? conv3d(in("input"), in("weight"), in("bias"), how)
                        : conv3d(in("input"), in("weight"), how);
}
Tensor call(const Inputs& in, const ConvTranspose1dOptions& how) {
  return in.has("bias") ? conv_transpose1d(in("input"), in("weight"), in("bias"), how)
                        : conv_transpose1d(in("input"), in("weight"), how);
}
Tensor call(const Inputs& in, const ConvTranspose2dOptions& how) {
  return in.has("bias") ? conv_transpose2d(in("input"), in("weight"), in("bias"), how)
                        : conv_transpose2d(in("input"), in("weight"), how);
}
Tensor call(const Inputs& in, const ConvTranspose3dOptions& how) {
  return in.has("bias") ? conv_transpose3d(in("input"), in("weight"), in("bias"), how)
                        : conv_transpose3d(in("input"), in("weight"), how);
}

bool has_bias(const std::string& name) { return recorded().at(name).names.size() == 3; }

// Channels in and out, and the kernel, are what the layer is made with.
template <class Sizes>
void forward(const std::string& name, std::int64_t in, std::int64_t out, Sizes kernel,
             const asg::ConvOptions<Sizes>& how) {
  agrees(name, [&](const Inputs& inputs) -> Tensors { return {call(inputs, how)}; });
  check_layer(name, nn::Conv<Sizes>{in,
                                    out,
                                    kernel,
                                    {.stride = how.stride,
                                     .padding = how.padding,
                                     .dilation = how.dilation,
                                     .groups = how.groups,
                                     .bias = has_bias(name)}});
}
template <class Sizes>
void transposed(const std::string& name, std::int64_t in, std::int64_t out, Sizes kernel,
                const asg::ConvTransposeOptions<Sizes>& how) {
  agrees(name, [&](const Inputs& inputs) -> Tensors { return {call(inputs, how)}; });
  check_layer(name, nn::ConvTranspose<Sizes>{in,
                                             out,
                                             kernel,
                                             {.stride = how.stride,
                                              .padding = how.padding,
                                              .output_padding = how.output_padding,
                                              .dilation = how.dilation,
                                              .groups = how.groups,
                                              .bias = has_bias(name)}});
}

BOOST_AUTO_TEST_CASE(one_axis) {
  forward<Single>("conv1d_plain", 2, 3, 3, {});
  forward<Single>("conv1d_options", 4, 4, 3,
                  {.stride = 2, .padding = 3, .dilation = 2, .groups = 2});
  forward<Single>("conv1d_depthwise", 3, 6, 2, {.padding = 1, .groups = 3});
  forward<Single>("conv1d_same", 2, 3, 4, {.padding = "same", .dilation = 3});
  forward<Single>("conv1d_valid", 2, 2, 2, {.stride = 3, .padding = "valid"});
  forward<Single>("conv1d_unbatched", 2, 3, 2, {.padding = "same"});
}

BOOST_AUTO_TEST_CASE(two_axes) {
  forward<Pair>("conv2d_plain", 2, 2, 2, {});
  forward<Pair>("conv2d_options", 2, 4, {3, 2},
                {.stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}, .groups = 2});
  forward<Pair>("conv2d_depthwise", 3, 3, 3, {.padding = 1, .groups = 3});
  forward<Pair>("conv2d_same", 2, 2, {2, 3}, {.padding = "same", .dilation = {1, 2}});
  forward<Pair>("conv2d_same_even", 1, 2, {2, 4}, {.padding = "same", .dilation = {3, 1}});
  forward<Pair>("conv2d_unbatched", 2, 3, {2, 3}, {.padding = 1});
  forward<Pair>("conv2d_padding_beyond_the_kernel", 2, 2, {1, 2},
                {.stride = {1, 2}, .padding = {2, 3}});
}

BOOST_AUTO_TEST_CASE(three_axes) {
  forward<Triple>("conv3d_plain", 1, 2, 2, {});
  forward<Triple>("conv3d_options", 2, 2, {2, 2, 3},
                  {.stride = {2, 1, 2}, .padding = {1, 0, 2}, .dilation = {2, 1, 1}, .groups = 2});
  forward<Triple>("conv3d_depthwise", 2, 2, 2, {.padding = 1, .groups = 2});
  forward<Triple>("conv3d_same", 1, 1, {2, 3, 2}, {.padding = "same", .dilation = {1, 2, 1}});
  forward<Triple>("conv3d_unbatched", 1, 2, {2, 1, 2}, {});
}

BOOST_AUTO_TEST_CASE(back_along_one_axis) {
  transposed<Single>("conv_transpose1d_plain", 3, 2, 3, {});
  transposed<Single>("conv_transpose1d_options", 4, 4, 3,
                     {.stride = 3, .padding = 2, .output_padding = 2, .dilation = 2, .groups = 2});
  transposed<Single>("conv_transpose1d_dilated_more", 2, 2, 2,
                     {.padding = 1, .output_padding = 2, .dilation = 3});
  transposed<Single>("conv_transpose1d_unbatched", 2, 3, 2, {.stride = 2});
}

BOOST_AUTO_TEST_CASE(back_along_two_axes) {
  transposed<Pair>("conv_transpose2d_plain", 2, 3, 2, {});
  transposed<Pair>("conv_transpose2d_options", 4, 2, {3, 2},
                   {.stride = {2, 3},
                    .padding = {1, 0},
                    .output_padding = {1, 2},
                    .dilation = {1, 2},
                    .groups = 2});
  transposed<Pair>("conv_transpose2d_padding_beyond_the_kernel", 2, 2, {2, 1}, {.padding = {2, 1}});
  transposed<Pair>(
      "conv_transpose2d_dilated_more", 2, 2, 2,
      {.stride = {1, 2}, .padding = {0, 1}, .output_padding = {1, 1}, .dilation = {2, 1}});
  transposed<Pair>("conv_transpose2d_depthwise", 3, 3, 2, {.stride = 2, .groups = 3});
}

BOOST_AUTO_TEST_CASE(back_along_three_axes) {
  transposed<Triple>("conv_transpose3d_plain", 2, 2, {2, 2, 1}, {});
  transposed<Triple>("conv_transpose3d_options", 2, 2, {3, 2, 2},
                     {.stride = {2, 1, 2},
                      .padding = {1, 0, 1},
                      .output_padding = {1, 0, 1},
                      .dilation = {1, 2, 1},
                      .groups = 2});
  transposed<Triple>("conv_transpose3d_dilated_more", 1, 2, {2, 1, 2},
                     {.padding = {1, 0, 0}, .output_padding = {1, 0, 1}, .dilation = {2, 1, 2}});
}

}  // namespace
