#include "runtime/elf.hpp"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "runtime/refusal.hpp"

// Boost.DLL's library_info is not used here: up to Boost 1.74 at least it reads .symtab, which a
// stripped plugin does not have, and believes the sizes that the file states.

namespace asg::loader {
namespace {

using Header = ElfW(Ehdr);
using Section = ElfW(Shdr);
using Segment = ElfW(Phdr);
using Symbol = ElfW(Sym);
using Dynamic = ElfW(Dyn);

constexpr std::uint64_t largest_table = std::uint64_t{256} << 20;
constexpr unsigned char native_class = sizeof(void*) == 8 ? ELFCLASS64 : ELFCLASS32;

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {
    struct stat status {};
    if (::fstat(descriptor, &status) != 0) throw Refusal(std::strerror(errno));
    size_ = static_cast<std::uint64_t>(status.st_size);
  }
  [[nodiscard]] bool contains(std::uint64_t offset, std::uint64_t size) const {
    return offset <= size_ && size <= size_ - offset;
  }
  void read(void* to, std::uint64_t offset, std::uint64_t size) const {
    if (!contains(offset, size)) throw Refusal("a truncated shared library");
    auto* out = static_cast<char*>(to);
    while (size > 0) {
      const ::ssize_t n = ::pread(descriptor_, out, size, static_cast<::off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) throw Refusal(n < 0 ? std::strerror(errno) : "a truncated shared library");
      out += n;
      offset += static_cast<std::uint64_t>(n);
      size -= static_cast<std::uint64_t>(n);
    }
  }
  template <class T>
  [[nodiscard]] std::vector<T> table(std::uint64_t offset, std::uint64_t bytes) const {
    if (!contains(offset, bytes)) throw Refusal("a truncated shared library");
    if (bytes > largest_table) throw Refusal("a damaged shared library: a table is too large");
    std::vector<T> rows(bytes / sizeof(T));
    if (!rows.empty()) read(rows.data(), offset, rows.size() * sizeof(T));
    return rows;
  }
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  int descriptor_;
  std::uint64_t size_ = 0;
};

// The machine of the running program; anything else cannot be loaded into it.
Header own_header() {
  Header header{};
  const int descriptor = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return header;
  if (::pread(descriptor, &header, sizeof header, 0) != sizeof header) header = {};
  ::close(descriptor);
  return header;
}

Header read_header(const File& file) {
  if (file.size() == 0) throw Refusal("an empty file");
  unsigned char ident[EI_NIDENT] = {};
  if (file.size() >= SELFMAG) file.read(ident, 0, SELFMAG);
  if (std::memcmp(ident, ELFMAG, SELFMAG) != 0) throw Refusal("not a shared library");
  file.read(ident, 0, sizeof ident);
  if (ident[EI_CLASS] != native_class)
    throw Refusal(fmt::format("a {}-bit library, and this program has {} bits",
                              ident[EI_CLASS] == ELFCLASS64 ? 64 : 32, 8 * sizeof(void*)));
  Header header{};
  file.read(&header, 0, sizeof header);
  static const Header own = own_header();
  if (own.e_machine != 0 &&
      (own.e_machine != header.e_machine || own.e_ident[EI_DATA] != header.e_ident[EI_DATA]))
    throw Refusal(fmt::format("built for another processor (ELF machine {}, this program has {})",
                              header.e_machine, own.e_machine));
  if (header.e_type != ET_DYN) throw Refusal("an ELF file, but not a shared library");
  if (header.e_shoff == 0 || header.e_shnum == 0)
    throw Refusal("a shared library without a section table: strip it with strip only");
  if (header.e_shentsize != sizeof(Section) || header.e_phentsize != sizeof(Segment))
    throw Refusal("a damaged shared library: its header is wrong");
  return header;
}

std::string text_at(const std::vector<char>& strings, std::uint64_t offset) {
  if (offset >= strings.size()) throw Refusal("a damaged shared library: a name lies outside");
  return {strings.data() + offset, ::strnlen(strings.data() + offset, strings.size() - offset)};
}

}  // namespace

SharedLibrary read_shared_library(int descriptor) {
  const File file(descriptor);
  const Header header = read_header(file);
  // The dynamic linker maps segments without looking at the file's size and dies of what is
  // missing.
  for (const Segment& segment :
       file.table<Segment>(header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Segment)))
    if (!file.contains(segment.p_offset, segment.p_filesz))
      throw Refusal("a truncated shared library");
  const auto sections =
      file.table<Section>(header.e_shoff, std::uint64_t{header.e_shnum} * sizeof(Section));
  const auto strings_of = [&](const Section& section) {
    if (section.sh_link >= sections.size())
      throw Refusal("a damaged shared library: a section is missing");
    const Section& strings = sections[section.sh_link];
    return file.table<char>(strings.sh_offset, strings.sh_size);
  };

  SharedLibrary result;
  std::uint64_t room = file.size();
  const auto name_at = [&](const std::vector<char>& strings, std::uint64_t offset) {
    std::string name = text_at(strings, offset);
    if (name.size() > room)
      throw Refusal("a damaged shared library: its names are longer than the file");
    room -= name.size();
    return name;
  };
  // Of each of these tables a file has one; more would only be a way to be read for ever.
  bool symbols_seen = false, dynamic_seen = false;
  const auto check_first = [](bool& seen) {
    if (std::exchange(seen, true))
      throw Refusal("a damaged shared library: it has a table of symbols twice");
  };
  for (const Section& section : sections) {
    if (section.sh_type == SHT_DYNSYM) {
      check_first(symbols_seen);
      const auto strings = strings_of(section);
      for (const Symbol& symbol : file.table<Symbol>(section.sh_offset, section.sh_size))
        if ((symbol.st_info >> 4) != STB_LOCAL)
          (symbol.st_shndx != SHN_UNDEF ? result.exports : result.imports)
              .push_back(name_at(strings, symbol.st_name));
    } else if (section.sh_type == SHT_DYNAMIC) {
      check_first(dynamic_seen);
      const auto strings = strings_of(section);
      for (const Dynamic& entry : file.table<Dynamic>(section.sh_offset, section.sh_size))
        if (entry.d_tag == DT_NEEDED) result.needed.push_back(name_at(strings, entry.d_un.d_val));
    }
  }
  return result;
}

}  // namespace asg::loader
