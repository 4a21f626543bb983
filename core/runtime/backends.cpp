#include <asg/runtime/backends.hpp>

#include <map>
#include <utility>

#include <fmt/format.h>

#include "runtime/device_facts.hpp"
#include "runtime/plugin.hpp"
#include "runtime/plugin_call.hpp"
#include "runtime/refusal.hpp"
#include "runtime/search.hpp"

namespace asg {
namespace {

namespace fs = std::filesystem;

// Starts the backend and asks it for everything that is listed.
void examine(BackendListing& listing, const loader::PluginFile& file) {
  const loader::Plugin& plugin = loader::load_plugin(file);
  listing.version = plugin.version;
  listing.vendor = plugin.vendor;
  listing.description = plugin.description;
  listing.options_help = plugin.options_help;
  listing.abi_minor = plugin.abi_minor;
  listing.opset = static_cast<int>(plugin.opset);
  const auto backend = loader::Backend::open(file);
  const std::uint32_t count = loader::device_count(*backend);
  for (std::uint32_t i = 0; i < count; ++i)
    listing.devices.push_back(loader::read_device(*backend, i).description);
  if (count == 0) throw loader::Refusal("it finds no device on this machine");
  listing.usable = true;
}

BackendListing list_file(const fs::path& file, std::map<std::string, fs::path>& seen) {
  BackendListing listing;
  listing.file = file;
  listing.name = loader::backend_name_of(file);
  if (listing.name.empty()) {
    listing.reason = "not named asg-backend-NAME.so, NAME being of a-z, 0-9 and _";
    return listing;
  }
  if (const auto [first, fresh] = seen.emplace(listing.name, file); !fresh) {
    listing.reason = "shadowed by " + first->second.string();
    return listing;
  }
  const loader::Inspection inspection = loader::inspect(file);
  listing.abi_major = inspection.abi_major;
  listing.reason = inspection.refusal;
  if (!listing.reason.empty()) return listing;
  try {
    examine(listing, *inspection.file);
  } catch (const std::exception& e) {
    listing.reason = e.what();
    listing.devices.clear();
  }
  return listing;
}

}  // namespace

std::vector<BackendListing> list_backends(const PluginSearch& search) {
  std::vector<BackendListing> listings;
  std::map<std::string, fs::path> seen;
  const auto list_directory = [&](const fs::path& path, std::string reason) {
    BackendListing listing;
    listing.file = path;
    listing.reason = std::move(reason);
    listings.push_back(std::move(listing));
  };
  for (const loader::Directory& directory : loader::search_directories(search)) {
    if (!directory.refusal.empty()) {
      list_directory(directory.path, directory.refusal);
      continue;
    }
    try {
      const std::vector<fs::path> entries = loader::entries_of(directory.path);
      if (entries.empty()) list_directory(directory.path, "an empty directory");
      for (const fs::path& entry : entries) listings.push_back(list_file(entry, seen));
    } catch (const loader::Refusal& refusal) {
      list_directory(directory.path, refusal.what());
    }
  }
  return listings;
}

std::vector<fs::path> plugin_directories(const PluginSearch& search) {
  std::vector<fs::path> paths;
  for (loader::Directory& directory : loader::search_directories(search))
    paths.push_back(std::move(directory.path));
  return paths;
}

}  // namespace asg
