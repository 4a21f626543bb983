#include <algorithm>
#include <cmath>
#include <limits>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/ordering.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types reduce_infer(const Signature& call) {
  const std::string& kind = call.attributes.text("kind");
  const Ints& axes = call.attributes.integers("axes");
  const bool logical = kind == "any" || kind == "all";
  const bool arithmetic = kind == "sum" || kind == "prod";
  call.require_type(logical || arithmetic || kind == "max" || kind == "min",
                    "kind must be sum, prod, max, min, any or all");
  call.require_type(!logical || call.dtype(0) == boolean, "any and all need bool elements");
  call.require_type(!arithmetic || call.dtype(0) != boolean, "sum and prod need numbers");
  Shape shape = call.shape(0);
  for (std::size_t i = axes.size(); i-- > 0;) {
    call.require(
        axes[i] >= 0 && axes[i] < call.shape(0).rank() && (i == 0 || axes[i - 1] < axes[i]),
        "axes must be of x, ascending, each once");
    shape.erase(static_cast<int>(axes[i]));
  }
  return {{call.dtype(0), shape}};
}

// A result, seen again at every element of x that went into it.
Tensor at_every_element(const Tensor& result, const Shape& x, const Ints& axes) {
  Shape kept = x;
  for (const std::int64_t axis : axes) kept[static_cast<int>(axis)] = 1;
  return broadcast_to(reshape(result, kept), x);
}

// The product of all other elements, from the products before and behind each: exact where
// elements are 0, and differentiable again.
Tensor product_of_others(const Tensor& x, const Ints& axes) {
  const Shape shape = x.shape();
  Axes order;
  for (int axis = 0; axis < shape.rank(); ++axis)
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) order.push_back(axis);
  const auto kept = static_cast<int>(order.size());
  order.insert(order.end(), axes.begin(), axes.end());
  const Tensor last = permute(x, order);
  const Tensor row = flatten(last, kept, -1);
  const Tensor others = cumprod(row, -1, true) * cumprod(row, -1, true, true);
  Axes back(Ints(order.size()));
  for (std::size_t i = 0; i < order.size(); ++i)
    back[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  const Shape permuted = last.shape();
  return permute(reshape(others, permuted), back);
}

Tensors reduce_gradient(const GradientCall& call) {
  const std::string& kind = call.attributes.text("kind");
  const Ints& axes = call.attributes.integers("axes");
  const Tensor& x = call.in(0);
  const Shape shape = x.shape();
  const Tensor dy = at_every_element(call.dy(), shape, axes);
  if (kind == "sum" || axes.empty()) return {dy};
  if (kind == "prod") return {dy * product_of_others(x, axes)};
  // max, min: the elements share that equal the result, or are what made it NaN.
  const Tensor extreme = logical_or(eq(x, at_every_element(call.out(), shape, axes)), ne(x, x));
  const Tensor count = sum(cast(extreme, x.dtype()), Axes(axes));
  const Tensor share = at_every_element(call.dy() / count, shape, axes);
  return {where(extreme, share, 0.0)};
}

