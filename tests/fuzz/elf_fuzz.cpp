// Bytes as the shared library of a plugin, which is judged before it is loaded.
#include <cstdint>
#include <cstdlib>

#include <sys/mman.h>
#include <unistd.h>

#include "runtime/elf.hpp"
#include "runtime/refusal.hpp"

using namespace asg;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const int file = ::memfd_create("library", MFD_CLOEXEC);
  if (file < 0 || ::ftruncate(file, 0) != 0 ||
      ::pwrite(file, data, size, 0) != static_cast<ssize_t>(size))
    std::abort();
  try {
    const loader::SharedLibrary library = loader::read_shared_library(file);
    std::size_t bytes = 0;
    for (const auto* names : {&library.exports, &library.needed})
      for (const std::string& name : *names) bytes += name.size();
    if (bytes > size) std::abort();
  } catch (const loader::Refusal&) {
  }
  return 0;
}
