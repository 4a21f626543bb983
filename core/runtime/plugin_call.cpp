#include "runtime/plugin_call.hpp"

#include <dlfcn.h>

#include <array>
#include <atomic>

#include <asg/runtime/backends.hpp>

#include "graph/utf8.hpp"
#include "runtime/float_mode.hpp"

namespace asg {
namespace {

struct CallPlace {
  const char* function = nullptr;
  const void* code = nullptr;
  const char* file = nullptr;
};

// No destructors: they are asked while the process ends.
constinit thread_local CallPlace call_of_thread;
// The latest of any thread, for one that a plugin has started itself. Not counted: that would cost
// as much as the rest of a call.
constinit std::atomic<const char*> latest_function{nullptr};
constinit std::atomic<const void*> latest_code{nullptr};
// Another one with each call; threads do not count together, which would cost as much again.
constinit std::atomic<std::uint64_t> latest_number{0};
constinit thread_local std::uint64_t number_of_thread = 0;
constinit std::atomic<void (*)(const char*)> call_watcher{nullptr};

// A plugin that was loaded by another name than its own. A list that only grows, and has no
// destructor either.
struct Alias {
  std::string loaded, path;
  const Alias* next;
};
constinit std::atomic<const Alias*> aliases{nullptr};

const char* path_of(const char* loaded) {
  for (const Alias* alias = aliases; alias != nullptr; alias = alias->next)
    if (alias->loaded == loaded) return alias->path.c_str();
  return loaded;
}

}  // namespace

PluginPlace plugin_call_place() noexcept {
  CallPlace place = call_of_thread;
  if (place.function == nullptr) place = {latest_function, latest_code, nullptr};
  if (place.function == nullptr) return {};
  Dl_info info{};
  if (place.file == nullptr && place.code != nullptr && ::dladdr(place.code, &info) != 0)
    place.file = info.dli_fname;
  return {place.function, place.file == nullptr ? "(unknown)" : path_of(place.file)};
}

std::string plugin_call_in_progress() {
  const PluginPlace place = plugin_call_place();
  if (place.function == nullptr) return {};
  return fmt::format("{} of the plugin {}", place.function, loader::shown_path(place.file));
}

std::uint64_t plugin_call_number() noexcept {
  return latest_function.load(std::memory_order_relaxed) == nullptr
             ? 0
             : latest_number.load(std::memory_order_relaxed);
}

namespace loader {

void note_loaded_as(const std::filesystem::path& loaded, const std::filesystem::path& path) {
  const auto* alias = new Alias{loaded.string(), path.string(), aliases.load()};
  aliases.store(alias);  // under the registry's lock
}

PluginCall::PluginCall(const char* function, const void* code, const char* file) noexcept
    : function_(function),
      outer_function_(call_of_thread.function),
      outer_code_(call_of_thread.code),
      outer_file_(call_of_thread.file),
      float_mode_(float_mode()) {
  call_of_thread = {function, code, file};
  latest_function.store(function, std::memory_order_relaxed);
  latest_code.store(code, std::memory_order_relaxed);
  latest_number.store(++number_of_thread, std::memory_order_relaxed);
  if (const auto watcher = call_watcher.load(std::memory_order_relaxed); watcher != nullptr)
    watcher(function);
}

PluginCall::~PluginCall() {
  if (float_mode() != float_mode_) set_float_mode(float_mode_);
  latest_function.store(outer_function_, std::memory_order_relaxed);
  call_of_thread = {outer_function_, outer_code_, outer_file_};
}

void PluginCall::check_float_mode() const {
  if (const std::uint32_t now = float_mode(); now != float_mode_)
    throw PluginFailure(ASG_INTERNAL, ASG_NO_STEP,
                        fmt::format("{} left {} changed, which is not the plugin's own", function_,
                                    float_mode_difference(float_mode_, now)));
}

void watch_plugin_calls(void (*watcher)(const char*)) noexcept { call_watcher = watcher; }

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

std::string clean_line(const char* text) { return text == nullptr ? "" : shown(text, 4096); }

// Paths may be long, and their ends count.
std::string shown_path(const std::filesystem::path& path) { return shown(path.string(), 4096); }

void check_status(std::string_view function, asg_status status, asg_error& error) {
  if (status == ASG_OK) return;
  error.message[sizeof error.message - 1] = '\0';
  std::string message = clean_text(error.message);
  if (message.empty())
    message = fmt::format("{} ({} gave no reason)", status_text(status), function);
  throw PluginFailure(status, error.step, std::move(message));
}

}  // namespace loader
}  // namespace asg
