#include "runtime/plugin_call.hpp"

#include <array>

#include "graph/utf8.hpp"

namespace asg::loader {

std::string_view status_text(asg_status status) {
  constexpr std::array<std::string_view, 10> texts = {
      "no error",      "invalid argument",           "not supported",
      "out of memory", "the device was lost",        "the program could not be compiled",
      "timed out",     "driver or hardware missing", "incompatible with this asg",
      "internal error"};
  const auto index = static_cast<std::size_t>(status);
  return status >= 0 && index < texts.size() ? texts[index] : texts[ASG_INTERNAL];
}

std::string clean_text(const char* text) {
  if (text == nullptr) return {};
  std::string clean = shown_lines(text);
  while (!clean.empty() && clean.back() == '\n') clean.pop_back();
  return clean;
}

void check_status(std::string_view function, asg_status status, asg_error& error) {
  if (status == ASG_OK) return;
  error.message[sizeof error.message - 1] = '\0';
  std::string message = clean_text(error.message);
  if (message.empty())
    message = fmt::format("{} ({} gave no reason)", status_text(status), function);
  throw PluginFailure(status, error.step, std::move(message));
}

}  // namespace asg::loader
