// What tests of the plugin itself share: a program, counters, folders, the environment.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "../../plugins/vulkan/counters.hpp"
#include "abi/loaded_backend.hpp"
#include "check/program_builder.hpp"

namespace asg::testing {

/// A folder of its own, gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "asg-vulkan-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Sets a variable of the environment for a while.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old, had_ = true;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { had_ ? setenv(name_, old_.c_str(), 1) : unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string old_;
  bool had_ = false;
};

/// Backends made while it lives see faults that `set` turns on.
class Faults {
 public:
  void set(const std::string& kind, int count = -1) {
    setenv("ASG_TEST_FAULT", kind.c_str(), 1);
    count < 0 ? unsetenv("ASG_TEST_FAULT_COUNT")
              : setenv("ASG_TEST_FAULT_COUNT", std::to_string(count).c_str(), 1);
  }
  void clear() { unsetenv("ASG_TEST_FAULT"); }
  ~Faults() { clear(); }

 private:
  Variable path_{"VK_LAYER_PATH", ASG_TEST_LAYERS},
      layer_{"VK_INSTANCE_LAYERS", "VK_LAYER_ASG_faults"};
};

/// y = softmax(x W), a program of several shaders.
struct Model {
  static constexpr int64_t rows = 20, inner = 30, columns = 40;
  ProgramBuilder p;
  ValueId x = p.input(ASG_F32, {rows, inner}), w = p.state(ASG_F32, {inner, columns}),
          y = p.output(ASG_F32, {rows, columns}), h = p.scratch(ASG_F32, {rows, columns});

  Model() {
    p.step(ASG_OP_MATMUL, "matmul", {x, w}, {h});
    RegionBuilder& r = p.region({rows, columns}, "softmax");
    const ReductionId sum = r.reduce(ASG_REDUCE_SUM, r.op(ASG_EW_EXP, r.load(h)), {1});
    r.next_phase();
    r.store(r.op(ASG_EW_DIV, r.op(ASG_EW_EXP, r.load(h)), r.reduced(sum)), y);
  }
  std::vector<float> run(const LoadedBackend& backend, int times = 1) {
    Execution run(backend, p.build());
    fill(run);
    for (int i = 0; i < times; ++i) run.execute();
    return run.get<float>(y);
  }
  void fill(Execution& run) {
    std::vector<float> a(rows * inner), b(inner * columns);
    for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i % 17) / 17 - 0.5f;
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i % 13) / 13 - 0.5f;
    run.set(x, a).set(w, b);
  }
};

inline bool close(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!(std::abs(a[i] - b[i]) <= 1e-6f)) return false;
  return true;
}

inline std::vector<float> expected() {
  LoadedBackend reference(ASG_TEST_REFERENCE);
  return Model().run(reference);
}

inline const vulkan::Counters& counters(const LoadedBackend& backend) {
  const void* found = backend.api().get_extension(backend.backend(), vulkan::counters_extension);
  if (found == nullptr) throw std::runtime_error("the plugin counts nothing");
  return *static_cast<const vulkan::Counters*>(found);
}

/// How many devices a backend made now would have.
inline uint32_t device_count() {
  LoadedBackend reference(ASG_TEST_REFERENCE);  // for its host
  void* library = dlopen(ASG_TEST_VULKAN, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error(dlerror());
  auto entry = reinterpret_cast<asg_backend_entry>(dlsym(library, ASG_ENTRY_SYMBOL));
  asg_error error = empty_error();
  const asg_backend_api* api = entry(&reference.host(), &error);
  asg_backend* backend = nullptr;
  checked([&](asg_error* e) { return api->create(&reference.host(), &backend, e); });
  const uint32_t count = api->device_count(backend);
  api->destroy(backend);
  return count;
}

/// Starts a case of this program in a process of its own; returns its id.
inline pid_t start_case(const std::string& name) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  const std::string test = "--run_test=" + name;
  const pid_t child = fork();
  if (child == 0) {
    execl(self.c_str(), self.c_str(), test.c_str(), "--log_level=nothing", "--report_level=no",
          static_cast<char*>(nullptr));
    _exit(127);
  }
  return child;
}
/// Its exit status, or -1.
inline int finish(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Runs a program that should add a number to each of so many bytes; how many come out wrong.
inline std::size_t wrong_sums(Execution& run, ValueId x, ValueId y, int64_t count, uint8_t added) {
  std::vector<uint8_t> input(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<uint8_t>(i * 7 + i / 1000);
  const std::vector<uint8_t> output = run.set(x, input).execute().get<uint8_t>(y);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < input.size(); ++i)
    wrong += output[i] != static_cast<uint8_t>(input[i] + added) ? 1 : 0;
  return wrong;
}

}  // namespace asg::testing
