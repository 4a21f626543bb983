// What io::read_file takes and what it refuses before it has taken all memory or all time.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/io/file.hpp>

#include "io/folder.hpp"

using namespace asg;
using namespace io_tests;

BOOST_AUTO_TEST_SUITE(read_file)

BOOST_AUTO_TEST_CASE(files_are_read_to_their_last_byte) {
  const Folder folder;
  const std::string bytes = std::string("\0\xff\n", 3) + std::string(200'000, 'x');
  fs::create_symlink("file", folder / "link");
  folder.write("file", bytes);
  BOOST_TEST((io::read_file(folder / "file") == bytes));
  BOOST_TEST((io::read_file(folder / "link") == bytes));
  BOOST_TEST(io::read_file(folder.write("empty", "")).empty());
  BOOST_TEST(!io::read_file("/proc/self/status").empty());  // says that it has 0 bytes
}

BOOST_AUTO_TEST_CASE(a_pipe_is_refused_without_waiting_for_it) {
  const Folder folder;
  const fs::path pipe = folder / "pipe";
  BOOST_TEST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  ::alarm(60);
  BOOST_CHECK_EXCEPTION(static_cast<void>(io::read_file(pipe)), FormatError,
                        says("/pipe", "a pipe", "regular"));
  ::alarm(0);
}

BOOST_AUTO_TEST_CASE(devices_sockets_and_folders_are_refused_by_what_they_are) {
  const Folder folder;
  const fs::path zero = folder / "zero", socket_path = folder / "socket";
  if (::mknod(zero.c_str(), S_IFCHR | 0600, makedev(1, 5)) == 0)
    BOOST_CHECK_EXCEPTION(static_cast<void>(io::read_file(zero)), FormatError,
                          says("/zero", "a device"));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  BOOST_TEST_REQUIRE(socket_path.string().size() < sizeof address.sun_path);
  socket_path.string().copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  BOOST_TEST_REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  BOOST_CHECK_EXCEPTION(static_cast<void>(io::read_file(socket_path)), FormatError,
                        says("/socket", "a socket"));
  ::close(fd);
  fs::create_directory(folder / "folder");
  BOOST_CHECK_EXCEPTION(static_cast<void>(io::read_file(folder / "folder")), FormatError,
                        says("/folder", "a directory"));
  BOOST_CHECK_EXCEPTION(static_cast<void>(io::read_file(folder / "nosuch")), FormatError,
                        says("/nosuch"));
}

BOOST_AUTO_TEST_CASE(a_file_larger_than_memory_is_refused_by_name_and_size) {
  const Folder folder;
  if (!write_sparse(folder / "sparse", "text", std::uintmax_t{1} << 40)) return;
  BOOST_CHECK_EXCEPTION(static_cast<void>(io::read_file(folder / "sparse")), FormatError,
                        says("/sparse", "1099511627776", "memory"));
}

BOOST_AUTO_TEST_CASE(a_limit_is_kept_before_anything_is_read) {
  const Folder folder;
  folder.write("file", "12345");
  BOOST_TEST(io::read_file(folder / "file", 5) == "12345");
  BOOST_CHECK_EXCEPTION(static_cast<void>(io::read_file(folder / "file", 4)), FormatError,
                        says("/file", "5 bytes", "4"));
  BOOST_CHECK_THROW(static_cast<void>(io::read_file("/proc/self/status", 10)), FormatError);
}

BOOST_AUTO_TEST_SUITE_END()
