#include "cli/memory.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <locale>
#include <string_view>

#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>

namespace asg::cli {
namespace {

std::uint64_t number_in(const char* file) {
  std::ifstream stream(file);
  stream.imbue(std::locale::classic());
  std::uint64_t number = 0;
  return stream >> number ? number : 0;
}

// "Name:   123 kB" in files of /proc, "name 123" in those of control groups.
std::uint64_t number_after(const char* file, std::string_view key) {
  std::ifstream stream(file);
  stream.imbue(std::locale::classic());
  std::string word;
  std::uint64_t number = 0;
  while (stream >> word)
    if (word == key) return stream >> number ? number : 0;
  return 0;
}

std::uint64_t rest_of_control_group() {
  const std::uint64_t limit = number_in("/sys/fs/cgroup/memory.max");
  if (limit == 0) return 0;  // "max"
  const std::uint64_t used = number_in("/sys/fs/cgroup/memory.current");
  const std::uint64_t cache = number_after("/sys/fs/cgroup/memory.stat", "inactive_file");
  const std::uint64_t kept = used > cache ? used - cache : 0;
  return std::max<std::uint64_t>(limit > kept ? limit - kept : 0, 1);
}

std::uint64_t rest_of_address_space() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 0;
  const std::uint64_t used = number_after("/proc/self/status", "VmSize:") * 1024;
  return std::max<std::uint64_t>(limit.rlim_cur > used ? limit.rlim_cur - used : 0, 1);
}

}  // namespace

std::uint64_t available_memory() {
  std::uint64_t least = number_after("/proc/meminfo", "MemAvailable:") * 1024;
  for (const std::uint64_t rest : {rest_of_control_group(), rest_of_address_space()})
    if (rest != 0) least = least == 0 ? rest : std::min(least, rest);
  return least;
}

std::uint64_t peak_memory() { return number_after("/proc/self/status", "VmHWM:") * 1024; }

// Where the kernel does not do this, the peak is that of the whole process.
void reset_peak_memory() {
  ::malloc_trim(0);  // what was freed is not used
  std::ofstream stream("/proc/self/clear_refs");
  stream.imbue(std::locale::classic());
  stream << "5";
}

std::string size_text(double bytes) {
  static constexpr const char* units[] = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  std::size_t unit = 0;
  for (; bytes >= 1024 && unit + 1 < std::size(units); ++unit) bytes /= 1024;
  return fmt::format("{:.{}f} {}", bytes, unit == 0 || bytes >= 1e4 ? 0 : 1, units[unit]);
}

}  // namespace asg::cli
