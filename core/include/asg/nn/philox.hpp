// Random numbers on the host for initial values: a pure function of seed, name and position.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace asg::nn {

/// One block of the generator Philox4x32 with 10 rounds.
/// Source   Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011
[[nodiscard]] std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter,
                                                         std::array<std::uint32_t, 2> key);

/// A stream of numbers that depends on the seed and the name alone, so that adding, removing or
/// reordering other streams changes nothing.
/// Threads  one at a time; streams are independent.
class Philox {
 public:
  Philox(std::uint64_t seed, std::string_view name);

  /// Uniform in [0, 1), 53 bits.
  [[nodiscard]] double uniform();
  /// Standard normal.
  /// Source   Box and Muller, 1958
  [[nodiscard]] double normal();

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 2> stream_;
  std::uint64_t block_ = 0;
  std::array<std::uint32_t, 4> words_{};
  bool half_used_ = true;
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace asg::nn
