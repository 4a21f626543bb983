// asg/sdk/blob_cache.hpp - the host's blob cache in C++17.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <asg/sdk/extensions.h>
#include <asg/sdk/backend.hpp>

namespace asg::sdk {

/// Bytes that the next process finds again; extensions.h says what holds of them.  Where the host
/// has no such service nothing is found.  Valid as long as the host.  Threads: any.
class BlobCache {
 public:
  BlobCache() = default;  ///< none
  explicit BlobCache(const Host& host)
      : host_(&host.get()),
        cache_(static_cast<const asg_blob_cache*>(host.extension(ASG_BLOB_CACHE))) {}

  /// What is stored under that key.
  std::optional<std::vector<std::byte>> load(std::string_view key) const {
    std::optional<std::vector<std::byte>> bytes;
    if (cache_ != nullptr) cache_->load(host_->ctx, key.data(), key.size(), take, &bytes);
    return bytes;
  }
  /// Whether it was kept.
  bool store(std::string_view key, const void* data, std::size_t size) const {
    return cache_ != nullptr && cache_->store(host_->ctx, key.data(), key.size(), data, size) != 0;
  }

 private:
  static void ASG_CALL take(void* user, const void* data, uint64_t size) noexcept {
    // Bytes that find no room were not found.
    guard(nullptr, [&] {
      const auto* begin = static_cast<const std::byte*>(data);
      static_cast<std::optional<std::vector<std::byte>>*>(user)->emplace(
          begin, begin + static_cast<std::size_t>(size));
    });
  }

  const asg_host* host_ = nullptr;
  const asg_blob_cache* cache_ = nullptr;
};

}  // namespace asg::sdk
