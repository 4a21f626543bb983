#include "nn/sizes.hpp"

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/graph/graph.hpp>

namespace asg::nn {

std::string at(Where where) { return to_string(Origin{where.file, where.line, {}, false}); }

std::int64_t times(std::string_view layer, std::int64_t factor, NamedSize size, Where where) {
  if (size.size > INT64_MAX / factor)
    fail_shape(layer, fmt::format("{} times {} = {} are too many", factor, size.name, size.size),
               where);
  return factor * size.size;
}

void fail_shape(std::string_view layer, std::string_view rule, Where where) {
  throw ShapeError(fmt::format("{}: {}\n  at {}", layer, rule, at(where)));
}

void fail_at(std::string_view layer, const Tensor& x, std::string_view rule) {
  throw ShapeError(fmt::format("{}: {}\n  operand 0: {}\n  at {}", layer, rule, to_string(x.type()),
                               to_string(x.graph().origin_now())));
}

void check_sizes(std::string_view layer, std::initializer_list<NamedSize> sizes, std::int64_t least,
                 Where where) {
  for (const NamedSize& s : sizes)
    if (s.size < least)
      fail_shape(layer, fmt::format("{} is {}; it must be at least {}", s.name, s.size, least),
                 where);
}

void check_probability(std::string_view layer, double p, Where where) {
  if (!(p >= 0 && p <= 1))
    throw TypeError(fmt::format("{}: the dropout probability is {}; it must be in [0, 1]\n  at {}",
                                layer, p, at(where)));
}

}  // namespace asg::nn
