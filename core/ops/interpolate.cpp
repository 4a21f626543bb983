// The op resamples one axis; `interpolate` chains it, since weights of several axes are products.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/resize.hpp>

#include "ops/rules.hpp"
#include "ops/samples.hpp"
#include "ops/weighted_terms.hpp"
#include "ops/window_taps.hpp"

namespace asg {
namespace {

Types interpolate_infer(const Signature& call) {
  const int axis = rules::axis(call);
  const std::string& mode = call.attributes.text("mode");
  const std::int64_t size = call.attributes.integer("size");
  call.require_type(mode == "nearest" || mode == "nearest-exact" || mode == "linear",
                    "mode must be nearest, nearest-exact or linear");
  call.require_type(mode != "linear" || is_float(call.dtype(0)), "linear needs float elements");
  call.require_type(mode == "linear" || !call.attributes.flag("align_corners"),
                    "align_corners goes with linear only");
  call.require_type(call.attributes.number("scale") >= 0, "scale must not be negative");
  call.require(call.shape(0)[axis] > 0 && size > 0, "an axis that is resized needs elements");
  Shape shape = call.shape(0);
  shape[axis] = size;
  return {{call.dtype(0), shape}};
}

// How one axis goes from `in` elements to `out`.
struct Resampling {
  std::int64_t in, out;
  std::string mode;
  bool align_corners;
  double scale;  // how many old elements one new one covers; 0: in / out

  Resampling(const Tensor& x, const Attributes& attributes)
      : in(x.size(attributes.axis("axis"))),
        out(attributes.integer("size")),
        mode(attributes.text("mode")),
        align_corners(attributes.flag("align_corners")),
        scale(attributes.number("scale")) {}

  // Element i of the result is one of x. Without a scale of its own the place is an exact fraction.
  [[nodiscard]] std::int64_t nearest(std::int64_t i) const {
    const bool exact = mode == "nearest-exact";
    if (scale == 0) return exact ? (2 * i + 1) * in / (2 * out) : i * in / out;
    const double place = (static_cast<double>(i) + (exact ? 0.5 : 0.0)) * scale;
    return place < static_cast<double>(in) ? static_cast<std::int64_t>(place) : in - 1;
  }

