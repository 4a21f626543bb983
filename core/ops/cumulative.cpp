#include <limits>

#include <asg/sdk/backend.h>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/ordering.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types cumulative_infer(const Signature& call) {
  (void)rules::axis(call);
  const std::string& mode = call.attributes.text("mode");
  call.require_type(mode == "sum" || mode == "prod" || mode == "max",
                    "mode must be sum, prod or max");
  call.require_type(call.dtype(0) != boolean, "needs numbers, not bool; cast first");
  return {call.in(0)};
}

// dx[i] = (product before i) * sum over j >= i of dy[j] * (product from behind i to j).
// Dividing by x[i] would be linear in the axis and wrong at 0; this is quadratic and always right.
Tensor product_gradient(const Tensor& x, const Tensor& dy, int axis) {
  const int rank = x.rank();
  const std::int64_t n = x.size(axis);
  Graph& graph = x.graph();
  const Tensor row = transpose(x, axis, -1);
  const Tensor behind = iota(graph, {n, n}, 0) < iota(graph, {n, n}, 1);  // [i, j]: j > i
  const Tensor upto = iota(graph, {n, n}, 0) <= iota(graph, {n, n}, 1);
  const Tensor products = cumprod(where(behind, unsqueeze(row, rank - 1), 1.0), -1);
  const Tensor terms = where(upto, unsqueeze(transpose(dy, axis, -1), rank - 1) * products, 0.0);
  return transpose(cumprod(row, -1, true) * sum(terms, -1), axis, -1);
}

// Where the extreme so far stands: the latest element that equals it, or the latest NaN.
Tensor extreme_positions(const Tensor& x, const Tensor& extreme, int axis) {
  const Tensor holds = logical_or(eq(x, extreme), ne(x, x));
  return cummax(where(holds, iota(x.graph(), x.shape(), axis), 0), axis);
}

Tensor cumulative_maximum_gradient(const Tensor& x, const Tensor& dy, int axis) {
  const int last = x.rank() - 1;
  const Tensor row = transpose(x, axis, last);
  const Tensor holder = extreme_positions(row, cummax(row, last), last);
  return transpose(scatter(zeros_like(row), holder, transpose(dy, axis, last), last, "add", last),
                   axis, last);
}

Tensors cumulative_gradient(const GradientCall& call) {
  const std::string& mode = call.attributes.text("mode");
  const int axis = call.attributes.axis("axis");
  const bool exclusive = call.attributes.flag("exclusive");
  const bool reverse = call.attributes.flag("reverse");
  if (mode == "sum") return {cumsum(call.dy(), axis, exclusive, !reverse)};

  // Down to forward and inclusive: results of an exclusive one stand one place further.
  const std::int64_t n = call.dy().size(axis);
  Tensor x = call.in(0);
  Tensor dy = call.dy();
  if (n == 0) return {dy};
  if (reverse) {
    x = flip(x, axis);
    dy = flip(dy, axis);
  }
  if (exclusive) {
    Ints none(static_cast<std::size_t>(x.rank()), 0);
    Ints one = none;
    one[static_cast<std::size_t>(axis)] = 1;
    dy = pad(slice(dy, axis, 1, n), none, one);
  }
  const Tensor dx =
      mode == "prod" ? product_gradient(x, dy, axis) : cumulative_maximum_gradient(x, dy, axis);
  return {reverse ? flip(dx, axis) : dx};
}

