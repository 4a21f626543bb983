// Channels that lie apart, turned to lines of all channels at a position.  Included once for each
// target.
#if defined(ASG_CPU_TURN_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ASG_CPU_TURN_INL
#undef ASG_CPU_TURN_INL
#else
#define ASG_CPU_TURN_INL
#endif

#include <cstdint>
#include <cstring>

#include <hwy/highway.h>

#include "claimed/simd/block_gemm-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

/// So many positions of four channels side by side, which go to lines `line` apart.
HWY_INLINE void turn_four(const float* from, int64_t channel, int64_t column, int64_t count,
                          int64_t line, float* to) {
  HWY_ALIGN float part[4 * lanes];
  int64_t p = 0;
  const auto whole = [&](auto d) {
    constexpr int64_t n = static_cast<int64_t>(hn::MaxLanes(d));
    for (; p + n <= count; p += n) {
      hn::StoreInterleaved4(hn::LoadU(d, from + p), hn::LoadU(d, from + channel + p),
                            hn::LoadU(d, from + 2 * channel + p),
                            hn::LoadU(d, from + 3 * channel + p), d, part);
      for (int64_t q = 0; q < n; ++q)
        std::memcpy(to + (p + q) * line, part + q * 4, 4 * sizeof(float));
    }
  };
  if (column == 1) {
    whole(Floats());
    whole(hn::CappedTag<float, 4>());
  }
  for (; p < count; ++p)
    for (int64_t k = 0; k < 4; ++k) to[p * line + k] = from[k * channel + p * column];
}

/// The same for any number of channels; lines are as long as `line`, zeros where there is none.
inline void turn_channels(const float* from, int64_t channels, int64_t channel, int64_t column,
                          int64_t count, int64_t line, float* to) {
  int64_t c = 0;
  for (; c + 4 <= channels; c += 4)
    turn_four(from + c * channel, channel, column, count, line, to + c);
  if (c == line) return;
  for (int64_t p = 0; p < count; ++p)
    for (int64_t k = c; k < line; ++k)
      to[p * line + k] = k < channels ? from[k * channel + p * column] : 0.0f;
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
