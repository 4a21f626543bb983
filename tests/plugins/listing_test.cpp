#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>

#include <elf.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.hpp"
#include "runtime/plugin.hpp"
#include "runtime/plugin_file.hpp"
#include "runtime/search.hpp"

using namespace plugin_tests;

namespace {

using Listings = std::map<std::string, asg::BackendListing>;

// By file name; every entry of the directory must have given exactly one listing.
Listings list(const Directory& directory) {
  Listings listings;
  for (asg::BackendListing& listing : asg::list_backends(directory.only())) {
    const std::string file = listing.file.filename();
    BOOST_TEST(listings.count(file) == 0u, file << " is listed twice");
    BOOST_TEST(listing.usable == listing.reason.empty(), file);
    listings[file] = std::move(listing);
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(directory.path()))
    BOOST_TEST(listings.count(entry.path().filename()) == 1u, entry.path() << " is not listed");
  return listings;
}

void check_reason(const asg::BackendListing& listing, std::string_view part) {
  BOOST_TEST(!listing.usable);
  BOOST_TEST(contains(listing.reason, part),
             listing.file << ": '" << listing.reason << "' does not say '" << part << "'");
  BOOST_TEST(!contains(listing.reason, "\n"), "a reason is one line");
}

struct Fault {
  const char* plugin;
  const char* reason;
};
std::ostream& operator<<(std::ostream& out, const Fault& fault) { return out << fault.plugin; }

const Fault faults[] = {
    {"foreign", "not an asg backend (no asg_backend_v1)"},
    {"newer_abi", "built for backend ABI 7, this asg speaks 1"},
    {"missing_library", "libasg_test_absent.so: cannot open shared object file"},
    {"undefined_symbol", "undefined symbol: asg_test_is_defined_nowhere"},
    {"throws_in_entry", "its entry point threw an exception: not today"},
    {"throws_in_create", "create threw an exception: the driver fell over"},
    {"refuses", "it refuses to work: this processor has no vector unit"},
    {"refuses_silently", "it refuses to work: it gives no reason"},
    {"small_table", "its function table has 64 bytes"},
    {"no_function", "its function execute is missing"},
    {"no_event_destroy", "its function event_destroy is missing"},
    {"wrong_name", "it calls itself 'someone_else', but its file is named for 'wrong_name'"},
    {"no_name", "it has no name"},
    {"bad_name", "its name 'Not A Name' has other characters than a-z, 0-9 and _"},
    {"no_info", "it has no asg_backend_info"},
    {"small_info", "its asg_backend_info has 16 bytes"},
    {"no_opset", "it understands no opset"},
    {"short_facts", "it fills 100 bytes of the facts of device 0, at least 280 are needed"},
    {"needs_more", "its device 0 needs features of a newer asg (0x20)"},
    {"odd_option", "its option 'Cache Size' has other characters than a-z, 0-9 and _"},
    {"narrow_options", "its table of options is malformed: 1 options of 8 bytes"},
    {"sanitized", "built with a sanitizer, which this program does not run with"},
    {"create_fails", "no driver\\x01 for this \\xff machine"},
    {"create_gives_nothing", "create gave no backend and no reason"},
    {"fails_without_reason", "internal error (create gave no reason)"},
    {"no_devices", "it finds no device on this machine"},
    {"odd_alignment", "its device 0 wants an alignment of 24 bytes, which is no power of two"},
    {"narrow_rows", "its table of ops is malformed: 1 rows of 8 bytes"}};

}  // namespace

BOOST_AUTO_TEST_SUITE(listing)

BOOST_DATA_TEST_CASE(a_bad_plugin_gives_its_reason_and_a_good_one_beside_it_works, faults, fault) {
  Directory directory;
  directory.add(fault.plugin);
  directory.add("none");
  const Listings listings = list(directory);
  BOOST_TEST(listings.size() == 2u);
  const asg::BackendListing& bad = listings.at(built_plugin(fault.plugin).filename());
  check_reason(bad, fault.reason);
  BOOST_TEST(bad.name == fault.plugin);
  BOOST_TEST(bad.devices.empty());
  BOOST_TEST(listings.at("asg-backend-none.so").usable);
}

