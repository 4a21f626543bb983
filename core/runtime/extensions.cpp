#include "runtime/extensions.hpp"

#include <string_view>

#include <asg/sdk/extensions.h>

#include "runtime/plugin_table.hpp"

namespace asg::loader {
namespace {

std::string_view bytes_of(const void* data, std::uint64_t size) {
  return {static_cast<const char*>(data), static_cast<std::size_t>(size)};
}

// The cache is there from create on.
BlobCache* cache_of(void* plugin) { return static_cast<Plugin*>(plugin)->blobs.get(); }

std::uint32_t ASG_CALL load_blob(void* plugin, const void* key, std::uint64_t key_size,
                                 asg_blob_receiver found, void* user) ASG_NOEXCEPT {
  try {
    BlobCache* const cache = cache_of(plugin);
    const auto give = [&](std::string_view data) { found(user, data.data(), data.size()); };
    return cache != nullptr && cache->load(bytes_of(key, key_size), give) ? 1 : 0;
  } catch (...) {
    return 0;  // out of memory
  }
}

std::uint32_t ASG_CALL store_blob(void* plugin, const void* key, std::uint64_t key_size,
                                  const void* data, std::uint64_t size) ASG_NOEXCEPT {
  try {
    BlobCache* const cache = cache_of(plugin);
    return cache != nullptr && cache->store(bytes_of(key, key_size), bytes_of(data, size)) ? 1 : 0;
  } catch (...) {
    return 0;
  }
}

constexpr asg_blob_cache blob_cache{sizeof(asg_blob_cache), 0, load_blob, store_blob};

}  // namespace

const void* ASG_CALL host_extension(void*, const char* id) ASG_NOEXCEPT {
  return id != nullptr && std::string_view(id) == ASG_BLOB_CACHE ? &blob_cache : nullptr;
}

}  // namespace asg::loader
