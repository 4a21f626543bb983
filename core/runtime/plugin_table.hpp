// What a plugin says of itself, and the checks between its entry point and the first use of its
// functions.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <asg/sdk/backend.h>
#include <asg/runtime/backends.hpp>

#include "runtime/blob_cache.hpp"

namespace asg::loader {

/// A plugin whose code is in the process, for ever.
struct Plugin {
  std::filesystem::path file;
  std::string name;
  std::string version;
  std::string vendor;
  std::string description;
  std::vector<BackendOption> options;
  int abi_minor = 0;
  std::uint32_t opset = 0;
  std::uint64_t features = 0;
  asg_host host{};
  std::unique_ptr<BlobCache> blobs;  ///< once the name is certain
  asg_backend_api api{};  ///< functions that the plugin's header does not have are nullptr

  // Of the registry, under its lock.
  asg_backend* backend = nullptr;
  int users = 0;
  bool watches_exit = false;
};

/// Copies table and info into `plugin`, whose file and name are set (the name is "" when the file's
/// name does not say it).
/// Errors   Refusal naming what is missing or wrong.
void adopt_table(Plugin& plugin, const asg_backend_api* table);

}  // namespace asg::loader
