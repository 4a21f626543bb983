#include "passes/kernel_order.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <utility>

namespace asg {
namespace {

// Always takes the ready kernel with the least key. The key has what running it adds to the memory
// alive; `frees_first` looks only at whether it adds none, little or much, and keeps to the
// program's order else.
class LeastAdded : public ReadyNodes {
 public:
  LeastAdded(const Survey& work, bool frees_first)
      : work_(work),
        frees_first_(frees_first),
        left_(work.memories.size()),
        adds_(work.makes.size(), 0),
        state_(work.makes.size(), State::waits) {
    for (std::uint32_t k = 0; k < adds_.size(); ++k)
      for (const std::uint32_t m : work.makes[k]) adds_[k] += work.memories[m].bytes;
    for (std::size_t m = 0; m < left_.size(); ++m) {
      const Survey::Memory& memory = work.memories[m];
      left_[m] = memory.readers.size();
      if (left_[m] == 1) adds_[memory.readers[0]] -= memory.bytes;
      little_ = std::max(little_, memory.bytes / 1024);
    }
  }

  void add(NodeId k) override {
    state_[k] = State::ready;
    offer(k);
  }
  NodeId take() override {
    while (state_[queue_.top().second] == State::done) queue_.pop();
    const std::uint32_t k = queue_.top().second;
    queue_.pop();
    state_[k] = State::done;
    work_.visits +=
        1 + static_cast<std::int64_t>(work_.reads[k].size() + work_.kernels.users(k).size());
    for (const std::uint32_t m : work_.reads[k])
      if (--left_[m] == 1) find_last_reader(work_.memories[m]);
    return k;
  }

 private:
  using Key = std::pair<std::int64_t, std::uint32_t>;
  enum class State : std::uint8_t { waits, ready, done };

  void find_last_reader(const Survey::Memory& memory) {
    for (const std::uint32_t last : memory.readers) {
      ++work_.visits;
      if (state_[last] == State::done) continue;
      adds_[last] -= memory.bytes;
      if (state_[last] == State::ready) offer(last);
    }
  }
  // A kernel whose key falls is put in again: the old entry comes later, when the kernel is done.
  void offer(std::uint32_t k) {
    const std::int64_t coarse = adds_[k] <= 0 ? 0 : adds_[k] <= little_ ? 1 : 2;
    queue_.emplace(frees_first_ ? coarse : adds_[k], k);
  }

  const Survey& work_;
  bool frees_first_;
  std::vector<std::size_t> left_;   // readers, by memory
  std::vector<std::int64_t> adds_;  // by kernel
  std::vector<State> state_;
  std::int64_t little_ = 0;
  std::priority_queue<Key, std::vector<Key>, std::greater<>> queue_;
};

KernelOrder list_order(const Survey& work, bool frees_first) {
  LeastAdded ready(work, frees_first);
  return work.kernels.topological_order(ready);
}

// Going backwards, a memory comes to life at its last reader and dies at its maker. Which reader is
// last is not known beforehand: the maker's side is exact, the readers' an upper bound.
Survey mirror_of(const Survey& work) {
  Survey mirror(work.kernels.reversed());
  for (std::uint32_t m = 0; m < work.memories.size(); ++m) {
    const Survey::Memory& memory = work.memories[m];
    const std::uint32_t from = memory.readers.empty() ? memory.maker : memory.readers.back();
    mirror.makes[from].push_back(m);
    mirror.reads[memory.maker].push_back(m);
    mirror.memories.push_back({memory.bytes, from, {memory.maker}});
  }
  return mirror;
}

// Moves single kernels away from the peak: a maker behind it, as late as its first user lets it, or
// the last reader of a memory before it.
class PeakMoves {
 public:
  PeakMoves(const Survey& work, KernelOrder& order)
      : work_(work), order_(order), position_(order.size()), peak_(peak_of(work, order)) {}

  void run() {
    constexpr std::size_t most_trials = 64, most_kernels = 1 << 15;
    trials_ = std::min(most_trials, most_kernels / (order_.size() + 1));
    while (trials_ > 0 && improve()) continue;
  }

 private:
  // Tries moves until one lowers the peak.
  bool improve() {
    for (std::size_t i = 0; i < order_.size(); ++i) position_[order_[i]] = i;
    for (const std::uint32_t m : largest_alive()) {
      const Survey::Memory& memory = work_.memories[m];
      const std::size_t made = position_[memory.maker];
      if (made < peak_.step && move_behind(made)) return true;
      std::uint32_t last = memory.maker;
      std::size_t later = 0;
      for (const std::uint32_t reader : memory.readers)
        if (position_[reader] > peak_.step) {
          ++later;
          last = reader;
        }
      if (later == 1 && made < peak_.step && move_before(position_[last])) return true;
    }
    return false;
  }

