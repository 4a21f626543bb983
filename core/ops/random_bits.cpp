#include <asg/ops/random.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types random_bits_infer(const Signature& call) {
  const TensorType scalar{i64, {}};
  call.require_type(call.dtype(0) == i64 && call.dtype(1) == i64, "seed and step must be i64");
  call.require(call.shape(0) == scalar.shape && call.shape(1) == scalar.shape,
               "seed and step must be scalars");
  return {{u32, rules::shape(call)}};
}

// Words from the generator's own known answers (counter and key 0), the others computed with an
// implementation in another language that reproduces all of those.
std::vector<Sample> random_bits_samples() {
  const auto sample = [](std::int64_t seed, std::int64_t step, std::int64_t stream,
                         const Shape& shape, const std::vector<std::uint32_t>& words) {
    return Sample{.inputs = {Array(seed), Array(step)},
                  .attributes = {{"shape", shape.to_vector()}, {"stream", stream}},
                  .outputs = {Array(shape, words)},
                  .gradient = false};
  };
  return {sample(0, 0, 0, {4}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}),
          sample(2999170649027065890, 57701188, 1376283093553580243, {2, 3},
                 {0x3f6d24d7, 0x529108a0, 0xf8a37e29, 0xe7a9b43b, 0x14e0a6ea, 0xbbea52f1}),
          sample(-1, -1, -1, {5}, {0xf0c8891a, 0xa25c09bc, 0xaf8fe7a5, 0x31661961, 0xbf07d8b9}),
          sample(7, 3, 11, {}, {0xe1278c68}), sample(1, 1, 1, {0, 2}, {})};
}

}  // namespace

Tensor random_bits(const Operand& seed, const Operand& step, const Shape& shape,
                   std::uint64_t stream) {
  const Call call("random_bits", {seed, step});
  return call.make("random_bits", {call.tensor(seed, i64), call.tensor(step, i64)},
                   {{"shape", shape.to_vector()}, {"stream", static_cast<std::int64_t>(stream)}});
}

namespace ops {
std::vector<OpDef> random_bits() {
  return {{
      .name = "random_bits",
      .summary = "32 random bits for each element: Philox4x32-10 of seed, step and stream.",
      .inputs = {{"seed", "[]", "i64"}, {"step", "[]", "i64"}},
      .outputs = {{"y", "[shape]", "u32"}},
      .attributes = {{"shape", AttributeType::integers, "sizes of the axes"},
                     {"stream", AttributeType::integer,
                      "tells apart the random ops of one program"}},
      .infer = random_bits_infer,
      .no_gradient = "depends on a seed alone",
      .lowering = {.role = Lowering::Role::random_bits},
      .source = "Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011",
      .samples = random_bits_samples,
  }};
}
}  // namespace ops

}  // namespace asg