std::vector<Sample> cumulative_samples() {
  const auto sample = [](const char* mode, const Array& x, int axis, bool exclusive, bool reverse,
                         std::vector<Array> y = {}, bool smooth = true) {
    return Sample{.inputs = {x},
                  .attributes = {{"axis", axis},
                                 {"mode", std::string(mode)},
                                 {"exclusive", exclusive},
                                 {"reverse", reverse}},
                  .outputs = std::move(y),
                  .gradient = smooth};
  };
  const double inf = std::numeric_limits<double>::infinity();
  const Array x({4}, {2.0, -1.0, 3.0, 0.5});
  const Array zeros({4}, {2.0, 0.0, 3.0, 0.0});
  std::vector<Sample> cumulative_samples = {
      sample("sum", x, 0, false, false, {Array({4}, {2.0, 1.0, 4.0, 4.5})}),
      sample("sum", x, 0, true, false, {Array({4}, {0.0, 2.0, 1.0, 4.0})}),
      sample("sum", x, 0, false, true, {Array({4}, {4.5, 2.5, 3.5, 0.5})}),
      sample("sum", x, 0, true, true, {Array({4}, {2.5, 3.5, 0.5, 0.0})}),
      sample("prod", x, 0, false, false, {Array({4}, {2.0, -2.0, -6.0, -3.0})}),
      sample("prod", x, 0, true, false, {Array({4}, {1.0, 2.0, -2.0, -6.0})}),
      sample("prod", x, 0, true, true, {Array({4}, {-1.5, 1.5, 0.5, 1.0})}),
      sample("prod", zeros, 0, false, false, {Array({4}, {2.0, 0.0, 0.0, 0.0})}),
      sample("prod", zeros, 0, false, true, {Array({4}, {0.0, 0.0, 0.0, 0.0})}),
      sample("max", x, 0, false, false, {Array({4}, {2.0, 2.0, 3.0, 3.0})}),
      sample("max", x, 0, false, true, {Array({4}, {3.0, 3.0, 3.0, 0.5})}),
      sample("max", Array({3}, Ints{1, 3, 2}), 0, true, false,
             {Array({3}, Ints{std::numeric_limits<std::int64_t>::min(), 1, 3})}, false),
      sample("max", x, 0, true, false, {Array({4}, {-inf, 2.0, 2.0, 3.0})}, false),
      sample("sum", Array({2, 2}, {1.0, 2.0, 3.0, 4.0}), 0, false, false,
             {Array({2, 2}, {1.0, 2.0, 4.0, 6.0})})};
  for (const char* mode : {"sum", "prod", "max"}) {
    cumulative_samples.push_back(
        sample(mode, Array({1}, {1.5}), 0, false, false, {Array({1}, {1.5})}));
    cumulative_samples.push_back(
        sample(mode, Array(f64, {2, 0}), 1, false, true, {Array(f64, {2, 0})}));
    cumulative_samples.push_back(
        sample(mode, Array(f64, {0, 2}), 1, false, false, {Array(f64, {0, 2})}));
    cumulative_samples.push_back(sample(mode, spread({2, 4, 3}), 1, false, true));
    cumulative_samples.push_back(sample(mode, spread({3, 2, 4}), 0, false, false));
  }
  return cumulative_samples;
}

Tensor cumulative(std::string_view function, const char* mode, const Operand& x, int axis,
                  bool exclusive, bool reverse) {
  const Call call(function, {x});
  const Tensor from = x.tensor().dtype() == boolean ? cast(x, i64) : x.tensor();
  return call.make("cumulative", {from},
                   {{"axis", call.axis(axis, from.rank())},
                    {"mode", std::string(mode)},
                    {"exclusive", exclusive},
                    {"reverse", reverse}});
}

Positioned with_positions(std::string_view function,
                          Tensor (*extreme)(const Operand&, Axis, bool, bool), const Operand& x,
                          Axis axis) {
  const Call call(function, {x});
  const Tensor values = extreme(x, axis, false, false);
  const Tensor from = cast(x.tensor(), values.dtype());
  return {values, extreme_positions(from, values, call.axis(axis, values.rank()))};
}

}  // namespace

Tensor cumsum(const Operand& x, Axis axis, bool exclusive, bool reverse) {
  return cumulative("cumsum", "sum", x, axis, exclusive, reverse);
}
Tensor cumprod(const Operand& x, Axis axis, bool exclusive, bool reverse) {
  return cumulative("cumprod", "prod", x, axis, exclusive, reverse);
}
Tensor cummax(const Operand& x, Axis axis, bool exclusive, bool reverse) {
  return cumulative("cummax", "max", x, axis, exclusive, reverse);
}

// The order of floats is reversed by the sign, that of integers, exactly, by all bits.
Tensor cummin(const Operand& x, Axis axis, bool exclusive, bool reverse) {
  const Call call("cummin", {x});
  const Tensor t = x.tensor().dtype() == boolean ? cast(x, i64) : x.tensor();
  const bool fraction = is_float(t.dtype());
  const auto reversed = [fraction](const Tensor& v) {
    return fraction ? -v : bit_xor(v, full_like(v, v.dtype() == u32 ? 0xffffffffp0 : -1));
  };
  return reversed(cumulative("cummin", "max", reversed(t), axis, exclusive, reverse));
}

Positioned cummax_with_positions(const Operand& x, Axis axis) {
  return with_positions("cummax_with_positions", cummax, x, axis);
}
Positioned cummin_with_positions(const Operand& x, Axis axis) {
  return with_positions("cummin_with_positions", cummin, x, axis);
}

namespace ops {
std::vector<OpDef> cumulative() {
  return {{
      .name = "cumulative",
      .summary = "Combines the elements of an axis up to each position.",
      .inputs = {{"x", "[...]", "number"}},
      .outputs = {{"y", "as x", "as x"}},
      .attributes = {{"axis", AttributeType::integer, "what is combined"},
                     {"mode", AttributeType::text, "sum, prod or max"},
                     {"exclusive", AttributeType::integer, "1: without the position's own element"},
                     {"reverse", AttributeType::integer, "1: from the end of the axis"}},
      .infer = cumulative_infer,
      .gradient = cumulative_gradient,
      .lowering = {.kernel = ASG_OP_CUMULATIVE},
      .source = "https://onnx.ai/onnx/operators/onnx__CumSum.html",
      .samples = cumulative_samples,
  }};
}
}  // namespace ops

}  // namespace asg
