#include "check/manners.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

namespace asg::proof {

Manners Manners::now() {
  Manners manners;
  manners.locale_ = std::setlocale(LC_ALL, nullptr);
  std::error_code error;
  manners.folder_ = std::filesystem::current_path(error).string();
  for (char** entry = ::environ; entry != nullptr && *entry != nullptr; ++entry)
    manners.environment_.emplace_back(*entry);
  std::sort(manners.environment_.begin(), manners.environment_.end());
  manners.handlers_.assign(static_cast<std::size_t>(SIGRTMAX) + 1, nullptr);
  for (int number = 1; number <= SIGRTMAX; ++number) {
    struct sigaction action {};
    if (::sigaction(number, nullptr, &action) == 0)
      manners.handlers_[static_cast<std::size_t>(number)] =
          reinterpret_cast<const void*>(action.sa_handler);
  }
  manners.mask_ = ::umask(0);
  ::umask(manners.mask_);
  return manners;
}

std::vector<std::string> Manners::changed() const {
  const Manners after = now();
  std::vector<std::string> list;
  if (after.locale_ != locale_)
    list.push_back(
        fmt::format("it changed the locale of the process from {} to {}", locale_, after.locale_));
  if (after.folder_ != folder_) list.emplace_back("it changed the working directory");
  if (after.environment_ != environment_) list.emplace_back("it changed environment variables");
  if (after.mask_ != mask_) list.emplace_back("it changed the mask of new files (umask)");
  for (std::size_t number = 1; number < handlers_.size(); ++number)
    if (after.handlers_[number] != handlers_[number]) {
      const char* const name = ::sigabbrev_np(static_cast<int>(number));
      list.push_back(
          fmt::format("it changed the handler of signal {}",
                      name != nullptr ? fmt::format("SIG{}", name) : std::to_string(number)));
    }
  return list;
}

}  // namespace asg::proof
