#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include <asg/sdk/backend.h>

#include "runtime/elf.hpp"
#include "runtime/plugin_file.hpp"
#include "runtime/refusal.hpp"
#include "runtime/sanitizers.hpp"
#include "runtime/search.hpp"

namespace asg::loader {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view entry_prefix = "asg_backend_v";

// The run-time of a sanitizer ends the process when it is loaded into one that began without it.
void check_sanitizers(const SharedLibrary& library) {
  const std::uint32_t missing = needed_sanitizers(library) & ~process_sanitizers();
  if (missing != 0)
    throw Refusal(fmt::format("built with {}, which this program does not run with",
                              sanitizer_names(missing)));
}

// The major versions of the entry points, ascending.
std::vector<int> abi_majors(const std::vector<std::string>& exports) {
  std::vector<int> majors;
  for (std::string_view symbol : exports) {
    if (!symbol.starts_with(entry_prefix)) continue;
    symbol.remove_prefix(entry_prefix.size());
    int major = -1;
    const auto [end, error] = std::from_chars(symbol.data(), symbol.data() + symbol.size(), major);
    if (error == std::errc() && end == symbol.data() + symbol.size() && major >= 0)
      majors.push_back(major);
  }
  std::sort(majors.begin(), majors.end());
  return majors;
}

}  // namespace

Inspection inspect(const fs::path& file) {
  Inspection result;
  try {
    auto opened = std::make_shared<const PluginFile>(file);
    const SharedLibrary library = read_shared_library(opened->descriptor());
    const std::vector<int> majors = abi_majors(library.exports);
    if (majors.empty())
      throw Refusal("a shared library, but not an asg backend (no " ASG_ENTRY_SYMBOL ")");
    constexpr int ours = static_cast<int>(ASG_ABI_MAJOR);
    const bool spoken = std::find(majors.begin(), majors.end(), ours) != majors.end();
    result.abi_major = spoken ? ours : majors.back();
    if (!spoken)
      throw Refusal(fmt::format("built for backend ABI {}, this asg speaks {}",
                                fmt::join(majors, " and "), ours));
    check_sanitizers(library);
    result.file = std::move(opened);
  } catch (const std::exception& e) {
    result.refusal = e.what();
  }
  return result;
}

}  // namespace asg::loader
