// Convolutions along one, two and three axes and their transposes, as functions and as layers.
#include <asg/graph/error.hpp>
#include <asg/nn/convolution.hpp>

#include "pytorch/layers.hpp"
#include "support/messages.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;
using test_support::contains;
using test_support::message_of;

bool has_bias(const std::string& name) { return recorded().at(name).names.size() == 3; }

void check(const std::string& name, const nn::Module& layer) {
  layer_agrees(name, layer, [&](const Inputs& in) -> Tensors { return {layer(in("input"))}; });
}

// Channels in and out, and the kernel, are what the layer is made with.
template <class Sizes>
void forward(const std::string& name, std::int64_t in, std::int64_t out, Sizes kernel,
             nn::ConvOptions<Sizes> how) {
  how.bias = has_bias(name);
  check(name, nn::Conv<Sizes>{in, out, kernel, how});
}
template <class Sizes>
void transposed(const std::string& name, std::int64_t in, std::int64_t out, Sizes kernel,
                nn::ConvTransposeOptions<Sizes> how) {
  how.bias = has_bias(name);
  check(name, nn::ConvTranspose<Sizes>{in, out, kernel, how});
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

// Two of the three sizes that a stride of 3 leads to the same x.
BOOST_AUTO_TEST_CASE(back_to_a_size) {
  const auto to = [](const std::string& name, const auto& layer, auto size) {
    layer_agrees(name, layer,
                 [&](const Inputs& in) -> Tensors { return {layer(in("input"), size)}; });
  };
  const nn::ConvTranspose1d row{2, 1, 2, {.stride = 3, .padding = 1}};
  to("conv_transpose1d_to_3", row, Single(3));
  to("conv_transpose1d_to_5", row, Single(5));
  const nn::ConvTranspose2d image{
      1, 2, {3, 2}, {.stride = {2, 3}, .output_padding = {1, 0}, .dilation = {1, 2}}};
  to("conv_transpose2d_to_5_8", image, Pair(5, 8));
  to("conv_transpose3d_to_5_4_2",
     nn::ConvTranspose3d{1, 1, {2, 1, 1}, {.stride = {2, 2, 1}, .bias = false}}, Triple(5, 4, 2));

  Graph graph;
  const Tensor x = graph.input("x", f64, {1, 2, 2});
  for (const std::int64_t size : {2, 6})
    BOOST_TEST(contains(message_of<ShapeError>([&] { (void)row(x, size); }), "ConvTranspose1d",
                        "output_size is " + std::to_string(size), "from 3 to 5",
                        "convolutions_test.cpp:"));
  const Tensor line = graph.input("line", f64, {2});
  BOOST_TEST(contains(message_of<ShapeError>([&] { (void)image(line, 4); }), "x must be"));
}

}  // namespace
