#include "ops/polynomial.hpp"

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>

namespace asg {

Tensor polynomial(const Tensor& x, std::span<const double> coefficients) {
  Tensor y = full_like(x, coefficients.back());
  for (std::size_t i = coefficients.size() - 1; i-- > 0;) y = y * x + coefficients[i];
  return y;
}

}  // namespace asg