std::vector<Sample> reduce_samples() {
  const auto sample = [](const char* kind, const Array& x, const Ints& axes,
                         std::vector<Array> y = {}, bool smooth = true) {
    return Sample{.inputs = {x},
                  .attributes = {{"kind", std::string(kind)}, {"axes", axes}},
                  .outputs = std::move(y),
                  .gradient = smooth};
  };
  const double inf = std::numeric_limits<double>::infinity();
  const Array x({2, 3}, {1.0, -2.0, 3.0, 4.0, 5.0, -6.0});
  const Array flags({2, 2}, {true, false, true, true});
  std::vector<Sample> reduce_samples = {
      sample("sum", x, {0}, {Array({3}, {5.0, 3.0, -3.0})}),
      sample("sum", x, {1}, {Array({2}, {2.0, 3.0})}), sample("sum", x, {0, 1}, {Array(5.0)}),
      sample("sum", x, {}, {x}), sample("prod", x, {1}, {Array({2}, {-6.0, -120.0})}),
      sample("max", x, {0}, {Array({3}, {4.0, 5.0, 3.0})}),
      sample("min", x, {1}, {Array({2}, {-2.0, -6.0})}),
      sample("any", flags, {0}, {Array({2}, {true, true})}, false),
      sample("all", flags, {0}, {Array({2}, {true, false})}, false),
      sample("any", Array(boolean, {2, 0}), {1}, {Array({2}, {false, false})}, false),
      sample("all", Array(boolean, {2, 0}), {1}, {Array({2}, {true, true})}, false),
      // One zero, and two: the gradient is that of the others.
      sample("prod", Array({3}, {2.0, 0.0, 3.0}), {0}, {Array(0.0)}),
      sample("prod", Array({3}, {2.0, 0.0, 0.0}), {0}, {Array(0.0)}),
      // Of nothing the neutral element.
      sample("sum", Array(f64, {2, 0}), {1}, {Array({2}, {0.0, 0.0})}),
      sample("prod", Array(f64, {0, 2}), {0}, {Array({2}, {1.0, 1.0})}),
      sample("max", Array(f64, {0}), {0}, {Array(-inf)}),
      sample("min", Array(f64, {0}), {0}, {Array(inf)}),
      sample("max", Array(i64, {0}), {0}, {Array(std::numeric_limits<std::int64_t>::min())}, false),
      sample("max", Array({3}, {1.0, std::nan(""), 2.0}), {0}, {Array(std::nan(""))}, false),
      sample("sum", Array({3}, Ints{1, 2, 1LL << 40}), {0}, {Array(std::int64_t{(1LL << 40) + 3})},
             false)};
  for (const char* kind : {"sum", "prod", "max", "min"}) {
    reduce_samples.push_back(sample(kind, Array(1.5), {}, {Array(1.5)}));
    reduce_samples.push_back(sample(kind, Array({1}, {1.5}), {0}, {Array(1.5)}));
    reduce_samples.push_back(sample(kind, Array(f64, {0, 3}), {1}, {Array(f64, {0})}));
    reduce_samples.push_back(sample(kind, spread({2, 3, 2, 2}), {0, 2}));
    reduce_samples.push_back(sample(kind, spread({2, 3, 4}), {1, 2}));
  }
  return reduce_samples;
}

Tensor reduce_with(std::string_view kind, const Operand& x, const Axes& axes, bool keepdims) {
  const Call call(kind, {x});
  Tensor from = call.tensor(x);
  const bool logical = kind == "any" || kind == "all";
  if (logical && from.dtype() != boolean) from = cast(from, boolean);
  if ((kind == "sum" || kind == "prod") && from.dtype() == boolean) from = cast(from, i64);
  const Ints over = call.axes(axes, from.rank());
  if (over.empty()) return from;
  Shape kept = from.shape();
  for (const std::int64_t axis : over) kept[static_cast<int>(axis)] = 1;
  const Tensor y = call.make("reduce", {from}, {{"kind", std::string(kind)}, {"axes", over}});
  return keepdims ? reshape(y, kept) : y;
}

}  // namespace

Tensor sum(const Operand& x, const Axes& axes, bool keepdims) {
  return reduce_with("sum", x, axes, keepdims);
}
Tensor prod(const Operand& x, const Axes& axes, bool keepdims) {
  return reduce_with("prod", x, axes, keepdims);
}
Tensor max(const Operand& x, const Axes& axes, bool keepdims) {
  return reduce_with("max", x, axes, keepdims);
}
Tensor min(const Operand& x, const Axes& axes, bool keepdims) {
  return reduce_with("min", x, axes, keepdims);
}
Tensor any(const Operand& x, const Axes& axes, bool keepdims) {
  return reduce_with("any", x, axes, keepdims);
}
Tensor all(const Operand& x, const Axes& axes, bool keepdims) {
  return reduce_with("all", x, axes, keepdims);
}

namespace ops {
std::vector<OpDef> reduce() {
  return {{
      .name = "reduce",
      .summary = "Combines the elements along axes, which disappear, in a fixed order. Of nothing "
                 "it gives the neutral element.",
      .inputs = {{"x", "[...]", "sum, prod: number; max, min: any; any, all: bool"}},
      .outputs = {{"y", "x.shape without axes", "as x"}},
      .attributes = {{"kind", AttributeType::text, "sum, prod, max, min, any or all"},
                     {"axes", AttributeType::integers, "those that disappear, ascending"}},
      .infer = reduce_infer,
      .gradient = reduce_gradient,
      .lowering = {.role = Lowering::Role::reduce},
      .source = "https://openxla.org/stablehlo/spec#reduce",
      .samples = reduce_samples,
  }};
}
}  // namespace ops

}  // namespace asg
