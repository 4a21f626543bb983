// Looks into a shared library without running a byte of it.
#pragma once
#include <string>
#include <vector>

namespace asg::loader {

struct SharedLibrary {
  std::vector<std::string> exports;  ///< names of the functions and data it defines
  std::vector<std::string> imports;  ///< names of those it needs from elsewhere
  std::vector<std::string> needed;   ///< the libraries it depends on
};

/// Reads the dynamic symbols of an open file. Trusts no number in it: nothing is read beyond the
/// end of the file, and no more memory is taken than the file has bytes.
/// Errors   Refusal saying what is wrong with the file.
[[nodiscard]] SharedLibrary read_shared_library(int descriptor);

}  // namespace asg::loader
