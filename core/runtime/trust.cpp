#include "runtime/trust.hpp"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <locale>

#include <fmt/format.h>

namespace asg::loader {
namespace {

// Inside a user namespace, files of all users without a number in it (root's too) show this one.
bool is_outside_of_namespace(::uid_t owner) {
  std::ifstream overflow_file("/proc/sys/kernel/overflowuid");
  overflow_file.imbue(std::locale::classic());
  std::ifstream map_file("/proc/self/uid_map");
  map_file.imbue(std::locale::classic());
  unsigned long overflow = 0, inside = 0, outside = 0, count = 0;
  if (!(overflow_file >> overflow) || !(map_file >> inside >> outside >> count)) return false;
  const bool everybody_has_a_number = inside == 0 && outside == 0 && count >= 0xffffffffUL;
  return owner == overflow && !everybody_has_a_number;
}

bool is_trusted(::uid_t owner) {
  return owner == 0 || owner == ::geteuid() || is_outside_of_namespace(owner);
}

std::string distrust(const struct stat& status) {
  if (trusted_environment("ASG_ALLOW_INSECURE_PLUGINS") == "1") return {};
  constexpr const char* way_out = "ASG_ALLOW_INSECURE_PLUGINS=1 allows it";
  if ((status.st_mode & S_IWOTH) != 0)
    return fmt::format("everybody may write to it (mode {:04o}); {}", status.st_mode & 07777u,
                       way_out);
  if (!is_trusted(status.st_uid))
    return fmt::format("it belongs to another user (uid {}); {}", status.st_uid, way_out);
  return {};
}

}  // namespace

std::string trusted_environment(const char* name) {
  const char* const value = ::secure_getenv(name);
  return value != nullptr ? value : "";
}

std::string distrust_directory(const std::filesystem::path& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return std::strerror(errno);
  if (!S_ISDIR(status.st_mode)) return "not a directory";
  return distrust(status);
}

std::string distrust_file(const struct stat& status) { return distrust(status); }

std::string distrust_own(const struct stat& status) {
  if ((status.st_mode & S_IWOTH) != 0) return "everybody may write to it";
  if (!is_trusted(status.st_uid))
    return fmt::format("it belongs to another user (uid {})", status.st_uid);
  return {};
}

std::string distrust_directory_of_file(const std::filesystem::path& directory) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0) return std::strerror(errno);
  // Where everybody may write but only to what is his own.
  if ((status.st_mode & S_ISVTX) != 0 && is_trusted(status.st_uid)) return {};
  return distrust(status);
}

bool others_may_replace(const std::filesystem::path& path) {
  std::filesystem::path directory = path;
  do {
    directory = directory.parent_path();
    struct stat status {};
    if (::lstat(directory.c_str(), &status) != 0 || !is_trusted(status.st_uid)) return true;
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (status.st_mode & S_ISVTX) == 0) return true;
  } while (directory.has_relative_path());
  return false;
}

}  // namespace asg::loader
