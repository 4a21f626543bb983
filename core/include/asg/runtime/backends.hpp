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
///   4. asg/backends beside the asg library, ../lib/asg/backends beside the program
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

/// One file or directory that was looked at.
struct BackendListing {
  std::string name;  ///< from the file name; empty for what cannot be a plugin
  std::filesystem::path file;
  bool usable = false;
  std::string reason;  ///< one sentence: why it is not usable; empty when it is
  std::string version;
  std::string vendor;
  std::string description;
  std::string options_help;  ///< "key=default  text" lines
  int abi_major = -1;        ///< -1 unknown
  int abi_minor = -1;
  int opset = 0;
  std::vector<DeviceDescription> devices;
};

/// Looks at everything in the plugin directories, loads what can be loaded and asks it for its
/// devices. Every entry of every directory gives one listing, and so does every directory that is
/// missing, empty or refused.
/// Errors   none for bad plugins: they are the listings. A plugin that crashes while it is loaded
///          takes the process with it.
/// Threads  any.
/// Cost     starts the drivers of all usable backends.
[[nodiscard]] std::vector<BackendListing> list_backends(const PluginSearch& search = {});

/// The directories that list_backends and open_device look into, in order, existing or not.
[[nodiscard]] std::vector<std::filesystem::path> plugin_directories(
    const PluginSearch& search = {});

}  // namespace asg
