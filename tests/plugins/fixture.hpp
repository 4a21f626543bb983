// Directories of plugins that last as long as a test.
#pragma once
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <stdlib.h>

#include <asg/graph/error.hpp>
#include <asg/sdk/backend.hpp>
#include <asg/runtime/device.hpp>

#include "support/messages.hpp"

namespace plugin_tests {

namespace fs = std::filesystem;

inline fs::path built_plugin(std::string_view name) {
  return fs::path(TEST_PLUGIN_FOLDER) / ("asg-backend-" + std::string(name) + ".so");
}

/// A new directory that only its owner may write to; removed at the end.
class Directory {
 public:
  Directory() {
    std::string pattern = (fs::temp_directory_path() / "asg-plugins-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = fs::canonical(pattern);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    std::error_code ignored;
    fs::permissions(path_, fs::perms::owner_all, ignored);
    fs::remove_all(path_, ignored);
  }

  [[nodiscard]] const fs::path& path() const { return path_; }
  /// Copies a plugin of this build into the directory.
  fs::path add(std::string_view name, const std::string& file_name = {}) const {
    const fs::path from = built_plugin(name);
    const fs::path to = path_ / (file_name.empty() ? from.filename() : fs::path(file_name));
    fs::copy_file(from, to);
    fs::permissions(to, fs::perms::owner_all);
    return to;
  }
  fs::path write(const std::string& file_name, std::string_view content) const {
    std::ofstream(path_ / file_name, std::ios::binary) << content;
    return path_ / file_name;
  }
  /// A search of this directory alone.
  [[nodiscard]] asg::PluginSearch only() const { return {{path_}, false}; }
  [[nodiscard]] asg::DeviceOptions options(int threads = 0) const { return {threads, only()}; }

 private:
  fs::path path_;
};

inline std::string read_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// What a plugin that hangs costs a test: enough for a good one on a busy machine, where the
/// run-time of a sanitizer takes long to start.
inline std::string short_limit() {
  return asg::sdk::address_sanitizer + asg::sdk::thread_sanitizer == 0 ? "5" : "40";
}

/// Sets an environment variable until the end of the scope.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old, was_set_ = true;
    ::setenv(name, value.c_str(), 1);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() {
    if (was_set_)
      ::setenv(name_, old_.c_str(), 1);
    else
      ::unsetenv(name_);
  }

 private:
  const char* name_;
  std::string old_;
  bool was_set_ = false;
};

using test_support::contains;
using test_support::message_of;

}  // namespace plugin_tests
