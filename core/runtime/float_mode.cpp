#include "runtime/float_mode.hpp"

#include <cfenv>

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace asg::loader {

#if defined(__SSE__)
namespace {
constexpr std::uint32_t happened = 0x003f;  // of the control and status register: its flags
constexpr std::uint32_t rounding = 0x6000;
constexpr std::uint32_t subnormals = 0x8040;  // flush to zero, subnormals are zero
}  // namespace

std::uint32_t float_mode() noexcept { return _mm_getcsr() & ~happened; }
void set_float_mode(std::uint32_t mode) noexcept { _mm_setcsr((_mm_getcsr() & happened) | mode); }
std::string_view float_mode_difference(std::uint32_t before, std::uint32_t after) {
  const std::uint32_t difference = before ^ after;
  if ((difference & rounding) != 0) return "the rounding mode";
  // What libraries that were linked with -ffast-math do when they are loaded.
  if ((difference & subnormals) != 0) return "how subnormal numbers are computed";
  return "the traps of floating-point errors";
}
#else
std::uint32_t float_mode() noexcept { return static_cast<std::uint32_t>(std::fegetround()); }
void set_float_mode(std::uint32_t mode) noexcept { std::fesetround(static_cast<int>(mode)); }
std::string_view float_mode_difference(std::uint32_t, std::uint32_t) { return "the rounding mode"; }
#endif

}  // namespace asg::loader
