// adaptive_avg_pool3d, adaptive_max_pool3d and where the elements of the latter stand. Windows are
// products of axes, and those of a slice are the same in each: slices are pooled, then the depth.
#include <algorithm>

#include "ops/rules.hpp"
#include "ops/samples.hpp"
#include "ops/window_rules.hpp"

namespace asg {
namespace {

Types adaptive_pool3d_infer(const Signature& call) { return windows::infer_adaptive(call, 3); }

Types adaptive_pool3d_infer_indices(const Signature& call) {
  Types types = windows::infer_adaptive(call, 3);
  windows::require_countable(call, 3);
  types[0].dtype = i64;
  return types;
}

Tensors adaptive_avg_pool3d_body(const OpCall& call) {
  return {windows::over_slices("adaptive_avg_pool2d", call.in(0), call.attributes)};
}
Tensors adaptive_max_pool3d_body(const OpCall& call) {
  return {windows::over_slices("adaptive_max_pool2d", call.in(0), call.attributes)};
}
Tensors adaptive_max_pool3d_indices(const OpCall& call) {
  return {windows::places_over_slices("adaptive_max_pool2d", "adaptive_max_pool2d_indices",
                                      call.in(0), call.attributes)};
}

// The definition with loops: what f makes of the places of each window in its volume.
Sample adaptive_pool3d_sample(const Shape& shape, const Ints& output,
                              double (*f)(const Array& x, std::int64_t first, const Ints& places),
                              DType dtype) {
  const Array x = spread(shape);
  const Ints volume = windows::image(shape, 3);
  Array y(f64, windows::resized(shape, output));
  const std::int64_t count = Shape(output).numel();
  for (std::int64_t at = 0; at < y.numel(); ++at) {
    const std::int64_t place = at % count;
    const windows::Part d = windows::part(place / (output[1] * output[2]), output[0], volume[0]),
                        h = windows::part(place / output[2] % output[1], output[1], volume[1]),
                        w = windows::part(place % output[2], output[2], volume[2]);
    Ints places;
    for (std::int64_t i = d.first; i < d.end; ++i)
      for (std::int64_t j = h.first; j < h.end; ++j)
        for (std::int64_t k = w.first; k < w.end; ++k)
          places.push_back((i * volume[1] + j) * volume[2] + k);
    y.set(at, f(x, at / count * Shape(volume).numel(), places));
  }
  return {.inputs = {x},
          .attributes = {{"output", output}},
          .outputs = {y.to(dtype)},
          .gradient = is_float(dtype)};
}

double adaptive_mean(const Array& x, std::int64_t first, const Ints& places) {
  double sum = 0;
  for (const std::int64_t place : places) sum += x.get(first + place);
  return sum / static_cast<double>(places.size());
}
double adaptive_place(const Array& x, std::int64_t first, const Ints& places) {
  const auto less = [&](std::int64_t a, std::int64_t b) {
    return x.get(first + a) < x.get(first + b);
  };
  return static_cast<double>(*std::max_element(places.begin(), places.end(), less));
}
double adaptive_largest(const Array& x, std::int64_t first, const Ints& places) {
  return x.get(first + static_cast<std::int64_t>(adaptive_place(x, first, places)));
}

template <double (*f)(const Array&, std::int64_t, const Ints&), DType dtype = f64>
std::vector<Sample> adaptive_pool3d_samples() {
  std::vector<Sample> samples;
  for (const auto& [shape, output] :
       std::vector<std::pair<Shape, Ints>>{{{1, 1, 1}, {1, 1, 1}},
                                           {{4, 2, 6}, {2, 1, 3}},
                                           {{2, 3, 5, 4}, {2, 3, 3}},
                                           {{2, 1, 2, 3, 2}, {3, 2, 1}},
                                           {{0, 2, 2, 2}, {1, 2, 1}}})
    samples.push_back(adaptive_pool3d_sample(shape, output, f, dtype));
  return samples;
}

OpDef adaptive_pool3d_op(std::string_view name, std::string_view summary) {
  return {.name = name,
          .summary = summary,
          .inputs = {{"x", "[..., D, H, W]", "float"}},
          .outputs = {{"y", "[..., OD, OH, OW]", "as x"}},
          .attributes = {{"output", AttributeType::integers, "the size of y, {OD, OH, OW}"}},
          .infer = adaptive_pool3d_infer};
}

}  // namespace

namespace ops {
std::vector<OpDef> adaptive_pool3d() {
  OpDef means =
      adaptive_pool3d_op("adaptive_avg_pool3d",
                         "Means of windows that divide the last three axes as evenly as can be.");
  means.decompose = adaptive_avg_pool3d_body;
  means.source =
      "https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool3d.html";
  means.samples = adaptive_pool3d_samples<adaptive_mean>;

  OpDef largest = adaptive_pool3d_op(
      "adaptive_max_pool3d",
      "The largest elements of windows that divide the last three axes as evenly as can be.");
  largest.decompose = adaptive_max_pool3d_body;
  largest.source =
      "https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool3d.html";
  largest.samples = adaptive_pool3d_samples<adaptive_largest>;

  OpDef places = adaptive_pool3d_op(
      "adaptive_max_pool3d_indices",
      "Where the elements of adaptive_max_pool3d stand in their volume, (d * H + h) * W + w: the "
      "first of equals, or the last NaN.");
  places.outputs[0].types = "i64";
  places.infer = adaptive_pool3d_infer_indices;
  places.decompose = adaptive_max_pool3d_indices;
  places.no_gradient = "the result is a position";
  places.source = largest.source;
  places.samples = adaptive_pool3d_samples<adaptive_place, i64>;
  return {means, largest, places};
}
}  // namespace ops

}  // namespace asg
