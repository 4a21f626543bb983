// Programs made by hand with random contents, and how what two backends make of them is compared.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "check/program_builder.hpp"

namespace asg::proof {

using Bytes = std::vector<uint8_t>;

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed * 0x9E3779B97F4A7C15u + 1) {}
  /// A number of [low, high].
  int64_t integer(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(engine_() % static_cast<uint64_t>(high - low + 1));
  }
  bool chance(double p) { return real() < p; }
  double real() { return static_cast<double>(engine_() >> 11) * 0x1p-53; }
  template <class T>
  const T& pick(const std::vector<T>& items) {
    return items[static_cast<std::size_t>(integer(0, static_cast<int64_t>(items.size()) - 1))];
  }
  template <class T>
  void shuffle(std::vector<T>& items) {
    std::shuffle(items.begin(), items.end(), engine_);
  }

 private:
  std::mt19937_64 engine_;
};

/// `count` elements of a dtype; floats include, seldom, the special ones.
inline Bytes random_data(Random& random, uint32_t dtype, int64_t count, bool specials = true) {
  const uint32_t size = sdk::dtype_size(dtype);
  Bytes data(static_cast<std::size_t>(count) * size);
  const auto put = [&](int64_t i, auto x) {
    std::memcpy(data.data() + static_cast<std::size_t>(i) * size, &x, sizeof x);
  };
  static const double special[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 1e-310, 1e-42, 1.0, -1.0};
  for (int64_t i = 0; i < count; ++i) {
    const bool is_special = specials && random.chance(0.01);
    const double x = is_special ? special[random.integer(0, 8)] : (random.real() - 0.5) * 8;
    const int64_t n = random.chance(0.05) ? random.integer(-(int64_t{1} << 61), int64_t{1} << 61)
                                          : random.integer(-20, 20);
    switch (dtype) {
      case ASG_F32:
        put(i, static_cast<float>(x));
        break;
      case ASG_F64:
        put(i, x);
        break;
      case ASG_I8:
        put(i, static_cast<int8_t>(n));
        break;
      case ASG_U8:
        put(i, static_cast<uint8_t>(n));
        break;
      case ASG_I32:
        put(i, static_cast<int32_t>(n));
        break;
      case ASG_U32:
        put(i, static_cast<uint32_t>(n));
        break;
      case ASG_I64:
        put(i, n);
        break;
      default:
        put(i, static_cast<uint8_t>(random.integer(0, 1)));
        break;
    }
  }
  return data;
}

/// Element i of a list of integers of a dtype.
inline void put_integer(Bytes& data, uint32_t dtype, int64_t i, int64_t value) {
  // The low bytes: all that asg runs on keep them first.
  const uint32_t size = sdk::dtype_size(dtype);
  std::memcpy(data.data() + static_cast<std::size_t>(i) * size, &value, size);
}

/// Whole numbers that every dtype holds with any sum of them, or, as `factors`, with any product.
inline Bytes small_data(Random& random, uint32_t dtype, int64_t count, bool factors) {
  Bytes data(static_cast<std::size_t>(count) * sdk::dtype_size(dtype));
  for (int64_t i = 0; i < count; ++i) {
    int64_t number = random.integer(0, 3);
    if (factors) number = random.chance(0.01) ? 2 : 1;
    if (dtype == ASG_BOOL) number = number & 1;
    if (dtype != ASG_U8 && dtype != ASG_U32 && dtype != ASG_BOOL && random.chance(0.3))
      number = -number;
    const std::size_t at = static_cast<std::size_t>(i);
    if (dtype == ASG_F32) {
      const auto x = static_cast<float>(number);
      std::memcpy(data.data() + at * sizeof x, &x, sizeof x);
    } else if (dtype == ASG_F64) {
      const auto x = static_cast<double>(number);
      std::memcpy(data.data() + at * sizeof x, &x, sizeof x);
    } else {
      put_integer(data, dtype, i, number);
    }
  }
  return data;
}

/// A program with the contents of its inputs and the values to look at afterwards.
struct Case {
  ProgramBuilder program;
  std::vector<std::pair<ValueId, Bytes>> inputs;
  std::vector<ValueId> outputs;

  ValueId input(Random& random, uint32_t dtype, const Shape& shape, bool specials = true) {
    const ValueId id = program.input(dtype, shape);
    inputs.emplace_back(
        id, random_data(random, dtype, sdk::element_count(program.value(id)), specials));
    return id;
  }
  ValueId output(uint32_t dtype, const Shape& shape) {
    outputs.push_back(program.output(dtype, shape));
    return outputs.back();
  }
};

template <class T>
T element(const Bytes& data, std::size_t i) {
  T x;
  std::memcpy(&x, data.data() + i * sizeof(T), sizeof(T));
  return x;
}

/// Units in the last place of `expected` between the two; 0 when both are NaN.
template <class T>
double ulps(T got, T expected) {
  if (std::isnan(expected) || std::isnan(got))
    return std::isnan(expected) && std::isnan(got) ? 0 : INFINITY;
  if (got == expected) return 0;
  if (std::isinf(expected) || std::isinf(got)) return INFINITY;
  const T next = std::nextafter(std::fabs(expected), std::numeric_limits<T>::infinity());
  const T unit = std::isinf(next) ? std::fabs(expected) - std::nextafter(std::fabs(expected), T{0})
                                  : next - std::fabs(expected);
  return std::fabs(static_cast<double>(got) - static_cast<double>(expected)) /
         static_cast<double>(unit);
}

/// The first element in which two results differ, as text; empty when they agree.  NaNs agree
/// whatever their payload; numbers may differ by `tolerance` times the largest magnitude around.
inline std::string difference(uint32_t dtype, const Bytes& got, const Bytes& expected,
                              double tolerance = 0) {
  if (got == expected) return {};
  const std::size_t count = got.size() / sdk::dtype_size(dtype);
  const auto compare = [&](auto zero) -> std::string {
    using T = decltype(zero);
    double scale = 0;
    if (tolerance > 0)
      for (std::size_t i = 0; i < count; ++i)
        if (std::isfinite(element<T>(expected, i)))
          scale = std::max(scale, std::fabs(static_cast<double>(element<T>(expected, i))));
    for (std::size_t i = 0; i < count; ++i) {
      const T a = element<T>(got, i), b = element<T>(expected, i);
      if ((std::isnan(a) && std::isnan(b)) || (a == b && std::signbit(a) == std::signbit(b)))
        continue;
      if (tolerance > 0 &&
          std::fabs(static_cast<double>(a) - static_cast<double>(b)) <= tolerance * scale)
        continue;
      return "element " + std::to_string(i) + " of " + std::to_string(count) + ": " +
             std::to_string(a) + ", expected " + std::to_string(b);
    }
    return {};
  };
  if (dtype == ASG_F32) return compare(float{});
  if (dtype == ASG_F64) return compare(double{});
  for (std::size_t i = 0; i < got.size(); ++i)
    if (got[i] != expected[i])
      return "byte " + std::to_string(i) + " of " + std::to_string(got.size()) + ": " +
             std::to_string(got[i]) + ", expected " + std::to_string(expected[i]);
  return {};
}

}  // namespace asg::proof
