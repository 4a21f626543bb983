// Activations that are spellings of others.
#include <asg/ops/activation.hpp>

#include <fmt/format.h>

#include <asg/graph/build.hpp>
#include <asg/graph/error.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/random.hpp>

namespace asg {

Tensor selu(const Operand& x) {
  constexpr double alpha = 1.6732632423543772848, scale = 1.0507009873554804934;
  const Call call("selu", {x});
  return scale * elu(x, alpha);
}

Tensor logsigmoid(const Operand& x) {
  const Call call("logsigmoid", {x});
  return -softplus(-call.as_float(call.tensor(x)));
}

Tensor softmin(const Operand& x, Axis axis) {
  const Call call("softmin", {x});
  const Tensor t = call.as_float(call.tensor(x));
  return softmax(-t, call.axis(axis, t.rank()));
}

Tensor glu(const Operand& x, Axis axis) {
  const Call call("glu", {x});
  const Tensor t = call.as_float(call.tensor(x));
  const int at = call.axis(axis, t.rank());
  const std::int64_t size = t.size(at);
  if (size % 2 != 0) call.fail(fmt::format("axis {} of size {} has no halves", at, size));
  return slice(t, at, 0, size / 2) * sigmoid(slice(t, at, size / 2, size));
}

Tensor swiglu(const Operand& x, const Operand& gate) {
  const Call call("swiglu", {x, gate});
  const Tensors both = call.matched({x, gate});
  return call.as_float(both[0]) * silu(both[1]);
}

Tensor rrelu(const Operand& x, double lower, double upper) {
  const Call call("rrelu", {x});
  if (!(lower <= upper))
    throw TypeError(fmt::format("rrelu: lower is {}, upper {}; it must not be below lower\n  at {}",
                                lower, upper, to_string(call.graph().origin_now(call.where()))));
  const Tensor t = call.as_float(call.tensor(x));
  if (!call.graph().training()) return leaky_relu(t, 0.5 * (lower + upper));
  const Tensor slope = random_uniform(call.graph(), t.shape(), t.dtype()) * (upper - lower) + lower;
  return where(t > 0, t, slope * t);
}

}  // namespace asg
