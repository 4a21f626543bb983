#include <asg/runtime/gradcheck.hpp>

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <asg/autodiff/gradients.hpp>
#include <asg/graph/error.hpp>
#include <asg/graph/op.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/runtime/compile.hpp>

#include "runtime/nan_check.hpp"

namespace asg {
namespace {

// One number whose gradient shows every element's.
Tensor weighted_sum(const Tensor& y, int seed) {
  return sum(y * y.graph().constant(spread(y.shape(), 0.5, 1.5, seed)));
}

}  // namespace

GradcheckResult gradcheck(const Device& device,
                          const std::function<Tensor(const Tensors&)>& function,
                          const std::vector<Array>& inputs, const GradcheckOptions& options) {
  std::vector<Array> point;
  Graph graph;
  Tensors in, wrt;
  std::vector<std::size_t> which;
  for (const Array& input : inputs) {
    point.push_back(is_float(input.dtype()) ? input.to(f64).clone() : input.clone());
    in.push_back(
        graph.input(fmt::format("input {}", in.size()), point.back().dtype(), input.shape()));
    if (!is_float(input.dtype())) continue;
    which.push_back(in.size() - 1);
    wrt.push_back(in.back());
  }
  if (wrt.empty()) throw GradientError("gradcheck: none of the inputs is a float");
  const GradientOptions unused_is_zero{.allow_unused = true};
  Tensor value = weighted_sum(function(in), 1);
  if (options.second_order) {
    const Tensors first = gradients(value, wrt, {}, unused_is_zero);
    value = weighted_sum(first[0], 2);
    for (std::size_t i = 1; i < first.size(); ++i)
      value = value + weighted_sum(first[i], 2 + static_cast<int>(i));
  }
  const Tensors found = gradients(value, wrt, {}, unused_is_zero);
  CompiledGraph gradient_program = compile(device, graph, found, "gradcheck");
  CompiledGraph value_program = compile(device, graph, {value}, "gradcheck");
  const std::vector<Array> analytic = gradient_program.run(point);

  double scale = 1;
  for (const Array& gradient : analytic)
    for (const double g : gradient.values<double>())
      if (std::isfinite(g)) scale = std::max(scale, std::abs(g));

  GradcheckResult result{true, 0, "all gradients agree"};
  for (std::size_t k = 0; k < which.size(); ++k) {
    const Array& x = point[which[k]];
    for (std::int64_t i = 0; i < x.numel(); ++i) {
      const double at = x.get(i);
      const double h = options.step * std::max(1.0, std::abs(at));
      const auto value_at = [&](double shift) {
        x.data<double>()[i] = at + shift;
        const double y = value_program.run(point)[0].item<double>();
        x.data<double>()[i] = at;
        return y;
      };
      const double numeric =
          (8 * (value_at(h) - value_at(-h)) - (value_at(2 * h) - value_at(-2 * h))) / (12 * h);
      const double error = std::abs(analytic[k].get(i) - numeric) / scale;
      if (error <= result.error) continue;  // false for NaN, which is an error
      result.error = error;
      if (error <= options.tolerance) continue;
      result.ok = false;
      result.message = fmt::format("input {}, element {}: the gradient is {}, differences give {}",
                                   which[k], i, analytic[k].get(i), numeric);
      if (!std::isnan(error)) continue;
      State none(device);
      if (const auto source = NanCheck(device, graph, found, "gradcheck").find(none, point))
        result.message += "\n" + *source;
      return result;
    }
  }
  return result;
}

}  // namespace asg
