#include <asg/data/random.hpp>

namespace asg::data {

Random::Random(std::uint64_t seed, std::uint64_t stream) : increment_(stream << 1 | 1) {
  static_cast<void>(next());
  state_ += seed;
  static_cast<void>(next());
}

std::uint32_t Random::next() {
  const std::uint64_t old = state_;
  state_ = old * 6364136223846793005u + increment_;
  const auto shifted = static_cast<std::uint32_t>(((old >> 18) ^ old) >> 27);
  const auto turn = static_cast<std::uint32_t>(old >> 59);
  return shifted >> turn | shifted << (-turn & 31u);
}

std::uint32_t Random::below(std::uint32_t bound) {
  const std::uint32_t threshold = -bound % bound;  // below it the last, partial round begins
  for (;;)
    if (const std::uint32_t r = next(); r >= threshold) return r % bound;
}

double Random::uniform() {
  const std::uint64_t high = next() >> 5;
  return static_cast<double>(high << 26 | next() >> 6) * 0x1p-53;
}

}  // namespace asg::data
