#include "runtime/search.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "runtime/library_folders.hpp"
#include "runtime/refusal.hpp"
#include "runtime/trust.hpp"

namespace asg::loader {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view file_prefix = "asg-backend-";
constexpr std::string_view file_suffix = ".so";

// Gathers directories in order; one that is reached by two ways is searched once.
class Collector {
 public:
  void add(const fs::path& path, std::string origin, bool must_exist = true) {
    Directory directory{path, std::move(origin), {}};
    std::error_code error;
    if (!path.is_absolute()) {
      directory.refusal = "a relative path; relative paths are never searched";
    } else if (fs::path canonical = fs::canonical(path, error); !error) {
      if (!seen_.insert(canonical).second) return;
      directory.path = std::move(canonical);
      directory.refusal = distrust_directory(directory.path);
    } else {
      if (!must_exist && !seen_.insert(path.lexically_normal()).second) return;
      directory.path = path.lexically_normal();
      directory.refusal =
          error == std::errc::no_such_file_or_directory ? "does not exist" : error.message();
    }
    directories_.push_back(std::move(directory));
  }
  [[nodiscard]] std::vector<Directory> take() { return std::move(directories_); }

 private:
  std::vector<Directory> directories_;
  std::set<fs::path> seen_;
};

void add_plugin_path(Collector& collector) {
  const std::string value = trusted_environment("ASG_PLUGIN_PATH");
  std::size_t begin = 0;
  while (begin < value.size()) {
    const std::size_t end = std::min(value.find(':', begin), value.size());
    // An empty entry would mean the current directory elsewhere; here it means nothing.
    if (end > begin) collector.add(value.substr(begin, end - begin), "ASG_PLUGIN_PATH");
    begin = end + 1;
  }
}

void add_user_directory(Collector& collector) {
  if (std::string data = trusted_environment("XDG_DATA_HOME"); !data.empty())
    collector.add(fs::path(data) / "asg/backends", "XDG_DATA_HOME", false);
  else if (std::string home = trusted_environment("HOME"); !home.empty())
    collector.add(fs::path(home) / ".local/share/asg/backends", "HOME", false);
}

}  // namespace

std::vector<Directory> search_directories(const PluginSearch& search) {
  Collector collector;
  for (const fs::path& directory : search.directories) collector.add(directory, "given");
  if (search.defaults) {
    add_plugin_path(collector);
    add_user_directory(collector);
    for (const LibraryFolder& folder : library_folders())
      collector.add(folder.path / "asg/backends", folder.origin, false);
  }
  return collector.take();
}

std::string backend_name_of(const fs::path& file) {
  const std::string text = file.filename().string();
  std::string_view name = text;
  if (name.starts_with("lib")) name.remove_prefix(3);
  if (!name.starts_with(file_prefix) || !name.ends_with(file_suffix)) return {};
  name.remove_prefix(file_prefix.size());
  if (name.size() <= file_suffix.size()) return {};
  name.remove_suffix(file_suffix.size());
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return std::all_of(name.begin(), name.end(), allowed) ? std::string(name) : std::string();
}

std::vector<fs::path> entries_of(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error))
    entries.push_back(it->path());
  if (error) throw Refusal("cannot be read: " + error.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

std::vector<fs::path> files_named(const fs::path& directory, std::string_view backend) {
  std::vector<fs::path> found;
  for (const char* library : {"", "lib"}) {
    const fs::path file =
        directory / fmt::format("{}{}{}{}", library, file_prefix, backend, file_suffix);
    std::error_code error;
    if (fs::symlink_status(file, error).type() != fs::file_type::not_found && !error)
      found.push_back(file);
  }
  return found;
}

}  // namespace asg::loader
