#include "runtime/plugin.hpp"

#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/dll/shared_library.hpp>

#include <asg/runtime/log.hpp>

#include "runtime/descriptors.hpp"
#include "runtime/extensions.hpp"
#include "runtime/plugin_call.hpp"
#include "runtime/plugin_file.hpp"
#include "runtime/plugin_table.hpp"
#include "runtime/refusal.hpp"
#include "runtime/search.hpp"

namespace asg::loader {
namespace {

namespace fs = std::filesystem;
namespace dll = boost::dll;

struct Registry {
  std::mutex mutex;  // of loading, and of creating and destroying backends
  std::map<fs::path, Plugin*> usable;
  // All that were ever called, refused ones too: they may keep the address of their host.
  std::vector<std::unique_ptr<Plugin>> plugins;
  std::vector<std::unique_ptr<dll::shared_library>> libraries;
  std::vector<void*> abandoned;
};

// Never destroyed: plugins stay in the process until its end, and so does what they point to.
Registry& registry() {
  static Registry* const instance = new Registry;
  return *instance;
}

std::atomic<bool> ending{false};

// Static objects go in the reverse order of their making, and drivers and their layers make some at
// any call: a device that a program keeps in a static object may be closed after them. The objects
// of the thread that ends the process go before all of these. (Where the first thread ends and
// others go on, what these close is left to the operating system too.)
struct OfThread {
  ~OfThread() {
    if (gettid() == getpid()) ending = true;
  }
};
void watch_this_thread() { thread_local const OfThread object; }

extern "C" void ASG_CALL receive_log(void* context, std::uint32_t level,
                                     const char* message) ASG_NOEXCEPT {
  const auto* const plugin = static_cast<const Plugin*>(context);
  const bool known = level >= ASG_LOG_ERROR && level <= ASG_LOG_DEBUG;
  try {
    log_message(known ? static_cast<LogLevel>(level) : LogLevel::debug, plugin->name,
                clean_text(message));
  } catch (...) {
    // Out of memory: the message is lost, which is the least of the plugin's troubles.
  }
}

// What the dynamic linker said, without Boost's words around it and without the file's name.
std::string linker_message(const std::string& text, const fs::path& loaded,
                           const PluginFile& file) {
  std::string_view view = text;
  constexpr std::string_view opening = "dlerror system message: ";
  if (const std::size_t begin = view.find(opening); begin != std::string_view::npos) {
    view.remove_prefix(begin + opening.size());
    view = view.substr(0, view.rfind("): "));
  }
  const std::string prefix = loaded.string() + ": ";
  if (view.starts_with(prefix)) view.remove_prefix(prefix.size());
  std::string message = clean_text(std::string(view).c_str());
  if (loaded != file.path())
    message +=
        "; others may write to its directory or one above, so that it was loaded by its "
        "contents and cannot find libraries beside itself";
  return message;
}

using Entry = const asg_backend_api*(const asg_host*, asg_error*);

Entry* load_entry(Registry& all, const PluginFile& file) {
  // Never unloaded: exceptions, threads and exit handlers of plugins and of their libraries point
  // into the code for longer than any object of ours.
  constexpr auto mode = dll::load_mode::rtld_now | dll::load_mode::rtld_local |
                        static_cast<dll::load_mode::type>(RTLD_NODELETE);
  auto library = std::make_unique<dll::shared_library>();
  const fs::path name = file.loadable(all.libraries.size());
  if (name != file.path()) note_loaded_as(name, file.path());
  try {
    const PluginCall current("loading", nullptr, file.path().c_str());
    library->load(name, mode);  // this overload's exception has the linker's own words
    current.check_float_mode();
  } catch (const PluginFailure& e) {
    throw Refusal(e.message);
  } catch (const std::exception& e) {
    throw Refusal(fmt::format("cannot be loaded: {}", linker_message(e.what(), name, file)));
  }
  const dll::shared_library& loaded = *all.libraries.emplace_back(std::move(library));
  if (!loaded.has(ASG_ENTRY_SYMBOL)) throw Refusal("it has no " ASG_ENTRY_SYMBOL);
  return &loaded.get<Entry>(ASG_ENTRY_SYMBOL);
}

Plugin& load(Registry& all, const PluginFile& file) {
  Entry* const entry = load_entry(all, file);
  Plugin& plugin = *all.plugins.emplace_back(std::make_unique<Plugin>());
  plugin.file = file.path();
  plugin.name = backend_name_of(file.path());
  plugin.host = {sizeof(asg_host), ASG_ABI_MINOR, 0, &plugin, "asg", ASG_VERSION,
                 receive_log,      host_extension};
  asg_error error = empty_error();
  const asg_backend_api* table = nullptr;
  try {
    table = call("its entry point", entry, &plugin.host, &error);
  } catch (const PluginFailure& e) {
    throw Refusal(e.message);
  }
  if (table == nullptr) {
    error.message[sizeof error.message - 1] = '\0';
    const std::string reason = clean_text(error.message);
    throw Refusal("it refuses to work: " + (reason.empty() ? "it gives no reason" : reason));
  }
  adopt_table(plugin, table);
  plugin.blobs = std::make_unique<BlobCache>(plugin.name);
  return plugin;
}

Plugin& load_locked(Registry& all, const PluginFile& file) {
  const fs::path& key = file.path();
  if (const auto found = all.usable.find(key); found != all.usable.end()) return *found->second;
  log_message(LogLevel::debug, "loader", fmt::format("loading {}", shown_path(key)));
  const DescriptorWatch descriptors;
  Plugin& plugin = load(all, file);
  descriptors.check("loading");
  all.usable[key] = &plugin;
  return plugin;
}

void create(Plugin& plugin) {
  asg_backend* backend = nullptr;
  const DescriptorWatch descriptors;
  call_checked("create", plugin.api.create, &plugin.host, &backend);
  descriptors.check("create");
  if (backend == nullptr)
    throw PluginFailure(ASG_INTERNAL, ASG_NO_STEP, "create gave no backend and no reason");
  plugin.backend = backend;
  if (plugin.watches_exit) return;
  // For a process that another thread ends: registered after the plugin's static objects, therefore
  // run before they are destroyed.
  plugin.watches_exit = std::atexit([] { ending = true; }) == 0;
}

}  // namespace

bool process_is_ending() { return ending; }

void abandon(void* object) {
  const std::lock_guard lock(registry().mutex);
  registry().abandoned.push_back(object);
}

bool is_in_use(const PluginFile& file) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  const auto found = all.usable.find(file.path());
  return found != all.usable.end() && found->second->users > 0;
}

const Plugin& load_plugin(const PluginFile& file) {
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  return load_locked(all, file);
}

std::shared_ptr<Backend> Backend::open(const PluginFile& file) {
  watch_this_thread();
  Registry& all = registry();
  const std::lock_guard lock(all.mutex);
  Plugin& plugin = load_locked(all, file);
  if (plugin.users == 0) create(plugin);
  ++plugin.users;
  return std::make_shared<Backend>(plugin);
}

Backend::~Backend() {
  if (process_is_ending()) return;
  const std::lock_guard lock(registry().mutex);
  if (--plugin_->users > 0) return;
  call_quietly(plugin_->name, "destroy", plugin_->api.destroy,
               std::exchange(plugin_->backend, nullptr));
}

}  // namespace asg::loader
