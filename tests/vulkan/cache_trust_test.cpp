// Whose shaders the plugin takes from its cache, and what it does with those that nobody takes.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include <boost/test/unit_test.hpp>

#include "disk_cache.hpp"
#include "support.hpp"

namespace asg::testing {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> shaders_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder / "spirv")) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// How many shaders are compiled with that cache; the result is right in any case.
uint64_t compiled_with(const fs::path& folder) {
  const std::string path = folder.string();
  const LoadedBackend backend(ASG_TEST_VULKAN, {{"cache", path.c_str()}});
  BOOST_TEST(close(Model().run(backend), expected()));
  return counters(backend).shaders_compiled;
}

/// A folder with the shaders of a model.
struct Filled : Folder {
  Filled() : all(compiled_with(path())) { BOOST_TEST_REQUIRE(all > 1u); }
  const uint64_t all;
};

mode_t mode_of(const fs::path& file) {
  struct stat status {};
  BOOST_TEST_REQUIRE(lstat(file.c_str(), &status) == 0);
  return status.st_mode;
}

BOOST_AUTO_TEST_CASE(what_is_made_is_for_the_user_alone) {
  const Folder outer;
  const fs::path folder = outer.path() / "new" / "cache";
  (void)compiled_with(folder);
  for (const fs::path& made : {outer.path() / "new", folder, folder / "spirv"})
    BOOST_TEST((mode_of(made) & 0777u) == 0700u, made.string());
  for (const fs::path& file : shaders_in(folder)) {
    BOOST_TEST((mode_of(file) & 0777u) == 0600u);
    BOOST_TEST(file.extension() == ".spv");
  }
  BOOST_TEST(compiled_with(folder) == 0u);
}

BOOST_AUTO_TEST_CASE(folders_that_everybody_may_write_to_are_left_alone) {
  const Filled cache;
  for (const fs::path& folder : {cache.path(), cache.path() / "spirv"}) {
    fs::permissions(folder, fs::perms::all);
    const auto before = fs::last_write_time(folder);
    BOOST_TEST(compiled_with(cache.path()) == cache.all, folder.string());
    BOOST_TEST((fs::last_write_time(folder) == before), "nothing is written there, either");
    fs::permissions(folder, fs::perms::owner_all);
    BOOST_TEST(compiled_with(cache.path()) == 0u);
  }
}

BOOST_AUTO_TEST_CASE(files_that_everybody_may_write_to_are_made_anew) {
  const Filled cache;
  const fs::path file = shaders_in(cache.path())[0];
  fs::permissions(file, fs::perms::others_write, fs::perm_options::add);
  BOOST_TEST(compiled_with(cache.path()) == 1u);
  BOOST_TEST((mode_of(file) & 0777u) == 0600u);
  BOOST_TEST(compiled_with(cache.path()) == 0u);
}

BOOST_AUTO_TEST_CASE(links_and_pipes_are_made_anew) {
  const Filled cache;
  const std::vector<fs::path> files = shaders_in(cache.path());
  const Folder elsewhere;
  fs::rename(files[0], elsewhere.path() / "shader");
  fs::create_symlink(elsewhere.path() / "shader", files[0]);
  BOOST_TEST(compiled_with(cache.path()) == 1u);
  BOOST_TEST(S_ISREG(mode_of(files[0])));
  fs::remove(files[0]);
  BOOST_TEST_REQUIRE(mkfifo(files[0].c_str(), 0600) == 0);
  BOOST_TEST(compiled_with(cache.path()) == 1u);
  BOOST_TEST(S_ISREG(mode_of(files[0])));
}

BOOST_AUTO_TEST_CASE(what_belongs_to_another_user_is_not_taken) {
  if (geteuid() != 0) {
    BOOST_TEST_MESSAGE("only root gives files away");
    return;
  }
  const Filled cache;
  const fs::path file = shaders_in(cache.path())[0];
  BOOST_TEST_REQUIRE(chown(file.c_str(), 12345, 12345) == 0);
  BOOST_TEST(compiled_with(cache.path()) == 1u);
  for (const fs::path& folder : {cache.path() / "spirv", cache.path()}) {
    BOOST_TEST_REQUIRE(chown(folder.c_str(), 12345, 12345) == 0);
    BOOST_TEST(compiled_with(cache.path()) == cache.all, folder.string());
    BOOST_TEST_REQUIRE(chown(folder.c_str(), 0, 0) == 0);
  }
  BOOST_TEST(compiled_with(cache.path()) == 0u);
}

/// Puts something else in a shader's place, as the plugin would write it.
void replace(const fs::path& folder, const fs::path& file, const std::string& content) {
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  uint64_t key_size = 0;
  constexpr std::size_t header = 40;
  std::memcpy(&key_size, bytes.data() + 8, sizeof key_size);
  vulkan::DiskCache cache(folder, [](const std::string& text) { BOOST_ERROR(text); });
  const std::string name = "spirv/" + file.filename().string(),
                    key = bytes.substr(header, key_size);
  BOOST_TEST_REQUIRE(cache.read(name, key).has_value());
  cache.write(name, key, content.data(), content.size());
  BOOST_TEST_REQUIRE(cache.read(name, key)->size() == content.size());
}

BOOST_AUTO_TEST_CASE(what_is_no_shader_is_made_anew) {
  const Filled cache;
  const fs::path file = shaders_in(cache.path())[0];
  for (const std::string& content : {std::string(), std::string("abc"), std::string(400, 'x')}) {
    replace(cache.path(), file, content);
    BOOST_TEST(compiled_with(cache.path()) == 1u);
  }
  BOOST_TEST(compiled_with(cache.path()) == 0u);
}

BOOST_AUTO_TEST_CASE(what_the_driver_refuses_is_made_anew) {
  Faults faults;
  const Filled cache;
  faults.set("shader", 1);
  BOOST_TEST(compiled_with(cache.path()) == 1u);
  faults.set("stored");
  BOOST_TEST(compiled_with(cache.path()) == 0u);
}

}  // namespace
}  // namespace asg::testing
