#include "ops/rules.hpp"

#include <cstring>

#include <fmt/format.h>

namespace asg {
namespace {

void require_one_type(const Signature& call) {
  call.require_same_types();
  for (const TensorType& input : call.inputs)
    call.require(input.shape == call.shape(0), "all operands must have one shape");
}

}  // namespace

Types rules::numbers(const Signature& call) {
  require_one_type(call);
  call.require_type(call.dtype(0) != boolean, "needs numbers, not bool; cast first");
  return {call.in(0)};
}

Types rules::floats(const Signature& call) {
  require_one_type(call);
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  return {call.in(0)};
}

Types rules::integers(const Signature& call) {
  require_one_type(call);
  call.require_type(is_integer(call.dtype(0)), "needs integer elements");
  return {call.in(0)};
}

Types rules::booleans(const Signature& call) {
  require_one_type(call);
  call.require_type(call.dtype(0) == boolean, "needs bool elements; compare with 0 first");
  return {call.in(0)};
}

Types rules::comparison(const Signature& call) {
  require_one_type(call);
  return {{boolean, call.shape(0)}};
}

void rules::dropout(const Signature& call, std::size_t seed) {
  const double p = call.attributes.number("p");
  call.require_type(p >= 0 && p <= 1, "p must be in [0, 1]");
  const TensorType scalar{i64, {}};
  call.require_type(call.has(seed + 1) && call.in(seed) == scalar && call.in(seed + 1) == scalar,
                    "seed and step must be i64 scalars");
}

int rules::axis(const Signature& call) {
  const std::int64_t axis = call.attributes.integer("axis");
  const int rank = call.shape(0).rank();
  if (axis < 0 || axis >= rank)
    call.fail(fmt::format("axis {} does not exist in a tensor of rank {}", axis, rank));
  return static_cast<int>(axis);
}

const Ints& rules::per_axis(const Signature& call, std::string_view attribute) {
  const Ints& values = call.attributes.integers(attribute);
  const auto rank = static_cast<std::size_t>(call.shape(0).rank());
  if (values.size() != rank)
    call.fail(fmt::format("{} needs one entry for each of the {} axes", attribute, rank));
  return values;
}

Shape rules::shape(const Signature& call) {
  const Ints& sizes = call.attributes.integers("shape");
  for (const std::int64_t size : sizes) call.require(size >= 0, "a size must not be negative");
  return checked_shape(call, sizes);
}

Shape rules::checked_shape(const Signature& call, const Ints& sizes) {
  if (sizes.size() > static_cast<std::size_t>(max_rank))
    call.fail(fmt::format("the result would have {} axes; a tensor has {} at most", sizes.size(),
                          max_rank));
  return Shape(sizes);
}

std::uint64_t element_bits(DType dtype, double value) {
  const Array element = Array::full(dtype, {}, value);
  std::uint64_t bits = 0;
  std::memcpy(&bits, element.bytes(), element.size_bytes());
  return bits;
}

}  // namespace asg
