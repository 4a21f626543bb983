// Padding with what the tensor holds, as a function, as layers and in convolutions.
#include <asg/graph/error.hpp>
#include <asg/nn/convolution.hpp>
#include <asg/nn/padding.hpp>
#include <asg/ops/padding.hpp>

#include "pytorch/layers.hpp"
#include "support/messages.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;
using test_support::contains;
using test_support::message_of;

void check(const std::string& name, const std::function<Tensor(const Tensor&)>& function) {
  agrees(name, [&](const Inputs& in) -> Tensors { return {function(in("input"))}; });
}

BOOST_AUTO_TEST_CASE(layers) {
  check("pad_constant", nn::ConstantPad2d{{1, 2, 0, 1}, 1.5});
  check("pad_reflect_1", nn::ReflectionPad1d{{2, 1}});
  check("pad_reflect_2", nn::ReflectionPad2d{{1, 0, 2, 1}});
  check("pad_reflect_3", nn::ReflectionPad3d{{0, 1, 1, 0, 1, 1}});
  check("pad_replicate_1", nn::ReplicationPad1d{{2, 1}});
  check("pad_replicate_2", nn::ReplicationPad2d{{1, 0, 2, 1}});
  check("pad_replicate_3", nn::ReplicationPad3d{{0, 1, 1, 0, 1, 1}});
  check("pad_circular_1", nn::CircularPad1d{{2, 1}});
  check("pad_circular_2", nn::CircularPad2d{{1, 0, 2, 1}});
  check("pad_circular_3", nn::CircularPad3d{{0, 1, 1, 0, 1, 1}});
}

BOOST_AUTO_TEST_CASE(as_much_as_there_is) {
  for (const std::string mode : {"reflect", "replicate", "circular"})
    check("pad_" + mode + "_most", [&](const Tensor& x) {
      return pad(x, {0, 0, 2}, {0, 0, 2}, mode);
    });
}

void check_layer(const std::string& name, const nn::Module& layer) {
  layer_agrees(name, layer, [&](const Inputs& in) -> Tensors { return {layer(in("input"))}; });
}

BOOST_AUTO_TEST_CASE(convolutions) {
  for (const std::string mode : {"reflect", "replicate", "circular"}) {
    check_layer("conv2d_" + mode,
                nn::Conv2d{2, 1, 2, {.stride = {1, 2}, .padding = {2, 1}, .padding_mode = mode}});
    check_layer("conv1d_" + mode + "_same",
                nn::Conv1d{1, 2, 4, {.padding = "same", .bias = false, .padding_mode = mode}});
  }
}

BOOST_AUTO_TEST_CASE(errors_name_the_rule) {
  Graph graph;
  const Tensor x = graph.input("x", f32, {2, 3});
  const Tensor empty = graph.input("empty", f32, {0});
  const auto has = [](const std::string& text, const char* part) {
    return contains(text, part, "padding_test.cpp:");
  };
  const auto message = [](const auto& call) { return message_of<ShapeError>(call); };
  BOOST_TEST(has(message([&] {
                   return pad(x, {0, 3}, {0, 0}, "reflect");
                 }),
                 "mode reflect takes 3 elements from an axis of 3"));
  BOOST_TEST(has(message([&] {
                   return pad(x, {0, 0}, {0, 4}, "circular");
                 }),
                 "mode circular takes 4 elements from an axis of 3"));
  BOOST_TEST(has(message([&] { return pad(empty, {1}, {0}, "replicate"); }),
                 "mode replicate takes 1 elements from an axis of 0"));
  BOOST_TEST(has(message([&] { return pad(x, {1}, {1}, "reflect"); }), "one entry for each axis"));
  BOOST_TEST(has(message([&] { return pad(x, {0, -1}, {0, 0}, "reflect"); }), "not be negative"));
  BOOST_TEST(has(message_of<TypeError>([&] {
                   return pad(x, {0, 1}, {0, 0}, "mirror");
                 }),
                 "no mode 'mirror'"));
  BOOST_TEST(has(message([] {
                   return nn::ReflectionPad2d{{1, 2}}.path();
                 }),
                 "two for each of the 2"));
  BOOST_TEST(has(message([] { return nn::ReflectionPad2d{-1}.path(); }), "padding is -1"));
  BOOST_TEST(has(message([&] { return nn::ZeroPad3d{1}(x); }), "x must have 3 axes or more"));
  BOOST_TEST(has(message_of<TypeError>([] {
                   return nn::Conv1d{1, 1, 1, {.padding_mode = "mirror"}}.path();
                 }),
                 "no padding_mode 'mirror'"));
  BOOST_TEST(has(message([] {
                   return nn::Conv1d{1, 1, 1, {.stride = 2, .padding = "same"}}.path();
                 }),
                 "a stride of 1"));
}

}  // namespace
