#include "ops/samples.hpp"

#include <utility>

namespace asg {

Array mapped(const Array& x, double (*f)(double), DType dtype) {
  Array y(dtype, x.shape());
  for (std::int64_t i = 0; i < x.numel(); ++i) y.set(i, f(x.get(i)));
  return y;
}

Array mapped(const Array& x, const Array& y, double (*f)(double, double), DType dtype) {
  Array z(dtype, x.shape());
  for (std::int64_t i = 0; i < x.numel(); ++i) z.set(i, f(x.get(i), y.get(i)));
  return z;
}

const std::vector<Shape>& sample_shapes() {
  static const std::vector<Shape> shapes = {{}, {1}, {0}, {5}, {2, 3}, {2, 0, 3}, {2, 3, 1, 2}};
  return shapes;
}

std::vector<Sample> unary_samples(Range x, double (*f)(double)) {
  std::vector<Sample> samples;
  for (const Shape& shape : sample_shapes()) {
    const Array values = spread(shape, x.low, x.high);
    samples.push_back({.inputs = {values}, .outputs = {mapped(values, f)}});
  }
  return samples;
}

std::vector<Sample> binary_samples(Range x, Range y, double (*f)(double, double)) {
  std::vector<Sample> samples;
  for (const Shape& shape : sample_shapes()) {
    const Array left = spread(shape, x.low, x.high, 1);
    const Array right = spread(shape, y.low, y.high, 2);
    samples.push_back({.inputs = {left, right}, .outputs = {mapped(left, right, f)}});
  }
  return samples;
}

std::vector<Sample> unary_constants(Range x, double (*f)(double), DType result) {
  std::vector<Sample> samples = unary_samples(x, f);
  for (Sample& sample : samples) {
    sample.gradient = false;
    sample.outputs[0] = sample.outputs[0].to(result);
  }
  return samples;
}

std::vector<Sample> binary_constants(Range x, Range y, double (*f)(double, double), DType result) {
  std::vector<Sample> samples = binary_samples(x, y, f);
  for (Sample& sample : samples) {
    sample.gradient = false;
    sample.outputs[0] = sample.outputs[0].to(result);
  }
  return samples;
}

Sample kink(std::vector<Array> inputs, Array output) {
  return {.inputs = std::move(inputs), .outputs = {std::move(output)}, .gradient = false};
}

std::vector<Sample> joined(std::vector<Sample> a, std::vector<Sample> b) {
  for (Sample& sample : b) a.push_back(std::move(sample));
  return a;
}

}  // namespace asg
