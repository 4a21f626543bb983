#include <asg/ops/histogram.hpp>

#include <asg/graph/build.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

namespace asg {

Tensor bincount(const Operand& x, std::int64_t length, const Tensor& weights) {
  const Operand weight = weights.defined() ? Operand(weights, x.where()) : Operand(1);
  const Call call("bincount", {x, weight});
  call.require(call.tensor(x).rank() == 1, "x must have one axis");
  call.require(length >= 0, "the length must not be negative");
  call.require(!weights.defined() || weights.shape() == x.tensor().shape(),
               "weights must have the shape of x");
  const DType dtype = weights.defined() && is_float(weights.dtype()) ? weights.dtype() : i64;
  return scatter(zeros(call.graph(), {length}, dtype), x, weight, 0, "add");
}

Tensor histc(const Operand& x, std::int64_t bins, double min, double max) {
  const Call call("histc", {x});
  const Tensor t = stop_gradient(call.as_float(call.tensor(x)));
  call.require(bins >= 1, "needs at least one bin");
  call.require(min <= max && max - min < 1e300, "needs finite limits, min not above max");
  const Tensor row = reshape(t, {t.numel()});
  Tensor low = full(call.graph(), {}, min, t.dtype()), high = full_like(low, max);
  if (min == max && row.numel() > 0) {
    const Tensor least = asg::min(row), most = asg::max(row);
    const Tensor wide = cast(eq(least, most), t.dtype());  // 1 where there is no range
    low = least - wide;
    high = most + wide;
  }
  // One more bin takes what is not counted.
  const Tensor place = (row - low) * static_cast<double>(bins) / (high - low);
  const Tensor inside = logical_and(row >= low, row <= high);
  const Tensor bin = where(inside, minimum(cast(where(inside, place, 0), i64), bins - 1), bins);
  const Tensor counts = scatter(zeros(call.graph(), {bins + 1}, i64), bin, 1, 0, "add");
  return cast(slice(counts, 0, 0, bins), t.dtype());
}

}  // namespace asg
