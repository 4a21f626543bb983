#include <asg/nn/positions.hpp>

#include <bit>
#include <cmath>

#include <fmt/format.h>

#include <asg/graph/build.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {
namespace {

// The angle of pair i of `pairs` at a position.
double position_angle(std::int64_t position, std::int64_t i, double features, double base) {
  return static_cast<double>(position) *
         std::pow(base, -2 * static_cast<double>(i) / std::max(features, 1.0));
}

void require_rows(const Call& call, const Operand& x, std::int64_t features) {
  call.require(x.is_tensor() && x.tensor().rank() >= 2 && x.tensor().size(-1) == features,
               fmt::format("x must be [..., T, {}]", features));
}

struct RotaryTables {
  Array cos, sin;
};

// For pairs that stand in an axis of their own: y = x cos + flipped x sin, where the sine of the
// first of a pair is negative. `between` axes stand between those of positions and features.
RotaryTables rotary_tables(std::int64_t length, int between, std::int64_t pairs,
                           const RotaryOptions& options, std::int64_t offset, DType dtype) {
  const bool last = options.interleaved;  // where the axis of the pair is
  const auto table = [&](std::int64_t of_pair) {
    Shape shape = {length};
    for (int i = 0; i < between; ++i) shape.push_back(1);
    shape.push_back(last ? pairs : of_pair);
    shape.push_back(last ? of_pair : pairs);
    return Array(dtype, shape);
  };
  RotaryTables tables{table(1), table(2)};
  const auto features = static_cast<double>(2 * pairs);
  for (std::int64_t t = 0; t < length; ++t)
    for (std::int64_t i = 0; i < pairs; ++i) {
      const double angle = position_angle(offset + t, i, features, options.base);
      tables.cos.set(t * pairs + i, std::cos(angle));
      const std::int64_t first = 2 * t * pairs + (last ? 2 * i : i);
      tables.sin.set(first, -std::sin(angle));
      tables.sin.set(first + (last ? 1 : pairs), std::sin(angle));
    }
  return tables;
}

}  // namespace

Tensor sinusoidal_positions(Graph& graph, std::int64_t length, std::int64_t features, DType dtype,
                            std::int64_t offset, double base, Where where) {
  check_sizes("sinusoidal_positions", {{"length", length}, {"features", features}}, 0, where);
  Array table(dtype, {length, features});
  for (std::int64_t t = 0; t < length; ++t)
    for (std::int64_t f = 0; f < features; ++f) {
      const double angle = position_angle(offset + t, f / 2, static_cast<double>(features), base);
      table.set(t * features + f, f % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  return graph.constant(table, where);
}

SinusoidalPositions::SinusoidalPositions(std::int64_t features, double base, Where where)
    : features_(features), base_(base) {
  check_sizes("SinusoidalPositions", {{"features", features}}, 0, where);
}

Tensor SinusoidalPositions::operator()(const Operand& x, std::int64_t offset) const {
  const Scope scope = enter(x);
  const Call call("SinusoidalPositions", {x});
  require_rows(call, x, features_);
  const Tensor t = call.as_float(x.tensor());
  return t + sinusoidal_positions(call.graph(), t.size(-2), features_, t.dtype(), offset, base_,
                                  call.where());
}

Tensor SinusoidalPositions::forward(const Tensor& x) const { return (*this)(x, 0); }

LearnedPositions::LearnedPositions(std::int64_t count, std::int64_t features, Where where) {
  check_sizes("LearnedPositions", {{"count", count}, {"features", features}}, 0, where);
  weight = add("weight", {count, features}, init::normal(0, 1), where);
}

Tensor LearnedPositions::operator()(const Operand& x, std::int64_t offset) const {
  const Scope scope = enter(x);
  const Call call("LearnedPositions", {x});
  require_rows(call, x, weight.shape()[1]);
  const std::int64_t length = x.tensor().size(-2), count = weight.shape()[0];
  call.require(
      offset >= 0 && length <= count && offset <= count - length,
      fmt::format("{} positions from {} on reach beyond the table of {}", length, offset, count));
  return x.tensor() + slice(weight.in(call.graph()), 0, offset, offset + length);
}

Tensor LearnedPositions::forward(const Tensor& x) const { return (*this)(x, 0); }

Tensor rotary(const Operand& x, const RotaryOptions& options, std::int64_t offset, Axis axis) {
  const Call call("rotary", {x});
  const Tensor t = call.as_float(x.tensor());
  call.require(t.rank() >= 2, "x must be [..., T, D]");
  const int at = call.axis(axis, t.rank()), between = t.rank() - 2 - at;
  call.require(between >= 0, "positions cannot stand in the last axis, that of features");
  const std::int64_t length = t.size(at), size = t.size(-1);
  const std::int64_t dim = options.dim == 0 ? size : options.dim;
  call.require(dim >= 0 && dim <= size && dim % 2 == 0,
               fmt::format("{} of {} features cannot be turned in pairs", dim, size));
  if (dim == 0 || length == 0) return t;
  const Tensor turned = dim == size ? t : slice(t, -1, 0, dim);
  const RotaryTables tables = rotary_tables(length, between, dim / 2, options, offset, t.dtype());
  Shape split = turned.shape();
  split[split.rank() - 1] = options.interleaved ? dim / 2 : 2;
  split.push_back(options.interleaved ? 2 : dim / 2);
  const Tensor pairs = reshape(turned, split);
  const Tensor partners = flip(pairs, {options.interleaved ? -1 : -2});
  const Tensor y = pairs * call.graph().constant(tables.cos, call.where()) +
                   partners * call.graph().constant(tables.sin, call.where());
  const Tensor joined = reshape(y, turned.shape());
  return dim == size ? joined : concat({joined, slice(t, -1, dim, size)}, -1, call.where());
}

std::vector<double> alibi_slopes(std::int64_t heads) {
  if (heads < 1) return {};
  const auto below = static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(heads)));
  const auto power = static_cast<double>(below);
  std::vector<double> slopes;
  for (std::int64_t h = 0; h < below; ++h)
    slopes.push_back(std::exp2(-8 * static_cast<double>(h + 1) / power));
  for (std::int64_t h = 0; h < heads - below; ++h)
    slopes.push_back(std::exp2(-8 * static_cast<double>(2 * h + 1) / (2 * power)));
  return slopes;
}

Tensor alibi_bias(Graph& graph, std::int64_t heads, std::int64_t queries, std::int64_t keys,
                  DType dtype, std::int64_t query_offset, std::int64_t key_offset, Where where) {
  check_sizes("alibi_bias", {{"heads", heads}, {"queries", queries}, {"keys", keys}}, 0, where);
  const WhereScope scope(graph, where);
  const Tensor slopes = graph.constant(Array({heads, 1, 1}, alibi_slopes(heads)).to(dtype), where);
  const Tensor query = iota(graph, {queries, 1}, 0) + (query_offset - key_offset);
  const Tensor key = iota(graph, {1, keys}, 1);
  return -(slopes * cast(abs(query - key), dtype));
}

}  // namespace asg::nn
