#include <cmath>
#include <numbers>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/random.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types random_normal_infer(const Signature& call) {
  const TensorType scalar{i64, {}};
  call.require_type(call.in(0) == scalar && call.in(1) == scalar,
                    "seed and step must be i64 scalars");
  const DType dtype = call.attributes.dtype("dtype");
  call.require_type(is_float(dtype), "random numbers are f32 or f64");
  return {{dtype, rules::shape(call)}};
}

// sqrt(-2 log(u)) * cos(2 pi v); u is in (0, 1], so the logarithm is finite.
Tensors random_normal_body(const OpCall& call) {
  const Shape shape = call.attributes.shape("shape");
  const auto stream = static_cast<std::uint64_t>(call.attributes.integer("stream"));
  const Tensor pairs = random_uniform({call.in(0), call.in(1)}, stream, {2, shape.numel()},
                                      call.attributes.dtype("dtype"));
  const Tensor u = 1 - select(pairs, 0, 0);
  const Tensor v = select(pairs, 0, 1);
  return {reshape(sqrt(-2 * log(u)) * cos(2 * std::numbers::pi * v), shape)};
}

std::vector<Sample> random_normal_samples() {
  const auto sample = [](const Shape& shape, DType dtype, std::vector<Array> outputs = {}) {
    return Sample{.inputs = {Array(std::int64_t{0}), Array(std::int64_t{0})},
                  .attributes = {{"shape", shape.to_vector()}, {"dtype", dtype}, {"stream", 0}},
                  .outputs = std::move(outputs),
                  .tolerance = 1e-5,
                  .gradient = false};
  };
  // From the first words of random_bits' sample {seed 0, step 0, stream 0}.
  const auto normal = [](double first, double second) {
    return std::sqrt(-2 * std::log(1 - std::ldexp(first, -24))) *
           std::cos(2 * M_PI * std::ldexp(second, -24));
  };
  return {sample({2}, f32,
                 {Array({2}, {normal(0x6627e8, 0xbc57ac), normal(0xe169c5, 0x9b00db)}).to(f32)}),
          sample({2, 3}, f64), sample({}, f64), sample({0, 3}, f32, {Array(f32, {0, 3})}),
          sample({2, 1, 5}, f32)};
}

}  // namespace

Tensor random_normal(const RandomKey& key, std::uint64_t stream, const Shape& shape, DType dtype,
                     Where where) {
  const Shape wanted = shape;  // may belong to a tensor of the graph that grows here
  const Call call("random_normal", {Operand(key.seed, where), Operand(key.step, where)});
  return call.make("random_normal", {key.seed, key.step},
                   {{"shape", wanted.to_vector()},
                    {"dtype", dtype},
                    {"stream", static_cast<std::int64_t>(stream)}});
}

Tensor random_normal(Graph& graph, const Shape& shape, DType dtype, Where where) {
  const Shape wanted = shape;
  return random_normal(random_key(graph, where), graph.next_stream(), wanted, dtype, where);
}

namespace ops {
std::vector<OpDef> random_normal() {
  return {{
      .name = "random_normal",
      .summary = "Numbers of the normal distribution with mean 0 and variance 1.",
      .inputs = {{"seed", "[]", "i64"}, {"step", "[]", "i64"}},
      .outputs = {{"y", "[shape]", "the attribute"}},
      .attributes = {{"shape", AttributeType::integers, "sizes of the axes"},
                     {"dtype", AttributeType::dtype, "f32 or f64"},
                     {"stream", AttributeType::integer,
                      "tells apart the random ops of one program"}},
      .infer = random_normal_infer,
      .decompose = random_normal_body,
      .no_gradient = "depends on a seed alone",
      .source = "Box and Muller, A Note on the Generation of Random Normal Deviates, 1958",
      .samples = random_normal_samples,
  }};
}
}  // namespace ops

}  // namespace asg
