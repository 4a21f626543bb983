// What all kernels of one opened device share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

#include "pool.hpp"

namespace asg::cpu {

/// Scratch memory that compile sizes and execute uses: one block for each thread and one that all
/// share.  One step runs at a time, so all steps of all programs of a device use the same blocks.
class Workspace {
 public:
  explicit Workspace(uint32_t threads) : blocks_(threads + 1) {}

  void reserve(std::size_t per_thread, std::size_t shared) {
    for (std::size_t i = 0; i + 1 < blocks_.size(); ++i) blocks_[i].grow(per_thread);
    blocks_.back().grow(shared);
  }
  std::byte* thread(uint32_t index) const { return blocks_[index].memory.get(); }
  std::byte* shared() const { return blocks_.back().memory.get(); }

 private:
  static constexpr std::align_val_t alignment{64};
  struct Free {
    void operator()(std::byte* p) const { ::operator delete(p, alignment); }
  };
  struct Block {
    std::unique_ptr<std::byte, Free> memory;
    std::size_t size = 0;
    void grow(std::size_t needed) {
      if (needed <= size) return;
      memory.reset();
      size = 0;
      memory.reset(static_cast<std::byte*>(::operator new(needed, alignment)));
      size = needed;
    }
  };
  std::vector<Block> blocks_;
};

/// Settings of a device, from its options.
struct Settings {
  uint32_t threads = 0;    // 0: as many as the process may use
  bool blas_only = false;  // matrices are multiplied by BLAS even where own loops are faster
};

/// Work of about this many simple operations is worth a thread's attention; less runs inline.
inline constexpr int64_t min_parallel_work = 32768;

/// Pieces for Pool::parallel: enough to balance, none smaller than is worth the trouble.
inline int64_t grain_for(int64_t count, int64_t work_per_item, uint32_t threads) {
  const int64_t work = work_per_item > 0 ? work_per_item : 1;
  const int64_t smallest = min_parallel_work / work + 1;
  const int64_t balanced = count / (int64_t{threads} * 8);
  return smallest > balanced ? smallest : balanced;
}

struct Context {
  explicit Context(const Settings& chosen)
      : settings(chosen), pool(chosen.threads), workspace(pool.threads()) {}

  /// Calls body(begin, end, thread) for pieces of [0, count) on the threads, as Pool::parallel
  /// does. An item costs about `work` simple operations.
  template <class Body>
  void share(int64_t count, int64_t work, Body&& body) {
    pool.parallel(count, grain_for(count, work, pool.threads()), body);
  }
  /// Calls body(item, thread).
  template <class Body>
  void share_items(int64_t count, int64_t work, Body&& body) {
    share(count, work, [&](int64_t begin, int64_t end, uint32_t thread) {
      for (int64_t item = begin; item < end; ++item) body(item, thread);
    });
  }

  Settings settings;
  Pool pool;
  Workspace workspace;
};

}  // namespace asg::cpu
