#include <fmt/format.h>

#include <asg/sdk/backend.h>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/movement.hpp>

#include "ops/gather_shape.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types scatter_infer(const Signature& call) {
  const Shape updates = gather_shape(call);
  if (call.shape(2) != updates)
    call.fail(fmt::format("updates must have the shape {}", to_string(updates)));
  call.require_type(call.dtype(2) == call.dtype(0), "updates must have x's element type");
  const std::string& mode = call.attributes.text("mode");
  call.require_type(mode == "set" || mode == "add" || mode == "max" || mode == "min",
                    "mode must be set, add, max or min");
  call.require_type(mode == "set" || call.dtype(0) != boolean,
                    "bools can be set only; cast to numbers first");
  return {call.in(0)};
}

struct Place {
  Tensor indices;
  int axis;
  int batch_dims;

  [[nodiscard]] Tensor read(const Tensor& from) const {
    return gather(from, indices, axis, batch_dims);
  }
};

// Of several updates of one place the last stays. They differ in nothing but their index, so it
// is enough to number the indices and to see which number stays in a row of bare positions.
Tensor set_last(const Place& place, const Shape& x, const Shape& updates) {
  Graph& graph = place.indices.graph();
  const Shape shape = place.indices.shape();
  const Tensor number = reshape(arange(graph, 0, shape.numel()), shape);
  Shape row = x.slice(0, place.batch_dims);
  row.push_back(x[place.axis]);
  const Tensor written = scatter(full(graph, row, -1, i64), place.indices, number, place.batch_dims,
                                 "set", place.batch_dims);
  const Tensor last =
      eq(gather(written, place.indices, place.batch_dims, place.batch_dims), number);
  // [B, I] to [B, 1 (P), I, 1 (Q)]
  Shape wide = updates;
  for (int d = place.batch_dims; d < updates.rank(); ++d) {
    const int end = place.axis + shape.rank() - place.batch_dims;
    if (d < place.axis || d >= end) wide[d] = 1;
  }
  return broadcast_to(reshape(last, wide), updates);
}

Tensors scatter_gradient(const GradientCall& call) {
  const std::string mode = call.attributes.text("mode");
  const Place place{call.in(1), call.attributes.axis("axis"), call.attributes.axis("batch_dims")};
  const Tensor& x = call.in(0);
  const Tensor& updates = call.in(2);
  const Tensor& dy = call.dy();
  const auto write = [&](const Tensor& target, const Tensor& values, std::string_view how) {
    return scatter(target, place.indices, values, place.axis, how, place.batch_dims);
  };
  if (mode == "add") return {dy, Tensor{}, place.read(dy)};
  if (mode == "set") {
    const Shape from = x.shape();
    const Shape shape = updates.shape();
    const Tensor stays = set_last(place, from, shape);
    return {write(dy, zeros_like(updates), "set"), Tensor{}, where(stays, place.read(dy), 0.0)};
  }
  // max, min: all share that equal the result, or are what made it NaN.
  const Tensor kept = logical_or(eq(x, call.out()), ne(x, x));
  const Tensor written = logical_or(eq(updates, place.read(call.out())), ne(updates, updates));
  const Tensor count = write(cast(kept, x.dtype()), cast(written, x.dtype()), "add");
  const Tensor share = dy / count;
  return {where(kept, share, 0.0), Tensor{}, where(written, place.read(share), 0.0)};
}

