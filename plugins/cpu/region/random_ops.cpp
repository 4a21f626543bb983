// Philox4x32-10, a counter-based generator, compiled once for each instruction set.
// Source: Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
#include <algorithm>
#include <cstdint>

#include "tile_ops.hpp"
#include "tile_ops_parts.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "region/random_ops.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

constexpr int64_t batch = 16;

/// Blocks first .. first + 15 of the stream, word w of block i at words[w][i].
HWY_INLINE void philox_batch(uint32_t (&words)[4][batch], const RandomStream& stream,
                             uint32_t first) {
  uint32_t c0[batch], c1[batch], c2[batch], c3[batch];
  for (uint32_t i = 0; i < batch; ++i) {
    c0[i] = first + i;
    c1[i] = static_cast<uint32_t>(stream.stream);
    c2[i] = static_cast<uint32_t>(stream.stream >> 32);
    c3[i] = static_cast<uint32_t>(stream.step);
  }
  uint32_t key0 = static_cast<uint32_t>(stream.seed);
  uint32_t key1 = static_cast<uint32_t>(stream.seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (int64_t i = 0; i < batch; ++i) {
      const uint64_t p0 = uint64_t{0xD2511F53u} * c0[i];
      const uint64_t p1 = uint64_t{0xCD9E8D57u} * c2[i];
      const uint32_t n0 = static_cast<uint32_t>(p1 >> 32) ^ c1[i] ^ key0;
      const uint32_t n2 = static_cast<uint32_t>(p0 >> 32) ^ c3[i] ^ key1;
      c0[i] = n0;
      c1[i] = static_cast<uint32_t>(p1);
      c2[i] = n2;
      c3[i] = static_cast<uint32_t>(p0);
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  for (int64_t i = 0; i < batch; ++i) {
    words[0][i] = c0[i];
    words[1][i] = c1[i];
    words[2][i] = c2[i];
    words[3][i] = c3[i];
  }
}

void random(uint32_t* dst, const RandomStream& stream, int64_t first, int64_t stride, int64_t n) {
  uint32_t words[4][batch];
  if (stride == 1) {
    for (int64_t i = 0; i < n;) {
      const uint64_t element = static_cast<uint64_t>(first + i);
      philox_batch(words, stream, static_cast<uint32_t>(element / 4));
      const int64_t skip = static_cast<int64_t>(element % 4);
      const int64_t count = std::min(n - i, 4 * batch - skip);
      if (count == 4 * batch) {
        for (int64_t k = 0; k < batch; ++k)
          for (int64_t w = 0; w < 4; ++w) dst[i + 4 * k + w] = words[w][k];
      } else {
        for (int64_t k = 0; k < count; ++k) dst[i + k] = words[(skip + k) % 4][(skip + k) / 4];
      }
      i += count;
    }
    return;
  }
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t element = static_cast<uint64_t>(first + i * stride);
    // Neighbours along any axis seldom share a block, so each pays for a batch of its own only
    // when the block changes.
    if (i == 0 || element / 4 != static_cast<uint64_t>(first + (i - 1) * stride) / 4)
      philox_batch(words, stream, static_cast<uint32_t>(element / 4));
    dst[i] = words[element % 4][0];
  }
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace asg::cpu {
HWY_EXPORT(random);
void fill_random(uint32_t* dst, const RandomStream& stream, int64_t first, int64_t stride,
                 int64_t n) {
  HWY_DYNAMIC_DISPATCH(random)(dst, stream, first, stride, n);
}
}  // namespace asg::cpu
#endif
