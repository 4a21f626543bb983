// What tests ask of texts, and of what is thrown. Of asg it needs nothing.
#pragma once
#include <exception>
#include <string>
#include <string_view>

namespace test_support {

/// Whether the text has all of the parts.
template <class... Parts>
bool contains(std::string_view text, const Parts&... parts) {
  return ((text.find(parts) != std::string_view::npos) && ...);
}

inline constexpr std::string_view nothing_thrown = "nothing was thrown";

/// The message of the E that f must throw; nothing_thrown when it throws nothing.
template <class E = std::exception, class F>
std::string message_of(F&& f) {
  try {
    static_cast<void>(f());
  } catch (const E& error) {
    return error.what();
  }
  return std::string(nothing_thrown);
}

/// For BOOST_CHECK_EXCEPTION: whether the message has all of the parts.
template <class... Parts>
auto says(Parts... parts) {
  return [=](const std::exception& error) { return contains(error.what(), parts...); };
}

}  // namespace test_support
