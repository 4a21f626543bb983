// Activations against PyTorch.
#include <asg/ops/activation.hpp>

#include "pytorch/support.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

const std::map<std::string, std::function<Tensor(const Tensor&)>> of_x = {
    {"relu6", [](const Tensor& x) { return relu6(x); }},
    {"hardtanh", [](const Tensor& x) { return hardtanh(x, -0.5, 1.0); }},
    {"hardsigmoid", [](const Tensor& x) { return hardsigmoid(x); }},
    {"hardswish", [](const Tensor& x) { return hardswish(x); }},
    {"selu", [](const Tensor& x) { return selu(x); }},
    {"celu", [](const Tensor& x) { return celu(x, 1.5); }},
    {"mish", [](const Tensor& x) { return mish(x); }},
    {"softsign", [](const Tensor& x) { return softsign(x); }},
    {"tanhshrink", [](const Tensor& x) { return tanhshrink(x); }},
    {"softshrink", [](const Tensor& x) { return softshrink(x, 0.5); }},
    {"hardshrink", [](const Tensor& x) { return hardshrink(x, 0.5); }},
    {"threshold", [](const Tensor& x) { return threshold(x, 0.5, -3); }},
    {"logsigmoid", [](const Tensor& x) { return logsigmoid(x); }},
    {"rrelu", [](const Tensor& x) { return rrelu(x, 0.125, 0.25); }},
    {"softplus", [](const Tensor& x) { return softplus(x, 2); }},
    {"elu", [](const Tensor& x) { return elu(x, 1.5); }},
    {"gelu", [](const Tensor& x) { return gelu(x); }},
    {"gelu_tanh", [](const Tensor& x) { return gelu(x, "tanh"); }},
    {"silu", [](const Tensor& x) { return silu(x); }},
    {"leaky_relu", [](const Tensor& x) { return leaky_relu(x, 0.1); }},
};

// PyTorch rounds the slope 1/6 of hardsigmoid to f32.
double tolerance_of(const std::string& name) { return name == "hardsigmoid" ? 1e-8 : 1e-10; }

BOOST_AUTO_TEST_CASE(of_one_tensor) {
  for (const auto& [name, f] : of_x)
    agrees(
        name, [&](const Inputs& in) -> Tensors { return {f(in("x"))}; }, tolerance_of(name));
}

BOOST_AUTO_TEST_CASE(infinities_and_nan) {
  for (const char* name : {"relu6", "hardtanh", "hardsigmoid", "selu", "celu", "softsign",
                           "tanhshrink", "hardshrink", "threshold", "logsigmoid", "elu"})
    agrees(std::string(name) + "_ends",
           [&](const Inputs& in) -> Tensors { return {of_x.at(name)(in("x"))}; });
}

BOOST_AUTO_TEST_CASE(with_a_weight) {
  for (const char* name : {"one", "channels", "table", "vector"})
    agrees(std::string("prelu_") + name,
           [](const Inputs& in) -> Tensors { return {prelu(in("x"), in("weight"))}; });
}

BOOST_AUTO_TEST_CASE(along_an_axis) {
  for (const int axis : {0, 1, -1}) {
    agrees(fmt::format("glu_{}", axis),
           [&](const Inputs& in) -> Tensors { return {glu(in("x"), axis)}; });
    agrees(fmt::format("softmin_{}", axis),
           [&](const Inputs& in) -> Tensors { return {softmin(in("x"), axis)}; });
  }
}

BOOST_AUTO_TEST_CASE(gated) {
  agrees("swiglu", [](const Inputs& in) -> Tensors { return {swiglu(in("x"), in("gate"))}; });
}

}  // namespace
