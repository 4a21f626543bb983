#include <asg/nn/embedding.hpp>

#include <fmt/format.h>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/movement.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {
namespace {

Initializer with_zero_row(const Initializer& rule, std::int64_t row) {
  return {fmt::format("{}, row {} zero", rule.name(), row),
          [rule, row](Array& values, Philox& random) {
            rule.fill(values, random);
            const std::int64_t width = values.shape()[1];
            for (std::int64_t i = 0; i < width; ++i) values.set(row * width + i, 0);
          }};
}

}  // namespace

Embedding::Embedding(std::int64_t count, std::int64_t width, EmbeddingOptions options, Where where)
    : padding_idx_(options.padding_idx) {
  check_sizes("Embedding", {{"count", count}, {"width", width}}, 0, where);
  Initializer rule = options.weight_init.value_or(init::normal(0, 1));
  if (padding_idx_) {
    const std::int64_t given = *padding_idx_;
    if (given < -count || given >= count)
      fail_shape("Embedding", fmt::format("padding_idx is {}; there are {} rows", given, count),
                 where);
    padding_idx_ = given < 0 ? given + count : given;
    rule = with_zero_row(rule, *padding_idx_);
  }
  weight = add("weight", {count, width}, rule, where);
}

Tensor Embedding::forward(const Tensor& indices) const {
  const Tensor rows = embedding(indices, weight.in(indices.graph()));
  if (!padding_idx_) return rows;
  const Tensor padding = unsqueeze(eq(indices, *padding_idx_), -1);
  return where(padding, stop_gradient(rows), rows);
}

}  // namespace asg::nn
