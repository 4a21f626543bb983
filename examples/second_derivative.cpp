// A gradient is a part of the graph like any other, so it has a gradient, too. Newton's method uses
// the second derivative to double the number of right digits at each step; a Hessian-vector product
// gives H v without the matrix H ever being made.
//
//   second_derivative [BACKEND]
#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <asg/asg.hpp>

using namespace asg;

// The minimum of x^4 - 3 x^2 + x, once from the left and once from the right.
bool newton(const Device& device) {
  const auto f = [](const Tensor& x) { return pow(x, 4) - 3 * square(x) + x; };
  auto step = compile(device, [&](Tensor x) {
    // Each f(x[i]) depends on its own x[i] alone, so the gradient of the sum holds the derivatives.
    const Tensor first = gradients(sum(f(x)), {x})[0];
    const Tensor second = gradients(sum(first), {x})[0];
    return std::tuple{x - first / second, first};
  });
  Array x({2}, {-2.f, 2.f});
  Array slope;
  for (int i = 0; i < 8; ++i) {
    const Array at = x;
    std::tie(x, slope) = step(x);
    fmt::print("step {}  x {:>9.6f} {:>9.6f}  slope {:>9.1e} {:>9.1e}\n", i, at.get(0), at.get(1),
               slope.get(0), slope.get(1));
  }
  return std::max(std::abs(slope.get(0)), std::abs(slope.get(1))) < 1e-4;
}

// f(x) = sum(exp(x)) + x A x / 2 with a symmetric A has the Hessian diag(exp(x)) + A.
bool hessian_vector_product(const Device& device) {
  auto product = compile(device, [](Tensor x, Tensor a, Tensor v) {
    const Tensor f = sum(exp(x)) + sum(x * matmul(a, x)) / 2;
    const Tensor slope = gradients(f, {x})[0];
    return gradients(slope, {x}, /*cotangent=*/v)[0];
  });
  const Array x({3}, {0.5f, -1.f, 1.f}), v({3}, {1.f, 2.f, -1.f});
  const Array a({3, 3}, {2.f, 1.f, 0.f, 1.f, 3.f, -1.f, 0.f, -1.f, 4.f});
  const Array hv = product(x, a, v);
  double wrong = 0;
  for (int i = 0; i < 3; ++i) {
    double exact = std::exp(x.get(i)) * v.get(i);
    for (int j = 0; j < 3; ++j) exact += a.get(3 * i + j) * v.get(j);
    fmt::print("(H v)[{}] = {:.6f}, by hand {:.6f}\n", i, hv.get(i), exact);
    wrong = std::max(wrong, std::abs(hv.get(i) - exact));
  }
  return wrong < 1e-5;
}

int main(int argc, char** argv) try {
  const Device device = open_device(argc > 1 ? argv[argc - 1] : "cpu");
  const bool found = newton(device);
  const bool equal = hessian_vector_product(device);
  return found && equal ? 0 : 1;
} catch (const Error& error) {
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
