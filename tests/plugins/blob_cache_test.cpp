// What plugins keep for the next process: that it comes back, and nothing else in its place.
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <csignal>
#include <optional>
#include <thread>

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asg/runtime/log.hpp>

#include "fixture.hpp"
#include "runtime/blob_cache.hpp"
#include "support/privileges.hpp"

using namespace plugin_tests;
using asg::loader::BlobCache;

namespace {

// An empty folder for caches, and what is said of them.
class Place {
 public:
  Place() : variable_("ASG_CACHE_DIR", base().string()) {
    asg::set_log_handler(
        [this](asg::LogLevel level, std::string_view source, std::string_view text) {
          if (level <= asg::LogLevel::warn)
            messages_.push_back(std::string(source) + ": " + std::string(text));
        });
  }
  ~Place() { asg::set_log_handler({}); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  [[nodiscard]] fs::path base() const { return directory_.path() / "new" / "cache"; }
  [[nodiscard]] fs::path folder() const { return base() / "toy"; }
  // The one file of the cache.
  [[nodiscard]] fs::path file() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder())) files.push_back(entry.path());
    BOOST_TEST_REQUIRE(files.size() == 1u);
    return files.front();
  }
  // What was said since the last question.
  std::vector<std::string> messages() { return std::exchange(messages_, {}); }

 private:
  Directory directory_;
  Environment variable_;
  std::vector<std::string> messages_;
};

// Each as by a process of its own.
std::optional<std::string> load(std::string_view key, const std::string& backend = "toy") {
  std::optional<std::string> found;
  const bool any = BlobCache(backend).load(key, [&](std::string_view data) {
    BOOST_TEST(!found, "it is given once");
    found = data;
  });
  BOOST_TEST(any == found.has_value());
  return found;
}
bool store(std::string_view key, std::string_view data, const std::string& backend = "toy") {
  return BlobCache(backend).store(key, data);
}

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  BOOST_TEST_REQUIRE(::lstat(path.c_str(), &status) == 0);
  return status.st_mode;
}

const std::string data("a shader\0 with a zero", 21);

}  // namespace

BOOST_AUTO_TEST_SUITE(blob_cache)

BOOST_AUTO_TEST_CASE(what_was_stored_comes_back_under_its_key_alone) {
  Place place;
  BOOST_TEST(!load("key"));
  const std::string keys[] = {"key", "", std::string("k\0y", 3), std::string("k\0z", 3),
                              std::string(100'000, 'k')};
  for (const std::string& key : keys) BOOST_TEST(store(key, key + data));
  BOOST_TEST(store("empty", ""));
  for (const std::string& key : keys) BOOST_TEST((load(key) == key + data));
  BOOST_TEST((load("empty") == ""));
  BOOST_TEST(store("key", "other data"));
  BOOST_TEST((load("key") == "other data"));
  for (const char* key : {"ke", "keys", "Key"}) BOOST_TEST(!load(key));
  BOOST_TEST(!load("key", "toy2"));
  BOOST_TEST(store("key", "of another backend", "toy2"));
  BOOST_TEST((load("key") == "other data"));
  BOOST_TEST(place.messages().empty());
}

BOOST_AUTO_TEST_CASE(what_is_made_is_for_the_user_alone) {
  const Place place;
  BOOST_TEST(store("key", data));
  for (const fs::path& made : {place.base().parent_path(), place.base(), place.folder()})
    BOOST_TEST((mode_of(made) & 07777u) == 0700u, made);
  BOOST_TEST((mode_of(place.file()) & 07777u) == 0600u);
}

BOOST_AUTO_TEST_CASE(what_was_damaged_is_missing) {
  Place place;
  BOOST_TEST(store("key", data));
  const std::string whole = read_file(place.file());
  const auto with = [&](const std::string& bytes) {
    std::ofstream(place.file(), std::ios::binary) << bytes;
    return load("key");
  };
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ 4);
    BOOST_TEST(!with(flipped), "byte " << i);
    BOOST_TEST(!with(whole.substr(0, i)), i << " bytes");
  }
  BOOST_TEST(!with(whole + '\0'));
  BOOST_TEST((with(whole) == data));
  BOOST_TEST(!with(""));
  BOOST_TEST(store("key", data));
  BOOST_TEST((load("key") == data));
  BOOST_TEST(place.messages().empty());
}

