// Backends that a test loads by itself keep their shaders as in a program: with what asg's own host
// has.
#include "runtime/extensions.hpp"
#include "runtime/plugin_table.hpp"

#include "abi/loaded_backend.hpp"

namespace asg::testing {
namespace {

const bool offered = [] {
  auto* plugin = new loader::Plugin;  // as the core's, never destroyed
  plugin->name = "vulkan";
  plugin->blobs = std::make_unique<loader::BlobCache>(plugin->name);
  Services::usual() = {plugin, loader::host_extension};
  return true;
}();

}  // namespace
}  // namespace asg::testing
