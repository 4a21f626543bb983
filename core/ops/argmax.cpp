// argmax and argmin.
#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types argmax_infer(const Signature& call) {
  const int axis = rules::axis(call);
  Shape shape = call.shape(0);
  call.require_type(call.dtype(0) != boolean, "needs numbers, not bool; cast first");
  call.require(shape[axis] > 0, "an axis of size 0 has no element to point at");
  call.require_type(call.attributes.text("mode") == call.op.name.substr(3),
                    "mode must be the name behind arg: max or min");
  shape.erase(axis);
  return {{i64, shape}};
}

std::vector<Sample> argmax_samples(const char* mode, bool largest) {
  const auto sample = [mode](const Array& x, int axis, const Shape& shape, const Ints& y) {
    return Sample{.inputs = {x},
                  .attributes = {{"axis", axis}, {"mode", std::string(mode)}},
                  .outputs = {Array(shape, y)},
                  .gradient = false};
  };
  const Array x({2, 3}, {3.0, -1.0, 3.0, -5.0, 2.0, -5.0});
  const Array nan({3}, {1.0, std::nan(""), std::nan("")});
  const Array whole({3}, Ints{INT64_MIN, INT64_MAX, 0});
  if (largest)
    return {sample(x, 1, {2}, {0, 1}),
            sample(x, 0, {3}, {0, 1, 0}),
            sample(Array({1}, {7.0}), 0, {}, {0}),
            sample(nan, 0, {}, {1}),
            sample(whole, 0, {}, {1}),
            sample(Array(f64, {0, 2}), 1, {0}, {})};
  return {sample(x, 1, {2}, {1, 0}),
          sample(x, 0, {3}, {1, 0, 1}),
          sample(Array({1}, {7.0}), 0, {}, {0}),
          sample(nan, 0, {}, {1}),
          sample(whole, 0, {}, {0}),
          sample(Array(f64, {0, 2}), 1, {0}, {})};
}
std::vector<Sample> samples_max() { return argmax_samples("max", true); }
std::vector<Sample> samples_min() { return argmax_samples("min", false); }

Tensor arg(std::string_view op, std::string_view mode, const Operand& x, int axis, bool keepdims) {
  const Call call(op, {x});
  const int along = call.axis(axis, x.tensor().rank());
  const Tensor y = call.make(op, {x.tensor()}, {{"axis", along}, {"mode", std::string(mode)}});
  return keepdims ? unsqueeze(y, along) : y;
}

}  // namespace

Tensor argmax(const Operand& x, Axis axis, bool keepdims) {
  return arg("argmax", "max", x, axis, keepdims);
}
Tensor argmin(const Operand& x, Axis axis, bool keepdims) {
  return arg("argmin", "min", x, axis, keepdims);
}

namespace ops {
std::vector<OpDef> argmax() {
  OpDef largest = {
      .name = "argmax",
      .summary =
          "The position of the largest element along an axis, the first of equals; that of "
          "the first NaN if there is one.",
      .inputs = {{"x", "[..., N, ...]", "number"}},
      .outputs = {{"y", "[..., ...]", "i64"}},
      .attributes = {{"axis", AttributeType::integer, "the axis that disappears"},
                     {"mode", AttributeType::text, "max"}},
      .infer = argmax_infer,
      .no_gradient = "the result is a position",
      .lowering = {.kernel = ASG_OP_ARG_REDUCE},
      .source = "https://onnx.ai/onnx/operators/onnx__ArgMax.html",
      .samples = samples_max,
  };
  OpDef smallest = largest;
  smallest.name = "argmin";
  smallest.summary =
      "The position of the smallest element along an axis, the first of equals; "
      "that of the first NaN if there is one.";
  smallest.attributes[1].meaning = "min";
  smallest.source = "https://onnx.ai/onnx/operators/onnx__ArgMin.html";
  smallest.samples = samples_min;
  return {largest, smallest};
}
}  // namespace ops

}  // namespace asg
