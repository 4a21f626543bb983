#include "check/board.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include <asg/graph/error.hpp>

#include "graph/utf8.hpp"

namespace asg::proof {
namespace {

template <std::size_t size>
void write_text(char (&to)[size], std::string_view text) {
  const std::size_t length = std::min(text.size(), size - 1);
  std::memcpy(to, text.data(), length);
  to[length] = '\0';
}

template <std::size_t size>
std::string read_text(const char (&from)[size]) {
  return shown({from, ::strnlen(from, size)}, size);
}

}  // namespace

Board::Board() : descriptor_(::memfd_create("asg-check", MFD_CLOEXEC)) {
  if (!descriptor_ || ::ftruncate(descriptor_.number(), sizeof(Page)) != 0)
    throw Error("the system has no memory to share with a process that checks");
  map();
}

Board::Board(int descriptor) : descriptor_(descriptor) { map(); }

Board::~Board() { ::munmap(page_, sizeof(Page)); }

void Board::map() {
  void* const memory =
      ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_.number(), 0);
  if (memory == MAP_FAILED) throw Error("memory shared between processes cannot be mapped");
  page_ = static_cast<Page*>(memory);
}

void Board::begin_case(std::uint64_t number, std::string_view text) {
  write_text(page_->call, "");
  write_text(page_->text, text);
  page_->number = number;
}

void Board::begin_call(const char* function) { write_text(page_->call, function); }

std::uint64_t Board::number() const { return page_->number; }
std::string Board::text() const { return read_text(page_->text); }
std::string Board::call() const { return read_text(page_->call); }

}  // namespace asg::proof
