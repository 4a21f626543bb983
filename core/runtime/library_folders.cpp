#include "runtime/library_folders.hpp"

#include <dlfcn.h>
#include <link.h>

#include <cstddef>

#include <boost/dll/runtime_symbol_info.hpp>

namespace asg::loader {
namespace {

namespace fs = std::filesystem;

fs::path program_file() {
  std::error_code error;
  const fs::path file = boost::dll::program_location(error);
  return error ? fs::path{} : file;
}

// What the dynamic linker calls the file that this code is in: "" where that is the program.
const char* loaded_name() {
  Dl_info info{};
  void* map = nullptr;
  const int found =
      ::dladdr1(reinterpret_cast<void*>(&loaded_name), &info, &map, RTLD_DL_LINKMAP);
  return found != 0 ? static_cast<const ::link_map*>(map)->l_name : "";
}

#ifdef ASG_STATIC
// Where the library would be looked for if it were one of its own: along the run path of what it is a
// part of, which CMake and pkg-config set as for a shared one, and in the folders of the system.
std::vector<fs::path> linker_folders() {
  std::vector<fs::path> folders;
  const char* const name = loaded_name();
  void* const self = ::dlopen(*name == '\0' ? nullptr : name, RTLD_LAZY | RTLD_NOLOAD);
  Dl_serinfo size{};
  if (self == nullptr || ::dlinfo(self, RTLD_DI_SERINFOSIZE, &size) != 0) return folders;
  std::vector<Dl_serinfo> memory(size.dls_size / sizeof(Dl_serinfo) + 1, size);
  if (::dlinfo(self, RTLD_DI_SERINFO, memory.data()) != 0) return folders;
  const Dl_serpath* const paths = memory[0].dls_serpath;
  for (unsigned i = 0; i < size.dls_cnt; ++i) folders.emplace_back(paths[i].dls_name);
  return folders;
}
#endif

}  // namespace

fs::path library_file() {
  const char* const name = loaded_name();
  if (*name == '\0') return program_file();
  std::error_code error;
  fs::path file = fs::canonical(name, error);
  return error ? fs::path{} : file;
}

std::vector<LibraryFolder> library_folders() {
  std::vector<LibraryFolder> folders;
  const fs::path library = library_file(), program = program_file();
  if (!library.empty() && library != program)
    folders.push_back({library.parent_path(), "beside the asg library"});
  if (!program.empty())
    for (const char* way : {"../lib", ASG_LIBRARY_FROM_PROGRAM})
      folders.push_back({(program.parent_path() / way).lexically_normal(), "beside the program"});
#ifdef ASG_STATIC
  std::error_code error;
  for (const fs::path& folder : linker_folders())
    if (fs::is_directory(folder / "asg", error)) folders.push_back({folder, "run path"});
#endif
  folders.push_back({fs::path(ASG_BACKEND_DIR).parent_path().parent_path(), "installation"});
  return folders;
}

}  // namespace asg::loader
