// Which backend plugins there are, and why a file is not one.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace asg {

/// Where plugins are looked for. A plugin is a file asg-backend-NAME.so in one of the directories;
/// of several with one name the first wins. The directories are, in this order:
///   1. `directories`
///   2. those in ASG_PLUGIN_PATH, separated by colons
///   3. $XDG_DATA_HOME/asg/backends (~/.local/share/asg/backends)
///   4. asg/backends beside the asg library, ../lib/asg/backends beside the program; for a static
///      asg library also where the dynamic linker looks for libraries of the program
///   5. the directory that asg was configured to install plugins into
/// 2 and 3 are not read by programs that run with raised privileges. Relative paths are never
/// searched, nor is the current directory. Files and directories that everybody may write to or
/// that belong to another user are refused, unless ASG_ALLOW_INSECURE_PLUGINS is 1. What was judged
/// is what is loaded, even when the file is replaced meanwhile.
struct PluginSearch {
  std::vector<std::filesystem::path> directories;
  bool defaults = true;  ///< false: only `directories`
};

/// One device of a backend.
struct DeviceDescription {
  std::string id;                  ///< stable across runs: "cpu", "0000:01:00.0"
  std::string name;                ///< for people
  std::string kind;                ///< "cpu", "gpu", "igpu", "accelerator", "software"
  std::uint64_t memory_total = 0;  ///< bytes; 0 unknown
  std::uint64_t memory_free = 0;
  int threads = 0;  ///< 0 unknown
};

/// What devices of a backend can be opened with: --backend NAME,KEY=VALUE, DeviceOptions::options.
struct BackendOption {
  std::string key;
  std::string default_value;
  std::string help;
};

/// One file or directory that was looked at.
struct BackendListing {
  std::string name;  ///< from the file name; empty for what cannot be a plugin
  std::filesystem::path file;
  bool usable = false;
  std::string reason;  ///< one sentence: why it is not usable; empty when it is
  std::string version;
  std::string vendor;
  std::string description;
  std::vector<BackendOption> options;
  int abi_major = -1;  ///< -1 unknown
  int abi_minor = -1;
  int opset = 0;
  std::vector<DeviceDescription> devices;
};

/// Looks at everything in the plugin directories and asks each plugin for its devices, in a process
/// of its own, so that one that crashes, exits or hangs is a listing like others. Every entry of
/// every directory gives one listing, and so does every directory that is missing, empty or
/// refused.
/// Errors   none for bad plugins: they are the listings. Error when ASG_PROBE_SECONDS, the time
///          that each may take (10), is no number from 1 on.
/// Threads  any. The processes are started without fork.
/// Memory   a plugin may take 4 GiB there.
/// Cost     starts the drivers of all usable backends, several at a time. Of a file that ends the
///          process this is remembered for a day (ten minutes if it took too long), in
///          $ASG_CACHE_DIR/plugins ($XDG_CACHE_HOME/asg/plugins, ~/.cache/asg/plugins).
///
/// The processes run the program asg/asg-plugin-probe beside the asg library. Where it is missing,
/// or this process runs with a sanitizer that it has not, plugins are loaded into this process,
/// which a bad one then takes with it; a warning says so. A backend that is in use is asked here.
[[nodiscard]] std::vector<BackendListing> list_backends(const PluginSearch& search = {});

/// The program that tries plugins; empty when there is none, or none that may be trusted.
[[nodiscard]] std::filesystem::path plugin_probe_program();

/// What a plugin is doing: "execute of the plugin /usr/lib/asg/backends/asg-backend-mine.so";
/// empty when no call into one is in progress. For handlers of exit: within a call it is the plugin
/// that ends the program, and a status of 0 would be a lie.
/// Threads  any; answers for the calling one first.
[[nodiscard]] std::string plugin_call_in_progress();

/// The same for handlers of signals: nullptr when no call is in progress. Allocates nothing.
struct PluginPlace {
  const char* function = nullptr;
  const char* file = nullptr;
};
[[nodiscard]] PluginPlace plugin_call_place() noexcept;

/// 0 when no call into a plugin is in progress, else a number that changes with each: one that stays
/// the same is that of a call that does not come back.
/// Threads  any.
[[nodiscard]] std::uint64_t plugin_call_number() noexcept;

/// Seconds that work of a device and calls into plugins may take: ASG_DEVICE_SECONDS, or 3600.
/// Errors   Error when the variable is no number from 1 on.
[[nodiscard]] int device_seconds();

/// The directories that list_backends and open_device look into, in order, existing or not.
[[nodiscard]] std::vector<std::filesystem::path> plugin_directories(
    const PluginSearch& search = {});

}  // namespace asg
