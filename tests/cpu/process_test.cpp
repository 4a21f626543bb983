// What the plugin does to the process that loads it: it starts no threads but those of its own
// pool, and lives with what the system does not grant. Each case loads it in a process of its own.
#include <grp.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "abi/loaded_backend.hpp"

namespace {

using namespace asg::testing;
namespace fs = std::filesystem;

// How a child process ends that runs `body`: 0 when that returns true, minus a signal; one that
// hangs is ended by SIGALRM.
int outcome_of(const std::function<bool()>& body) {
  std::cout.flush();
  const ::pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    int status = 1;
    try {
      status = body() ? 0 : 1;
    } catch (const std::exception& e) {
      std::cerr << e.what() << std::endl;
      status = 2;
    }
    ::_exit(status);
  }
  int status = 0;
  BOOST_REQUIRE(child > 0 && ::waitpid(child, &status, 0) == child);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

std::ptrdiff_t threads_now() {
  const fs::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

// Two matrices of ones through OpenBLAS; whether their product is right.
bool multiplies(const LoadedBackend& backend) {
  constexpr int64_t side = 300;
  ProgramBuilder program;
  const ValueId a = program.input(ASG_F32, {side, side});
  const ValueId b = program.input(ASG_F32, {side, side});
  const ValueId c = program.output(ASG_F32, {side, side});
  program.step(ASG_OP_MATMUL, "matmul", {a, b}, {c});
  const std::vector<float> ones(side * side, 1);
  Execution run(backend, program.build());
  run.set(a, ones).set(b, ones).execute();
  const std::vector<float> product = run.get<float>(c);
  return std::all_of(product.begin(), product.end(), [](float x) { return x == side; });
}

LoadedBackend blas(const char* threads, const std::string& file = ASG_TEST_CPU) {
  return LoadedBackend(file, {{"matmul", "blas"}, {"threads", threads}});
}

void limit(int resource, ::rlim_t value) {
  const ::rlimit both{value, value};
  if (::setrlimit(static_cast<__rlimit_resource_t>(resource), &both) != 0)
    throw std::runtime_error("setrlimit failed");
}

// A copy that everybody may read, wherever the build tree stands.
struct Copy {
  Copy() {
    std::string pattern = (fs::temp_directory_path() / "asg-process-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    folder = pattern;
    file = folder / "asg-backend-cpu.so";
    fs::copy_file(ASG_TEST_CPU, file);
    ::chmod(folder.c_str(), 0755);
    ::chmod(file.c_str(), 0755);
  }
  ~Copy() {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }
  fs::path folder, file;
};

BOOST_AUTO_TEST_SUITE(process)

BOOST_AUTO_TEST_CASE(no_thread_is_started_whatever_the_environment_says) {
  BOOST_TEST(outcome_of([] {
               for (const char* name : {"OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS",
                                        "GOTO_NUM_THREADS", "OPENBLAS_DEFAULT_NUM_THREADS"})
                 ::setenv(name, "7", 1);
               const LoadedBackend backend = blas("1");
               return multiplies(backend) && threads_now() == 1;
             }) == 0);
  BOOST_TEST(outcome_of([] {
               const LoadedBackend backend = blas("3");
               return multiplies(backend) && threads_now() == 3;
             }) == 0);
}

BOOST_AUTO_TEST_CASE(too_little_address_space_is_an_error_in_time) {
  BOOST_TEST(outcome_of([] {
               limit(RLIMIT_AS, 150000 * 1024);
               const LoadedBackend backend = blas("1");
               try {
                 return multiplies(backend);
               } catch (const Failure& failure) {
                 std::cerr << failure.what() << std::endl;
                 return failure.status == ASG_OUT_OF_MEMORY &&
                        std::string(failure.what()).find("address space") != std::string::npos;
               }
             }) == 0);
}

BOOST_AUTO_TEST_CASE(a_process_that_may_start_no_thread_computes_all_the_same) {
  const Copy copy;
  BOOST_TEST(outcome_of([&] {
               // Limits of processes do not hold for root.
               if (::geteuid() == 0 &&
                   (::setgroups(0, nullptr) != 0 || ::setgid(65534) != 0 || ::setuid(65534) != 0))
                 return false;
               limit(RLIMIT_NPROC, 1);
               const LoadedBackend backend = blas("4", copy.file);
               return multiplies(backend) && threads_now() == 1;
             }) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