// As a file of another key would be whose hash is the same.
BOOST_AUTO_TEST_CASE(the_whole_key_counts) {
  const Place place;
  BOOST_TEST(store("key", data));
  const fs::path file = place.file();
  fs::rename(file, place.base() / "kept");
  BOOST_TEST(store("kez", data));
  fs::rename(place.base() / "kept", place.file());
  BOOST_TEST(!load("kez"));
}

BOOST_AUTO_TEST_CASE(what_others_may_write_is_not_taken) {
  Place place;
  BOOST_TEST(store("key", data));
  const fs::path file = place.file();
  for (const fs::path& open : {file, place.folder(), place.base()}) {
    const fs::perms before = fs::status(open).permissions();
    fs::permissions(open, before | fs::perms::others_write);
    BOOST_TEST(!load("key"), open);
    const std::vector<std::string> said = place.messages();
    BOOST_TEST_REQUIRE(said.size() == 1u, open);
    for (const std::string& part : {std::string("toy: "), open.string() + " ",
                                    std::string("everybody may write"), std::string("without it")})
      BOOST_TEST(contains(said[0], part), said[0]);
    // A file is replaced, in a folder nothing is written.
    BOOST_TEST(store("key", data) == (open == file), open);
    fs::permissions(open, before);
    static_cast<void>(place.messages());
  }
  BOOST_TEST((mode_of(file) & 07777u) == 0600u);
  BOOST_TEST((load("key") == data));
}

BOOST_AUTO_TEST_CASE(what_belongs_to_others_is_not_taken) {
  if (::geteuid() != 0) {
    BOOST_TEST_MESSAGE("only root gives files away");
    return;
  }
  Place place;
  BOOST_TEST(store("key", data));
  for (const fs::path& given : {place.file(), place.folder(), place.base()}) {
    BOOST_TEST_REQUIRE(::chown(given.c_str(), 12345, 12345) == 0);
    BOOST_TEST(!load("key"), given);
    const std::vector<std::string> said = place.messages();
    BOOST_TEST_REQUIRE(said.size() == 1u, given);
    BOOST_TEST(contains(said[0], "another user (uid 12345)"), said[0]);
    BOOST_TEST_REQUIRE(::chown(given.c_str(), 0, 0) == 0);
  }
  BOOST_TEST((load("key") == data));
}

BOOST_AUTO_TEST_CASE(links_and_pipes_are_replaced) {
  const Place place;
  BOOST_TEST(store("key", data));
  const fs::path file = place.file(), elsewhere = place.base() / "elsewhere";
  fs::rename(file, elsewhere);
  fs::create_symlink(elsewhere, file);
  BOOST_TEST(!load("key"));
  BOOST_TEST(store("key", data));
  BOOST_TEST(S_ISREG(mode_of(file)));
  fs::remove(file);
  BOOST_TEST_REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  BOOST_TEST(!load("key"));
  BOOST_TEST(store("key", data));
  BOOST_TEST((load("key") == data));
}

BOOST_AUTO_TEST_CASE(two_processes_see_whole_entries) {
  const Place place;
  const std::string one(300'000, 'a'), other(200'000, 'b');
  const auto work = [&](const std::string& mine) {
    for (int i = 0; i < 100; ++i) {
      if (!BlobCache("toy").store("key", mine)) return 1;
      bool whole = false;
      BlobCache("toy").load(
          "key", [&](std::string_view found) { whole = found == one || found == other; });
      if (!whole) return 2;
    }
    return 0;
  };
  const ::pid_t child = ::fork();
  if (child == 0) ::_exit(work(one));
  BOOST_TEST(work(other) == 0);
  int status = 0;
  BOOST_TEST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(status == 0);
  static_cast<void>(place.file());  // and nothing else is left
}

