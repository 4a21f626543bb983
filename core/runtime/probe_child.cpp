// The side of the process that tries a plugin.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "runtime/descriptors.hpp"
#include "runtime/device_facts.hpp"
#include "runtime/plugin.hpp"
#include "runtime/plugin_call.hpp"
#include "runtime/probe.hpp"
#include "runtime/refusal.hpp"
#include "runtime/sanitizers.hpp"

namespace asg::loader {
namespace {

// What the plugin must leave alone; of the process, as its one thread that reports.
const DescriptorWatch* watched_descriptors = nullptr;

// At once and by the system, so that what was said last is known whatever comes next.
void send(std::string_view bytes) {
  static std::mutex mutex;  // threads of plugins log, too
  const std::lock_guard lock(mutex);
  while (!bytes.empty()) {
    const ::ssize_t n = ::write(probe_report_number, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) ::_exit(probe_lost_report);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

// Before something else is written where the report should go.
void check_descriptors() {
  const int changed = watched_descriptors->changed();
  if (changed == probe_report_number) ::_exit(probe_lost_report);
  if (changed < 0) return;
  send(encode_message("refusal", fmt::format("it closed or replaced file descriptor {}, which is "
                                             "not its own",
                                             changed)));
  send(encode_message("done", ""));
  ::_exit(0);
}

std::uint64_t number_of(const char* text) {
  std::uint64_t number = 0;
  std::from_chars(text, text + std::string_view(text).size(), number);
  return number;
}

void limit(__rlimit_resource_t resource, std::uint64_t most) {
  struct rlimit values {};
  if (::getrlimit(resource, &values) != 0) return;
  values.rlim_max = std::min<::rlim_t>(values.rlim_max, most);
  values.rlim_cur = std::min<::rlim_t>(values.rlim_cur, most);
  ::setrlimit(resource, &values);
}

void limit_this_process(std::uint64_t seconds, std::uint64_t bytes) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The one who asks counts seconds on the wall; this is for when he is no more.
  limit(RLIMIT_CPU, seconds * std::max(1u, std::thread::hardware_concurrency()));
  // One byte: unlike none it also keeps a program that collects cores from being called.
  limit(RLIMIT_CORE, 1);
  // Not of addresses, of which drivers and sanitizers reserve terabytes.
  if (process_sanitizers() == 0) limit(RLIMIT_DATA, bytes);
  // When memory is short all the same, this process is the one to go.
  if (std::FILE* file = std::fopen("/proc/self/oom_score_adj", "we"); file != nullptr) {
    std::fputs("1000", file);
    std::fclose(file);
  }
  // Run-times of sanitizers would tell of a crash by another way than the system does.
  for (const int number : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP})
    std::signal(number, SIG_DFL);
  ::close_range(probe_report_number + 1, ~0u, 0);
}

bool is_suited(const PluginFile& file) {
  return (needed_sanitizers(read_shared_library(file.descriptor())) & ~process_sanitizers()) == 0;
}

std::string try_plugin(BackendListing& listing, const PluginFile& file) {
  try {
    if (!is_suited(file)) {
      send(encode_message("unsuited", ""));
      return {};
    }
    examine(listing, file);
    return {};
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "loading it threw an exception of an unknown type";
  }
}

}  // namespace

void examine(BackendListing& listing, const PluginFile& file) {
  const Plugin& plugin = load_plugin(file);
  listing.version = plugin.version;
  listing.vendor = plugin.vendor;
  listing.description = plugin.description;
  listing.options = plugin.options;
  listing.abi_minor = plugin.abi_minor;
  listing.opset = static_cast<int>(plugin.opset);
  const auto backend = Backend::open(file);
  const std::uint32_t count = device_count(*backend);
  for (std::uint32_t i = 0; i < count; ++i)
    listing.devices.push_back(read_device(*backend, i).description);
  if (count == 0) throw Refusal("it finds no device on this machine");
}

int run_probe(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("This program is started by asg to try a plugin.\n", stderr);
    return 2;
  }
  limit_this_process(number_of(argv[2]), number_of(argv[3]));
  send(encode_message("begin", ASG_VERSION));
  const int own[] = {probe_file_number, probe_report_number};
  const DescriptorWatch descriptors(own);
  watched_descriptors = &descriptors;
  set_log_handler([](LogLevel level, std::string_view source, std::string_view text) {
    send(encode_log(level, source, text));
  });
  watch_plugin_calls([](const char* function) {
    check_descriptors();
    send(encode_message("call", function));
  });
  BackendListing listing;
  const PluginFile file(probe_file_number, argv[1]);
  const std::string refusal = try_plugin(listing, file);
  watch_plugin_calls(nullptr);
  check_descriptors();
  send(encode_listing(listing));
  send(encode_message("refusal", refusal));
  send(encode_message("done", ""));
  // Not by exit: what the plugin would do on the way out is for programs that have used it.
  ::_exit(0);
}

}  // namespace asg::loader
