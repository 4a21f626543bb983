// What the tests of this folder share, on top of tests/ops.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "ops/support.hpp"

namespace models_test {

using namespace ops_test;

inline asg::Array integers(const asg::Shape& shape, std::vector<std::int64_t> values) {
  return asg::Array(shape, values);
}

/// All arrays of f64 in f32.
inline Arrays narrow(Arrays arrays) {
  for (asg::Array& array : arrays)
    if (array.dtype() == asg::f64) array = array.to(asg::f32);
  return arrays;
}

/// The gradients of the sum of the first output with respect to all float inputs.
inline Arrays slopes(const Build& build, const Arrays& arrays) {
  return run(
      [&](asg::Graph& graph, const asg::Tensors& x) {
        asg::Tensors wrt;
        for (const asg::Tensor& t : x)
          if (is_float(t.dtype())) wrt.push_back(t);
        return gradients(sum(build(graph, x)[0]), wrt, {}, {.allow_unused = true});
      },
      arrays);
}

/// What is wrong with the values, or nothing.
inline std::string differs(const asg::Array& got, std::initializer_list<double> values,
                           double tolerance = 1e-12) {
  return difference(got, asg::Array(got.shape(), std::vector<double>(values)).to(got.dtype()),
                    tolerance);
}

/// First and second derivatives against central differences: what is wrong, or nothing.
inline std::string check_both(const Build& build, const Arrays& arrays) {
  const std::string first = check_derivative(build, arrays, 0);
  return first.empty() ? check_derivative(build, arrays, 1) : first;
}

}  // namespace models_test
