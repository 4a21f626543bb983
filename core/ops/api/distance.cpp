#include <asg/ops/distance.hpp>

#include <asg/graph/build.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>

namespace asg {

Tensor normalize(const Operand& x, double p, Axis axis, double eps) {
  const Call call("normalize", {x});
  const Tensor t = call.as_float(call.tensor(x));
  return t / maximum(vector_norm(t, p, axis, true), eps);
}

Tensor cosine_similarity(const Operand& a, const Operand& b, Axis axis, double eps) {
  const Call call("cosine_similarity", {a, b});
  const Tensors both = call.matched({a, b});
  const Tensor x = call.as_float(both[0]), y = call.as_float(both[1]);
  const auto length = [&](const Tensor& t) { return maximum(vector_norm(t, 2, axis), eps); };
  return sum(x * y, axis) / (length(x) * length(y));
}

Tensor pairwise_distance(const Operand& a, const Operand& b, double p, double eps, bool keepdims) {
  const Call call("pairwise_distance", {a, b});
  const Tensors both = call.matched({a, b});
  return vector_norm(call.as_float(both[0]) - call.as_float(both[1]) + eps, p, -1, keepdims);
}

}  // namespace asg
