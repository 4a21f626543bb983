#include "passes/plan.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <utility>

namespace asg {
namespace {

// Free ranges of an arena that grows at its end: best fit, neighbours joined.
class FreeRanges {
 public:
  std::uint64_t take(std::uint64_t bytes) {
    if (const auto best = by_size_.lower_bound({bytes, 0}); best != by_size_.end()) {
      const auto [size, offset] = *best;
      remove(offset, size);
      if (size > bytes) add(offset + bytes, size - bytes);
      return offset;
    }
    // The last range may touch the end: then only the rest is new.
    std::uint64_t offset = end_;
    if (!by_offset_.empty()) {
      const auto [last, size] = *std::prev(by_offset_.end());
      if (last + size == end_) {
        offset = last;
        remove(last, size);
      }
    }
    end_ = offset + bytes;
    return offset;
  }
  void give(std::uint64_t offset, std::uint64_t bytes) {
    const auto next = by_offset_.lower_bound(offset);
    if (next != by_offset_.begin()) {
      const auto [before, size] = *std::prev(next);
      if (before + size == offset) {
        remove(before, size);
        offset = before;
        bytes += size;
      }
    }
    if (next != by_offset_.end() && offset + bytes == next->first) {
      const auto [after, size] = *next;
      remove(after, size);
      bytes += size;
    }
    add(offset, bytes);
  }
  [[nodiscard]] std::uint64_t end() const { return end_; }

 private:
  void add(std::uint64_t offset, std::uint64_t bytes) {
    by_offset_.emplace(offset, bytes);
    by_size_.emplace(bytes, offset);
  }
  void remove(std::uint64_t offset, std::uint64_t bytes) {
    by_offset_.erase(offset);
    by_size_.erase({bytes, offset});
  }

  std::map<std::uint64_t, std::uint64_t> by_offset_;           // offset -> bytes
  std::set<std::pair<std::uint64_t, std::uint64_t>> by_size_;  // {bytes, offset}
  std::uint64_t end_ = 0;
};

// A piece of the arena to be placed.
struct Interval {
  std::uint64_t bytes;
  int first, last;
  std::uint64_t offset;
};

// The least that any plan needs: what is alive at the worst step.
void find_bound(Program& program, const std::vector<Interval>& intervals) {
  std::vector<std::int64_t> change(program.steps.size() + 1, 0);
  for (const Interval& i : intervals) {
    change[static_cast<std::size_t>(i.first)] += static_cast<std::int64_t>(i.bytes);
    change[static_cast<std::size_t>(i.last) + 1] -= static_cast<std::int64_t>(i.bytes);
  }
  std::int64_t alive = 0;
  for (std::size_t step = 0; step < program.steps.size(); ++step) {
    alive += change[step];
    if (static_cast<std::uint64_t>(alive) > program.liveness_bound_bytes) {
      program.liveness_bound_bytes = static_cast<std::uint64_t>(alive);
      program.peak_step = static_cast<std::uint32_t>(step);
    }
  }
}

using Order = std::vector<std::size_t>;

// Places intervals in several ways.
class Planner {
 public:
  Planner(const std::vector<Interval>& intervals, std::uint64_t bound)
      : intervals_(intervals), bound_(bound) {}

  // Until one way meets the bound; gives the best.
  std::vector<Interval> run() {
    offer(place_in_time(false));
    if (met()) return std::move(best_);
    offer(place_in_time(true));
    if (met() || intervals_.size() > most_by_order) return std::move(best_);
    const auto life = [](const Interval& i) {
      return static_cast<std::uint64_t>(i.last - i.first + 1);
    };
    for (const bool by_area : {false, true}) {
      Order order(intervals_.size());
      std::iota(order.begin(), order.end(), std::size_t{0});
      const auto weight = [&](std::size_t i) {
        return intervals_[i].bytes * (by_area ? life(intervals_[i]) : 1);
      };
      std::stable_sort(order.begin(), order.end(),
                       [&](std::size_t a, std::size_t b) { return weight(a) > weight(b); });
      if (insist(std::move(order))) break;
    }
    return std::move(best_);
  }
  [[nodiscard]] std::uint64_t end() const { return end_; }
  [[nodiscard]] std::int64_t visits() const { return visits_; }

 private:
  static constexpr std::size_t most_by_order = 1024;  // the work grows with the square
  static constexpr std::int64_t most_visits = 1 << 17;

  [[nodiscard]] bool met() const { return end_ <= bound_; }
  void offer(std::vector<Interval> placed) {
    const std::uint64_t end = end_of(placed);
    if (end >= end_) return;
    end_ = end;
    best_ = std::move(placed);
  }
  static std::uint64_t end_of(const std::vector<Interval>& placed) {
    std::uint64_t end = 0;
    for (const Interval& i : placed) end = std::max(end, i.offset + i.bytes);
    return end;
  }

  // In the order of the steps, or backwards: the smallest free range that fits, else the end.
  std::vector<Interval> place_in_time(bool backwards) {
    std::vector<Interval> placed = intervals_;
    std::vector<std::pair<int, std::size_t>> events;  // frees of a step come after its makes
    events.reserve(2 * placed.size());
    for (std::size_t i = 0; i < placed.size(); ++i) {
      const int begin = backwards ? -placed[i].last : placed[i].first;
      const int end = backwards ? -placed[i].first : placed[i].last;
      events.emplace_back(2 * begin, i);
      events.emplace_back(2 * end + 1, i);
    }
    std::sort(events.begin(), events.end());
    visits_ += static_cast<std::int64_t>(events.size());
    FreeRanges ranges;
    for (const auto& [time, i] : events) {
      if (time % 2 == 0)
        placed[i].offset = ranges.take(placed[i].bytes);
      else
        ranges.give(placed[i].offset, placed[i].bytes);
    }
    return placed;
  }

