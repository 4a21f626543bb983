// What the constructors of layers check.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <asg/graph/tensor.hpp>

namespace asg::nn {

/// The line at which a layer was made, as errors name it: "file.cpp:12".
[[nodiscard]] std::string at(Where where);

struct NamedSize {
  std::string_view name;
  std::int64_t size;
};

/// Errors   ShapeError when a size is below `least`, naming the layer, the size and the line.
void check_sizes(std::string_view layer, std::initializer_list<NamedSize> sizes, std::int64_t least,
                 Where where);

/// `factor` sizes of a layer beside each other.
/// Errors   ShapeError when there are no such numbers, naming the layer, the size and the line.
[[nodiscard]] std::int64_t times(std::string_view layer, std::int64_t factor, NamedSize size,
                                 Where where);

/// Throws a ShapeError that names the layer, the rule and the line.
[[noreturn]] void fail_shape(std::string_view layer, std::string_view rule, Where where);
/// The same where a layer is called, with the shape of x and the caller's line.
[[noreturn]] void fail_at(std::string_view layer, const Tensor& x, std::string_view rule);

/// Errors   TypeError when a probability is not in [0, 1].
void check_probability(std::string_view layer, double p, Where where);

}  // namespace asg::nn
