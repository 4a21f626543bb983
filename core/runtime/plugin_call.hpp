// Calls into plugins: nothing that a plugin does wrong short of a crash leaves here as anything but
// a PluginFailure.
#pragma once
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include <asg/sdk/backend.h>
#include <asg/runtime/log.hpp>

namespace asg::loader {

/// A status other than ASG_OK, or an exception that left a plugin's function.
struct PluginFailure : std::exception {
  PluginFailure(asg_status status, std::uint32_t at, std::string text)
      : code(status), step(at), message(std::move(text)) {}
  [[nodiscard]] const char* what() const noexcept override { return message.c_str(); }

  asg_status code;
  std::uint32_t step;
  std::string message;
};

/// A call into a plugin while it lasts: who asks what a plugin is doing is told, and how the thread
/// computes with floats is put back.
class PluginCall {
 public:
  /// `function` is a literal; the place is that of the code that is called, or the file that is
  /// loaded.
  PluginCall(const char* function, const void* code, const char* file = nullptr) noexcept;
  PluginCall(const PluginCall&) = delete;
  PluginCall& operator=(const PluginCall&) = delete;
  ~PluginCall();

  /// Errors   PluginFailure when the plugin has changed how the thread computes.
  void check_float_mode() const;

 private:
  const char* function_;
  const char* outer_function_;
  const void* outer_code_;
  const char* outer_file_;
  std::uint32_t float_mode_;
};

/// A plugin whose code the system knows by another name than that of its file: messages say the
/// file's.
void note_loaded_as(const std::filesystem::path& loaded, const std::filesystem::path& path);

/// Has a function called at the beginning of every call into a plugin; nullptr ends that.
void watch_plugin_calls(void (*watcher)(const char* function)) noexcept;

/// What a status means, for plugins that give no message.
[[nodiscard]] std::string_view status_text(asg_status status);

/// A plugin's text with control characters and bytes that are not UTF-8 written out, and without
/// newlines at its end; "" for nullptr.
[[nodiscard]] std::string clean_text(const char* text);
/// The same on one line, for names: newlines and tabs are written out, too.
[[nodiscard]] std::string clean_line(const char* text);
/// A path for a message.
[[nodiscard]] std::string shown_path(const std::filesystem::path& path);

/// Calls a function of a plugin. The parameter's type has no noexcept, so that an exception of a
/// plugin in another language standard unwinds to here instead of ending the process.
template <class R, class... P>
R call(const char* function, R (*pointer)(P...), std::type_identity_t<P>... arguments) {
  const PluginCall current(function, reinterpret_cast<const void*>(pointer));
  try {
    if constexpr (std::is_void_v<R>) {
      pointer(arguments...);
      current.check_float_mode();
    } else {
      R result = pointer(arguments...);
      current.check_float_mode();
      return result;
    }
  } catch (const PluginFailure&) {
    throw;
  } catch (const std::exception& e) {
    throw PluginFailure(ASG_INTERNAL, ASG_NO_STEP,
                        fmt::format("{} threw an exception: {}", function, clean_text(e.what())));
  } catch (...) {
    throw PluginFailure(ASG_INTERNAL, ASG_NO_STEP,
                        fmt::format("{} threw an exception of an unknown type", function));
  }
}

/// An error for a plugin to fill.
[[nodiscard]] inline asg_error empty_error() {
  asg_error error{};
  error.struct_size = sizeof error;
  error.step = ASG_NO_STEP;
  return error;
}

/// Throws the failure that a status and its error describe; does nothing for ASG_OK.
void check_status(std::string_view function, asg_status status, asg_error& error);

/// Calls a function whose last parameter is the error to fill, which is left out here.
template <class... P, class... A>
void call_checked(const char* function, asg_status (*pointer)(P...), A... arguments) {
  asg_error error = empty_error();
  check_status(function, call(function, pointer, arguments..., &error), error);
}

/// Calls a function that cannot fail, from a destructor: what it throws is logged.
template <class... P, class... A>
void call_quietly(std::string_view backend, const char* function, void (*pointer)(P...),
                  A... arguments) noexcept {
  try {
    call(function, pointer, arguments...);
  } catch (const std::exception& e) {
    log_message(LogLevel::error, backend, e.what());
  }
}

}  // namespace asg::loader
