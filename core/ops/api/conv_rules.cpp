#include "ops/conv_rules.hpp"

#include <fmt/format.h>

#include <asg/ops/elementwise.hpp>

namespace asg {

void conv::require_floats(const Signature& call) {
  call.require_same_types();
  call.require_type(is_float(call.dtype(0)), "needs float elements");
}

Ints conv::kernel_of(const Shape& weight) { return {weight.begin() + 2, weight.end()}; }

Shape conv::result_shape(const Signature& call, const Shape& x, const Shape& weight,
                         std::size_t axes) {
  const int rank = static_cast<int>(axes) + 2;
  if (x.rank() != rank) call.fail(fmt::format("x must be {}", windows::described("N, C", axes)));
  if (weight.rank() != rank)
    call.fail(fmt::format("the weight must be {}", windows::described("O, C / groups", axes, "K")));
  const std::int64_t groups = call.attributes.integer("groups");
  call.require(groups >= 1, "groups must be at least 1");
  call.require(x[1] % groups == 0 && weight[0] % groups == 0,
               "groups must divide the channels of x and the filters of the weight");
  call.require(weight[1] == x[1] / groups,
               "the weight's second axis must be the channels of x divided by groups");
  Shape result = {x[0], weight[0]};
  for (const std::int64_t side : windows::positions(call, x, kernel_of(weight)))
    result.push_back(side);
  return result;
}

Types conv::infer(const Signature& call, std::size_t axes) {
  require_floats(call);
  const Shape result = result_shape(call, call.shape(0), call.shape(1), axes);
  if (call.has(2)) call.require(call.shape(2) == Shape{result[1]}, "the bias must be [O]");
  return {{call.dtype(0), result}};
}

std::vector<AttributeDef> conv::attributes() {
  return {{"stride", AttributeType::integers, "steps of the kernel along each axis"},
          {"padding", AttributeType::integers, "zeros on both sides of each axis"},
          {"dilation", AttributeType::integers, "distance of the kernel's elements on each axis"},
          {"groups", AttributeType::integer, "parts of the channels that do not see each other"}};
}

Tensor conv::with_bias(const Tensor& y, const Tensor& bias) {
  Shape wide(Ints(static_cast<std::size_t>(y.rank() - 1), 1));
  wide[0] = bias.size(0);
  return y + reshape(bias, wide);
}

std::optional<std::int64_t> conv::transposed_size(const TransposedAxis& axis) {
  std::int64_t steps = 0, reach = 0, cut = 0, result = 0;
  if (__builtin_mul_overflow(axis.size - 1, axis.stride, &steps) ||
      __builtin_mul_overflow(axis.kernel - 1, axis.dilation, &reach) ||
      __builtin_mul_overflow(axis.padding, -2, &cut) ||
      __builtin_add_overflow(steps, cut, &result) ||
      __builtin_add_overflow(result, reach, &result) ||
      __builtin_add_overflow(result, axis.output_padding, &result) ||
      __builtin_add_overflow(result, 1, &result))
    return {};
  return result;
}

conv::Slices::Slices(const Attributes& how, const Shape& x, const Shape& weight) {
  const auto part = [&](std::size_t begin, std::size_t end) {
    const auto of = [&](const char* name) {
      const Ints& all = how.integers(name);
      return Ints(all.begin() + static_cast<std::ptrdiff_t>(begin),
                  all.begin() + static_cast<std::ptrdiff_t>(end));
    };
    return options(of("stride"), of("padding"), of("dilation"), how.integer("groups"));
  };
  along_depth = windows::window(part(0, 1), {x[2]}, {weight[2]});
  over_images = part(1, 3);
}

Tensor conv::Slices::as_channels(const Tensor& weight) const {
  const Shape w = weight.shape();
  return reshape(weight, {w[0], w[1] * w[2], w[3], w[4]});
}

Array conv::convolved(const Array& x, const Array& weight, const Shape& shape,
                      const Attributes& how) {
  const Shape &xs = x.shape(), &w = weight.shape();
  const Ints image = kernel_of(xs), kernel = kernel_of(w), sides = kernel_of(shape);
  const std::int64_t pixels = Shape(image).numel(), taps = Shape(kernel).numel(),
                     places = Shape(sides).numel();
  Array y = Array::zeros(f64, shape);
  for (std::int64_t at = 0; at < y.numel(); ++at) {
    const std::int64_t o = at / places % w[0], n = at / (places * w[0]);
    const std::int64_t first = o / (w[0] / how.integer("groups")) * w[1];
    const Ints seen = windows::seen(how, image, kernel, sides, at % places).elements;
    double total = 0;
    for (std::int64_t k = 0; k < w[1] * taps; ++k) {
      const std::int64_t s = seen[static_cast<std::size_t>(k % taps)];
      if (s < 0) continue;
      const std::int64_t channel = n * xs[1] + first + k / taps;
      total += x.get(channel * pixels + s) * weight.get(o * w[1] * taps + k);
    }
    y.set(at, total);
  }
  return y;
}

Attributes conv::options(Ints stride, Ints padding, Ints dilation, std::int64_t groups) {
  return {{"stride", std::move(stride)},
          {"padding", std::move(padding)},
          {"dilation", std::move(dilation)},
          {"groups", groups}};
}

std::vector<Sample> conv::samples(const std::vector<Case>& cases) {
  std::vector<Sample> result;
  for (const Case& c : cases) {
    const Array x = spread(c.x, -1, 1, 1), weight = spread(c.weight, -1, 1, 2);
    const Array bias = spread({c.weight[0]}, -1, 1, 3);
    Shape shape = {c.x[0], c.weight[0]};
    const Window window = windows::window(c.how, c.x, kernel_of(c.weight));
    for (std::size_t i = 0; i < window.size.size(); ++i)
      shape.push_back((c.x[static_cast<int>(i) + 2] + 2 * window.pad_low[i] -
                       window.dilation[i] * (window.size[i] - 1) - 1) /
                          window.stride[i] +
                      1);
    Sample sample{.inputs = {x, weight},
                  .attributes = c.how,
                  .outputs = {convolved(x, weight, shape, c.how)}};
    if (&c == &cases.back()) result.push_back(sample);
    sample.inputs.push_back(bias);
    sample.outputs[0] = sample.outputs[0].clone();
    const std::int64_t places = Shape(kernel_of(shape)).numel();
    for (std::int64_t at = 0; at < shape.numel(); ++at)
      sample.outputs[0].set(at, sample.outputs[0].get(at) + bias.get(at / places % shape[1]));
    result.push_back(std::move(sample));
  }
  return result;
}

}  // namespace asg
