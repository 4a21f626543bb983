// Random numbers on the host, for picking batches and samples.
#pragma once
#include <cstdint>

namespace asg::data {

/// A small generator whose numbers depend on the seed and the stream alone, on every machine.
/// Source   PCG-XSH-RR 64/32; O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically
///          Good Algorithms for Random Number Generation", 2014
class Random {
 public:
  explicit Random(std::uint64_t seed, std::uint64_t stream = 0);
  [[nodiscard]] std::uint32_t next();
  /// Uniform in 0..bound-1, without bias; bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  [[nodiscard]] double uniform();

 private:
  std::uint64_t state_ = 0;
  std::uint64_t increment_;
};

}  // namespace asg::data
