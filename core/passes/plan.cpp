#include "plan.hpp"

#include <algorithm>
#include <map>

namespace asg {
namespace {

// Free ranges of an arena that grows at its end: best fit, neighbours joined.
class FreeRanges {
 public:
  std::uint64_t take(std::uint64_t bytes) {
    auto best = free_.end();
    for (auto it = free_.begin(); it != free_.end(); ++it)
      if (it->second >= bytes && (best == free_.end() || it->second < best->second)) best = it;
    if (best != free_.end()) {
      const auto [offset, size] = *best;
      free_.erase(best);
      if (size > bytes) free_.emplace(offset + bytes, size - bytes);
      return offset;
    }
    // The last range may touch the end: then only the rest is new.
    std::uint64_t offset = end_;
    if (!free_.empty()) {
      const auto last = std::prev(free_.end());
      if (last->first + last->second == end_) {
        offset = last->first;
        free_.erase(last);
      }
    }
    end_ = offset + bytes;
    return offset;
  }
  void give(std::uint64_t offset, std::uint64_t bytes) {
    auto next = free_.lower_bound(offset);
    if (next != free_.end() && offset + bytes == next->first) {
      bytes += next->second;
      next = free_.erase(next);
    }
    if (next != free_.begin()) {
      const auto before = std::prev(next);
      if (before->first + before->second == offset) {
        before->second += bytes;
        return;
      }
    }
    free_.emplace(offset, bytes);
  }
  [[nodiscard]] std::uint64_t end() const { return end_; }

 private:
  std::map<std::uint64_t, std::uint64_t> free_;  // offset -> bytes
  std::uint64_t end_ = 0;
};

}  // namespace

void plan_arena(Program& program, std::vector<PlannedBuffer>& buffers, std::uint64_t alignment) {
  const auto steps = program.steps.size();
  std::vector<std::vector<std::size_t>> begins(steps), ends(steps);
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    const PlannedBuffer& b = buffers[i];
    if (b.slot != 0 || b.first < 0 || b.bytes == 0) continue;
    begins[static_cast<std::size_t>(b.first)].push_back(i);
    ends[static_cast<std::size_t>(b.last)].push_back(i);
  }
  const auto rounded = [&](std::uint64_t bytes) {
    return (bytes + alignment - 1) / alignment * alignment;
  };
  FreeRanges ranges;
  std::uint64_t alive = 0;
  for (std::size_t step = 0; step < steps; ++step) {
    for (const std::size_t i : begins[step]) {
      buffers[i].offset = ranges.take(rounded(buffers[i].bytes));
      alive += rounded(buffers[i].bytes);
    }
    program.liveness_bound_bytes = std::max(program.liveness_bound_bytes, alive);
    for (const std::size_t i : ends[step]) {
      ranges.give(buffers[i].offset, rounded(buffers[i].bytes));
      alive -= rounded(buffers[i].bytes);
    }
  }
  program.slots[0].size_bytes = ranges.end();

  for (Placed& value : program.values) {
    const PlannedBuffer& b = buffers[value.slot];
    value.slot = b.slot;
    value.offset += b.offset;
    value.extent_begin += b.offset;
    value.extent_end += b.offset;
  }
}

void assign_stages(Program& program) {
  struct Range {
    std::uint32_t slot;
    std::uint64_t begin, end;
  };
  std::vector<Range> reads, writes;  // of the stage being filled
  const auto range = [&](std::uint32_t v) {
    const Placed& p = program.values[v];
    return Range{p.slot, p.extent_begin, p.extent_end};
  };
  const auto overlaps = [](const std::vector<Range>& list, const Range& r) {
    return std::any_of(list.begin(), list.end(), [&](const Range& o) {
      return o.slot == r.slot && o.begin < r.end && r.begin < o.end;
    });
  };
  std::uint32_t stage = 0;
  for (Step& step : program.steps) {
    std::vector<std::uint32_t> written = step.outputs;
    if (step.scratch >= 0) written.push_back(static_cast<std::uint32_t>(step.scratch));
    bool conflict = false;
    for (const std::uint32_t v : step.inputs) conflict = conflict || overlaps(writes, range(v));
    for (const std::uint32_t v : written)
      conflict = conflict || overlaps(writes, range(v)) || overlaps(reads, range(v));
    if (conflict) {
      ++stage;
      reads.clear();
      writes.clear();
    }
    step.stage = stage;
    for (const std::uint32_t v : step.inputs) reads.push_back(range(v));
    for (const std::uint32_t v : written) writes.push_back(range(v));
  }
}

}  // namespace asg
