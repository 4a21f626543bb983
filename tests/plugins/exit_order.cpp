// Leaves a device in an object that is destroyed after the plugin's own: nothing may be called
// then.
#include <cstdio>
#include <exception>
#include <filesystem>
#include <optional>

#include <asg/runtime/device.hpp>

namespace {

// Constructed before the plugin is loaded, therefore destroyed after the plugin's objects are.
std::optional<asg::Device> device;
std::optional<asg::Buffer> buffer;

}  // namespace

int main(int, char** arguments) {
  try {
    const std::filesystem::path file = std::filesystem::path(arguments[1]) / "asg-backend-tiny.so";
    device = asg::open_device(file.string());
    buffer = device->allocate(16);
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
