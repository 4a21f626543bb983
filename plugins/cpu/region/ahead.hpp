// Asking for the memory that the next tile needs while this one is computed.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace asg::cpu {

/// A little at a time: more than the processor can wait for at once would hold up this tile's own
/// loads.
class Ahead {
 public:
  /// Will ask for `bytes` from there on in `parts` steps.
  void add(const std::byte* from, int64_t bytes, uint32_t parts) {
    if (count_ == streams_.size()) return;
    const int64_t part = (bytes / std::max(parts, 1u) + line - 1) / line * line;
    streams_[count_++] = {from, from + bytes, part};
  }

  void step() {
    for (std::size_t k = 0; k < count_; ++k) {
      Stream& s = streams_[k];
      const std::byte* end = s.end - s.next > s.part ? s.next + s.part : s.end;
      for (; s.next < end; s.next += line) __builtin_prefetch(s.next, 0, second_cache);
    }
  }

 private:
  static constexpr int64_t line = 64;
  static constexpr int second_cache = 2;
  struct Stream {
    const std::byte *next, *end;
    int64_t part;
  };
  std::array<Stream, 8> streams_;
  std::size_t count_ = 0;
};

}  // namespace asg::cpu
