#include <asg/nn/embedding.hpp>

#include <asg/ops/indexing.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {

Embedding::Embedding(std::int64_t count, std::int64_t width, EmbeddingOptions options,
                     Where where) {
  check_sizes("Embedding", {{"count", count}, {"width", width}}, 0, where);
  weight = add("weight", {count, width}, options.weight_init.value_or(init::normal(0, 1)), where);
}

Tensor Embedding::forward(const Tensor& indices) const {
  return embedding(indices, weight.in(indices.graph()));
}

}  // namespace asg::nn
