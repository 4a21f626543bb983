#include <asg/graph/shape.hpp>

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <asg/graph/error.hpp>

namespace asg {

Shape::Shape(std::initializer_list<std::int64_t> sizes)
    : Shape(std::span<const std::int64_t>(sizes.begin(), sizes.size())) {}

Shape::Shape(std::span<const std::int64_t> sizes) {
  if (sizes.size() > static_cast<std::size_t>(max_rank)) {
    throw ShapeError(
        fmt::format("a shape of {} axes: a tensor has {} at most", sizes.size(), max_rank));
  }
  std::copy(sizes.begin(), sizes.end(), sizes_.begin());
  rank_ = static_cast<int>(sizes.size());
}

std::int64_t Shape::numel() const {
  std::int64_t product = 1;
  bool overflow = false;
  for (const std::int64_t size : *this) {
    if (size == 0) return 0;
    overflow |= __builtin_mul_overflow(product, size, &product);
  }
  if (overflow) {
    throw ShapeError(
        fmt::format("the shape {} has more elements than 64 bits can count", to_string(*this)));
  }
  return product;
}

std::int64_t Shape::at(int axis) const { return (*this)[normalize_axis(axis, rank_)]; }

void Shape::push_back(std::int64_t size) { insert(rank_, size); }

void Shape::insert(int axis, std::int64_t size) {
  if (rank_ == max_rank) {
    throw ShapeError(fmt::format("{} cannot get another axis: a tensor has {} at most",
                                 to_string(*this), max_rank));
  }
  std::copy_backward(begin() + axis, end(), end() + 1);
  sizes_[static_cast<std::size_t>(axis)] = size;
  ++rank_;
}

void Shape::erase(int axis) {
  std::copy(begin() + axis + 1, end(), begin() + axis);
  --rank_;
}

Shape Shape::slice(int first, int last) const {
  return Shape(std::span(begin() + first, begin() + last));
}

bool operator==(const Shape& a, const Shape& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

std::string to_string(const Shape& shape) {
  return fmt::format("[{}]", fmt::join(shape.begin(), shape.end(), ", "));
}

Shape row_major_strides(const Shape& shape) {
  Shape strides = shape;
  std::int64_t stride = 1;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}

std::string to_string(const TensorType& type) {
  return fmt::format("{}{}", name(type.dtype), to_string(type.shape));
}

int normalize_axis(int axis, int rank) {
  if (axis >= -rank && axis < rank) return axis < 0 ? axis + rank : axis;
  if (rank == 0) throw ShapeError(fmt::format("axis {} of a scalar, which has none", axis));
  throw ShapeError(fmt::format("axis {} is outside of -{}..{}, the axes of rank {}", axis, rank,
                               rank - 1, rank));
}

bool broadcastable(const Shape& from, const Shape& to) {
  const int missing = to.rank() - from.rank();
  if (missing < 0) return false;
  for (int axis = 0; axis < from.rank(); ++axis) {
    if (from[axis] != 1 && from[axis] != to[axis + missing]) return false;
  }
  return true;
}

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  const Shape& longer = a.rank() >= b.rank() ? a : b;
  const Shape& shorter = a.rank() >= b.rank() ? b : a;
  const int missing = longer.rank() - shorter.rank();
  Shape result = longer;
  for (int axis = 0; axis < shorter.rank(); ++axis) {
    std::int64_t& size = result[axis + missing];
    const std::int64_t other = shorter[axis];
    if (size == 1) size = other;
    if (other != 1 && other != size) {
      throw ShapeError(
          fmt::format("{} and {} do not broadcast: {} meets {} at axis {}, and neither is 1",
                      to_string(a), to_string(b), a[a.rank() - shorter.rank() + axis],
                      b[b.rank() - shorter.rank() + axis], axis - shorter.rank()));
    }
  }
  return result;
}

}  // namespace asg