  [[nodiscard]] std::vector<std::uint32_t> largest_alive() const {
    constexpr std::size_t most = 8;
    std::vector<std::uint32_t> alive;
    for (std::uint32_t m = 0; m < work_.memories.size(); ++m) {
      const Survey::Memory& memory = work_.memories[m];
      if (memory.bytes == 0 || position_[memory.maker] > peak_.step) continue;
      if (std::any_of(memory.readers.begin(), memory.readers.end(),
                      [&](std::uint32_t reader) { return position_[reader] >= peak_.step; }))
        alive.push_back(m);
    }
    const auto end = alive.begin() + static_cast<std::ptrdiff_t>(std::min(most, alive.size()));
    std::partial_sort(alive.begin(), end, alive.end(), [&](std::uint32_t a, std::uint32_t b) {
      return std::pair(-work_.memories[a].bytes, a) < std::pair(-work_.memories[b].bytes, b);
    });
    alive.erase(end, alive.end());
    return alive;
  }

  bool move_behind(std::size_t from) {
    std::size_t to = order_.size();
    for (const std::uint32_t user : work_.kernels.users(order_[from]))
      to = std::min(to, position_[user]);
    return to > peak_.step + 1 && accept(from, to - 1);
  }
  bool move_before(std::size_t from) {
    std::size_t to = 0;
    for (const std::uint32_t needed : work_.kernels.operands(order_[from]))
      to = std::max(to, position_[needed] + 1);
    return to <= peak_.step && accept(from, peak_.step);
  }
  bool accept(std::size_t from, std::size_t to) {
    if (trials_ == 0) return false;
    --trials_;
    KernelOrder moved = order_;
    const auto at = [&](std::size_t i) { return moved.begin() + static_cast<std::ptrdiff_t>(i); };
    if (from < to)
      std::rotate(at(from), at(from + 1), at(to + 1));
    else
      std::rotate(at(to), at(from), at(from + 1));
    const Peak peak = peak_of(work_, moved);
    if (peak.bytes >= peak_.bytes) return false;
    peak_ = peak;
    order_ = std::move(moved);
    return true;
  }

  const Survey& work_;
  KernelOrder& order_;
  std::vector<std::size_t> position_;
  Peak peak_;
  std::size_t trials_ = 0;
};

}  // namespace

// Results take the place of operands of the same size that nobody reads any more, as they will in
// most regions.
Peak peak_of(const Survey& work, const KernelOrder& order) {
  std::vector<std::size_t> left(work.memories.size());
  for (std::size_t m = 0; m < left.size(); ++m) left[m] = work.memories[m].readers.size();
  Peak peak;
  std::int64_t alive = 0;
  std::vector<std::int64_t> dying;
  for (std::size_t step = 0; step < order.size(); ++step) {
    const std::uint32_t k = order[step];
    work.visits += 1 + static_cast<std::int64_t>(work.reads[k].size() + work.makes[k].size());
    dying.clear();
    for (const std::uint32_t m : work.reads[k])
      if (--left[m] == 0) dying.push_back(work.memories[m].bytes);
    for (const std::uint32_t m : work.makes[k]) {
      alive += work.memories[m].bytes;
      const auto place = std::find(dying.begin(), dying.end(), work.memories[m].bytes);
      if (!work.in_place[k] || place == dying.end()) continue;
      alive -= *place;
      dying.erase(place);
    }
    if (alive > peak.bytes) peak = {alive, step};
    for (const std::int64_t bytes : dying) alive -= bytes;
    for (const std::uint32_t m : work.makes[k])
      if (left[m] == 0) alive -= work.memories[m].bytes;
  }
  return peak;
}

void lower_peak(const Survey& work, KernelOrder& order) { PeakMoves(work, order).run(); }

KernelOrder least_peak_order(const Survey& work) {
  KernelOrder best(work.kernels.size());
  std::iota(best.begin(), best.end(), 0u);
  std::int64_t least = peak_of(work, best).bytes;
  const auto offer = [&](KernelOrder order) {
    const std::int64_t peak = peak_of(work, order).bytes;
    if (order.size() != best.size() || peak >= least) return;
    least = peak;
    best = std::move(order);
  };
  const Survey mirror = mirror_of(work);
  for (const bool frees_first : {true, false}) offer(list_order(work, frees_first));
  for (const bool frees_first : {true, false}) {
    KernelOrder order = list_order(mirror, frees_first);
    std::reverse(order.begin(), order.end());
    offer(std::move(order));
  }
  work.visits += mirror.visits;
  lower_peak(work, best);
  return best;
}

}  // namespace asg
