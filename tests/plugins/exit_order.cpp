// Leaves a device in an object that is destroyed after objects of the plugin: nothing may be called
// then.
//
//   exit_order FOLDER early   in an object that is older than the plugin
//   exit_order FOLDER late    in one that is younger than the plugin and older than what the plugin
//                             makes at a later call
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>
#include <string_view>

#include <asg/runtime/device.hpp>

namespace {

// Constructed before the plugin is loaded, therefore destroyed after the plugin's objects are.
std::optional<asg::Device> device;
std::optional<asg::Buffer> buffer;

const asg::Device& kept(const std::filesystem::path& file) {
  static const asg::Device late = asg::open_device(file.string());
  return late;
}

}  // namespace

int main(int, char** arguments) {
  try {
    const std::filesystem::path file = std::filesystem::path(arguments[1]) / "asg-backend-tiny.so";
    if (std::string_view(arguments[2]) == "early") {
      device = asg::open_device(file.string());
      buffer = device->allocate(16);
    } else {
      (void)kept(file).allocate(16);
    }
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
