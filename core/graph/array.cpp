#include <asg/graph/array.hpp>

#include <cmath>
#include <cstring>
#include <limits>
#include <new>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

namespace asg {
namespace {

// A cache line, and the widest vector registers.
constexpr std::align_val_t alignment{64};

std::shared_ptr<std::byte[]> allocate(std::size_t size) {
  return {static_cast<std::byte*>(::operator new(size, alignment)),
          [](std::byte* memory) { ::operator delete(memory, alignment); }};
}

template <class Body>
decltype(auto) with_type(DType dtype, Body&& body) {
  switch (dtype) {
    case f32:
      return body(float{});
    case f64:
      return body(double{});
    case i32:
      return body(std::int32_t{});
    case i64:
      return body(std::int64_t{});
    case u32:
      return body(std::uint32_t{});
    case boolean:
      return body(bool{});
  }
  throw TypeError(fmt::format("{} is the number of no element type", static_cast<int>(dtype)));
}

// Saturates where C++ leaves a float that does not fit an integer undefined; NaN becomes 0.
template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<To, bool>) {
    return value != From{};
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<From>) {
    if (std::isnan(value)) return 0;
    // The largest To may round up as a From, so the test is for "at least".
    if (value >= static_cast<From>(std::numeric_limits<To>::max())) {
      return std::numeric_limits<To>::max();
    }
    if (value <= static_cast<From>(std::numeric_limits<To>::min())) {
      return std::numeric_limits<To>::min();
    }
    return static_cast<To>(value);
  } else {
    return static_cast<To>(value);
  }
}

void check_index(std::int64_t i, const TensorType& type) {
  if (i < 0 || i >= type.shape.numel()) {
    throw ShapeError(
        fmt::format("element {} of {}, which has {}", i, to_string(type), type.shape.numel()));
  }
}

}  // namespace

Array::Array(DType dtype, const Shape& shape) : type_{dtype, shape} {
  for (const std::int64_t size : shape) {
    if (size < 0) {
      throw ShapeError(
          fmt::format("an array of shape {}: sizes are not negative", to_string(shape)));
    }
  }
  if (static_cast<std::uint64_t>(numel()) > std::numeric_limits<std::size_t>::max() / 16) {
    throw ShapeError(fmt::format("an array {} does not fit in memory", to_string(type_)));
  }
  memory_ = allocate(size_bytes());
}

Array Array::zeros(DType dtype, const Shape& shape) {
  Array result(dtype, shape);
  std::memset(result.bytes(), 0, result.size_bytes());
  return result;
}

Array Array::full(DType dtype, const Shape& shape, double value) {
  Array result(dtype, shape);
  with_type(dtype, [&]<class T>(T) {
    for (T& element : result.values<T>()) element = convert<T>(value);
  });
  return result;
}

double Array::get(std::int64_t i) const {
  check_index(i, type_);
  return with_type(dtype(), [&]<class T>(T) { return static_cast<double>(data<T>()[i]); });
}

void Array::set(std::int64_t i, double value) {
  check_index(i, type_);
  with_type(dtype(), [&]<class T>(T) { data<T>()[i] = convert<T>(value); });
}

Array Array::to(DType wanted) const {
  Array result(wanted, shape());
  with_type(dtype(), [&]<class From>(From) {
    with_type(wanted, [&]<class To>(To) {
      To* out = result.data<To>();
      for (const From value : values<From>()) *out++ = convert<To>(value);
    });
  });
  return result;
}

Array Array::clone() const {
  check_type(dtype());
  Array result(dtype(), shape());
  std::memcpy(result.bytes(), bytes(), size_bytes());
  return result;
}

Array Array::reshaped(const Shape& shape) const {
  check_type(dtype());
  if (shape.numel() != numel()) {
    throw ShapeError(fmt::format("{} has {} elements and cannot take the shape {}, which has {}",
                                 to_string(type_), numel(), to_string(shape), shape.numel()));
  }
  Array result = *this;
  result.type_.shape = shape;
  return result;
}

void Array::check_type(DType wanted) const {
  if (!memory_) throw TypeError("an Array without elements is read: it was only declared");
  if (wanted != dtype()) {
    throw TypeError(
        fmt::format("the elements of {} are read as {}", to_string(type_), name(wanted)));
  }
}

void Array::check_count(std::size_t count) const {
  if (static_cast<std::size_t>(numel()) != count) {
    throw ShapeError(
        fmt::format("{} values for {}, which has {} elements", count, to_string(type_), numel()));
  }
}

double Array::item_double() const {
  if (numel() != 1) {
    throw ShapeError(fmt::format("item() of {}, which has {} elements instead of one",
                                 to_string(type_), numel()));
  }
  return get(0);
}

std::string to_string(const Array& array, std::int64_t limit) {
  if (array.bytes() == nullptr) return "no array";
  const std::int64_t count = array.numel();
  const std::int64_t head = count <= limit ? count : (limit + 1) / 2;
  const std::int64_t tail = count <= limit ? 0 : limit / 2;
  std::string text = to_string(array.type()) + " {";
  with_type(array.dtype(), [&]<class T>(T) {
    const T* values = array.data<T>();
    const auto list = [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        text += fmt::format("{}{}", i == 0 ? "" : ", ", values[i]);
      }
    };
    list(0, head);
    if (count > limit) text += head == 0 ? "..." : ", ...";
    list(count - tail, count);
  });
  return text + "}";
}

bool identical(const Array& a, const Array& b) {
  if (a.type() != b.type()) return false;
  if (a.bytes() == b.bytes()) return true;
  if (a.bytes() == nullptr || b.bytes() == nullptr) return false;
  return std::memcmp(a.bytes(), b.bytes(), a.size_bytes()) == 0;
}

}  // namespace asg
