// How large the structs of plugins were in the first version of the ABI: a plugin of any age has
// that much of each, and what a younger header has beyond it may be missing.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <asg/sdk/backend.h>

namespace asg::loader {

template <class T>
inline constexpr std::uint32_t first_size = 0;
template <>
inline constexpr std::uint32_t first_size<asg_backend_api> = 176;
template <>
inline constexpr std::uint32_t first_size<asg_backend_info> = 72;
template <>
inline constexpr std::uint32_t first_size<asg_option_info> = 24;
template <>
inline constexpr std::uint32_t first_size<asg_device_info> = 280;
template <>
inline constexpr std::uint32_t first_size<asg_op_cap> = 48;
template <>
inline constexpr std::uint32_t first_size<asg_claim_reply> = 32;

/// A plugin's struct of that many bytes as this header has it; zero where the plugin ends earlier.
template <class T>
T as_known(const T* from, std::uint32_t size) {
  static_assert(first_size<T> > 0 && first_size<T> <= sizeof(T));
  T known{};
  std::memcpy(static_cast<void*>(&known), from, std::min<std::size_t>(size, sizeof known));
  return known;
}

}  // namespace asg::loader
