// Samples that elementwise ops share: one function over many shapes.
#pragma once
#include <vector>

#include <asg/graph/op.hpp>

namespace asg {

/// The results of a scalar function, element by element.
Array mapped(const Array& x, double (*f)(double), DType dtype = f64);
Array mapped(const Array& x, const Array& y, double (*f)(double, double), DType dtype = f64);

struct Range {
  double low;
  double high;
};

/// A scalar, one element, none, and several ranks.
const std::vector<Shape>& sample_shapes();

/// f over each of sample_shapes, with elements spread over the ranges.
std::vector<Sample> unary_samples(Range x, double (*f)(double));
std::vector<Sample> binary_samples(Range x, Range y, double (*f)(double, double));

/// The same for ops without a derivative; results of type `result`.
std::vector<Sample> unary_constants(Range x, double (*f)(double), DType result = f64);
std::vector<Sample> binary_constants(Range x, Range y, double (*f)(double, double),
                                     DType result = f64);

/// One case of one axis, for values where a rule bends: no gradient is checked.
Sample kink(std::vector<Array> inputs, Array output);

/// The cases of both.
std::vector<Sample> joined(std::vector<Sample> a, std::vector<Sample> b);

}  // namespace asg
