#include "pool.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace asg::cpu {

namespace {

inline void pause() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Longer than the gap between two programs that follow each other, shorter than anyone would notice
// as load; inside a program, longer than most steps that run on one thread.
constexpr std::chrono::microseconds spin_time{60}, program_spin_time{2000};

}  // namespace

Pool::Pool(uint32_t threads) {
  try {
    for (uint32_t i = 1; i < threads; ++i) workers_.emplace_back([this, i] { worker(i); });
  } catch (const std::exception&) {
    // Fewer threads than asked for still compute the same bits.
  }
}

Pool::~Pool() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : workers_) thread.join();
}

void Pool::run(int64_t count, int64_t grain, Call call, const void* context) {
  call_ = call;
  context_ = const_cast<void*>(context);
  count_ = count;
  grain_ = grain;
  next_.store(0, std::memory_order_relaxed);
  open_.store(true);
  generation_.fetch_add(1);
  if (sleepers_.load() > 0) {
    { std::lock_guard lock(mutex_); }
    wake_.notify_all();
  }
  work(0);
  open_.store(false);
  for (uint32_t spins = 0; active_.load() != 0; ++spins) {
    if (spins < 2000)
      pause();
    else
      std::this_thread::yield();
  }
  if (error_ != nullptr) std::rethrow_exception(std::exchange(error_, nullptr));
}

void Pool::work(uint32_t thread) {
  const int64_t count = count_, grain = grain_;
  for (;;) {
    const int64_t begin = next_.fetch_add(grain, std::memory_order_relaxed);
    if (begin >= count) return;
    try {
      call_(context_, begin, std::min(begin + grain, count), thread);
    } catch (...) {
      next_.store(count, std::memory_order_relaxed);
      std::lock_guard lock(mutex_);
      if (error_ == nullptr) error_ = std::current_exception();
    }
  }
}

bool Pool::wait_for_work(uint32_t seen) {
  const auto start = std::chrono::steady_clock::now();
  std::chrono::steady_clock::duration waited{};
  do {
    // Whoever else wants the processor may have it; that no loop begins meanwhile is likely by now.
    if (waited > spin_time) std::this_thread::yield();
    for (int i = 0; i < 64; ++i) {
      if (generation_.load(std::memory_order_relaxed) != seen) return true;
      if (stop_.load(std::memory_order_relaxed)) return false;
      pause();
    }
    waited = std::chrono::steady_clock::now() - start;
  } while (waited < (running_.load(std::memory_order_relaxed) ? program_spin_time : spin_time));
  std::unique_lock lock(mutex_);
  sleepers_.fetch_add(1);
  wake_.wait(lock, [&] { return stop_ || generation_.load() != seen; });
  sleepers_.fetch_sub(1);
  return !stop_;
}

void Pool::worker(uint32_t thread) {
  uint32_t seen = 0;
  while (wait_for_work(seen)) {
    seen = generation_.load();
    active_.fetch_add(1);
    if (open_.load()) work(thread);
    active_.fetch_sub(1);
  }
}

}  // namespace asg::cpu
