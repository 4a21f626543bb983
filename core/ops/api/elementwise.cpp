#include <asg/ops/elementwise.hpp>

#include <asg/graph/build.hpp>

namespace asg {

Tensor clamp(const Operand& x, const Operand& low, const Operand& high) {
  const Call call("clamp", {x, low, high});
  return minimum(maximum(x, low), high);
}

}  // namespace asg
