#include "device.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <locale>
#include <string>
#include <string_view>
#include <thread>

#include "kernels.hpp"

namespace asg::cpu {

namespace {

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  file.imbue(std::locale::classic());
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) != 0) continue;
    const std::size_t colon = line.find(':');
    if (colon != std::string::npos && colon + 2 < line.size()) return line.substr(colon + 2);
  }
  return "CPU";
}

/// Threads that this process may run on: fewer than the machine has when it is confined to some.
uint32_t available_threads() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    const int count = CPU_COUNT(&set);
    if (count > 0) return static_cast<uint32_t>(count);
  }
  return std::max(std::thread::hardware_concurrency(), 1u);
}

uint32_t parse_threads(const char* text) {
  uint32_t threads = 0;
  const char* end = text + std::strlen(text);
  const auto result = std::from_chars(text, end, threads);
  if (result.ec != std::errc() || result.ptr != end || threads > 1024)
    throw sdk::Error(ASG_INVALID_ARGUMENT, std::string("option threads=") + text +
                                               ": expected a number from 1 to 1024, or 0 for all");
  return threads;
}

}  // namespace

DeviceParts::DeviceParts(Settings settings) {
  if (settings.threads == 0) settings.threads = available_threads();
  context = std::make_unique<Context>(settings);
  kernels = all_kernels(context.get());
}

namespace {

class CpuExecutable final : public sdk::HostExecutable {
 public:
  CpuExecutable(const asg_program& program, const std::vector<sdk::Kernel>& kernels, Pool& pool)
      : HostExecutable(program, kernels), pool_(pool) {}

 private:
  void run_steps(asg_step_time* times) override {
    const Pool::Program running(pool_);
    HostExecutable::run_steps(times);
  }
  Pool& pool_;
};

}  // namespace

std::unique_ptr<sdk::Executable> CpuDevice::compile(const asg_program& program) {
  return std::make_unique<CpuExecutable>(program, DeviceParts::kernels, context->pool);
}

void CpuDevice::describe(asg_device_info& info) const { info.threads = context->settings.threads; }

std::unique_ptr<sdk::Buffer> CpuDevice::create_buffer(uint64_t size) {
  // Mapped by themselves, large buffers leave no holes between them in the heap, where what they
  // are filled from has been.
  constexpr uint64_t smallest = uint64_t{256} << 10;
  if (size < smallest || size > PTRDIFF_MAX) return HostDevice::create_buffer(size);
  const auto bytes = static_cast<std::size_t>(size);
  void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED)
    throw sdk::Error(ASG_OUT_OF_MEMORY,
                     "no host memory for a buffer of " + std::to_string(size) + " bytes");
  std::shared_ptr<std::byte> memory(static_cast<std::byte*>(mapped),
                                    [bytes](std::byte* p) { munmap(p, bytes); });
  // Large pages make for fewer faults and fewer misses of the address cache.  That the system has
  // none is no error.
  constexpr uintptr_t large_page = uintptr_t{2} << 20;
  const auto start = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t begin = (start + large_page - 1) / large_page * large_page;
  const uintptr_t end = (start + bytes) / large_page * large_page;
  if (begin < end)
    static_cast<void>(madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE));
  return std::make_unique<sdk::HostBuffer>(size, std::move(memory));
}

Settings parse_settings(const sdk::Options& options) {
  Settings settings;
  if (const char* text = options.find("threads")) settings.threads = parse_threads(text);
  if (const char* text = options.find("matmul")) {
    const std::string_view value = text;
    if (value != "auto" && value != "blas")
      throw sdk::Error(ASG_INVALID_ARGUMENT,
                       std::string("option matmul=") + text + ": expected auto or blas");
    settings.blas_only = value == "blas";
  }
  return settings;
}

void describe_processor(asg_device_info& info) {
  std::snprintf(info.name, sizeof info.name, "%s", processor_name().c_str());
  const long page = sysconf(_SC_PAGESIZE);
  const long pages = sysconf(_SC_PHYS_PAGES), free_pages = sysconf(_SC_AVPHYS_PAGES);
  if (page > 0 && pages > 0)
    info.memory_total = static_cast<uint64_t>(pages) * static_cast<uint64_t>(page);
  if (page > 0 && free_pages > 0)
    info.memory_free = static_cast<uint64_t>(free_pages) * static_cast<uint64_t>(page);
  info.threads = available_threads();
}

}  // namespace asg::cpu
