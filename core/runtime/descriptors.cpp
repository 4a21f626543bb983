#include "runtime/descriptors.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "runtime/refusal.hpp"

namespace asg::loader {
namespace {

// Above what programs and plugins count on.
constexpr int lowest_copy = 64;

bool look_at(int number, struct stat& status) { return ::fstat(number, &status) == 0; }

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

DescriptorWatch::DescriptorWatch(std::span<const int> more) {
  const auto add = [&](int number, bool restore) {
    struct stat status {};
    const bool open = look_at(number, status);
    const bool copied = open && restore;
    watched_.push_back({number, open, status,
                        Descriptor(copied ? ::fcntl(number, F_DUPFD_CLOEXEC, lowest_copy) : -1)});
  };
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) add(number, true);
  for (const int number : more) add(number, false);
}

int DescriptorWatch::changed() const {
  int first = -1;
  for (const Watched& each : watched_) {
    struct stat now {};
    const bool open = look_at(each.number, now);
    const bool same =
        open == each.open &&
        (!open || (now.st_dev == each.status.st_dev && now.st_ino == each.status.st_ino));
    if (same) continue;
    if (first < 0) first = each.number;
    if (each.copy) ::dup2(each.copy.number(), each.number);
  }
  return first;
}

void DescriptorWatch::check(std::string_view function) const {
  if (const int number = changed(); number >= 0)
    throw Refusal(fmt::format("{} closed or replaced file descriptor {}, which is not its own",
                              function, number));
}

}  // namespace asg::loader
