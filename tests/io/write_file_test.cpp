// What io::write_file does to what stands at the path already.
#include <atomic>
#include <thread>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/io/file.hpp>

#include "io/folder.hpp"

namespace {

std::atomic<int> umask_calls{0};

}  // namespace

// The program's own function comes before the C library's, for the library under test as well.
extern "C" mode_t umask(mode_t mask) noexcept {
  ++umask_calls;
  static const auto real = reinterpret_cast<mode_t (*)(mode_t)>(::dlsym(RTLD_NEXT, "umask"));
  return real(mask);
}

namespace {

using namespace asg;
using namespace io_tests;

mode_t mode_of(const fs::path& path) {
  struct stat info {};
  BOOST_TEST_REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info.st_mode;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(write_file)

BOOST_AUTO_TEST_CASE(a_new_file_has_the_permissions_that_the_umask_leaves) {
  const Folder folder;
  const mode_t mask = ::umask(027);
  io::write_file(folder / "new", "text");
  ::umask(mask);
  BOOST_TEST(content(folder / "new") == "text");
  BOOST_TEST((mode_of(folder / "new") & 0777) == 0640u);
  BOOST_TEST(folder.entries() == 1u);
}

BOOST_AUTO_TEST_CASE(the_umask_of_the_process_is_not_touched) {
  const Folder folder;
  umask_calls = 0;
  io::write_file(folder / "new", "text");
  io::write_file(folder / "new", "again");
  BOOST_TEST(umask_calls == 0);
}

BOOST_AUTO_TEST_CASE(a_file_is_replaced_by_another_with_its_permissions) {
  const Folder folder;
  const fs::path old = folder.write("old", "first");
  fs::create_hard_link(old, folder / "kept");
  BOOST_TEST_REQUIRE(::chmod(old.c_str(), 0604) == 0);
  io::write_file(old, "second");
  BOOST_TEST(content(old) == "second");
  BOOST_TEST(content(folder / "kept") == "first");
  BOOST_TEST((mode_of(old) & 0777) == 0604u);
  BOOST_TEST(folder.entries() == 2u);
}

BOOST_AUTO_TEST_CASE(links_stay_and_lead_to_the_new_file) {
  const Folder folder;
  fs::create_directories(folder / "a/b");
  folder.write("a/file", "old");
  fs::create_symlink("../file", folder / "a/b/relative");
  fs::create_symlink(folder / "a/b/relative", folder / "absolute");
  fs::create_symlink("absolute", folder / "chain");
  for (const char* link : {"a/b/relative", "absolute", "chain"}) {
    io::write_file(folder / link, link);
    BOOST_TEST(fs::is_symlink(folder / link));
    BOOST_TEST(fs::is_regular_file(fs::symlink_status(folder / "a/file")));
    BOOST_TEST(content(folder / "a/file") == link);
  }
}

BOOST_AUTO_TEST_CASE(a_link_to_nothing_yet_makes_what_it_leads_to) {
  const Folder folder;
  fs::create_directory(folder / "inner");
  fs::create_symlink("inner/new", folder / "link");
  io::write_file(folder / "link", "text");
  BOOST_TEST(fs::is_symlink(folder / "link"));
  BOOST_TEST(content(folder / "inner/new") == "text");
}

BOOST_AUTO_TEST_CASE(links_in_a_circle_are_an_error) {
  const Folder folder;
  fs::create_symlink("b", folder / "a");
  fs::create_symlink("a", folder / "b");
  BOOST_CHECK_EXCEPTION(io::write_file(folder / "a", "text"), WriteError, says("/a"));
  BOOST_TEST(folder.entries() == 2u);
}

BOOST_AUTO_TEST_CASE(a_pipe_gets_the_bytes_and_stays_a_pipe) {
  const Folder folder;
  const fs::path pipe = folder / "pipe", link = folder / "link";
  BOOST_TEST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  fs::create_hard_link(pipe, folder / "same");
  fs::create_symlink("pipe", link);
  for (const fs::path& path : {pipe, link}) {
    std::string got;
    std::thread reader([&] { got = content(pipe); });
    const std::string text(200'000, 'x');  // more than a pipe holds
    io::write_file(path, text);
    const bool still = S_ISFIFO(mode_of(pipe));
    if (!still) folder.write("same", "");  // the reader has waited for this
    reader.join();
    BOOST_TEST(still);
    BOOST_TEST((got == text));
  }
  BOOST_TEST(fs::is_symlink(link));
  BOOST_TEST(folder.entries() == 3u);
}

BOOST_AUTO_TEST_CASE(a_device_stays_a_device) {
  const Folder folder;
  const fs::path null = folder / "null", full = folder / "full";
  if (::mknod(null.c_str(), S_IFCHR | 0600, makedev(1, 3)) != 0 ||
      ::mknod(full.c_str(), S_IFCHR | 0600, makedev(1, 7)) != 0 ||
      ::access(null.c_str(), W_OK) != 0 || !std::ofstream(null).is_open()) {
    BOOST_TEST_MESSAGE("no devices can be made here");
    return;
  }
  io::write_file(null, "text");
  BOOST_TEST(S_ISCHR(mode_of(null)));
  BOOST_CHECK_EXCEPTION(io::write_file(full, "text"), WriteError, says("/full", "No space"));
  BOOST_TEST(S_ISCHR(mode_of(full)));
  BOOST_TEST(folder.entries() == 2u);
}

BOOST_AUTO_TEST_CASE(an_open_file_named_by_its_descriptor_is_written_to) {
  const Folder folder;
  const fs::path file = folder.write("file", "before ");
  const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
  const fs::path descriptor = "/proc/self/fd/" + std::to_string(fd);
  struct stat before {
  }, after{};
  BOOST_TEST_REQUIRE(::stat(file.c_str(), &before) == 0);
  io::write_file(descriptor, "after");
  BOOST_TEST_REQUIRE(::stat(file.c_str(), &after) == 0);
  BOOST_TEST(before.st_ino == after.st_ino);
  BOOST_TEST(content(file) == "before after");
  // Without a name it is still a file, and no file of another name may come of it.
  fs::remove(file);
  io::write_file(descriptor, "nowhere");
  BOOST_TEST(folder.entries() == 0u);
  ::close(fd);
}

BOOST_AUTO_TEST_CASE(what_fails_leaves_the_old_file_and_no_other) {
  const Folder folder;
  fs::create_directory(folder / "folder");
  BOOST_CHECK_EXCEPTION(io::write_file(folder / "folder", "x"), WriteError, says("/folder"));
  BOOST_CHECK_EXCEPTION(io::write_file(folder / "no/file", "x"), WriteError, says("no/file"));
  folder.write("file", "old");
  BOOST_CHECK_EXCEPTION(io::write_file(folder / "file/inner", "x"), WriteError, says("inner"));
  BOOST_CHECK_THROW(io::write_file({}, "x"), WriteError);
  BOOST_TEST(content(folder / "file") == "old");
  BOOST_TEST(folder.entries() == 2u);
}

BOOST_AUTO_TEST_CASE(the_longest_name_that_a_file_may_have_is_written) {
  const Folder folder;
  const std::string name(255, 'n');
  io::write_file(folder / name, "text");
  BOOST_TEST(content(folder / name) == "text");
}

BOOST_AUTO_TEST_SUITE_END()