  // Between which elements, counted in fractions of their distance, element i of the result lies.
  [[nodiscard]] double between(std::int64_t i) const {
    const auto place = static_cast<double>(i);
    if (in == out) return place;
    if (align_corners)
      return out == 1 ? 0 : place * (static_cast<double>(in - 1) / static_cast<double>(out - 1));
    const double step = scale != 0 ? scale : static_cast<double>(in) / static_cast<double>(out);
    return std::clamp((place + 0.5) * step - 0.5, 0.0, static_cast<double>(in - 1));
  }
};

// Each element as often as a whole number says: another view of x.
std::int64_t whole_repeats(const Resampling& how) {
  if (how.mode == "linear" || how.out % how.in != 0) return 0;
  const std::int64_t times = how.out / how.in;
  for (std::int64_t i = 0; i < how.out; ++i)
    if (how.nearest(i) != i / times) return 0;
  return times;
}

Tensor repeated_elements(const Tensor& x, int axis, std::int64_t times) {
  const Shape shape = x.shape();
  const std::int64_t outer = shape.slice(0, axis + 1).numel();
  const std::int64_t inner = shape.slice(axis + 1, shape.rank()).numel();
  Shape result = shape;
  result[axis] *= times;
  return reshape(broadcast_to(reshape(x, {outer, 1, inner}), {outer, times, inner}), result);
}

Tensor summed_repeats(const Tensor& dy, int axis, std::int64_t times) {
  const auto axes = static_cast<std::size_t>(dy.rank() - axis);
  Window window{Ints(axes, 1), Ints(axes, 1), Ints(axes, 1), Ints(axes, 0), Ints(axes, 0)};
  window.size[0] = window.stride[0] = times;
  return windows::sums(dy, window);
}

terms::Terms resampling_terms(const Resampling& how) {
  terms::Terms result;
  for (std::int64_t i = 0; i < how.out; ++i) {
    if (how.mode != "linear") {
      result.push_back({{how.nearest(i), 1}});
      continue;
    }
    const double place = how.between(i);
    const auto low = static_cast<std::int64_t>(place);
    const double weight = place - static_cast<double>(low);
    result.push_back({{low, 1 - weight}, {std::min(low + 1, how.in - 1), weight}});
  }
  return result;
}

Tensors interpolate_body(const OpCall& call) {
  const Resampling how(call.in(0), call.attributes);
  const int axis = call.attributes.axis("axis");
  if (const std::int64_t times = whole_repeats(how); times > 0)
    return {repeated_elements(call.in(0), axis, times)};
  return {terms::sums(call.in(0), axis, resampling_terms(how))};
}

Tensors interpolate_gradient(const GradientCall& call) {
  const Resampling how(call.in(0), call.attributes);
  const int axis = call.attributes.axis("axis");
  if (const std::int64_t times = whole_repeats(how); times > 0)
    return {summed_repeats(call.dy(), axis, times)};
  return {terms::sums(call.dy(), axis, terms::adjoint(resampling_terms(how), how.in))};
}

// torch.nn.functional.interpolate in float64.
std::vector<Sample> interpolate_samples() {
  const auto sample = [](const Array& x, int axis, std::int64_t size, const char* mode, int corners,
                         double scale, std::vector<Array> y = {}) {
    return Sample{.inputs = {x},
                  .attributes = {{"axis", axis},
                                 {"size", size},
                                 {"mode", std::string(mode)},
                                 {"align_corners", corners},
                                 {"scale", scale}},
                  .outputs = std::move(y)};
  };
  const Array row({3}, {1.0, 2.0, 4.0});
  const double inf = INFINITY;
  Sample infinite =
      sample(Array({2}, {1e30, inf}), 0, 4, "nearest", 0, 0, {Array({4}, {1e30, 1e30, inf, inf})});
  Sample flags = sample(Array({1, 2}, {true, false}), 1, 4, "nearest", 0, 0,
                        {Array({1, 4}, {true, true, false, false})});
  infinite.gradient = flags.gradient = false;
  return {sample(row, 0, 6, "nearest", 0, 0, {Array({6}, {1.0, 1.0, 2.0, 2.0, 4.0, 4.0})}),
          sample(row, 0, 5, "nearest", 0, 0, {Array({5}, {1.0, 1.0, 2.0, 2.0, 4.0})}),
          sample(row, 0, 2, "nearest", 0, 0, {Array({2}, {1.0, 2.0})}),
          sample(row, 0, 2, "nearest-exact", 0, 0, {Array({2}, {1.0, 4.0})}),
          sample(row, 0, 3, "nearest", 0, 1 / 1.3, {Array({3}, {1.0, 1.0, 2.0})}),
          sample(row, 0, 6, "linear", 0, 0, {Array({6}, {1.0, 1.25, 1.75, 2.5, 3.5, 4.0})}),
          sample(row, 0, 5, "linear", 1, 0, {Array({5}, {1.0, 1.5, 2.0, 3.0, 4.0})}),
          sample(row, 0, 1, "linear", 1, 0, {Array({1}, {1.0})}),
          sample(row, 0, 1, "linear", 0, 0, {Array({1}, {2.0})}),
          sample(row, 0, 4, "linear", 0, 1 / 1.4),
          sample(Array({1}, {3.0}), 0, 3, "linear", 0, 0, {Array({3}, {3.0, 3.0, 3.0})}),
          sample(Array(f64, {0, 2}), 1, 3, "linear", 0, 0, {Array(f64, {0, 3})}),
          flags,
          infinite,
          sample(spread({2, 3, 5}), 1, 7, "nearest", 0, 0),
          sample(spread({2, 4, 3}), 1, 9, "linear", 0, 0),
          sample(spread({2, 2, 5, 3}), 2, 3, "linear", 1, 0)};
}

// Entry i, or the only one.
template <class T>
T entry(const std::vector<T>& values, int i) {
  return values[values.size() == 1 ? 0 : static_cast<std::size_t>(i)];
}

void require_interpolable(const Call& call, int spatial, const InterpolateOptions& options) {
  const std::string& mode = options.mode;
  const char* named[] = {"", "linear", "bilinear", "trilinear"};
  const bool nearest = mode == "nearest" || mode == "nearest-exact";
  call.require(spatial >= 1, "x needs a batch, channels and at least one more axis");
  if (!nearest && std::find(named + 1, named + 4, mode) == named + 4)
    call.fail(
        fmt::format("there is no mode {}; those are nearest, nearest-exact, linear, bilinear "
                    "and trilinear",
                    mode));
  if (!nearest && (spatial > 3 || mode != named[spatial]))
    call.fail(fmt::format("mode {} does not fit {} axes behind the first two", mode, spatial));
  call.require(!nearest || !options.align_corners, "align_corners needs a linear mode");
  call.require(options.size.empty() != options.scale_factor.empty(),
               "give a size or a scale_factor, and not both");
  const std::size_t given = options.size.size() + options.scale_factor.size();
  if (given != 1 && given != static_cast<std::size_t>(spatial))
    call.fail(fmt::format("needs one entry for all axes or one for each of the {}", spatial));
}

}  // namespace

Tensor interpolate(const Operand& x, const InterpolateOptions& options) {
  const Call call("interpolate", {x});
  Tensor y = call.tensor(x);
  require_interpolable(call, y.rank() - 2, options);
  const bool nearest = options.mode.starts_with("nearest");
  if (!nearest) y = call.as_float(y);
  for (int axis = 2; axis < y.rank(); ++axis) {
    const std::int64_t in = y.size(axis);
    std::int64_t size = options.size.empty() ? 0 : entry(options.size, axis - 2);
    double scale = 0;
    if (options.size.empty()) {
      const double factor = entry(options.scale_factor, axis - 2);
      const double wanted = std::floor(static_cast<double>(in) * factor);
      call.require(factor > 0 && wanted < 0x1p62, "a scale_factor must be above 0 and finite");
      size = static_cast<std::int64_t>(wanted);
      if (!options.recompute_scale_factor) scale = 1 / factor;
    }
    y = call.make("interpolate", {y},
                  {{"axis", axis},
                   {"size", size},
                   {"mode", nearest ? options.mode : std::string("linear")},
                   {"align_corners", options.align_corners},
                   {"scale", scale}});
  }
  return y;
}

namespace ops {
std::vector<OpDef> interpolate() {
  return {{
      .name = "interpolate",
      .summary = "Resamples one axis: takes the nearest element or weighs the two neighbours.",
      .inputs = {{"x", "[..., N, ...]", "nearest: any; linear: float"}},
      .outputs = {{"y", "[..., size, ...]", "as x"}},
      .attributes = {{"axis", AttributeType::integer, "what is resampled"},
                     {"size", AttributeType::integer, "how many elements it gets"},
                     {"mode", AttributeType::text, "nearest, nearest-exact or linear"},
                     {"align_corners", AttributeType::integer,
                      "1: the first and the last element keep their places (linear)"},
                     {"scale", AttributeType::number,
                      "how many elements of x one of y covers; 0: N / size"}},
      .infer = interpolate_infer,
      .gradient = interpolate_gradient,
      .decompose = interpolate_body,
      .source = "https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html",
      .samples = interpolate_samples,
  }};
}
}  // namespace ops

}  // namespace asg
