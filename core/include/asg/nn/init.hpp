// What parameters begin with.
//
// Initial values depend on the seed and the parameter's name alone: adding or reordering layers
// does not change those of the others.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <asg/graph/array.hpp>
#include <asg/nn/philox.hpp>

namespace asg::nn {

/// A rule for initial values, with a name for people. Users write their own:
/// `Initializer("ramp", [](Array& values, Philox&) { ... })`.
class Initializer {
 public:
  /// Fills all elements of `values`.
  using Fill = std::function<void(Array& values, Philox& random)>;

  Initializer(std::string name, Fill fill);

  /// "kaiming_uniform(a=2.236, fan_in)"
  [[nodiscard]] const std::string& name() const { return name_; }
  /// Fills all elements of `values`, for rules that build on others.
  void fill(Array& values, Philox& random) const { fill_(values, random); }
  /// The values of a parameter of that name and type.
  /// Errors   ShapeError when the rule does not fit the shape.
  [[nodiscard]] Array values(const TensorType& type, std::uint64_t seed,
                             std::string_view parameter) const;

 private:
  std::string name_;
  Fill fill_;
};

namespace init {

[[nodiscard]] Initializer zeros();
[[nodiscard]] Initializer ones();
[[nodiscard]] Initializer constant(double value);
/// Uniform in [low, high).
[[nodiscard]] Initializer uniform(double low, double high);
[[nodiscard]] Initializer normal(double mean, double std);
/// These values, of the parameter's shape: pretrained weights, a table.
[[nodiscard]] Initializer values(const Array& values);

/// How much an activation function shrinks its input's standard deviation, inverted: "linear",
/// "conv1d" to "conv3d", "conv_transpose1d" to "conv_transpose3d" and "sigmoid" 1, "tanh" 5/3,
/// "relu" sqrt(2), "leaky_relu" sqrt(2 / (1 + slope^2)), "selu" 3/4.
/// Errors   TypeError for another name.
/// Source   https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.calculate_gain
[[nodiscard]] double calculate_gain(std::string_view activation, double slope = 0.01);

/// Normal within [low, high], bounds on the values themselves as in PyTorch.
/// Errors   TypeError unless low < high and std > 0.
[[nodiscard]] Initializer trunc_normal(double mean = 0, double std = 1, double low = -2,
                                       double high = 2);
/// gain times a random matrix with orthonormal rows or, where it has more rows than columns,
/// columns, spread evenly over all of those; axes behind the first are taken as one.
/// Errors   ShapeError for fewer than two axes.
/// Source   Saxe et al., 2013
[[nodiscard]] Initializer orthogonal(double gain = 1);
/// 1 where both positions are equal, else 0.
/// Errors   ShapeError for other than two axes.
[[nodiscard]] Initializer eye();
/// Convolutions that give as many of their input's channels as there are: of the kernel of each
/// output channel, 1 in the middle of the input channel of its number, in each group.
/// Shapes   [out, in / groups, kernel...] with one to three axes of kernel.
/// Errors   ShapeError for other shapes, or when the groups do not divide the output channels.
[[nodiscard]] Initializer dirac(std::int64_t groups = 1);

// The rules below need at least two axes: [out, in, ...], the rest a kernel's.
// fan_in = in * kernel elements, fan_out = out * kernel elements. They go by the axes alone, as in
// PyTorch: the weight of a transposed convolution, [in, out, ...], has the inputs of its layer as
// fan_out.
// Errors   ShapeError for fewer axes.

/// Uniform within gain * sqrt(6 / (fan_in + fan_out)).
/// Source   Glorot and Bengio, 2010
[[nodiscard]] Initializer xavier_uniform(double gain = 1);
/// Normal with standard deviation gain * sqrt(2 / (fan_in + fan_out)).
[[nodiscard]] Initializer xavier_normal(double gain = 1);

enum class Fan { in, out };

struct Kaiming {
  double a = 0;        ///< negative slope of the leaky_relu that follows
  Fan mode = Fan::in;  ///< in keeps the size of activations, out that of gradients
  std::string_view activation = "leaky_relu";
};
/// Uniform within gain * sqrt(3 / fan).
/// Source   He et al., 2015
[[nodiscard]] Initializer kaiming_uniform(Kaiming options = {});
/// Normal with standard deviation gain / sqrt(fan).
[[nodiscard]] Initializer kaiming_normal(Kaiming options = {});

}  // namespace init
}  // namespace asg::nn
