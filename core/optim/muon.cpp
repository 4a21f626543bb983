#include <asg/optim/muon.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/update.hpp>

#include "optim/settings.hpp"

namespace asg::optim {
namespace {

double adjustment(const Shape& shape, MuonOptions::AdjustLr how) {
  const auto rows = static_cast<double>(shape.at(0)), columns = static_cast<double>(shape.at(1));
  return how == MuonOptions::AdjustLr::original ? std::sqrt(std::max(1.0, rows / columns))
                                                : 0.2 * std::sqrt(std::max(rows, columns));
}

// The matrix with all singular values about 1, by products alone.
Tensor orthogonal(const Tensor& matrix, const MuonOptions& o) {
  const bool tall = matrix.size(0) > matrix.size(1);  // the products are of the smaller size
  Tensor x = tall ? transpose(matrix) : matrix;
  x = x / maximum(global_norm({x}), o.eps);
  const auto [a, b, c] = o.ns_coefficients;
  for (int i = 0; i < o.ns_steps; ++i) {
    const Tensor gram = matmul(x, transpose(x));
    x = a * x + matmul(b * gram + c * matmul(gram, gram), x);
  }
  return tall ? transpose(x) : x;
}

}  // namespace

Muon::Muon(MuonOptions options, Where where)
    : Optimizer(common(options), where), options_(std::move(options)) {
  require_not_negative("Muon", "momentum", options_.momentum, where);
  require_not_negative("Muon", "eps", options_.eps, where);
  require_not_negative("Muon", "ns_steps", options_.ns_steps, where);
}

void Muon::update(Graph& graph, const std::vector<Trained>& parameters) const {
  for (const Trained& p : parameters) {
    if (p.value.rank() != 2)
      throw ShapeError(fmt::format(
          "Muon: '{}' is {}, no matrix; give it to another optimizer by the `parameters` of both"
          "\n  at {}",
          p.name, to_string(p.value.type()), to_string(graph.origin_now())));
    const Tensor old = state(p, "momentum");
    const Tensor buffer = options_.momentum * old + p.gradient;
    const Tensor followed = options_.nesterov ? p.gradient + options_.momentum * buffer : buffer;
    graph.assign(old, buffer);
    graph.assign(p.value, p.decayed_value() - p.lr *
                                                  adjustment(p.value.shape(), options_.adjust_lr) *
                                                  orthogonal(followed, options_));
  }
}

}  // namespace asg::optim
