// gradcheck: are the gradients of a function those of its values?
#pragma once
#include <functional>
#include <string>
#include <vector>

#include <asg/graph/graph.hpp>
#include <asg/runtime/device.hpp>

namespace asg {

struct GradcheckOptions {
  double tolerance = 1e-6;  ///< largest error, relative to the largest gradient but at least to 1
  double step = 1e-3;       ///< of the differences, relative to the element but at least to 1
  bool second_order = false;  ///< checks the gradient of the gradient instead
};

struct GradcheckResult {
  bool ok = false;
  double error = 0;     ///< the worst one found, measured as the tolerance
  std::string message;  ///< where it is and both numbers; of a NaN also the node that made it
  explicit operator bool() const { return ok; }
};

/// Compares the gradients of a function with central differences at one point, in float64. An
/// output of several elements is weighted with fixed irregular numbers.
/// Shapes   any; `inputs` are what the function is called with.
/// Types    floats are taken as f64 and differentiated, the other inputs stay as they are.
/// Errors   GradientError as asg::gradients; those of compile and run.
/// Cost     four runs for each element of a float input.
/// Source   the fourth-order formula (8 f(x+h) - 8 f(x-h) - f(x+2h) + f(x-2h)) / 12h
[[nodiscard]] GradcheckResult gradcheck(const Device& device,
                                        const std::function<Tensor(const Tensors&)>& function,
                                        const std::vector<Array>& inputs,
                                        const GradcheckOptions& options = {});

}  // namespace asg
