// A fork-join thread pool for loops: fast to wake while steps follow each other, asleep otherwise.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace asg::cpu {

class Pool {
 public:
  /// A pool of `threads` threads, the caller of `parallel` being one of them.
  explicit Pool(uint32_t threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  uint32_t threads() const { return static_cast<uint32_t>(workers_.size()) + 1; }

  /// While one exists, a program runs: loops will follow, and threads wait for them awake.
  class Program {
   public:
    explicit Program(Pool& pool) : pool_(pool) { pool_.running_.store(true); }
    ~Program() { pool_.running_.store(false); }
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

   private:
    Pool& pool_;
  };

  /// Calls body(begin, end, thread) for pieces of [0, count) of at most `grain`; the caller is
  /// thread 0.  Which thread gets which piece is left to chance, so no result may depend on it.
  /// Errors: rethrows the first exception of the body; pieces not begun by then are skipped.
  template <class Body>
  void parallel(int64_t count, int64_t grain, Body&& body) {
    if (count <= 0) return;
    if (workers_.empty() || count <= grain) return body(int64_t{0}, count, uint32_t{0});
    run(
        count, grain,
        [](void* context, int64_t begin, int64_t end, uint32_t thread) {
          (*static_cast<std::remove_reference_t<Body>*>(context))(begin, end, thread);
        },
        &body);
  }

 private:
  using Call = void (*)(void* context, int64_t begin, int64_t end, uint32_t thread);

  void run(int64_t count, int64_t grain, Call call, const void* context);
  void work(uint32_t thread);
  void worker(uint32_t thread);
  bool wait_for_work(uint32_t seen);

  // The loop being run; written only while it is closed and nobody is active.
  Call call_ = nullptr;
  void* context_ = nullptr;
  int64_t count_ = 0;
  int64_t grain_ = 1;
  alignas(64) std::atomic<int64_t> next_{0};

  // A worker that arrives late finds the loop closed; nobody waits for it.
  alignas(64) std::atomic<bool> open_{false};
  std::atomic<uint32_t> active_{0};
  alignas(64) std::atomic<uint32_t> generation_{0};
  std::atomic<uint32_t> sleepers_{0};
  std::atomic<bool> stop_{false};
  std::atomic<bool> running_{false};

  std::mutex mutex_;
  std::condition_variable wake_;
  std::exception_ptr error_;  // under mutex_
  std::vector<std::thread> workers_;
};

}  // namespace asg::cpu
