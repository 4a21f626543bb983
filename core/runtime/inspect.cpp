#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

#include <asg/sdk/backend.hpp>
#include <runtime/elf.hpp>
#include <runtime/refusal.hpp>
#include <runtime/search.hpp>
#include <runtime/trust.hpp>

namespace asg::loader {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view entry_prefix = "asg_backend_v";

struct Descriptor {
  explicit Descriptor(int number) : value(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
  int value;
};

void check_trust(const fs::path& file, int descriptor) {
  struct stat status {};
  if (descriptor < 0) {
    const int cause = errno;
    if (cause == ENOENT && fs::is_symlink(fs::symlink_status(file)))
      throw Refusal("a symbolic link to a file that does not exist");
    throw Refusal(fmt::format("cannot be read: {}", std::strerror(cause)));
  }
  if (::fstat(descriptor, &status) != 0) throw Refusal(std::strerror(errno));
  if (S_ISDIR(status.st_mode)) throw Refusal("a directory, not a file");
  if (!S_ISREG(status.st_mode)) throw Refusal("not a regular file");
  if (std::string reason = distrust_file(status); !reason.empty()) throw Refusal(reason);
}

// The run-time of a sanitizer ends the process when it is loaded into one that began without it.
void check_sanitizers(const std::vector<std::string>& needed) {
  const auto needs = [&](std::string_view library) {
    return std::any_of(needed.begin(), needed.end(),
                       [&](const std::string& name) { return name.starts_with(library); });
  };
  if (sdk::address_sanitizer == 0 && (needs("libasan") || needs("libclang_rt.asan")))
    throw Refusal("built with the address sanitizer, which this program is not");
  if (sdk::thread_sanitizer == 0 && (needs("libtsan") || needs("libclang_rt.tsan")))
    throw Refusal("built with the thread sanitizer, which this program is not");
}

// The major versions of the entry points, ascending.
std::vector<int> abi_majors(const std::vector<std::string>& exports) {
  std::vector<int> majors;
  for (std::string_view symbol : exports) {
    if (!symbol.starts_with(entry_prefix)) continue;
    symbol.remove_prefix(entry_prefix.size());
    int major = -1;
    const auto [end, error] = std::from_chars(symbol.data(), symbol.data() + symbol.size(), major);
    if (error == std::errc() && end == symbol.data() + symbol.size() && major >= 0)
      majors.push_back(major);
  }
  std::sort(majors.begin(), majors.end());
  return majors;
}

}  // namespace

Inspection inspect(const fs::path& file) {
  Inspection result;
  try {
    // Not blocking: opening a pipe would wait for somebody to write to it.
    const Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    check_trust(file, descriptor.value);
    const SharedLibrary library = read_shared_library(descriptor.value);
    const std::vector<int> majors = abi_majors(library.exports);
    if (majors.empty())
      throw Refusal("a shared library, but not an asg backend (no " ASG_ENTRY_SYMBOL ")");
    constexpr int ours = static_cast<int>(ASG_ABI_MAJOR);
    const bool spoken = std::find(majors.begin(), majors.end(), ours) != majors.end();
    result.abi_major = spoken ? ours : majors.back();
    if (!spoken)
      throw Refusal(fmt::format("built for backend ABI {}, this asg speaks {}",
                                fmt::join(majors, " and "), ours));
    check_sanitizers(library.needed);
  } catch (const std::exception& e) {
    result.refusal = e.what();
  }
  return result;
}

}  // namespace asg::loader
