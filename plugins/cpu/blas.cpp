#include "blas.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <mutex>
#include <string>
#include <vector>

#include <asg/sdk/backend.hpp>

extern "C" {
void* blas_memory_alloc(int);
void blas_memory_free(void*);
}

namespace asg::cpu {

namespace {

// Address space for one caller; the largest that OpenBLAS is built with.
constexpr std::size_t caller_bytes = std::size_t{128} << 20;
// What its table has room for without a word on the standard error.
constexpr uint32_t most_callers = 128;

}  // namespace

void reserve_blas_memory(uint32_t callers) {
  static std::mutex mutex;
  static uint32_t reserved = 0;
  callers = std::min(callers, most_callers);
  const std::lock_guard lock(mutex);
  if (callers <= reserved) return;
  const std::size_t bytes = (callers - reserved) * caller_bytes;
  void* const free =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (free == MAP_FAILED)
    throw sdk::Error(ASG_OUT_OF_MEMORY,
                     "OpenBLAS needs 128 MiB of address space for each of " +
                         std::to_string(callers) +
                         " threads, and the process may not have that much; fewer threads or a "
                         "higher limit (ulimit -v) help");
  munmap(free, bytes);
  std::vector<void*> blocks(callers);
  for (void*& block : blocks) block = blas_memory_alloc(0);
  for (void* const block : blocks) blas_memory_free(block);
  reserved = callers;
}

}  // namespace asg::cpu
