#include "check/compare.hpp"

#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include <asg/sdk/dispatch.hpp>

namespace asg::proof {
namespace {

template <class T>
bool agrees(T got, T expected, int ulps_allowed) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(got) && std::isnan(expected)) return true;
    if (got == expected) return std::signbit(got) == std::signbit(expected);
    if (std::fabs(expected) < std::numeric_limits<T>::min() &&
        std::fabs(got) < std::numeric_limits<T>::min())
      return got == 0 || ulps_allowed > 0;
    return ulps_allowed > 0 && ulps(got, expected) <= ulps_allowed;
  } else {
    return got == expected;
  }
}

template <class T>
std::optional<Mismatch> mismatch_in(uint32_t dtype, const Bytes& got, const Bytes& expected,
                                    int ulps_allowed) {
  for (std::size_t i = 0; i < expected.size() / sizeof(T); ++i) {
    const T a = element<T>(got, i), b = element<T>(expected, i);
    if (agrees(a, b, ulps_allowed)) continue;
    // A zero that a function may miss by units has a sign all the same, but not both ways.
    return Mismatch{i, element_text(dtype, got, i), element_text(dtype, expected, i),
                    std::is_floating_point_v<T> && a == b};
  }
  return {};
}

template <class T>
Bytes bytes_of(const std::vector<T>& values) {
  Bytes bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

template <class T>
Bytes edges_of_type() {
  using Limits = std::numeric_limits<T>;
  if constexpr (std::is_floating_point_v<T>) {
    return bytes_of<T>({T(0),
                        T(-0.0),
                        T(1),
                        T(-1),
                        T(0.5),
                        T(-0.5),
                        T(1.5),
                        T(2.5),
                        T(-2.5),
                        T(3.25),
                        T(-7.75),
                        T(0.1),
                        T(12.3),
                        T(-33.3),
                        T(1e-6),
                        T(-1e6),
                        T(255.5),
                        T(3e9),
                        T(-3e9),
                        Limits::infinity(),
                        -Limits::infinity(),
                        Limits::quiet_NaN(),
                        Limits::min(),
                        Limits::max(),
                        Limits::lowest()});
  } else {
    std::vector<T> list{0,
                        1,
                        2,
                        3,
                        7,
                        8,
                        31,
                        32,
                        63,
                        64,
                        100,
                        Limits::max(),
                        Limits::min(),
                        static_cast<T>(Limits::max() - 1)};
    if constexpr (std::is_signed_v<T>)
      for (const int n : {-1, -2, -5, -31, -32, -100}) list.push_back(static_cast<T>(n));
    return bytes_of(list);
  }
}

}  // namespace

std::string element_text(std::uint32_t dtype, const Bytes& data, std::size_t i) {
  if (dtype == ASG_BOOL) {
    const auto value = element<uint8_t>(data, i);
    return value > 1 ? fmt::format("{} (no bool)", value) : value == 1 ? "true" : "false";
  }
  if (dtype == ASG_F16 || dtype == ASG_BF16)
    return fmt::format("the bits {:#06x}", element<uint16_t>(data, i));
  return sdk::dispatch_dtype<uint8_t>(dtype, [&](auto zero) {
    using T = decltype(zero);
    if constexpr (std::is_floating_point_v<T>)
      return fmt::format("{}", element<T>(data, i));
    else
      return fmt::format("{}", static_cast<int64_t>(element<T>(data, i)));
  });
}

std::optional<Mismatch> first_mismatch(std::uint32_t dtype, const Bytes& got, const Bytes& expected,
                                       int ulps_allowed) {
  if (got == expected) return {};
  // Those that are only moved about are compared by their bits.
  if (dtype == ASG_F16 || dtype == ASG_BF16) return mismatch_in<uint16_t>(dtype, got, expected, 0);
  return sdk::dispatch_dtype<uint8_t>(dtype, [&](auto zero) {
    return mismatch_in<decltype(zero)>(dtype, got, expected, ulps_allowed);
  });
}

int allowed_ulps(std::uint32_t opcode) {
  switch (opcode) {
    case ASG_EW_EXP:
    case ASG_EW_LOG:
    case ASG_EW_SQRT:
    case ASG_EW_RSQRT:
    case ASG_EW_SIN:
    case ASG_EW_COS:
    case ASG_EW_TANH:
    case ASG_EW_ERF:
    case ASG_EW_EXPM1:
    case ASG_EW_LOG1P:
    case ASG_EW_POW:
    case ASG_EW_DIV:
      return 4;
    default:
      return 0;
  }
}

Bytes edge_values(std::uint32_t dtype) {
  if (dtype == ASG_BOOL) return {0, 1};
  return sdk::dispatch_dtype<uint8_t>(dtype,
                                      [](auto zero) { return edges_of_type<decltype(zero)>(); });
}

}  // namespace asg::proof
