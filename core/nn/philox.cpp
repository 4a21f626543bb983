#include <asg/nn/philox.hpp>

#include <cmath>
#include <numbers>

namespace asg::nn {
namespace {

// FNV-1a: stable across builds and machines, unlike std::hash.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211u;
  return hash;
}

std::array<std::uint32_t, 2> halves(std::uint64_t value) {
  return {static_cast<std::uint32_t>(value), static_cast<std::uint32_t>(value >> 32)};
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32_10(std::array<std::uint32_t, 4> counter,
                                           std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const auto a = halves(std::uint64_t{0xD2511F53u} * counter[0]);
    const auto b = halves(std::uint64_t{0xCD9E8D57u} * counter[2]);
    counter = {b[1] ^ counter[1] ^ key[0], b[0], a[1] ^ counter[3] ^ key[1], a[0]};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter;
}

Philox::Philox(std::uint64_t seed, std::string_view name)
    : key_(halves(seed)), stream_(halves(hash_of(name))) {}

double Philox::uniform() {
  if (half_used_) {
    const auto [low, high] = halves(block_++);
    words_ = philox4x32_10({low, high, stream_[0], stream_[1]}, key_);
  }
  half_used_ = !half_used_;
  const std::size_t first = half_used_ ? 2 : 0;
  const std::uint64_t bits = (std::uint64_t{words_[first]} << 32 | words_[first + 1]) >> 11;
  return static_cast<double>(bits) * 0x1p-53;
}

double Philox::normal() {
  has_spare_ = !has_spare_;
  if (!has_spare_) return spare_;
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));  // 1 - u is never 0
  const double angle = 2 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  return radius * std::cos(angle);
}

}  // namespace asg::nn