BOOST_AUTO_TEST_CASE(threads_share_a_cache) {
  Place place;
  BlobCache cache("toy");
  std::atomic<int> wrong{0};
  const auto work = [&](const std::string& mine) {
    for (int i = 0; i < 50; ++i) {
      const std::string expected = mine + std::to_string(i);
      if (!cache.store(mine, expected)) ++wrong;
      if (!cache.load(mine, [&](std::string_view found) { wrong += found != expected ? 1 : 0; }))
        ++wrong;
    }
  };
  const auto in_threads = [](const auto& body) {
    std::vector<std::thread> threads;
    for (const char* name : {"one", "two", "three"}) threads.emplace_back(body, std::string(name));
    for (std::thread& thread : threads) thread.join();
  };
  in_threads(work);
  BOOST_TEST(wrong == 0);
  fs::permissions(place.folder(), fs::perms::all);
  in_threads([&](const std::string& mine) { wrong += cache.store(mine, data) ? 1 : 0; });
  BOOST_TEST(wrong == 0);
  BOOST_TEST(place.messages().size() == 1u);
}

// What a full disk does: a file ends before it is whole.
BOOST_AUTO_TEST_CASE(what_finds_no_room_is_one_warning) {
  Place place;
  BOOST_TEST(store("key", data));
  BlobCache cache("toy");
  {
    struct rlimit before {};
    BOOST_TEST_REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit less { 100'000, before.rlim_max };
    ::setrlimit(RLIMIT_FSIZE, &less);
    const bool stored[] = {cache.store("key", std::string(200'000, 'x')),
                           cache.store("other", std::string(200'000, 'x'))};
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    BOOST_TEST(!stored[0]);
    BOOST_TEST(!stored[1]);
  }
  const std::vector<std::string> said = place.messages();
  BOOST_TEST_REQUIRE(said.size() == 1u);
  BOOST_TEST(contains(said[0], "it cannot be written: File too large"), said[0]);
  BOOST_TEST((load("key") == data), "the old entry stays");
  static_cast<void>(place.file());  // and nothing else is left
}

BOOST_AUTO_TEST_CASE(more_than_a_file_may_have_is_refused) {
  Place place;
  const std::string much(BlobCache::largest_file, 'x');
  BOOST_TEST(!store("key", much));
  BOOST_TEST(!store(much, "data"));
  BOOST_TEST(place.messages().size() == 2u);
  BOOST_TEST(!fs::exists(place.base()));
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_written_is_one_warning) {
  Place place;
  BOOST_TEST(store("key", data));
  BlobCache cache("toy");
  fs::permissions(place.folder(), fs::perms::owner_read | fs::perms::owner_exec);
  {
    const test_support::Unprivileged self;
    BOOST_TEST(!cache.store("key", "new"));
    BOOST_TEST(!cache.store("other", "new"));
  }
  const std::vector<std::string> said = place.messages();
  BOOST_TEST_REQUIRE(said.size() == 1u);
  BOOST_TEST(contains(said[0], "Permission denied"), said[0]);
  BOOST_TEST((load("key") == data), "what is there is read");
  fs::permissions(place.folder(), fs::perms::owner_all);
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_made_is_one_warning) {
  Place place;
  fs::create_directories(place.base().parent_path());
  std::ofstream(place.base()) << "no folder";
  BlobCache cache("toy");
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(!cache.store("key", data));
    BOOST_TEST(!cache.load("key", [](std::string_view) {}));
  }
  const std::vector<std::string> said = place.messages();
  BOOST_TEST_REQUIRE(said.size() == 1u);
  BOOST_TEST(contains(said[0], "Not a directory"), said[0]);
}

BOOST_AUTO_TEST_CASE(the_environment_says_where) {
  Place place;
  const Directory home;
  const Environment none("ASG_CACHE_DIR", ""), home_variable("HOME", home.path().string());
  {
    const Environment cache("XDG_CACHE_HOME", (home.path() / "xdg").string());
    BOOST_TEST(store("key", data));
    BOOST_TEST(fs::exists(home.path() / "xdg" / "asg" / "toy"));
  }
  for (const char* no_place : {"", "relative"}) {
    const Environment cache("XDG_CACHE_HOME", no_place);
    BOOST_TEST(!load("key"));
    BOOST_TEST(store("key", data));
    BOOST_TEST(fs::exists(home.path() / ".cache" / "asg" / "toy"));
    fs::remove_all(home.path() / ".cache");
    const Environment no_home("HOME", no_place);
    BOOST_TEST(!store("key", data));
    BOOST_TEST(!load("key"));
  }
  BOOST_TEST(!fs::exists(place.base()));
  BOOST_TEST(place.messages().empty());
}

BOOST_AUTO_TEST_SUITE_END()
