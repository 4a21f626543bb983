// What the plugin has the host keep, and what it does with what comes back.
#include <boost/test/unit_test.hpp>

#include <asg/asg.hpp>

#include "abi/memory_cache.hpp"
#include "runtime/plugin.hpp"
#include "runtime/plugin_file.hpp"
#include "support.hpp"

namespace asg::testing {
namespace {

/// How many shaders are compiled; the result is right in any case.
uint64_t compiled(const LoadedBackend& backend) {
  BOOST_TEST(close(Model().run(backend), expected()));
  return counters(backend).shaders_compiled;
}
uint64_t compiled_with(MemoryCache& cache) {
  return compiled(LoadedBackend(ASG_TEST_VULKAN, {}, cache.services()));
}

/// With the shaders of a model.
struct Filled : MemoryCache {
  Filled() : all(compiled_with(*this)) {
    BOOST_TEST_REQUIRE(all > 1u);
    BOOST_TEST_REQUIRE(entries.size() == all + 1, "each shader, and the driver's part");
  }
  /// What is kept of one shader.
  std::string& shader() {
    for (auto& [key, data] : entries)
      if (key.find("void main") != std::string::npos) return data;
    throw std::logic_error("no shader is kept");
  }
  const uint64_t all;
};

BOOST_AUTO_TEST_CASE(the_second_time_nothing_is_compiled) {
  Filled cache;
  BOOST_TEST(compiled_with(cache) == 0u);
  BOOST_TEST(cache.entries.size() == cache.all + 1);
}

BOOST_AUTO_TEST_CASE(what_is_no_shader_is_made_anew) {
  Filled cache;
  for (const std::string& content : {std::string(), std::string("abc"), std::string(400, 'x')}) {
    cache.shader() = content;
    BOOST_TEST(compiled_with(cache) == 1u);
  }
  BOOST_TEST(compiled_with(cache) == 0u);
}

BOOST_AUTO_TEST_CASE(what_the_driver_refuses_is_made_anew) {
  Faults faults;
  Filled cache;
  faults.set("shader", 1);
  BOOST_TEST(compiled_with(cache) == 1u);
  faults.set("stored");
  BOOST_TEST(compiled_with(cache) == 0u);
}

BOOST_AUTO_TEST_CASE(garbage_is_made_anew) {
  Filled cache;
  for (auto& [key, data] : cache.entries) data = "garbage!";
  BOOST_TEST(compiled_with(cache) == cache.all);
  BOOST_TEST(compiled_with(cache) == 0u);
}

BOOST_AUTO_TEST_CASE(a_host_that_keeps_nothing_is_enough) {
  MemoryCache full;
  full.takes_nothing = true;
  const uint64_t all = compiled_with(full);
  BOOST_TEST(all > 1u);
  BOOST_TEST(compiled_with(full) == all);
  for (int i = 0; i < 2; ++i)
    BOOST_TEST(compiled(LoadedBackend(ASG_TEST_VULKAN, {}, Services())) == all);
}

BOOST_AUTO_TEST_CASE(the_cache_can_be_left_alone) {
  Filled cache;
  const auto compiled_as = [&](const char* value) {
    return compiled(LoadedBackend(ASG_TEST_VULKAN, {{"cache", value}}, cache.services()));
  };
  BOOST_TEST(compiled_as("on") == 0u);
  BOOST_TEST(compiled_as("off") == cache.all);
  cache.entries.clear();
  BOOST_TEST(compiled_as("off") == cache.all);
  BOOST_TEST(cache.entries.empty());
}

/// By the library itself, whose cache is a folder.
uint64_t compiled_by_asg() {
  const Device device = open_device("vulkan");
  Graph graph;
  const Tensor x = graph.input("x", f32, {3});
  const auto y = compile(device, graph, {exp(x) - 1, sum(x)}).run({Array({3}, {0.f, 0.f, 0.f})});
  BOOST_TEST(identical(y[0], Array({3}, {0.f, 0.f, 0.f})));
  const auto backend = loader::Backend::open(loader::PluginFile(ASG_TEST_VULKAN));
  const void* found = backend->api().get_extension(backend->handle(), vulkan::counters_extension);
  return static_cast<const vulkan::Counters*>(found)->shaders_compiled;
}

BOOST_AUTO_TEST_CASE(the_library_keeps_shaders_in_its_folder) {
  const Folder folder;
  const Variable variable("ASG_CACHE_DIR", folder.path().string());
  const uint64_t all = compiled_by_asg();
  BOOST_TEST(all > 0u);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "vulkan"))
    files += entry.is_regular_file();
  BOOST_TEST(files == all + 1);
  BOOST_TEST(compiled_by_asg() == 0u);
}

}  // namespace
}  // namespace asg::testing
