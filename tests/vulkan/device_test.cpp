// Devices, caches, limits and counts.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <boost/test/unit_test.hpp>

#include "../../plugins/vulkan/counters.hpp"
#include "abi/loaded_backend.hpp"
#include "abi/program_builder.hpp"

namespace asg::testing {
namespace {

namespace fs = std::filesystem;

/// A folder of its own, gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "asg-vulkan-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Sets a variable of the environment for a while.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* old = std::getenv(name)) old_ = old, had_ = true;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { had_ ? setenv(name_, old_.c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::string old_;
  bool had_ = false;
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

bool close(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!(std::abs(a[i] - b[i]) <= 1e-6f)) return false;
  return true;
}

std::vector<float> expected() {
  LoadedBackend reference(ASG_TEST_REFERENCE);
  return Model().run(reference);
}

const vulkan::Counters& counters(const LoadedBackend& backend) {
  const void* found = backend.api().get_extension(backend.backend(), vulkan::counters_extension);
  BOOST_TEST_REQUIRE(found != nullptr);
  return *static_cast<const vulkan::Counters*>(found);
}

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  return files;
}

/// Runs a case of this program in a process of its own; returns its id.
pid_t start_case(const std::string& name) {
  const std::string self = fs::read_symlink("/proc/self/exe").string();
  const std::string test = "--run_test=" + name;
  const pid_t child = fork();
  if (child == 0) {
    execl(self.c_str(), self.c_str(), test.c_str(), "--log_level=nothing", "--report_level=no",
          static_cast<char*>(nullptr));
    _exit(127);
  }
  return child;
}
int finish(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

BOOST_AUTO_TEST_SUITE(device)

BOOST_AUTO_TEST_CASE(one_submission_a_run_and_nothing_made_after_the_first) {
  LoadedBackend backend(ASG_TEST_VULKAN);
  Model model;
  Execution run(backend, model.p.build());
  model.fill(run);
  run.execute();
  const vulkan::Counters& count = counters(backend);
  const uint64_t submissions = count.submissions, shaders = count.shaders_compiled,
                 pipelines = count.pipelines, buffers = count.buffers,
                 recordings = count.recordings;
  for (int i = 0; i < 5; ++i) run.execute();
  BOOST_TEST(count.submissions == submissions + 5);
  BOOST_TEST(count.shaders_compiled == shaders);
  BOOST_TEST(count.pipelines == pipelines);
  BOOST_TEST(count.buffers == buffers);
  BOOST_TEST(count.recordings == recordings);
  BOOST_TEST(close(run.get<float>(model.y), expected()));
}

BOOST_AUTO_TEST_CASE(every_step_is_timed) {
  LoadedBackend backend(ASG_TEST_VULKAN);
  Model model;
  Execution run(backend, model.p.build());
  model.fill(run);
  asg_event* event = nullptr;
  run.execute(&event, ASG_EXEC_PROFILE);
  BOOST_TEST_REQUIRE(event != nullptr);
  checked([&](asg_error* e) { return backend.api().event_wait(event, UINT64_MAX, e); });
  asg_step_time times[4];
  BOOST_TEST(backend.api().event_profile(event, times, 4) == 2u);
  for (uint32_t i = 0; i < 2; ++i) {
    BOOST_TEST(times[i].step == i);
    BOOST_TEST(times[i].end_ns > times[i].begin_ns);
  }
  backend.api().event_destroy(event);
}

BOOST_AUTO_TEST_CASE(more_workgroups_than_a_dispatch_takes) {
  LoadedBackend backend(ASG_TEST_VULKAN);
  const int64_t count = int64_t{65535} * 256 + 1000;
  ProgramBuilder p;
  const ValueId x = p.input(ASG_U8, {count}), y = p.output(ASG_U8, {count});
  RegionBuilder& r = p.region({count});
  r.store(r.op(ASG_EW_ADD, r.load(x), r.imm(uint8_t{3})), y);
  Execution run(backend, p.build());
  std::vector<uint8_t> input(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<uint8_t>(i * 7 + i / 1000);
  const std::vector<uint8_t> output = run.set(x, input).execute().get<uint8_t>(y);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < input.size(); ++i)
    wrong += output[i] != static_cast<uint8_t>(input[i] + 3) ? 1 : 0;
  BOOST_TEST(wrong == 0u);
}

BOOST_AUTO_TEST_CASE(a_value_beyond_the_reach_of_shaders_is_refused) {
  LoadedBackend backend(ASG_TEST_VULKAN);
  const auto reach = static_cast<int64_t>(backend.info().max_value_range);
  const int64_t count = reach / 4 + 1000;
  ProgramBuilder p;
  const ValueId x = p.input(ASG_F32, {count}), y = p.output(ASG_F32, {count});
  RegionBuilder& r = p.region({count});
  r.store(r.op(ASG_EW_NEG, r.load(x)), y);
  asg_executable* executable = nullptr;
  asg_error error = empty_error();
  const asg_status status =
      backend.api().compile(backend.device(), &p.build(), nullptr, 0, &executable, &error);
  BOOST_TEST(status == ASG_UNSUPPORTED);
  BOOST_TEST(std::string(error.message).find("maxStorageBufferRange") != std::string::npos,
             error.message);
}

BOOST_AUTO_TEST_CASE(memory_that_is_not_there_is_refused) {
  LoadedBackend backend(ASG_TEST_VULKAN);
  asg_buffer* buffer = nullptr;
  asg_error error = empty_error();
  const asg_status status =
      backend.api().buffer_create(backend.device(), uint64_t{1} << 50, &buffer, &error);
  BOOST_TEST(status == ASG_OUT_OF_MEMORY, error.message);
  // The device goes on.
  BOOST_TEST(close(Model().run(backend), expected()));
}

BOOST_AUTO_TEST_CASE(damaged_caches_are_made_anew) {
  const Folder folder;
  const std::string path = folder.path().string();
  const asg_option option{"cache", path.c_str()};
  const std::vector<float> truth = expected();
  BOOST_TEST(close(Model().run(LoadedBackend(ASG_TEST_VULKAN, {option})), truth));
  const std::vector<fs::path> files = files_of(folder.path());
  BOOST_TEST(files.size() >= 3u);
  {
    LoadedBackend second(ASG_TEST_VULKAN, {option});
    BOOST_TEST(close(Model().run(second), truth));
    BOOST_TEST(counters(second).shaders_compiled == 0u);
  }
  for (const fs::path& file : files) {
    std::fstream damaged(file, std::ios::in | std::ios::out | std::ios::binary);
    damaged.seekp(-8, std::ios::end);
    damaged << "garbage!";
  }
  {
    LoadedBackend third(ASG_TEST_VULKAN, {option});
    BOOST_TEST(close(Model().run(third), truth));
    BOOST_TEST(counters(third).shaders_compiled > 0u);
  }
  for (const fs::path& file : files) fs::resize_file(file, 10);
  BOOST_TEST(close(Model().run(LoadedBackend(ASG_TEST_VULKAN, {option})), truth));
}

BOOST_AUTO_TEST_CASE(a_cache_that_cannot_be_written_is_left_out) {
  const Folder folder;
  std::ofstream(folder.path() / "file") << "no folder";
  const std::string path = (folder.path() / "file" / "cache").string();
  BOOST_TEST(
      close(Model().run(LoadedBackend(ASG_TEST_VULKAN, {{"cache", path.c_str()}})), expected()));
}

BOOST_AUTO_TEST_CASE(options_are_checked) {
  for (const asg_option& bad : {asg_option{"timeout", "soon"}, asg_option{"timeout", "0"},
                                asg_option{"profile", "fast"}, asg_option{"colour", "red"}})
    try {
      LoadedBackend backend(ASG_TEST_VULKAN, {bad});
      BOOST_ERROR("accepted " << bad.key << "=" << bad.value);
    } catch (const Failure& e) {
      BOOST_TEST(e.status == ASG_INVALID_ARGUMENT);
      BOOST_TEST(std::string(e.what()).find(bad.key) != std::string::npos, e.what());
    }
}

// How many devices a backend made now would have.
uint32_t device_count() {
  LoadedBackend reference(ASG_TEST_REFERENCE);  // for its host
  void* library = dlopen(ASG_TEST_VULKAN, RTLD_NOW | RTLD_LOCAL);
  auto entry = reinterpret_cast<asg_backend_entry>(dlsym(library, ASG_ENTRY_SYMBOL));
  asg_error error = empty_error();
  const asg_backend_api* api = entry(&reference.host(), &error);
  asg_backend* backend = nullptr;
  checked([&](asg_error* e) { return api->create(&reference.host(), nullptr, 0, &backend, e); });
  const uint32_t count = api->device_count(backend);
  api->destroy(backend);
  return count;
}

BOOST_AUTO_TEST_CASE(without_a_driver_there_are_no_devices) {
  const Variable none("VK_ICD_FILENAMES", "/nonexistent/driver.json");
  const Variable none_new("VK_DRIVER_FILES", "/nonexistent/driver.json");
  BOOST_TEST(device_count() == 0u);
}

BOOST_AUTO_TEST_CASE(a_driver_named_twice_makes_two_devices) {
  fs::path manifest;
  if (fs::exists("/usr/share/vulkan/icd.d"))
    for (const auto& entry : fs::directory_iterator("/usr/share/vulkan/icd.d"))
      if (entry.path().filename().string().find("lvp") == 0) manifest = entry.path();
  if (manifest.empty()) {
    BOOST_TEST_MESSAGE("no lavapipe here");
    return;
  }
  const Folder folder;
  const fs::path copy = folder.path() / "copy.json";
  fs::copy_file(manifest, copy);
  const Variable both("VK_ICD_FILENAMES", manifest.string() + ":" + copy.string());
  BOOST_TEST(device_count() == 2u);
}

// Run by the cases below in processes of their own, with ASG_CACHE_DIR set.
BOOST_AUTO_TEST_CASE(child, *boost::unit_test::disabled()) {
  const auto start = std::chrono::steady_clock::now();
  LoadedBackend backend(ASG_TEST_VULKAN);
  const std::vector<float> y = Model().run(backend);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
  BOOST_TEST(close(y, expected()));
  if (const char* file = std::getenv("ASG_TEST_TIME")) std::ofstream(file) << time.count();
}

BOOST_AUTO_TEST_CASE(processes_share_a_cache) {
  const Folder folder;
  const Variable cache("ASG_CACHE_DIR", folder.path().string());
  const pid_t first = start_case("device/child"), second = start_case("device/child");
  BOOST_TEST(finish(first) == 0);
  BOOST_TEST(finish(second) == 0);
  for (const fs::path& file : files_of(folder.path()))
    BOOST_TEST(file.extension() != ".new", file.string());
}

BOOST_AUTO_TEST_CASE(a_second_process_starts_faster) {
  const Folder folder;
  const Variable cache("ASG_CACHE_DIR", (folder.path() / "asg").string()),
      driver("MESA_SHADER_CACHE_DIR", (folder.path() / "mesa").string()),
      time("ASG_TEST_TIME", (folder.path() / "time").string());
  double seconds[2] = {};
  for (double& s : seconds) {
    BOOST_TEST(finish(start_case("device/child")) == 0);
    std::ifstream(folder.path() / "time") >> s;
  }
  std::cout << "start of the first process " << seconds[0] << " s, of the second " << seconds[1]
            << " s\n";
  BOOST_TEST(seconds[1] < seconds[0]);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace asg::testing
