// Activations as modules: each is its function, and PReLU has a weight that learns.
#include <boost/test/unit_test.hpp>

#include <asg/autodiff/gradients.hpp>
#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>
#include <asg/nn/activation.hpp>
#include <asg/nn/sequential.hpp>
#include <asg/ops/activation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

#include "support.hpp"

using namespace asg;
using namespace nn_test;

namespace {

using Function = std::function<Tensor(const Tensor&)>;

// What both make of the same numbers, to the bit.
void is(const nn::Module& module, const Function& function) {
  module.to(f64);
  const Array x = spread({3, 4, 6}, -4, 7);
  auto both = compile(device(), [&](Tensor t) -> Tensors { return {module(t), function(t)}; });
  State state = initialize(module, device(), 1);
  const std::vector<Array> got = both(state, x);
  BOOST_TEST(identical(got[0], got[1]));
}

BOOST_AUTO_TEST_SUITE(activation)

BOOST_AUTO_TEST_CASE(modules_are_their_functions) {
  is(nn::ReLU6{}, [](const Tensor& x) { return relu6(x); });
  is(nn::Hardtanh{-2, 3}, [](const Tensor& x) { return hardtanh(x, -2, 3); });
  is(nn::Hardsigmoid{}, [](const Tensor& x) { return hardsigmoid(x); });
  is(nn::Hardswish{}, [](const Tensor& x) { return hardswish(x); });
  is(nn::SELU{}, [](const Tensor& x) { return selu(x); });
  is(nn::CELU{2}, [](const Tensor& x) { return celu(x, 2); });
  is(nn::Mish{}, [](const Tensor& x) { return mish(x); });
  is(nn::Softsign{}, [](const Tensor& x) { return softsign(x); });
  is(nn::Tanhshrink{}, [](const Tensor& x) { return tanhshrink(x); });
  is(nn::Softshrink{1}, [](const Tensor& x) { return softshrink(x, 1); });
  is(nn::Hardshrink{1}, [](const Tensor& x) { return hardshrink(x, 1); });
  is(nn::Threshold{1, -2}, [](const Tensor& x) { return threshold(x, 1, -2); });
  is(nn::LogSigmoid{}, [](const Tensor& x) { return logsigmoid(x); });
  is(nn::Softplus{3}, [](const Tensor& x) { return softplus(x, 3); });
  is(nn::RReLU{0.1, 0.3}, [](const Tensor& x) { return leaky_relu(x, 0.2); });
  is(nn::PReLU{}, [](const Tensor& x) { return leaky_relu(x, 0.25); });
  is(nn::PReLU{{.num_parameters = 4, .init = -0.5}},
     [](const Tensor& x) { return leaky_relu(x, -0.5); });
  is(nn::GLU{1}, [](const Tensor& x) { return glu(x, 1); });
  is(nn::SwiGLU{}, [](const Tensor& x) { return swiglu(slice(x, -1, 0, 3), slice(x, -1, 3, 6)); });
  is(nn::Softmin{1}, [](const Tensor& x) { return softmin(x, 1); });
  is(nn::LogSoftmax{1}, [](const Tensor& x) { return log_softmax(x, 1); });
  is(nn::Identity{}, [](const Tensor& x) { return x; });
}

BOOST_AUTO_TEST_CASE(prelu_has_pytorchs_parameter) {
  const nn::PReLU layer{{.num_parameters = 3}};
  BOOST_TEST_REQUIRE(names_of(layer).size() == 1);
  BOOST_TEST(names_of(layer)[0] == "weight");
  BOOST_TEST((layer.weight.shape() == Shape{3}));
  BOOST_TEST(
      contains(message_of<ShapeError>([] { nn::PReLU{{.num_parameters = 0}}; }), "num_parameters"));
  Graph g;
  const Tensor x = g.input("x", f32, {2, 5});
  BOOST_TEST(contains(message_of<ShapeError>([&] { (void)layer(x); }), "each channel"));
  BOOST_TEST(contains(message_of<ShapeError>([&] { (void)nn::SwiGLU{}(x); }), "halves"));
}

// While training every element has a slope of its own, in the given range and with its mean; the
// gradient sees the same slopes, and the next step others.
BOOST_AUTO_TEST_CASE(rrelu_is_random_in_training) {
  const nn::RReLU layer{0.25, 0.75};
  auto train = compile(device(),
                       [&](Tensor t) -> Tensors {
                         const Tensor y = layer(t);
                         return {y, gradients(sum(y), {t})[0]};
                       },
                       {.training = true});
  State state = initialize(layer, device(), 1);
  const Array x = Array::full(f64, {64, 64}, -2);
  const std::vector<Array> first = train(state, x), second = train(state, x);
  double total = 0, different = 0;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const double slope = first[1].get(i);
    BOOST_TEST_REQUIRE((slope >= 0.25 && slope < 0.75));
    BOOST_TEST_REQUIRE(first[0].get(i) == -2 * slope);
    total += slope;
    different += second[1].get(i) != slope ? 1 : 0;
  }
  BOOST_TEST(std::abs(total / 4096 - 0.5) < 0.01);
  BOOST_TEST(different > 4000);
  const std::vector<Array> above = train(state, Array::full(f64, {3}, 2));
  for (std::int64_t i = 0; i < 3; ++i) BOOST_TEST((above[0].get(i) == 2 && above[1].get(i) == 1));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
