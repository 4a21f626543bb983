// Reductions that are others under another name, or put together from a few.
#include <asg/ops/reduction.hpp>

#include <asg/graph/build.hpp>
#include <asg/ops/elementwise.hpp>

namespace asg {

Tensor amax(const Operand& x, const Axes& axes, bool keepdims) {
  const Call call("amax", {x});
  return max(x, axes, keepdims);
}

Tensor amin(const Operand& x, const Axes& axes, bool keepdims) {
  const Call call("amin", {x});
  return min(x, axes, keepdims);
}

Tensor count_nonzero(const Operand& x, const Axes& axes, bool keepdims) {
  const Call call("count_nonzero", {x});
  return sum(cast(cast(x, boolean), i64), axes, keepdims);
}

VarMean var_mean(const Operand& x, const Axes& axes, int correction, bool keepdims) {
  const Call call("var_mean", {x});
  return {var(x, axes, correction, keepdims), mean(x, axes, keepdims)};
}

}  // namespace asg
