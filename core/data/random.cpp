#include <asg/data/random.hpp>

namespace asg::data {
namespace {

// Neighbouring seeds and streams must not give neighbouring states: the raw generator's streams
// are shifted copies of each other. Source: SplitMix64; Steele, Lea and Flood, 2014.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace

Random::Random(std::uint64_t seed, std::uint64_t stream)
    : state_(mix(seed ^ mix(stream))), increment_(mix(state_) | 1) {}

std::uint32_t Random::next() {
  const std::uint64_t old = state_;
  state_ = old * 6364136223846793005u + increment_;
  const auto shifted = static_cast<std::uint32_t>(((old >> 18) ^ old) >> 27);
  const auto turn = static_cast<std::uint32_t>(old >> 59);
  return shifted >> turn | shifted << (-turn & 31u);
}

std::uint64_t Random::below(std::uint64_t bound) {
  // Wider numbers only where they are needed: what was drawn before stays as it was.
  if (bound <= UINT32_MAX) {
    const auto narrow = static_cast<std::uint32_t>(bound);
    const std::uint32_t threshold = -narrow % narrow;  // below it the last, partial round begins
    for (;;)
      if (const std::uint32_t r = next(); r >= threshold) return r % narrow;
  }
  const std::uint64_t threshold = -bound % bound;
  for (;;) {
    const std::uint64_t high = next();
    if (const std::uint64_t r = high << 32 | next(); r >= threshold) return r % bound;
  }
}

double Random::uniform() {
  const std::uint64_t high = next() >> 5;
  return static_cast<double>(high << 26 | next() >> 6) * 0x1p-53;
}

}  // namespace asg::data
