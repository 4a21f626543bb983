// Functions element by element against PyTorch.
#include <asg/ops/elementwise.hpp>
#include <asg/ops/math.hpp>

#include "pytorch/support.hpp"

namespace {

using namespace asg;
using namespace pytorch_test;

using Unary = std::function<Tensor(const Tensor&)>;
using Binary = std::function<Tensor(const Tensor&, const Tensor&)>;

const std::map<std::string, Unary> unary = {
    {"tan", [](const Tensor& x) { return tan(x); }},
    {"asin", [](const Tensor& x) { return asin(x); }},
    {"acos", [](const Tensor& x) { return acos(x); }},
    {"atan", [](const Tensor& x) { return atan(x); }},
    {"sinh", [](const Tensor& x) { return sinh(x); }},
    {"cosh", [](const Tensor& x) { return cosh(x); }},
    {"asinh", [](const Tensor& x) { return asinh(x); }},
    {"acosh", [](const Tensor& x) { return acosh(x); }},
    {"atanh", [](const Tensor& x) { return atanh(x); }},
    {"exp2", [](const Tensor& x) { return exp2(x); }},
    {"log2", [](const Tensor& x) { return log2(x); }},
    {"log10", [](const Tensor& x) { return log10(x); }},
    {"logit", [](const Tensor& x) { return logit(x); }},
    {"logit_eps", [](const Tensor& x) { return logit(x, 0.1); }},
    {"erfc", [](const Tensor& x) { return erfc(x); }},
    {"erfinv", [](const Tensor& x) { return erfinv(x); }},
    {"lgamma", [](const Tensor& x) { return lgamma(x); }},
    {"digamma", [](const Tensor& x) { return digamma(x); }},
    {"polygamma_1", [](const Tensor& x) { return polygamma(1, x); }},
    {"polygamma_2", [](const Tensor& x) { return polygamma(2, x); }},
    {"polygamma_3", [](const Tensor& x) { return polygamma(3, x); }},
    {"trigamma_below_0", [](const Tensor& x) { return polygamma(1, x); }},
    {"trunc", [](const Tensor& x) { return trunc(x); }},
    {"frac", [](const Tensor& x) { return frac(x); }},
    {"nan_to_num", [](const Tensor& x) { return nan_to_num(x); }},
    {"nan_to_num_given", [](const Tensor& x) { return nan_to_num(x, 0.5, 7, -8); }},
    {"isnan", [](const Tensor& x) { return isnan(x); }},
    {"isinf", [](const Tensor& x) { return isinf(x); }},
    {"signbit", [](const Tensor& x) { return signbit(x); }},
    {"clamp", [](const Tensor& x) { return clamp(x, -1, 1); }},
    {"clamp_min", [](const Tensor& x) { return clamp_min(x, -1); }},
    {"clamp_max", [](const Tensor& x) { return clamp_max(x, 1); }},
};

const std::map<std::string, Binary> binary = {
    {"atan2", [](const Tensor& a, const Tensor& b) { return atan2(a, b); }},
    {"hypot", [](const Tensor& a, const Tensor& b) { return hypot(a, b); }},
    {"logaddexp2", [](const Tensor& a, const Tensor& b) { return logaddexp2(a, b); }},
    {"xlogy", [](const Tensor& a, const Tensor& b) { return xlogy(a, b); }},
    {"copysign", [](const Tensor& a, const Tensor& b) { return copysign(a, b); }},
    {"remainder", [](const Tensor& a, const Tensor& b) { return remainder(a, b); }},
    {"remainder_i64", [](const Tensor& a, const Tensor& b) { return remainder(a, b); }},
    {"fmod", [](const Tensor& a, const Tensor& b) { return rem(a, b); }},
    {"floor_divide", [](const Tensor& a, const Tensor& b) { return floor_divide(a, b); }},
    {"floor_divide_i64", [](const Tensor& a, const Tensor& b) { return floor_divide(a, b); }},
};

// PyTorch's trigamma is off by 6e-10; ours is compared with better numbers in core/ops/digamma.cpp.
double tolerance_of(const std::string& name) { return name == "polygamma_1" ? 1e-9 : 1e-10; }

BOOST_AUTO_TEST_CASE(of_one_tensor) {
  for (const auto& [name, f] : unary)
    agrees(
        name, [&](const Inputs& in) -> Tensors { return {f(in("x"))}; }, tolerance_of(name));
}

BOOST_AUTO_TEST_CASE(of_two_tensors) {
  for (const auto& [name, f] : binary)
    agrees(name, [&](const Inputs& in) -> Tensors { return {f(in("a"), in("b"))}; });
}

BOOST_AUTO_TEST_CASE(zeros_infinities_and_nan) {
  for (const char* name : {"lgamma", "digamma", "erfinv", "acosh", "atanh", "sinh", "log2"})
    agrees(std::string(name) + "_ends",
           [&](const Inputs& in) -> Tensors { return {unary.at(name)(in("x"))}; });
  for (const char* name : {"atan2", "hypot"})
    agrees(std::string(name) + "_ends",
           [&](const Inputs& in) -> Tensors { return {binary.at(name)(in("a"), in("b"))}; });
}

BOOST_AUTO_TEST_CASE(of_three_tensors) {
  agrees("lerp",
         [](const Inputs& in) -> Tensors { return {lerp(in("input"), in("end"), in("weight"))}; });
  agrees("clamp_tensors",
         [](const Inputs& in) -> Tensors { return {clamp(in("x"), in("low"), in("high"))}; });
}

BOOST_AUTO_TEST_CASE(chosen) {
  agrees("masked_fill", [](const Inputs& in) -> Tensors {
    return {masked_fill(in("x"), in("mask"), -std::numeric_limits<double>::infinity())};
  });
  agrees("heaviside",
         [](const Inputs& in) -> Tensors { return {heaviside(in("x"), in("values"))}; });
}

}  // namespace
