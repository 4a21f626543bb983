#include <cmath>

#include <fmt/format.h>

#include <asg/sdk/backend.h>
#include <asg/ops/creation.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/ordering.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types sort_infer(const Signature& call) {
  (void)rules::axis(call);
  call.require_type(call.dtype(0) != boolean, "needs numbers, not bool; cast first");
  return {call.in(0), {i64, call.shape(0)}};
}

// Each cotangent goes back to where its element came from: the positions are a permutation, and
// its inverse sorts them again.
Tensors sort_gradient(const GradientCall& call) {
  if (!call.dy(0).defined()) return {Tensor{}};
  const int axis = call.attributes.axis("axis");
  return {take_along_dim(call.dy(0), sort(call.out(1), axis).positions, axis)};
}

std::vector<Sample> sort_samples() {
  const auto sample = [](const Array& x, int axis, bool descending, std::vector<Array> y = {}) {
    return Sample{.inputs = {x},
                  .attributes = {{"axis", axis}, {"descending", descending}},
                  .outputs = std::move(y)};
  };
  const Array x({4}, {3.0, 1.0, 2.0, -1.0});
  // Equal elements keep their order in both directions.
  const Array equal({4}, {1.0, 0.0, 1.0, 0.0});
  Sample up =
      sample(equal, 0, false, {Array({4}, {0.0, 0.0, 1.0, 1.0}), Array({4}, Ints{1, 3, 0, 2})});
  Sample down =
      sample(equal, 0, true, {Array({4}, {1.0, 1.0, 0.0, 0.0}), Array({4}, Ints{0, 2, 1, 3})});
  const double nan = std::nan("");
  Sample last = sample(Array({3}, {nan, 1.0, 2.0}), 0, false,
                       {Array({3}, {1.0, 2.0, nan}), Array({3}, Ints{1, 2, 0})});
  Sample first = sample(Array({3}, {1.0, nan, 2.0}), 0, true,
                        {Array({3}, {nan, 2.0, 1.0}), Array({3}, Ints{1, 2, 0})});
  Sample whole = sample(Array({3}, Ints{5, INT64_MIN, 5}), 0, true,
                        {Array({3}, Ints{5, 5, INT64_MIN}), Array({3}, Ints{0, 2, 1})});
  for (Sample* kept : {&up, &down, &last, &first, &whole}) kept->gradient = false;
  return {sample(x, 0, false, {Array({4}, {-1.0, 1.0, 2.0, 3.0}), Array({4}, Ints{3, 1, 2, 0})}),
          sample(x, 0, true, {Array({4}, {3.0, 2.0, 1.0, -1.0}), Array({4}, Ints{0, 2, 1, 3})}),
          up,
          down,
          last,
          first,
          whole,
          sample(Array({1}, {5.0}), 0, false, {Array({1}, {5.0}), Array({1}, Ints{0})}),
          sample(Array(f64, {2, 0}), 1, false, {Array(f64, {2, 0}), Array(i64, {2, 0})}),
          sample(Array({2, 2}, {4.0, 1.0, 3.0, 2.0}), 0, false,
                 {Array({2, 2}, {3.0, 1.0, 4.0, 2.0}), Array({2, 2}, Ints{1, 0, 0, 1})}),
          sample(spread({2, 5, 3}), 1, true)};
}

}  // namespace

Positioned sort(const Operand& x, Axis axis, bool descending) {
  const Call call("sort", {x});
  const Tensors y =
      call.make_all("sort", {x.tensor()},
                    {{"axis", call.axis(axis, x.tensor().rank())}, {"descending", descending}});
  return {y[0], y[1]};
}

Tensor argsort(const Operand& x, Axis axis, bool descending) {
  const Call call("argsort", {x});
  return sort(x, axis, descending).positions;
}

Positioned topk(const Operand& x, std::int64_t k, Axis axis, bool largest) {
  const Call call("topk", {x});
  const int along = call.axis(axis, x.tensor().rank());
  const std::int64_t size = x.tensor().shape()[along];
  if (k < 0 || k > size)
    call.fail(fmt::format("k is {}, but axis {} has {} elements", k, along, size));
  const Positioned all = sort(x, along, largest);
  return {slice(all.values, along, 0, k), slice(all.positions, along, 0, k)};
}

namespace ops {
std::vector<OpDef> sort() {
  return {{
      .name = "sort",
      .summary = "Sorts along an axis; equal elements keep their order.",
      .inputs = {{"x", "[...]", "number"}},
      .outputs = {{"values", "as x", "as x"}, {"positions", "as x", "i64"}},
      .attributes = {{"axis", AttributeType::integer, "what is sorted"},
                     {"descending", AttributeType::integer, "1: the largest first"}},
      .infer = sort_infer,
      .gradient = sort_gradient,
      .lowering = {.kernel = ASG_OP_SORT},
      .source = "https://openxla.org/stablehlo/spec#sort",
      .samples = sort_samples,
  }};
}
}  // namespace ops

}  // namespace asg