BOOST_AUTO_TEST_CASE(code_of_files_that_are_no_plugins_is_not_run) {
  Directory directory, traces;
  const Environment trace("ASG_TEST_TRACE", (traces.path() / "trace").string());
  directory.add("foreign");
  directory.add("newer_abi");
  BOOST_TEST(list(directory).size() == 2u);
  BOOST_TEST(!fs::exists(traces.path() / "trace"));
}

BOOST_AUTO_TEST_CASE(a_sanitizer_that_would_end_the_process_is_seen_before) {
  if (!fs::exists(built_plugin("asan"))) return;  // clang, or this program has the sanitizer too
  Directory directory;
  directory.add("asan");
  check_reason(list(directory).at("asg-backend-asan.so"), "built with the address sanitizer");
}

BOOST_AUTO_TEST_CASE(files_of_all_kinds_give_one_line_each) {
  Directory directory;
  const std::string plugin = read_file(directory.add("none"));
  directory.write("notes.txt", "hello");
  directory.write("asg-backend-UPPER.so", plugin);
  directory.write("asg-backend-.so", plugin);
  directory.write("asg-backend-text.so", "this is not a library, it is a text\n");
  directory.write("asg-backend-empty.so", "");
  directory.write("asg-backend-header.so", plugin.substr(0, 40));
  directory.write("asg-backend-half.so", plugin.substr(0, plugin.size() / 2));
  directory.write("asg-backend-tail.so", plugin.substr(0, plugin.size() - 1));
  fs::create_directory(directory.path() / "asg-backend-folder.so");
  fs::create_symlink("nowhere", directory.path() / "asg-backend-dangling.so");
  fs::create_symlink("asg-backend-loop.so", directory.path() / "asg-backend-loop.so");
  BOOST_TEST(::mkfifo((directory.path() / "asg-backend-pipe.so").c_str(), 0600) == 0);
  fs::copy_file("/proc/self/exe", directory.path() / "asg-backend-program.so");

  const Listings listings = list(directory);
  const auto check = [&](const char* file, const char* part) {
    BOOST_TEST_CONTEXT(file) { check_reason(listings.at(file), part); }
  };
  check("notes.txt", "not named asg-backend-NAME.so");
  check("asg-backend-UPPER.so", "not named asg-backend-NAME.so");
  check("asg-backend-.so", "not named asg-backend-NAME.so");
  check("asg-backend-text.so", "not a shared library");
  check("asg-backend-empty.so", "an empty file");
  check("asg-backend-header.so", "a truncated shared library");
  check("asg-backend-half.so", "a truncated shared library");
  check("asg-backend-tail.so", "a truncated shared library");
  check("asg-backend-folder.so", "a directory, not a file");
  check("asg-backend-dangling.so", "a symbolic link to a file that does not exist");
  check("asg-backend-loop.so", "cannot be read: Too many levels of symbolic links");
  check("asg-backend-pipe.so", "not a regular file");
  check("asg-backend-program.so", "not an asg backend");
  BOOST_TEST(listings.at("asg-backend-none.so").usable);
}

BOOST_AUTO_TEST_CASE(no_damaged_header_crashes) {
  Directory directory;
  const std::string plugin = read_file(directory.add("none", "original"));
  // Bytes of the file's header and of the section table, which is at its end, set to 0xff.
  const std::size_t header = 64, table = 64 * 20;
  for (std::size_t i = 0; i < header + table; i += i < header ? 1 : 5) {
    const std::size_t at = i < header ? i : plugin.size() - table + (i - header);
    std::string damaged = plugin;
    damaged[at] = '\xff';
    const fs::path file = directory.write("asg-backend-damaged.so", damaged);
    std::error_code error;
    // Some bytes do not matter; those files are not loaded here, where only reading is tried.
    fs::permissions(file, fs::perms::owner_read | fs::perms::others_write);
    const Environment allow("ASG_ALLOW_INSECURE_PLUGINS", "1");
    const std::string message = message_of<asg::PluginError>(
        [&] { static_cast<void>(asg::open_device("absent", directory.options())); });
    BOOST_TEST(contains(message, "asg-backend-damaged.so: "));
  }
}

