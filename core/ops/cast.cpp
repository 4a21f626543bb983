#include <cmath>

#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types cast_infer(const Signature& call) {
  return {{call.attributes.dtype("dtype"), call.shape(0)}};
}

// Where integers or bools are on either side nothing flows.
Tensors cast_gradient(const GradientCall& call) {
  if (!is_float(call.in(0).dtype()) || !is_float(call.out().dtype())) return {Tensor{}};
  return {cast(call.dy(), call.in(0).dtype())};
}

// Every value of these types is a double, through which the conversion goes.
std::optional<Array> cast_evaluate(std::span<const Array> operands, const TensorType& result) {
  const DType from = operands[0].dtype();
  const bool held = is_float(from) || from == i32 || from == boolean;
  if (!held || !is_float(result.dtype)) return {};
  return operands[0].to(result.dtype);
}

std::vector<Sample> cast_samples() {
  std::vector<Sample> cast_samples;
  for (Sample& sample : unary_samples({-2, 2}, [](double x) { return x; })) {
    sample.attributes = {{"dtype", f64}};
    cast_samples.push_back(std::move(sample));
  }
  const auto convert = [&](const Array& x, const Array& y) {
    Sample sample = kink({x}, y);
    sample.attributes = {{"dtype", y.dtype()}};
    cast_samples.push_back(std::move(sample));
  };
  const Array numbers({5}, {-2.9, -0.5, 0.0, 0.5, 2.9});
  convert(numbers, Array({5}, std::vector<std::int32_t>{-2, 0, 0, 0, 2}));
  convert(numbers, Array({5}, std::vector<std::int64_t>{-2, 0, 0, 0, 2}));
  convert(numbers, Array({5}, {true, true, false, true, true}));
  convert(numbers, Array({5}, {-2.9f, -0.5f, 0.0f, 0.5f, 2.9f}));
  convert(Array({2}, {true, false}), Array({2}, {1.0, 0.0}));
  convert(Array({2}, std::vector<std::int64_t>{-1, 1LL << 32}),
          Array({2}, std::vector<std::int32_t>{-1, 0}));
  convert(Array({2}, std::vector<std::int32_t>{-1, 7}),
          Array({2}, std::vector<std::uint32_t>{UINT32_MAX, 7}));
  convert(Array(std::uint32_t{UINT32_MAX}), Array(4294967295.0));
  return cast_samples;
}

}  // namespace

Tensor cast(const Operand& x, DType dtype) {
  const Call call("cast", {x});
  if (x.tensor().dtype() == dtype) return x.tensor();
  return call.make("cast", {x.tensor()}, {{"dtype", dtype}});
}

namespace ops {
std::vector<OpDef> cast() {
  return {{
      .name = "cast",
      .summary = "The elements in another type: to integers toward zero, to bool whether not 0.",
      .inputs = {{"x", "[...]", "any"}},
      .outputs = {{"y", "as x", "as dtype"}},
      .attributes = {{"dtype", AttributeType::dtype, "the element type of y"}},
      .infer = cast_infer,
      .gradient = cast_gradient,
      .lowering = {.instruction = ASG_EW_CAST},
      .evaluate = cast_evaluate,
      .source = "https://onnx.ai/onnx/operators/onnx__Cast.html",
      .samples = cast_samples,
  }};
}
}  // namespace ops

}  // namespace asg
