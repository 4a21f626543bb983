#include "io/input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <asg/graph/error.hpp>

namespace asg::io {
namespace {

const char* kind_of(mode_t mode) {
  return S_ISDIR(mode)                    ? "a directory"
         : S_ISFIFO(mode)                 ? "a pipe"
         : S_ISSOCK(mode)                 ? "a socket"
         : S_ISCHR(mode) || S_ISBLK(mode) ? "a device"
                                          : "of an unknown kind";
}

std::uint64_t memory_of_machine() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), bytes = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && bytes > 0
             ? static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(bytes)
             : UINT64_MAX;
}

}  // namespace

Input::Input(const std::filesystem::path& path) : name_(path.string()) {
  struct stat info {};
  const auto check = [&](int result) {
    if (result < 0) fail(std::strerror(errno));
  };
  const auto check_kind = [&] {
    if (!S_ISREG(info.st_mode))
      fail(fmt::format("it is {}, not a regular file; copy what it gives into one first",
                       kind_of(info.st_mode)));
  };
  // Asked before it is opened, since opening a device can do something to it; asked again after,
  // since it may be another one by now.
  check(::stat(path.c_str(), &info));
  check_kind();
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  check(descriptor_);
  try {
    check(::fstat(descriptor_, &info));
    check_kind();
  } catch (...) {
    ::close(descriptor_);
    throw;
  }
  size_ = static_cast<std::uint64_t>(info.st_size);
}

Input::Input(std::string_view bytes, std::string name)
    : name_(std::move(name)), bytes_(bytes), size_(bytes.size()) {}

Input::~Input() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void Input::fail(const std::string& why) const {
  throw FormatError(fmt::format("cannot read {}: {}", name_, why));
}

std::size_t Input::read_some(char* to, std::uint64_t offset, std::size_t count) const {
  if (descriptor_ < 0) {
    if (offset >= bytes_.size()) return 0;
    const std::size_t here = std::min(count, bytes_.size() - static_cast<std::size_t>(offset));
    std::memcpy(to, bytes_.data() + offset, here);
    return here;
  }
  for (;;) {
    const ssize_t got = ::pread(descriptor_, to, count, static_cast<off_t>(offset));
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno != EINTR) fail(std::strerror(errno));
  }
}

void Input::read(void* to, std::uint64_t offset, std::uint64_t count) const {
  auto* out = static_cast<char*>(to);
  while (count > 0) {
    const std::size_t got = read_some(out, offset, static_cast<std::size_t>(count));
    if (got == 0) fail(fmt::format("it ends at byte {}, and {} more were expected", offset, count));
    out += got;
    offset += got;
    count -= got;
  }
}

std::string Input::text(std::uint64_t offset, std::uint64_t count) const {
  check_room(count);
  try {
    std::string result(static_cast<std::size_t>(count), '\0');
    read(result.data(), offset, count);
    return result;
  } catch (const std::bad_alloc&) {
    fail(fmt::format("there is no memory for {} bytes of it", count));
  }
}

std::string Input::all(std::uint64_t most) const {
  const auto check = [&](std::uint64_t bytes) {
    if (bytes > most)
      fail(fmt::format("it has {} bytes, more than the {} that such a file may have", bytes, most));
    check_room(bytes);
  };
  check(size_);
  std::string result;
  try {
    result.reserve(static_cast<std::size_t>(size_));
    char block[1 << 16];
    // To its end, not to its size: files of /proc have none.
    while (const std::size_t got = read_some(block, result.size(), sizeof block)) {
      check(result.size() + got);
      result.append(block, got);
    }
  } catch (const std::bad_alloc&) {
    fail(fmt::format("there is no memory for its {} bytes", std::max(size_, result.size())));
  }
  return result;
}

void Input::check_room(std::uint64_t bytes) const {
  static const std::uint64_t room = memory_of_machine();
  if (bytes > room)
    fail(fmt::format("{} bytes of it are more than the {} of memory that this machine has", bytes,
                     room));
}

}  // namespace asg::io
