#include "command.hpp"

#include <fmt/format.h>

#include <asg/runtime/log.hpp>

namespace asg::cli {

void SearchFlags::add(CLI::App& app) {
  app.add_option("--plugin-dir", directories, "look for backends in this directory first")
      ->type_name("DIR")
      ->take_all();
}

void DeviceFlags::add(CLI::App& app) {
  app.add_option("--backend", backend,
                 "the backend, a device of it (NAME:1, NAME:ID), or a plugin's path "
                 "(default: $ASG_BACKEND, or cpu)")
      ->type_name("NAME[:DEVICE]");
  app.add_option("--threads", threads,
                 "threads to compute with (default: $ASG_NUM_THREADS, or all)")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  plugins.add(app);
}

Device DeviceFlags::open() const {
  Device device = open_device(backend, {threads, plugins.search()});
  if (device.description().kind == "software")
    log_message(LogLevel::warn, device.backend_name(),
                fmt::format("{} is emulated on the CPU; no hardware device was found",
                            device.description().name));
  return device;
}

}  // namespace asg::cli
