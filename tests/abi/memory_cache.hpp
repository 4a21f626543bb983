// A host's blob cache that a test can look into.
//
//   MemoryCache cache;
//   LoadedBackend backend(path, {}, cache.services());
#pragma once

#include <cstring>
#include <map>
#include <mutex>
#include <string>

#include <asg/sdk/extensions.h>

#include "loaded_backend.hpp"

namespace asg::testing {

class MemoryCache {
 public:
  Services services() { return {this, extension}; }

  std::map<std::string, std::string> entries;
  bool takes_nothing = false;  ///< as with a full disk

 private:
  static const void* ASG_CALL extension(void*, const char* id) ASG_NOEXCEPT {
    static const asg_blob_cache functions = [] {
      asg_blob_cache table{};
      table.struct_size = sizeof table;
      table.load = load;
      table.store = store;
      return table;
    }();
    return std::strcmp(id, ASG_BLOB_CACHE) == 0 ? &functions : nullptr;
  }
  static std::string bytes(const void* data, uint64_t size) {
    return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
  }
  static uint32_t ASG_CALL load(void* ctx, const void* key, uint64_t key_size,
                                asg_blob_receiver found, void* user) ASG_NOEXCEPT {
    auto& self = *static_cast<MemoryCache*>(ctx);
    const std::lock_guard lock(self.mutex_);
    const auto entry = self.entries.find(bytes(key, key_size));
    if (entry == self.entries.end()) return 0;
    found(user, entry->second.data(), entry->second.size());
    return 1;
  }
  static uint32_t ASG_CALL store(void* ctx, const void* key, uint64_t key_size, const void* data,
                                 uint64_t size) ASG_NOEXCEPT {
    auto& self = *static_cast<MemoryCache*>(ctx);
    const std::lock_guard lock(self.mutex_);
    if (self.takes_nothing) return 0;
    self.entries[bytes(key, key_size)] = bytes(data, size);
    return 1;
  }

  std::mutex mutex_;
};

}  // namespace asg::testing