std::vector<Sample> scatter_samples() {
  const auto sample = [](const Array& x, const Array& indices, const Array& updates, int axis,
                         int batch_dims, const char* mode, std::vector<Array> y = {},
                         bool smooth = true) {
    return Sample{
        .inputs = {x, indices, updates},
        .attributes = {{"axis", axis}, {"batch_dims", batch_dims}, {"mode", std::string(mode)}},
        .outputs = std::move(y),
        .gradient = smooth};
  };
  const Array x({3}, {1.0, 2.0, 3.0});
  const Array twice({3}, Ints{2, 0, 2});
  const Array u({3}, {10.0, -20.0, 30.0});
  const Array table({2, 3}, {1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  const Array column({2}, Ints{2, 0});
  std::vector<Sample> scatter_samples = {
      sample(x, twice, u, 0, 0, "set", {Array({3}, {-20.0, 2.0, 30.0})}),
      sample(x, twice, u, 0, 0, "add", {Array({3}, {-19.0, 2.0, 43.0})}),
      sample(x, twice, u, 0, 0, "max", {Array({3}, {1.0, 2.0, 30.0})}),
      sample(x, twice, u, 0, 0, "min", {Array({3}, {-20.0, 2.0, 3.0})}),
      sample(x, Array({2}, Ints{1, 1}), Array({2}, {2.0, 2.0}), 0, 0, "max", {x}, false),
      sample(x, Array(std::int64_t{1}), Array(7.0), 0, 0, "set", {Array({3}, {1.0, 7.0, 3.0})}),
      sample(Array({2}, {true, true}), Array({1}, Ints{1}), Array({1}, {false}), 0, 0, "set",
             {Array({2}, {true, false})}),
      sample(Array({2}, Ints{1, 2}), Array({2}, Ints{1, 1}), Array({2}, Ints{7, 1LL << 40}), 0, 0,
             "add", {Array({2}, Ints{1, (1LL << 40) + 9})}),
      sample(x, Array(i64, {0}), Array(f64, {0}), 0, 0, "add", {x}),
      sample(table, column, Array({2, 2}, {1.0, 2.0, 3.0, 4.0}), 1, 0, "set",
             {Array({2, 3}, {2.0, 2.0, 1.0, 4.0, 5.0, 3.0})}),
      sample(table, column, Array({2}, {10.0, 20.0}), 1, 1, "add",
             {Array({2, 3}, {1.0, 2.0, 13.0, 24.0, 5.0, 6.0})}),
      sample(Array(f64, {2, 0}), Array({2}, Ints{1, 0}).to(i32), Array(f64, {2, 0}), 0, 0, "set",
             {Array(f64, {2, 0})})};
  for (const char* mode : {"set", "add", "max", "min"})
    scatter_samples.push_back(sample(spread({2, 3, 4, 2}, -2, 2, 1),
                                     Array({2, 3}, Ints{3, 0, 3, 1, 1, 1}),
                                     spread({2, 3, 3, 2}, -2, 2, 2), 2, 1, mode));
  return scatter_samples;
}

}  // namespace

Tensor scatter(const Operand& x, const Operand& indices, const Operand& updates, Axis axis,
               std::string_view mode, int batch_dims) {
  const Call call("scatter", {x, indices, updates});
  const Tensors values = call.promoted({x, updates});
  const Tensor at = call.tensor(indices, i64);
  const int along = call.axis(axis, values[0].rank());
  Attributes attributes = {
      {"axis", along}, {"batch_dims", batch_dims}, {"mode", std::string(mode)}};
  Tensor written = values[1];
  if (!updates.is_tensor()) {
    // One number is written everywhere: gather knows how often that is.
    const Shape shape = gather(values[0], at, along, batch_dims).shape();
    written = broadcast_to(written, shape);
  }
  return call.make("scatter", {values[0], at, written}, std::move(attributes));
}

namespace ops {
std::vector<OpDef> scatter() {
  return {{
      .name = "scatter",
      .summary = "x with updates written where gather would read, one after the other in row-major "
                 "order: y[b, p, indices[b, i], q] = mode(y[...], updates[b, p, i, q]).",
      .inputs = {{"x", "[B..., P..., N, Q...]", "any"},
                 {"indices", "[B..., I...]", "i32, i64"},
                 {"updates", "[B..., P..., I..., Q...]", "as x"}},
      .outputs = {{"y", "as x", "as x"}},
      .attributes = {{"axis", AttributeType::integer, "where N stands"},
                     {"batch_dims", AttributeType::integer,
                      "how many leading axes x and indices share"},
                     {"mode", AttributeType::text, "set, add, max or min"}},
      .infer = scatter_infer,
      .gradient = scatter_gradient,
      .lowering = {.kernel = ASG_OP_SCATTER},
      .source = "https://onnx.ai/onnx/operators/onnx__ScatterElements.html",
      .samples = scatter_samples,
  }};
}
}  // namespace ops

}  // namespace asg
