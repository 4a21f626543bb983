// A checksum of saved tensors, so that damage does not pass for a model.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include <asg/io/safetensors.hpp>

namespace asg::cli {

/// CRC-32 of bytes, as zlib and cksum's "crc32b" have it; `before` is that of what precedes them.
/// Source   ISO 3309
[[nodiscard]] std::uint32_t crc32(std::string_view bytes, std::uint32_t before = 0);

/// Of everything in the file but what is called "checksum" in its metadata: names, types, elements
/// and texts. Eight hexadecimal digits.
[[nodiscard]] std::string checksum(const io::TensorFile& file);

}  // namespace asg::cli
