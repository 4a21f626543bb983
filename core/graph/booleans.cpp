#include "graph/booleans.hpp"

#include <span>

namespace asg {
namespace {

// As bytes: to read another value than 0 or 1 as bool is undefined.
std::span<std::byte> bytes_of(const Array& array) { return {array.bytes(), array.size_bytes()}; }

// Without a branch in its loop, so that it costs little beside the copy that follows.
bool is_clean(const Array& array) {
  std::byte all{0};
  for (const std::byte byte : bytes_of(array)) all |= byte;
  return (all & ~std::byte{1}) == std::byte{0};
}

}  // namespace

Array with_clean_booleans(const Array& array) {
  if (array.dtype() != boolean || array.bytes() == nullptr || is_clean(array)) return array;
  const Array clean = array.clone();
  for (std::byte& byte : bytes_of(clean)) byte = std::byte{byte != std::byte{0}};
  return clean;
}

}  // namespace asg
