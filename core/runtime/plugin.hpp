// Loaded plugins and the backends that live in them.
#pragma once
#include <memory>

#include <asg/sdk/backend.h>

#include "runtime/plugin_table.hpp"

namespace asg::loader {

class PluginFile;

/// A share in a plugin's backend, which is created by the first and destroyed with the last.
/// Threads  any.
class Backend {
 public:
  /// Loads the plugin and starts its backend as far as that has not happened yet.
  /// Errors   Refusal saying why the file is not a usable plugin; PluginFailure from its create.
  [[nodiscard]] static std::shared_ptr<Backend> open(const PluginFile& file);

  explicit Backend(Plugin& plugin) : plugin_(&plugin) {}
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;
  ~Backend();

  [[nodiscard]] const Plugin& plugin() const { return *plugin_; }
  [[nodiscard]] const asg_backend_api& api() const { return plugin_->api; }
  [[nodiscard]] asg_backend* handle() const { return plugin_->backend; }

 private:
  Plugin* plugin_;
};

/// Loads the plugin, without starting its backend.
/// Errors   Refusal.
[[nodiscard]] const Plugin& load_plugin(const PluginFile& file);

/// Whether the backend of a plugin lives in this process now.
[[nodiscard]] bool is_in_use(const PluginFile& file);

/// True once the process is on its way out: plugins' own static objects may be gone then, so what
/// is still open is left to the operating system.
[[nodiscard]] bool process_is_ending();

/// Remembers a plugin's object that is left to the operating system, for leak checkers.
void abandon(void* object);

}  // namespace asg::loader
