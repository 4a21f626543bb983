#include <asg/nn/init.hpp>

#include <cmath>
#include <utility>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

namespace asg::nn {

Initializer::Initializer(std::string name, Fill fill)
    : name_(std::move(name)), fill_(std::move(fill)) {}

Array Initializer::values(const TensorType& type, std::uint64_t seed,
                          std::string_view parameter) const {
  Philox random(seed, parameter);
  Array values(type.dtype, type.shape);
  try {
    fill_(values, random);
  } catch (const ShapeError& error) {
    throw ShapeError(fmt::format("initial values of '{}': {}", parameter, error.what()));
  }
  return values;
}

namespace init {
namespace {

template <class Next>
void fill(Array& values, Next next) {
  for (std::int64_t i = 0; i < values.numel(); ++i) values.set(i, next());
}

void fill_uniform(Array& values, Philox& random, double low, double high) {
  fill(values, [&] { return low + (high - low) * random.uniform(); });
}

void fill_normal(Array& values, Philox& random, double mean, double std) {
  fill(values, [&] { return mean + std * random.normal(); });
}

struct Fans {
  double in;
  double out;
};

Fans fans_of(const Array& values, const std::string& rule) {
  const Shape& shape = values.shape();
  if (shape.rank() < 2)
    throw ShapeError(fmt::format(
        "{} needs a shape [out, in, ...] of two axes or more, not {}; choose uniform or normal",
        rule, to_string(shape)));
  const auto kernel = static_cast<double>(shape.slice(2, shape.rank()).numel());
  return {static_cast<double>(shape[1]) * kernel, static_cast<double>(shape[0]) * kernel};
}

// A layer without inputs has nothing to keep in scale.
double ratio(double numerator, double fan) { return fan == 0 ? 0 : numerator / fan; }

using Deviation = std::function<double(Fans)>;  // the standard one, from the fans

Initializer scaled_uniform(std::string name, Deviation std) {
  return {name, [name, std](Array& values, Philox& random) {
            const double bound = std::sqrt(3.0) * std(fans_of(values, name));
            fill_uniform(values, random, -bound, bound);
          }};
}

Initializer scaled_normal(std::string name, Deviation std) {
  return {name, [name, std](Array& values, Philox& random) {
            fill_normal(values, random, 0, std(fans_of(values, name)));
          }};
}

Deviation xavier(double gain) {
  return [gain](Fans fans) { return gain * std::sqrt(ratio(2, fans.in + fans.out)); };
}

Deviation kaiming(const Kaiming& options) {
  return [g = calculate_gain(options.activation, options.a), mode = options.mode](Fans fans) {
    return g * std::sqrt(ratio(1, mode == Fan::in ? fans.in : fans.out));
  };
}

std::string kaiming_name(std::string_view kind, const Kaiming& options) {
  return fmt::format("kaiming_{}({}, a={:.4g}, fan_{})", kind, options.activation, options.a,
                     options.mode == Fan::in ? "in" : "out");
}

}  // namespace

Initializer zeros() { return constant(0); }
Initializer ones() { return constant(1); }

Initializer constant(double value) {
  return {fmt::format("constant({:.4g})", value),
          [value](Array& values, Philox&) { fill(values, [&] { return value; }); }};
}

Initializer uniform(double low, double high) {
  return {fmt::format("uniform({:.4g}, {:.4g})", low, high),
          [=](Array& values, Philox& random) { fill_uniform(values, random, low, high); }};
}

Initializer normal(double mean, double std) {
  return {fmt::format("normal({:.4g}, {:.4g})", mean, std),
          [=](Array& values, Philox& random) { fill_normal(values, random, mean, std); }};
}

Initializer values(const Array& values) {
  return {"values", [values](Array& wanted, Philox&) {
            if (values.shape() != wanted.shape())
              throw ShapeError(fmt::format("the parameter is {}, the given values are {}",
                                           to_string(wanted.type()), to_string(values.type())));
            wanted = values.to(wanted.dtype());
          }};
}

double calculate_gain(std::string_view activation, double slope) {
  for (const std::string_view linear : {"linear", "sigmoid", "conv1d", "conv2d", "conv3d",
                                        "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"})
    if (activation == linear) return 1;
  if (activation == "tanh") return 5.0 / 3;
  if (activation == "relu") return std::sqrt(2.0);
  if (activation == "leaky_relu") return std::sqrt(2 / (1 + slope * slope));
  if (activation == "selu") return 0.75;
  throw TypeError(
      fmt::format("calculate_gain: no activation '{}'; there are linear, the convolutions, "
                  "sigmoid, tanh, relu, "
                  "leaky_relu and selu",
                  activation));
}

Initializer xavier_uniform(double gain) {
  return scaled_uniform(fmt::format("xavier_uniform({:.4g})", gain), xavier(gain));
}
Initializer xavier_normal(double gain) {
  return scaled_normal(fmt::format("xavier_normal({:.4g})", gain), xavier(gain));
}
Initializer kaiming_uniform(Kaiming options) {
  return scaled_uniform(kaiming_name("uniform", options), kaiming(options));
}
Initializer kaiming_normal(Kaiming options) {
  return scaled_normal(kaiming_name("normal", options), kaiming(options));
}

}  // namespace init
}  // namespace asg::nn
