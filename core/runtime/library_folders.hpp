// Where that is what was installed, or built, with the library.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace asg::loader {

/// A folder <libdir>: it may hold asg/backends and asg/asg-plugin-probe.
struct LibraryFolder {
  std::filesystem::path path;
  std::string origin;  ///< how it was found: "beside the program"
};

/// All that are known, in the order in which they are to be tried, existing or not.
[[nodiscard]] std::vector<LibraryFolder> library_folders();

/// The file that this code is in: the library, or the program that it was linked into; empty when
/// the system does not say.
[[nodiscard]] std::filesystem::path library_file();

}  // namespace asg::loader
