// Includes point downwards only, third-party libraries stay in their places, files stay small.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

namespace {

namespace fs = std::filesystem;

const fs::path root = ASG_SOURCE_DIR;

struct Include {
  std::string file;  // relative to the root
  int line;
  std::string target;  // what stands between the brackets or quotes

  std::string place() const { return fmt::format("{}:{} includes {}", file, line, target); }
};

// From the lowest up; folders of one rank may use each other.
const std::map<std::string, int> ranks = {
    {"sdk", 0}, {"graph", 1}, {"ops", 2},  {"passes", 3},  {"autodiff", 3}, {"runtime", 4},
    {"nn", 5},  {"optim", 5}, {"data", 5}, {"metrics", 5}, {"io", 5},       {"cli", 6}};

std::vector<fs::path> sources(const std::vector<std::string>& folders) {
  std::vector<fs::path> found;
  for (const std::string& folder : folders)
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string extension = entry.path().extension();
      if (extension == ".cpp" || extension == ".hpp" || extension == ".c" || extension == ".h")
        found.push_back(fs::relative(entry.path(), root));
    }
  std::sort(found.begin(), found.end());
  BOOST_TEST_REQUIRE(!found.empty());
  return found;
}

std::vector<Include> includes(const std::vector<std::string>& folders) {
  static const std::regex directive(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  std::vector<Include> found;
  for (const fs::path& file : sources(folders)) {
    std::ifstream in(root / file);
    std::string text;
    std::smatch match;
    for (int line = 1; std::getline(in, text); ++line)
      if (std::regex_search(text, match, directive))
        found.push_back({file.string(), line, match[1]});
  }
  BOOST_TEST_REQUIRE(!found.empty());
  return found;
}

bool starts_with_any(const std::string& text, const std::vector<std::string>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const std::string& prefix) { return text.starts_with(prefix); });
}

/// "graph" of core/graph/x.cpp, core/include/asg/graph/x.hpp, asg/graph/x.hpp and graph/x.hpp;
/// nothing where no layer is named.
std::string layer_of(std::string path) {
  for (const std::string prefix : {"core/include/", "sdk/include/", "core/", "asg/"})
    if (path.starts_with(prefix)) path.erase(0, prefix.size());
  const std::string first = path.substr(0, path.find('/'));
  return ranks.contains(first) ? first : "";
}

/// The C++ library and what the C library adds to it; no header of anybody else.
bool is_standard(const std::string& header) {
  static const std::regex name("[a-z0-9_]+");
  return std::regex_match(header, name) || header == "stddef.h" || header == "stdint.h";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(layers)

BOOST_AUTO_TEST_CASE(every_folder_of_core_has_a_rank) {
  for (const auto& entry : fs::directory_iterator(root / "core")) {
    const std::string name = entry.path().filename();
    if (!entry.is_directory() || name == "include" || name == "design") continue;
    BOOST_TEST(ranks.contains(name), "core/" << name << " is no layer this test knows");
  }
}

BOOST_AUTO_TEST_CASE(core_includes_point_downwards) {
  for (const Include& include : includes({"core"})) {
    const std::string from = layer_of(include.file), to = layer_of(include.target);
    if (from.empty() || to.empty()) continue;
    BOOST_TEST(ranks.at(from) >= ranks.at(to), include.place());
  }
}

BOOST_AUTO_TEST_CASE(plugins_and_sdk_see_no_core) {
  for (const Include& include : includes({"plugins", "sdk"}))
    if (include.target.starts_with("asg/"))
      BOOST_TEST(include.target.starts_with("asg/sdk/"), include.place());
}

// But for a bridge, which has the library's name (asg/graph/fmt.hpp) and no user in asg.
BOOST_AUTO_TEST_CASE(public_headers_include_no_third_party) {
  const std::vector<Include> all = includes({"core/include", "sdk/include"});
  const auto used_by_asg = [&](const std::string& file) {
    return std::any_of(all.begin(), all.end(), [&](const Include& include) {
      return file.ends_with("/include/" + include.target);
    });
  };
  for (const Include& include : all) {
    if (include.target.starts_with("asg/") || is_standard(include.target)) continue;
    const bool bridge = include.target.starts_with(fs::path(include.file).stem().string() + "/") &&
                        !used_by_asg(include.file);
    BOOST_TEST(bridge, include.place());
  }
}

BOOST_AUTO_TEST_CASE(boost_graph_and_boost_dll_have_one_user_each) {
  for (const Include& include : includes({"core", "plugins", "sdk", "examples"})) {
    if (!include.target.starts_with("boost/")) continue;
    const bool allowed = include.target.starts_with("boost/dll/")
                             ? include.file.starts_with("core/runtime/")
                         : starts_with_any(include.target, {"boost/graph/", "boost/property_map/"})
                             ? include.file.starts_with("core/graph/algorithms")
                             : !starts_with_any(include.file, {"plugins/", "sdk/", "examples/"});
    BOOST_TEST(allowed, include.place());
  }
}

BOOST_AUTO_TEST_CASE(files_have_at_most_600_lines) {
  for (const fs::path& file : sources({"core", "plugins", "sdk", "examples", "tests"})) {
    std::ifstream in(root / file);
    const auto lines = std::count(std::istreambuf_iterator<char>(in), {}, '\n');
    BOOST_TEST(lines <= 600, file.string() << " has " << lines << " lines");
  }
}

BOOST_AUTO_TEST_SUITE_END()
