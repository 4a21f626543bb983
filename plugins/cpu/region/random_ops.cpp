// Philox4x32-10, a counter-based generator, compiled once for each instruction set.
// Source: Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "region/tile_ops.hpp"
#include "region/tile_ops_parts.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "region/random_ops.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// A word of a block is the low half of a 64-bit lane; what stands above it never matters, as a
// product takes the low halves only.
using WordTag = hn::ScalableTag<uint64_t>;
using Words = hn::Vec<WordTag>;

HWY_INLINE Words word(uint64_t x) { return hn::Set(WordTag(), x & 0xffffffffu); }
HWY_INLINE Words product(Words x, Words factor) {
#if HWY_TARGET == HWY_SCALAR
  return hn::Mul(hn::And(x, word(0xffffffffu)), factor);
#else
  const hn::Repartition<uint32_t, WordTag> halves;
  return hn::MulEven(hn::BitCast(halves, x), hn::BitCast(halves, factor));
#endif
}

/// `parts` times as many blocks as there are lanes, from block `first` on, one after the other.
/// Several at once, because each operation on one has to wait for the one before.
template <size_t parts>
HWY_INLINE void philox_blocks(uint64_t* HWY_RESTRICT words, const RandomStream& stream,
                              uint64_t first) {
  const WordTag d;
  const size_t lanes = hn::Lanes(d);
  Words c0[parts], c1[parts], c2[parts], c3[parts];
  for (size_t k = 0; k < parts; ++k) {
    c0[k] = hn::Iota(d, first + k * lanes);
    c1[k] = word(stream.stream);
    c2[k] = word(stream.stream >> 32);
    c3[k] = word(stream.step);
  }
  const Words factor0 = word(0xD2511F53u), factor1 = word(0xCD9E8D57u);
  Words key0 = word(stream.seed), key1 = word(stream.seed >> 32);
  const Words step0 = word(0x9E3779B9u), step1 = word(0xBB67AE85u);
  for (int round = 0; round < 10; ++round) {
    for (size_t k = 0; k < parts; ++k) {
      const Words p0 = product(c0[k], factor0), p1 = product(c2[k], factor1);
      c0[k] = hn::Xor3(hn::ShiftRight<32>(p1), c1[k], key0);
      c2[k] = hn::Xor3(hn::ShiftRight<32>(p0), c3[k], key1);
      c1[k] = p1;
      c3[k] = p0;
    }
    key0 = hn::Add(key0, step0);
    key1 = hn::Add(key1, step1);
  }
  const Words low = hn::Set(d, 0xffffffffu);
  for (size_t k = 0; k < parts; ++k)
    hn::StoreInterleaved2(hn::Or(hn::And(c0[k], low), hn::ShiftLeft<32>(c1[k])),
                          hn::Or(hn::And(c2[k], low), hn::ShiftLeft<32>(c3[k])), d,
                          words + 2 * k * lanes);
}

void random(uint32_t* dst, const RandomStream& stream, int64_t first, int64_t stride, int64_t n) {
  constexpr size_t parts = 4;
  HWY_ALIGN uint64_t words[parts * 2 * HWY_MAX_BYTES / sizeof(uint64_t)];
  const auto batch = static_cast<int64_t>(parts * 4 * hn::Lanes(WordTag()));
  const auto copy = [&](uint32_t* to, int64_t from, int64_t count) {
    std::memcpy(to, reinterpret_cast<const unsigned char*>(words) + from * 4,
                static_cast<size_t>(count) * 4);
  };
  if (stride == 1) {
    for (int64_t i = 0; i < n;) {
      const uint64_t element = static_cast<uint64_t>(first + i);
      philox_blocks<parts>(words, stream, element / 4);
      const int64_t skip = static_cast<int64_t>(element % 4);
      if (skip == 0 && n - i >= batch) {
        copy(dst + i, 0, batch);
        i += batch;
        continue;
      }
      const int64_t count = std::min(n - i, batch - skip);
      copy(dst + i, skip, count);
      i += count;
    }
    return;
  }
  for (int64_t i = 0; i < n; ++i) {
    const uint64_t element = static_cast<uint64_t>(first + i * stride);
    // Neighbours along any axis seldom share a block, so each pays for a batch of its own only
    // when the block changes.
    if (i == 0 || element / 4 != static_cast<uint64_t>(first + (i - 1) * stride) / 4)
      philox_blocks<1>(words, stream, element / 4);
    copy(dst + i, static_cast<int64_t>(element % 4), 1);
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
