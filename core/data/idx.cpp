#include "data/idx.hpp"

#include <fmt/format.h>

#include <asg/graph/error.hpp>

namespace asg::data {
namespace {

constexpr std::uint32_t magic_of_bytes = 0x0800;  // and the rank in the last byte

std::uint64_t header_size(std::size_t rank) { return 4 + 4 * std::uint64_t{rank}; }

std::uint32_t big_endian(const io::Input& input, std::uint64_t at) {
  unsigned char bytes[4];
  input.read(bytes, at, sizeof bytes);
  std::uint32_t value = 0;
  for (const unsigned char byte : bytes) value = value << 8 | byte;
  return value;
}

}  // namespace

Idx::Idx(const io::Input& input, std::size_t rank) : input_(input) {
  if (input.size() < header_size(rank)) fail("cut off in its header");
  if (big_endian(input, 0) != (magic_of_bytes | rank))
    fail(fmt::format("not an IDX file of bytes with {} axes (is it still compressed?)", rank));
  const std::uint64_t held = input.size() - header_size(rank);
  std::uint64_t count = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    const std::uint64_t size = big_endian(input, 4 + 4 * i);
    if (size != 0 && count > held / size)
      fail(fmt::format("its header promises more than the {} bytes of data that the file has",
                       held));
    count *= size;
    sizes_.push_back(static_cast<std::int64_t>(size));
  }
  if (count != held)
    fail(fmt::format("should have {} bytes by its header, has {}", header_size(rank) + count,
                     input.size()));
}

void Idx::read(unsigned char* to, std::uint64_t begin, std::uint64_t count) const {
  input_.read(to, header_size(sizes_.size()) + begin, count);
}

void Idx::fail(const std::string& why) const {
  throw FormatError(fmt::format("{}: {}", input_.name(), why));
}

}  // namespace asg::data
