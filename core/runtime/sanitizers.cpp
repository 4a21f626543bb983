#include "runtime/sanitizers.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <string_view>

#include <asg/sdk/backend.h>

namespace asg::loader {
namespace {

// A sanitizer's run-time has the function that all code that was built with it calls first.
struct Sanitizer {
  std::uint32_t bit;
  const char* first_call;
  std::string_view gcc_library, clang_library;
};
constexpr Sanitizer known_sanitizers[] = {
    {ASG_SANITIZE_ADDRESS, "__asan_init", "libasan", "libclang_rt.asan"},
    {ASG_SANITIZE_THREAD, "__tsan_init", "libtsan", "libclang_rt.tsan"}};

}  // namespace

std::uint32_t process_sanitizers() {
  std::uint32_t mask = 0;
  for (const Sanitizer& each : known_sanitizers)
    if (::dlsym(RTLD_DEFAULT, each.first_call) != nullptr) mask |= each.bit;
  return mask;
}

std::uint32_t needed_sanitizers(const SharedLibrary& library) {
  std::uint32_t mask = 0;
  for (const Sanitizer& each : known_sanitizers) {
    const auto calls = std::find(library.imports.begin(), library.imports.end(), each.first_call);
    const auto loads =
        std::find_if(library.needed.begin(), library.needed.end(), [&](std::string_view name) {
          return name.starts_with(each.gcc_library) || name.starts_with(each.clang_library);
        });
    if (calls != library.imports.end() || loads != library.needed.end()) mask |= each.bit;
  }
  return mask;
}

std::string sanitizer_names(std::uint32_t mask) {
  if ((mask & ASG_SANITIZE_ADDRESS) != 0) return "the address sanitizer";
  if ((mask & ASG_SANITIZE_THREAD) != 0) return "the thread sanitizer";
  return "a sanitizer";
}

}  // namespace asg::loader
