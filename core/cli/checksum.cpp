#include "cli/checksum.hpp"

#include <array>
#include <cstring>

#include <fmt/format.h>

#include <asg/graph/dtype.hpp>

namespace asg::cli {
namespace {

// tables[k][b]: what byte b does to the sum when k more bytes follow it, so that eight bytes are
// taken at once.
constexpr auto tables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> t{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = sum >> 1 ^ ((sum & 1) != 0 ? 0xedb88320u : 0);
    t[0][byte] = sum;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t byte = 0; byte < 256; ++byte)
      t[k][byte] = t[k - 1][byte] >> 8 ^ t[0][t[k - 1][byte] & 0xff];
  return t;
}();

}  // namespace

std::uint32_t crc32(std::string_view bytes, std::uint32_t before) {
  std::uint32_t sum = ~before;
  const auto* p = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8) {
    const std::uint32_t low = sum ^ (p[0] | p[1] << 8 | p[2] << 16 | std::uint32_t{p[3]} << 24);
    sum = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^
          tables[4][low >> 24] ^ tables[3][p[4]] ^ tables[2][p[5]] ^ tables[1][p[6]] ^
          tables[0][p[7]];
  }
  for (; left > 0; --left, ++p) sum = sum >> 8 ^ tables[0][(sum ^ *p) & 0xff];
  return ~sum;
}

std::string checksum(const io::TensorFile& file) {
  std::uint32_t sum = 0;
  // With its length, so that no text passes into the next one.
  const auto add = [&](std::string_view text) {
    sum = crc32(fmt::format("{}:", text.size()), sum);
    sum = crc32(text, sum);
  };
  for (const auto& [key, text] : file.metadata) {
    if (key == "checksum") continue;
    add(key);
    add(text);
  }
  for (const auto& [name, array] : file.tensors) {
    add(name);
    add(to_string(array.type()));
    if (array.size_bytes() > 0)
      add({reinterpret_cast<const char*>(array.bytes()), array.size_bytes()});
  }
  return fmt::format("{:08x}", sum);
}

}  // namespace asg::cli
