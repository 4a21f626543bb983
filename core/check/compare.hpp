// Elements of any type that the ABI has: how they are compared, and how they read.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "check/random_case.hpp"

namespace asg::proof {

/// Element i in words.
[[nodiscard]] std::string element_text(std::uint32_t dtype, const Bytes& data, std::size_t i);

struct Mismatch {
  std::size_t element = 0;
  std::string got, expected;
  bool only_sign_of_zero = false;  ///< 0 in place of -0, or the other way round

  /// "1 in place of 2"
  [[nodiscard]] std::string text() const { return got + " in place of " + expected; }
};

/// The first element that is another, or in floats more than so many units in the last place away.
/// NaN equals NaN, and a backend may take numbers that are denormal for zeros.
[[nodiscard]] std::optional<Mismatch> first_mismatch(std::uint32_t dtype, const Bytes& got,
                                                     const Bytes& expected, int ulps = 0);

/// Units by which a backend may miss what an instruction (ASG_EW_*) gives in floats. 0 where IEEE
/// 754 or the header say every bit; the functions that no standard defines so are good to a few
/// units. Division and roots are among them, for that is what GPUs are asked for.
[[nodiscard]] int allowed_ulps(std::uint32_t opcode);

/// Numbers at which instructions go wrong, if they do: zeros of both signs, infinities, NaN, the
/// ends of the range, halves; of integers the widths of types and both ends.
[[nodiscard]] Bytes edge_values(std::uint32_t dtype);

}  // namespace asg::proof
