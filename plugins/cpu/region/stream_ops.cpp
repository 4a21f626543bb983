// Copies that go past the caches, compiled once for each instruction set.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "region/tile_ops.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "region/stream_ops.cpp"
#include <hwy/foreach_target.h>
// foreach_target must come first
#include <hwy/cache_control.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace asg::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

void stream(void* to, const void* from, int64_t bytes) {
  const hn::ScalableTag<uint8_t> d;
  const auto step = static_cast<int64_t>(hn::Lanes(d));
  auto* target = static_cast<uint8_t*>(to);
  const auto* source = static_cast<const uint8_t*>(from);
  // Lines that are written in part only go through the cache.
  constexpr int64_t line = 64;
  const auto ahead = static_cast<int64_t>(-reinterpret_cast<uintptr_t>(to) % line);
  const int64_t begin = std::min(bytes, ahead), end = begin + (bytes - begin) / line * line;
  std::memcpy(target, source, static_cast<size_t>(begin));
  for (int64_t i = begin; i < end; i += step) hn::Stream(hn::LoadU(d, source + i), d, target + i);
  std::memcpy(target + end, source + end, static_cast<size_t>(bytes - end));
}

}  // namespace asg::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace asg::cpu {

HWY_EXPORT(stream);
void copy_past_caches(void* to, const void* from, int64_t bytes) {
  HWY_DYNAMIC_DISPATCH(stream)(to, from, bytes);
}
void finish_copies() { hwy::FlushStream(); }

}  // namespace asg::cpu
#endif
