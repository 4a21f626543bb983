// Asking for the memory that the next tile needs while this one is computed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace asg::cpu {

/// A little at a time: more than the processor can wait for at once would hold up this tile's own
/// loads.
class Ahead {
 public:
  /// Asks for `bytes` from there on in `parts` steps; if that is one, now.
  void add(const std::byte* from, int64_t bytes, uint32_t parts) {
    if (count_ == streams_.size()) return;
    const int64_t part = (bytes / parts + line - 1) / line * line;
    Stream& stream = streams_[count_] = {from, from + bytes, part};
    if (parts > 1)
      ++count_;
    else
      ask(stream);
  }

  void step() {
    for (std::size_t k = 0; k < count_; ++k) ask(streams_[k]);
  }

 private:
  static constexpr int64_t line = 64;
  static constexpr int second_cache = 2;
  struct Stream {
    const std::byte *next, *end;
    int64_t part;
  };
  static void ask(Stream& s) {
    const std::byte* end = s.end - s.next > s.part ? s.next + s.part : s.end;
    for (; s.next < end; s.next += line) __builtin_prefetch(s.next, 0, second_cache);
  }
  std::array<Stream, 8> streams_;
  std::size_t count_ = 0;
};

}  // namespace asg::cpu