  // Each at the lowest place that is free all its life, the first of the order first.
  std::vector<Interval> place_by_order(const Order& order) {
    std::vector<Interval> intervals = intervals_;
    std::vector<std::size_t> placed;  // by offset
    for (const std::size_t i : order) {
      std::uint64_t offset = 0;
      for (const std::size_t other : placed) {
        ++visits_;
        const Interval& o = intervals[other];
        if (o.last < intervals[i].first || intervals[i].last < o.first) continue;
        if (offset + intervals[i].bytes <= o.offset) break;
        offset = std::max(offset, o.offset + o.bytes);
      }
      intervals[i].offset = offset;
      const auto at = std::upper_bound(
          placed.begin(), placed.end(), offset,
          [&](std::uint64_t value, std::size_t other) { return value < intervals[other].offset; });
      placed.insert(at, i);
    }
    return intervals;
  }

  // What reaches beyond the bound is placed first the next time.
  bool insist(Order order) {
    for (int tries = 0; tries == 0 || (tries < 32 && visits_ < most_visits); ++tries) {
      const std::vector<Interval> placed = place_by_order(order);
      offer(placed);
      if (met()) return true;
      std::stable_partition(order.begin(), order.end(), [&](std::size_t i) {
        return placed[i].offset + placed[i].bytes > bound_;
      });
    }
    return false;
  }

  const std::vector<Interval>& intervals_;
  std::uint64_t bound_;
  std::vector<Interval> best_;
  std::uint64_t end_ = std::numeric_limits<std::uint64_t>::max();
  std::int64_t visits_ = 0;
};

}  // namespace

void plan_arena(Program& program, std::vector<PlannedBuffer>& buffers, std::uint64_t alignment,
                std::int64_t& visits) {
  const auto rounded = [&](std::uint64_t bytes) {
    return (bytes + alignment - 1) / alignment * alignment;
  };
  std::vector<Interval> intervals;
  std::vector<std::size_t> owner;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const PlannedBuffer& b = buffers[i];
    if (b.slot != 0 || b.first < 0 || b.bytes == 0 || b.same_as >= 0) continue;
    intervals.push_back({rounded(b.bytes), b.first, b.last, 0});
    owner.push_back(i);
    program.arena.push_back({b.bytes, 0, static_cast<std::uint32_t>(b.first),
                             static_cast<std::uint32_t>(b.last), b.name, b.origin});
  }
  find_bound(program, intervals);
  Planner planner(intervals, program.liveness_bound_bytes);
  intervals = planner.run();
  visits += planner.visits();
  program.slots[0].size_bytes = planner.end();
  for (std::size_t i = 0; i < intervals.size(); ++i) {
    buffers[owner[i]].offset = intervals[i].offset;
    program.arena[i].offset = intervals[i].offset;
  }
  for (Placed& value : program.values) {
    const PlannedBuffer* b = &buffers[value.slot];
    value.slot = b->slot;
    while (b->same_as >= 0) b = &buffers[static_cast<std::size_t>(b->same_as)];
    value.offset += b->offset;
    value.extent_begin += b->offset;
    value.extent_end += b->offset;
  }
}

namespace {

struct Range {
  std::uint32_t slot;
  std::uint64_t begin, end;
};

// Bytes of slots, kept as ranges that do not touch each other.
class TouchedRanges {
 public:
  [[nodiscard]] bool overlaps(const Range& r) const {
    const auto behind = ranges_.lower_bound({r.slot, r.end});
    if (behind == ranges_.begin()) return false;
    const auto& [at, end] = *std::prev(behind);
    return at.first == r.slot && r.begin < end;
  }
  void add(Range r) {
    auto next = ranges_.lower_bound({r.slot, r.begin});
    if (next != ranges_.begin() && std::prev(next)->first.first == r.slot &&
        std::prev(next)->second >= r.begin)
      --next;
    while (next != ranges_.end() && next->first.first == r.slot && next->first.second <= r.end) {
      r.begin = std::min(r.begin, next->first.second);
      r.end = std::max(r.end, next->second);
      next = ranges_.erase(next);
    }
    ranges_.emplace_hint(next, std::pair{r.slot, r.begin}, r.end);
  }
  void clear() { ranges_.clear(); }

 private:
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> ranges_;  // {slot, begin} -> end
};

}  // namespace

void assign_stages(Program& program, std::int64_t& visits) {
  TouchedRanges reads, writes;  // of the stage being filled
  const auto range = [&](std::uint32_t v) {
    const Placed& p = program.values[v];
    return Range{p.slot, p.extent_begin, p.extent_end};
  };
  std::uint32_t stage = 0;
  for (Step& step : program.steps) {
    std::vector<std::uint32_t> written = step.outputs;
    if (step.scratch >= 0) written.push_back(static_cast<std::uint32_t>(step.scratch));
    visits += static_cast<std::int64_t>(step.inputs.size() + written.size());
    bool conflict = false;
    for (const std::uint32_t v : step.inputs) conflict = conflict || writes.overlaps(range(v));
    for (const std::uint32_t v : written)
      conflict = conflict || writes.overlaps(range(v)) || reads.overlaps(range(v));
    if (conflict) {
      ++stage;
      reads.clear();
      writes.clear();
    }
    step.stage = stage;
    for (const std::uint32_t v : step.inputs) reads.add(range(v));
    for (const std::uint32_t v : written) writes.add(range(v));
  }
}

}  // namespace asg
