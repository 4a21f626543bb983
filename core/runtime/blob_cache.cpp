#include "runtime/blob_cache.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include <asg/runtime/log.hpp>

#include "runtime/plugin_call.hpp"

namespace asg::loader {
namespace {

constexpr std::string_view blob_magic = "asgblob1";

struct Digest {
  std::uint64_t low, high;
  friend bool operator==(const Digest&, const Digest&) = default;
};

std::uint64_t mixed(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

Digest digest_of(std::string_view bytes) {
  Digest digest{mixed(bytes.size() + 1), mixed(~bytes.size())};
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min<std::size_t>(8, bytes.size() - i));
    digest.low = mixed(digest.low ^ word) + digest.high;
    digest.high = mixed(digest.high + word * 0x9e3779b97f4a7c15u) ^ digest.low;
  }
  return digest;
}

std::string file_of(std::string_view key) {
  const Digest digest = digest_of(key);
  return fmt::format("{:016x}{:016x}", digest.high, digest.low);
}

// What a file begins with; the key and the data follow.
struct BlobHeader {
  char magic[8];
  std::uint64_t key_size, data_size;
  Digest data;
};

}  // namespace

BlobCache::BlobCache(const std::string& backend)
    : backend_(backend),
      folder_(backend, [this](const std::filesystem::path& path, std::string_view why) {
        warn(fmt::format("the cache {} cannot be used ({})", shown_path(path), why));
      }) {}

void BlobCache::warn(std::string_view text) {
  if (!warned_.exchange(true))
    log_message(LogLevel::warn, backend_, fmt::format("{}; going on without it", text));
}

bool BlobCache::load(std::string_view key, const std::function<void(std::string_view)>& found) {
  const auto bytes = folder_.read(file_of(key), largest_file);
  if (!bytes || bytes->size() < sizeof(BlobHeader)) return false;
  BlobHeader header;
  std::memcpy(&header, bytes->data(), sizeof header);
  const std::string_view rest = std::string_view(*bytes).substr(sizeof header);
  if (std::string_view(header.magic, sizeof header.magic) != blob_magic ||
      header.key_size != key.size() || !rest.starts_with(key) ||
      header.data_size != rest.size() - key.size())
    return false;
  const std::string_view data = rest.substr(key.size());
  if (digest_of(data) != header.data) return false;
  found(data);
  return true;
}

bool BlobCache::store(std::string_view key, std::string_view data) {
  if (data.size() > largest_file || key.size() > largest_file - sizeof(BlobHeader) ||
      data.size() > largest_file - sizeof(BlobHeader) - key.size()) {
    warn(fmt::format("{} bytes are more than a file of the cache may have", data.size()));
    return false;
  }
  BlobHeader header{{}, key.size(), data.size(), digest_of(data)};
  blob_magic.copy(header.magic, sizeof header.magic);
  const std::array<std::string_view, 3> parts = {
      std::string_view(reinterpret_cast<const char*>(&header), sizeof header), key, data};
  return folder_.replace(file_of(key), parts);
}

}  // namespace asg::loader
