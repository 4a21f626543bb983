#include <cmath>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/random.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

Types random_uniform_infer(const Signature& call) {
  const TensorType scalar{i64, {}};
  call.require_type(call.in(0) == scalar && call.in(1) == scalar,
                    "seed and step must be i64 scalars");
  const DType dtype = call.attributes.dtype("dtype");
  call.require_type(is_float(dtype), "random numbers are f32 or f64");
  return {{dtype, rules::shape(call)}};
}

// As many bits as the type's fraction has, so that every number is equally likely.
Tensors random_uniform_body(const OpCall& call) {
  const Shape shape = call.attributes.shape("shape");
  const auto stream = static_cast<std::uint64_t>(call.attributes.integer("stream"));
  if (call.attributes.dtype("dtype") == f32) {
    const Tensor bits = random_bits(call.in(0), call.in(1), shape, stream);
    return {cast(shift_right(bits, 8), f32) * std::ldexp(1.0, -24)};
  }
  const Tensor words = random_bits(call.in(0), call.in(1), {2, shape.numel()}, stream);
  const Tensor high = cast(shift_right(select(words, 0, 0), 5), f64);
  const Tensor low = cast(shift_right(select(words, 0, 1), 6), f64);
  const Tensor number = (high * std::ldexp(1.0, 26) + low) * std::ldexp(1.0, -53);
  return {reshape(number, shape)};
}

// The numbers that random_bits' sample {seed 0, step 0, stream 0} starts with.
std::vector<Sample> random_uniform_samples() {
  const auto sample = [](const Shape& shape, DType dtype, std::vector<Array> outputs = {}) {
    return Sample{.inputs = {Array(std::int64_t{0}), Array(std::int64_t{0})},
                  .attributes = {{"shape", shape.to_vector()}, {"dtype", dtype}, {"stream", 0}},
                  .outputs = std::move(outputs),
                  .gradient = false};
  };
  const double f24 = std::ldexp(1.0, -24);
  const double wide = (double{0x6627e8d5 >> 5} * std::ldexp(1.0, 26) + double{0xbc57ac4c >> 6}) *
                      std::ldexp(1.0, -53);
  const double wide2 = (double{0xe169c58d >> 5} * std::ldexp(1.0, 26) + double{0x9b00dbd8 >> 6}) *
                       std::ldexp(1.0, -53);
  return {sample({2, 2}, f32,
                 {Array({2, 2}, {0x6627e8 * f24, 0xe169c5 * f24, 0xbc57ac * f24, 0x9b00db * f24})
                      .to(f32)}),
          sample({2}, f64, {Array({2}, {wide, wide2})}),
          sample({}, f64),
          sample({}, f32),
          sample({3, 0}, f64, {Array(f64, {3, 0})}),
          sample({2, 3, 1, 4}, f32)};
}

}  // namespace

RandomKey random_key(Graph& graph, Where where) {
  const auto variable = [&](const char* name) {
    VariableInfo info;
    info.name = name;
    info.trainable = false;
    info.initial = 0;
    return graph.variable(info, i64, {}, where);
  };
  return {variable("random.seed"), variable("random.step")};
}

Tensor random_uniform(const RandomKey& key, std::uint64_t stream, const Shape& shape, DType dtype,
                      Where where) {
  const Shape wanted = shape;  // may belong to a tensor of the graph that grows here
  const Call call("random_uniform", {Operand(key.seed, where), Operand(key.step, where)});
  return call.make("random_uniform", {key.seed, key.step},
                   {{"shape", wanted.to_vector()},
                    {"dtype", dtype},
                    {"stream", static_cast<std::int64_t>(stream)}});
}

Tensor random_uniform(Graph& graph, const Shape& shape, DType dtype, Where where) {
  const Shape wanted = shape;
  return random_uniform(random_key(graph, where), graph.next_stream(), wanted, dtype, where);
}

namespace ops {
std::vector<OpDef> random_uniform() {
  return {{
      .name = "random_uniform",
      .summary = "Numbers spread evenly over [0, 1).",
      .inputs = {{"seed", "[]", "i64"}, {"step", "[]", "i64"}},
      .outputs = {{"y", "[shape]", "the attribute"}},
      .attributes = {{"shape", AttributeType::integers, "sizes of the axes"},
                     {"dtype", AttributeType::dtype, "f32 or f64"},
                     {"stream", AttributeType::integer,
                      "tells apart the random ops of one program"}},
      .infer = random_uniform_infer,
      .decompose = random_uniform_body,
      .no_gradient = "depends on a seed alone",
      .samples = random_uniform_samples,
  }};
}
}  // namespace ops

}  // namespace asg
