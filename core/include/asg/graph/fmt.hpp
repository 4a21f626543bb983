// Lets fmt print asg's types: `fmt::print("{}", graph)`. For programs that use fmt; nothing else
// of asg needs it.
#pragma once
#include <string>
#include <string_view>

#include <fmt/format.h>

#include <asg/graph/array.hpp>
#include <asg/graph/print.hpp>

namespace asg::detail {

inline std::string text_of(const Graph& graph) { return to_text(graph); }
inline std::string text_of(const Tensor& tensor) { return to_text(tensor); }
inline std::string text_of(const Array& array) { return to_string(array); }
inline std::string text_of(const Shape& shape) { return to_string(shape); }
inline std::string text_of(const TensorType& type) { return to_string(type); }
inline std::string text_of(DType dtype) { return std::string(name(dtype)); }

/// Takes the width and alignment of strings: `{:>12}`.
struct Formatter : fmt::formatter<std::string_view> {
  template <class T, class Context>
  auto format(const T& value, Context& context) const {
    return fmt::formatter<std::string_view>::format(text_of(value), context);
  }
};

}  // namespace asg::detail

template <>
struct fmt::formatter<asg::Graph> : asg::detail::Formatter {};
template <>
struct fmt::formatter<asg::Tensor> : asg::detail::Formatter {};
template <>
struct fmt::formatter<asg::Array> : asg::detail::Formatter {};
template <>
struct fmt::formatter<asg::Shape> : asg::detail::Formatter {};
template <>
struct fmt::formatter<asg::TensorType> : asg::detail::Formatter {};
template <>
struct fmt::formatter<asg::DType> : asg::detail::Formatter {};
