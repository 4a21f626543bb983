#include <asg/sdk/backend.h>
#include <asg/ops/elementwise.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types bitcast_infer(const Signature& call) {
  const DType dtype = call.attributes.dtype("dtype");
  call.require_type(size_of(dtype) == size_of(call.dtype(0)), "both types must have one size");
  return {{dtype, call.shape(0)}};
}

std::vector<Sample> bitcast_samples() {
  std::vector<Sample> bitcast_samples;
  const auto both_ways = [&](const Array& x, const Array& y) {
    for (const auto& [from, to] : {std::pair(x, y), std::pair(y, x)}) {
      Sample sample = kink({from}, to);
      sample.attributes = {{"dtype", to.dtype()}};
      bitcast_samples.push_back(std::move(sample));
    }
  };
  both_ways(
      Array({3}, {1.0, -0.0, 2.5}),
      Array({3}, std::vector<std::int64_t>{0x3ff0000000000000, INT64_MIN, 0x4004000000000000}));
  both_ways(Array({2}, {1.0f, -2.0f}),
            Array({2}, std::vector<std::uint32_t>{0x3f800000, 0xc0000000}));
  both_ways(Array(std::int32_t{-1}), Array(std::uint32_t{UINT32_MAX}));
  return bitcast_samples;
}

}  // namespace

Tensor bitcast(const Operand& x, DType dtype) {
  const Call call("bitcast", {x});
  return call.make("bitcast", {x.tensor()}, {{"dtype", dtype}});
}

namespace ops {
std::vector<OpDef> bitcast() {
  return {{
      .name = "bitcast",
      .summary = "The same bits read as another type of the same size.",
      .inputs = {{"x", "[...]", "any"}},
      .outputs = {{"y", "as x", "as dtype"}},
      .attributes = {{"dtype", AttributeType::dtype, "the element type of y"}},
      .infer = bitcast_infer,
      .no_gradient = "bits are no numbers",
      .lowering = {.instruction = ASG_EW_BITCAST},
      .source = "https://openxla.org/stablehlo/spec#bitcast_convert",
      .samples = bitcast_samples,
  }};
}
}  // namespace ops

}  // namespace asg
