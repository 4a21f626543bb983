#include "disk_cache.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <system_error>

namespace asg::vulkan {
namespace fs = std::filesystem;
namespace {

constexpr char magic[8] = {'a', 's', 'g', 'v', 'k', '0', '0', '1'};
constexpr std::uintmax_t largest_file = std::uintmax_t{256} << 20;

struct Hash {
  uint64_t low, high;
};

uint64_t mixed(uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9u;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

Hash hash(std::string_view bytes) {
  Hash h{mixed(bytes.size() + 1), mixed(~bytes.size())};
  for (std::size_t i = 0; i < bytes.size(); i += 8) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data() + i, std::min<std::size_t>(8, bytes.size() - i));
    h.low = mixed(h.low ^ word) + h.high;
    h.high = mixed(h.high + word * 0x9e3779b97f4a7c15u) ^ h.low;
  }
  return h;
}

std::string_view view(const void* data, std::size_t size) {
  return {static_cast<const char*>(data), size};
}

struct Header {
  char magic[8];
  uint64_t key_size, data_size;
  Hash data_hash;
};

}  // namespace

std::string hash_text(std::string_view bytes) {
  const Hash h = hash(bytes);
  char text[40];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(h.high),
                static_cast<unsigned long long>(h.low));
  return text;
}

fs::path DiskCache::default_folder() {
  const auto variable = [](const char* name) -> fs::path {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  };
  if (const fs::path own = variable("ASG_CACHE_DIR"); !own.empty()) return own / "vulkan";
  if (const fs::path cache = variable("XDG_CACHE_HOME"); cache.is_absolute())
    return cache / "asg" / "vulkan";
  const fs::path home = variable("HOME");
  return home.is_absolute() ? home / ".cache" / "asg" / "vulkan" : fs::path();
}

void DiskCache::warn_once(const std::string& text) {
  if (!warned_) warn_(text + "; going on without it");
  warned_ = true;
}

std::optional<std::vector<std::byte>> DiskCache::read(const std::string& name,
                                                      std::string_view key) {
  if (folder_.empty()) return {};
  const fs::path path = folder_ / name;
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (error || size > largest_file) return {};
  std::ifstream file(path, std::ios::binary);
  std::string bytes(static_cast<std::size_t>(size), '\0');
  if (!file.read(bytes.data(), static_cast<std::streamsize>(size))) return {};
  Header header;
  if (bytes.size() < sizeof header) return {};
  std::memcpy(&header, bytes.data(), sizeof header);
  const std::string_view rest = std::string_view(bytes).substr(sizeof header);
  if (std::memcmp(header.magic, magic, sizeof magic) != 0 || header.key_size > rest.size() ||
      header.data_size != rest.size() - header.key_size || rest.substr(0, header.key_size) != key)
    return {};
  const std::string_view data = rest.substr(header.key_size);
  const Hash found = hash(data);
  if (found.low != header.data_hash.low || found.high != header.data_hash.high) return {};
  std::vector<std::byte> result(data.size());
  std::memcpy(result.data(), data.data(), data.size());
  return result;
}

void DiskCache::write(const std::string& name, std::string_view key, const void* data,
                      std::size_t size) {
  if (folder_.empty()) return;
  std::error_code error;
  const fs::path path = folder_ / name;
  fs::create_directories(path.parent_path(), error);
  if (error)
    return warn_once("the cache folder " + path.parent_path().string() + " cannot be made (" +
                     error.message() + ")");
  static std::atomic<unsigned> counter{0};
  const fs::path temporary =
      path.string() + "." + std::to_string(getpid()) + "." + std::to_string(counter++) + ".new";
  Header header{{}, key.size(), size, hash(view(data, size))};
  std::memcpy(header.magic, magic, sizeof magic);
  bool good = false;
  {
    std::ofstream file(temporary, std::ios::binary);
    file.write(reinterpret_cast<const char*>(&header), sizeof header);
    file.write(key.data(), static_cast<std::streamsize>(key.size()));
    file.write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
    file.close();
    good = file.good();
  }
  if (good) fs::rename(temporary, path, error);
  if (good && !error) return;
  std::error_code ignored;
  fs::remove(temporary, ignored);
  warn_once("the cache file " + path.string() + " cannot be written");
}

}  // namespace asg::vulkan