// A plugin whose section table, moved to its end, was changed.
template <class Change>
std::string with_sections(std::string plugin, Change&& change) {
  ElfW(Ehdr) header{};
  std::memcpy(&header, plugin.data(), sizeof header);
  std::vector<ElfW(Shdr)> sections(header.e_shnum);
  const std::size_t bytes = sections.size() * sizeof sections[0];
  std::memcpy(sections.data(), plugin.data() + header.e_shoff, bytes);
  change(sections, plugin);
  header.e_shoff = plugin.size();
  header.e_shnum = static_cast<ElfW(Half)>(sections.size());
  std::memcpy(plugin.data(), &header, sizeof header);
  return plugin.append(reinterpret_cast<const char*>(sections.data()),
                       sections.size() * sizeof sections[0]);
}

BOOST_AUTO_TEST_CASE(a_small_library_does_not_ask_for_much_time_or_memory) {
  using Sections = std::vector<ElfW(Shdr)>;
  Directory directory;
  const std::string plugin = read_file(directory.add("none", "original"));
  const auto symbols_of = [](Sections& sections) {
    return std::find_if(sections.begin(), sections.end(),
                        [](const auto& section) { return section.sh_type == SHT_DYNSYM; });
  };
  // One table of symbols, named ten thousand times.
  directory.write("asg-backend-tables.so", with_sections(plugin, [&](Sections& sections, auto&) {
                    const ElfW(Shdr) table = *symbols_of(sections);
                    sections.resize(10'000, table);
                  }));
  // A hundred symbols that share one name of a million bytes.
  directory.write("asg-backend-names.so",
                  with_sections(plugin, [&](Sections& sections, std::string& bytes) {
                    ElfW(Shdr)& table = *symbols_of(sections);
                    ElfW(Shdr)& strings = sections.at(table.sh_link);
                    strings.sh_offset = bytes.size();
                    strings.sh_size = 1'000'000;
                    bytes.append(1'000'000, 'n');
                    ElfW(Sym) symbol{};
                    symbol.st_shndx = 1;
                    symbol.st_info = STB_GLOBAL << 4;
                    const std::vector<ElfW(Sym)> many(100, symbol);
                    table.sh_offset = bytes.size();
                    table.sh_size = many.size() * sizeof symbol;
                    bytes.append(reinterpret_cast<const char*>(many.data()), table.sh_size);
                  }));
  const Listings listings = list(directory);
  check_reason(listings.at("asg-backend-tables.so"), "a table of symbols twice");
  check_reason(listings.at("asg-backend-names.so"), "names are longer than the file");
}

BOOST_AUTO_TEST_CASE(files_that_others_may_change_are_refused) {
  Directory directory;
  const fs::path file = directory.add("none");
  fs::permissions(file, fs::perms::owner_all | fs::perms::others_write);
  check_reason(list(directory).at("asg-backend-none.so"), "everybody may write to it (mode 0702)");
  const Environment allow("ASG_ALLOW_INSECURE_PLUGINS", "1");
  BOOST_TEST(list(directory).at("asg-backend-none.so").usable);
}

BOOST_AUTO_TEST_CASE(files_of_other_users_are_refused) {
  Directory directory;
  const fs::path file = directory.add("none");
  if (::chown(file.c_str(), 12345, static_cast<::gid_t>(-1)) != 0) return;  // needs root
  check_reason(list(directory).at("asg-backend-none.so"), "it belongs to another user (uid 12345)");
}

// As the path of a plugin gives it to open_device, which no search has judged.
std::string refusal_of(const fs::path& file) {
  return message_of<asg::PluginError>([&] {
    static_cast<void>(asg::open_device(file.string(), {0, {{}, false}}));
  });
}

BOOST_AUTO_TEST_CASE(the_directory_of_a_plugin_given_by_path_is_judged) {
  Directory directory, links;
  const fs::path file = directory.add("plain");
  const fs::path link = links.path() / "link.so";
  fs::create_symlink(file, link);
  BOOST_TEST(refusal_of(file) == test_support::nothing_thrown);
  BOOST_TEST(refusal_of(link) == test_support::nothing_thrown);

  fs::permissions(directory.path(), fs::perms::all);
  for (const fs::path& path : {file, link})
    BOOST_TEST(contains(refusal_of(path), "its directory " + directory.path().string() +
                                              ": everybody may write to it (mode 0777)"),
               refusal_of(path));
  // As in /tmp, where everybody may write but not replace what is another's.
  fs::permissions(directory.path(), fs::perms::all | fs::perms::sticky_bit);
  BOOST_TEST(refusal_of(file) == test_support::nothing_thrown);

  fs::permissions(directory.path(), fs::perms::owner_all);
  fs::permissions(links.path(), fs::perms::all);
  BOOST_TEST(contains(refusal_of(link), "its directory " + links.path().string()),
             refusal_of(link));
  {
    const Environment allow("ASG_ALLOW_INSECURE_PLUGINS", "1");
    BOOST_TEST(refusal_of(link) == test_support::nothing_thrown);
  }
  if (::chown(directory.path().c_str(), 12345, static_cast<::gid_t>(-1)) != 0)
    return;  // needs root
  BOOST_TEST(contains(refusal_of(file), "it belongs to another user (uid 12345)"),
             refusal_of(file));
}

// Whoever may write to the directory puts another file in the place of the one that was judged.
BOOST_AUTO_TEST_CASE(what_is_loaded_is_what_was_judged) {
  Directory directory;
  fs::permissions(directory.path(), fs::perms::owner_all | fs::perms::group_all);
  std::vector<fs::path> files;
  for (const char* name : {"plain", "tiny"}) files.push_back(directory.add(name));
  for (const fs::path& file : files) {
    const asg::loader::Inspection inspection = asg::loader::inspect(file);
    BOOST_TEST_REQUIRE(inspection.refusal == "");
    fs::remove(file);
    fs::copy_file(built_plugin("refuses"), file);  // would not load
    const auto backend = asg::loader::Backend::open(*inspection.file);
    BOOST_TEST(backend->plugin().file == file);
    BOOST_TEST("asg-backend-" + backend->plugin().name + ".so" == file.filename().string());
  }
}

BOOST_AUTO_TEST_CASE(a_plugin_is_loaded_by_its_name_only_where_nobody_else_can_replace_it) {
  Directory directory;
  fs::permissions(directory.path(), fs::perms::owner_all | fs::perms::group_all);
  directory.add("none");
  const asg::loader::Inspection inspection =
      asg::loader::inspect(directory.path() / "asg-backend-none.so");
  BOOST_TEST(inspection.refusal == "");
  BOOST_TEST(inspection.file->loadable(3).string().starts_with("/proc/self/fd/./././"));
  // Where nobody else may write, debuggers get the name that they can read.
  fs::permissions(directory.path(), fs::perms::owner_all);
  BOOST_TEST(inspection.file->loadable(3) == directory.path() / "asg-backend-none.so");
}

BOOST_AUTO_TEST_CASE(directories_that_give_nothing_are_listed) {
  Directory good, empty, open;
  good.add("none");
  open.add("none");
  fs::permissions(open.path(), fs::perms::all);
  const fs::path file = good.write("file", "");
  const asg::PluginSearch search{{"relative", good.path() / "missing", file, empty.path(),
                                  open.path(), good.path(), good.path() / "."},
                                 false};
  std::vector<std::string> lines;
  for (const asg::BackendListing& listing : asg::list_backends(search))
    lines.push_back(listing.file.filename().string() + ": " + listing.reason);
  const std::vector<std::string> expected = {
      "relative: a relative path; relative paths are never searched",
      "missing: does not exist",
      "file: not a directory",
      empty.path().filename().string() + ": an empty directory",
      open.path().filename().string() +
          ": everybody may write to it (mode 0777); ASG_ALLOW_INSECURE_PLUGINS=1 allows it",
      "asg-backend-none.so: ",
      "file: not named asg-backend-NAME.so, NAME being of a-z, 0-9 and _"};
  BOOST_TEST(lines == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_first_of_a_name_shadows_the_others) {
  Directory first, second;
  const fs::path winner = first.add("none");
  first.add("none", "libasg-backend-none.so");
  second.add("none");
  second.add("plain");
  const auto listings = asg::list_backends({{first.path(), second.path()}, false});
  BOOST_TEST(listings.size() == 4u);
  BOOST_TEST(listings[0].usable);
  BOOST_TEST(listings[1].reason == "shadowed by " + winner.string());
  BOOST_TEST(listings[2].reason == "shadowed by " + winner.string());
  BOOST_TEST(listings[3].usable);
}

BOOST_AUTO_TEST_CASE(a_usable_plugin_is_described) {
  Directory directory;
  directory.add("plain");
  directory.add("tiny");
  const Listings listings = list(directory);
  const asg::BackendListing& plain = listings.at("asg-backend-plain.so");
  BOOST_TEST(plain.usable);
  BOOST_TEST(plain.name == "plain");
  BOOST_TEST(plain.version == "0.5");
  BOOST_TEST(plain.vendor == "tests");
  BOOST_TEST(plain.description == "matrix products in C");
  BOOST_TEST(plain.abi_major == 1);
  BOOST_TEST(plain.abi_minor == 0);
  BOOST_TEST(plain.opset == 1);
  BOOST_REQUIRE(plain.devices.size() == 2u);
  BOOST_TEST(plain.devices[1].id == "0000:02:00.0");
  BOOST_TEST(plain.devices[1].name == "plain C number 1");
  BOOST_TEST(plain.devices[1].kind == "software");
  const std::vector<asg::BackendOption>& options = listings.at("asg-backend-tiny.so").options;
  BOOST_REQUIRE(options.size() == 1u);
  BOOST_TEST(options[0].key == "threads");
  BOOST_TEST(options[0].default_value == "1");
  BOOST_TEST(options[0].help == "the number that is asked for");
}

BOOST_AUTO_TEST_CASE(directories_come_from_the_environment_in_the_documented_order) {
  Directory given, listed, home;
  const fs::path user = home.path() / "asg/backends";
  fs::create_directories(user);
  const Environment path("ASG_PLUGIN_PATH", "relative::" + listed.path().string());
  const Environment data("XDG_DATA_HOME", home.path().string());
  const std::vector<fs::path> found = asg::plugin_directories({{given.path()}, true});
  BOOST_REQUIRE(found.size() > 4u);
  BOOST_TEST(found[0] == given.path());
  BOOST_TEST(found[1] == fs::path("relative"));  // listed, and refused when searched
  BOOST_TEST(found[2] == listed.path());
  BOOST_TEST(found[3] == user);
  for (std::size_t i = 4; i < found.size(); ++i) BOOST_TEST(found[i].is_absolute());
}

BOOST_AUTO_TEST_CASE(a_relative_path_is_not_searched) {
  Directory directory;
  directory.add("none");
  const fs::path before = fs::current_path();
  fs::current_path(directory.path());
  const Environment path("ASG_PLUGIN_PATH", ".:");
  const Environment data("XDG_DATA_HOME", ".");
  for (const asg::BackendListing& listing : asg::list_backends())
    BOOST_TEST(listing.file.filename() != "asg-backend-none.so");
  BOOST_CHECK_THROW(static_cast<void>(asg::open_device("none")), asg::PluginError);
  fs::current_path(before);
}

BOOST_AUTO_TEST_SUITE_END()
