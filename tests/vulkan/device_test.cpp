// Devices, caches, large programs and counts.
#include <ctime>
#include <filesystem>
#include <fstream>

#include <boost/test/unit_test.hpp>

#include "support.hpp"

namespace asg::testing {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  return files;
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
  const asg_room room{times, 4, sizeof times[0]};
  BOOST_TEST(backend.api().event_profile(event, &room) == 2u);
  for (uint32_t i = 0; i < 2; ++i) {
    BOOST_TEST(times[i].step == i);
    BOOST_TEST(times[i].end_ns > times[i].begin_ns);
  }
  backend.api().event_destroy(event);
}

// What is asked for while work is under way is done after it, however late it is waited for.
BOOST_AUTO_TEST_CASE(transfers_follow_what_is_under_way) {
  LoadedBackend backend(ASG_TEST_VULKAN);
  constexpr int64_t n = 1 << 16;
  ProgramBuilder p;
  const ValueId x = p.input(ASG_F32, {n}), y = p.output(ASG_F32, {n});
  RegionBuilder& region = p.region({n});
  region.store(region.op(ASG_EW_ADD, region.load(x), region.imm(1.0f)), y);
  Execution run(backend, p.build());
  constexpr int rounds = 12;
  std::vector<std::vector<float>> got(rounds, std::vector<float>(n));
  std::vector<asg_event*> events;
  const auto note = [&](asg_event* event) {
    if (event != nullptr) events.push_back(event);
  };
  for (int i = 0; i < rounds; ++i) {
    asg_event* event = nullptr;
    {
      const std::vector<float> numbers(n, static_cast<float>(i));
      backend.upload(run.bindings[0].buffer, 0, numbers.data(), n * 4, &event);
      if (event != nullptr)
        checked([&](asg_error* e) { return backend.api().event_wait(event, UINT64_MAX, e); });
      note(event);
    }
    event = nullptr;
    run.execute(&event);
    note(event);
    event = nullptr;
    backend.download(run.bindings[1].buffer, 0, got[static_cast<std::size_t>(i)].data(), n * 4,
                     &event);
    note(event);
  }
  BOOST_TEST(events.size() > static_cast<std::size_t>(rounds));
  for (asg_event* event : events) {
    checked([&](asg_error* e) { return backend.api().event_wait(event, UINT64_MAX, e); });
    backend.api().event_destroy(event);
  }
  for (int i = 0; i < rounds; ++i)
    BOOST_TEST(got[static_cast<std::size_t>(i)] ==
               std::vector<float>(n, static_cast<float>(i + 1)));
}

// One step reads what lies beside what another one of its stage writes: descriptors begin at
// aligned bytes, so theirs meet, of which synchronisation validation would tell.
BOOST_AUTO_TEST_CASE(neighbours_of_one_stage) {
  LoadedBackend backend(ASG_TEST_VULKAN);
  ProgramBuilder p;
  const ValueId both = p.state(ASG_F32, {8}), x = p.input(ASG_F32, {4}), y = p.output(ASG_F32, {4});
  const ValueId low = p.view(both, {4}, {1}, 0), high = p.view(both, {4}, {1}, 4);
  for (const auto& [id, begin] : {std::pair{low, 0u}, {high, 16u}}) {
    p.value(id).extent_begin = begin;
    p.value(id).extent_end = begin + 16;
  }
  RegionBuilder& read = p.region({4});
  read.store(read.op(ASG_EW_NEG, read.load(high)), y);
  RegionBuilder& write = p.region({4});
  write.store(write.op(ASG_EW_NEG, write.load(x)), low);
  asg_program program = p.build();
  std::vector<asg_step> steps = {*ASG_AT(asg_step, program.steps, 0),
                                 *ASG_AT(asg_step, program.steps, 1)};
  steps[1].stage = steps[0].stage;
  program.steps = {steps.data(), 2, sizeof(asg_step)};
  Execution run(backend, program);
  run.set(both, std::vector<float>{1, 2, 3, 4, 5, 6, 7, 8})
      .set(x, std::vector<float>{9, 10, 11, 12});
  run.execute();
  BOOST_TEST((run.get<float>(y) == std::vector<float>{-5, -6, -7, -8}));
  BOOST_TEST((run.get<float>(both) == std::vector<float>{-9, -10, -11, -12, 5, 6, 7, 8}));
}

BOOST_AUTO_TEST_CASE(more_workgroups_than_a_dispatch_takes) {
  LoadedBackend backend(ASG_TEST_VULKAN);
  const int64_t count = int64_t{65535} * 256 + 1000;
  ProgramBuilder p;
  const ValueId x = p.input(ASG_U8, {count}), y = p.output(ASG_U8, {count});
  RegionBuilder& r = p.region({count});
  r.store(r.op(ASG_EW_ADD, r.load(x), r.imm(uint8_t{3})), y);
  Execution run(backend, p.build());
  BOOST_TEST(wrong_sums(run, x, y, count, 3) == 0u);
}

BOOST_AUTO_TEST_CASE(options_are_checked) {
  for (const asg_option& bad :
       {asg_option{"timeout", "soon"}, asg_option{"timeout", "0"}, asg_option{"profile", "fast"},
        asg_option{"cache", "/tmp"}, asg_option{"colour", "red"}})
    try {
      LoadedBackend backend(ASG_TEST_VULKAN, {bad});
      BOOST_ERROR("accepted " << bad.key << "=" << bad.value);
    } catch (const Failure& e) {
      BOOST_TEST(e.status == ASG_INVALID_ARGUMENT);
      BOOST_TEST(std::string(e.what()).find(bad.key) != std::string::npos, e.what());
    }
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

// Sums of rows of many lengths, each with a shader of its own: what a model of some size needs.
void run_many_kernels(const LoadedBackend& backend) {
  ProgramBuilder p;
  constexpr int64_t rows = 8;
  const ValueId x = p.input(ASG_F32, {rows, 64});
  std::vector<ValueId> sums;
  for (int64_t length = 3; length < 33; ++length) {
    sums.push_back(p.output(ASG_F32, {rows}));
    RegionBuilder& r = p.region({rows, length});
    const Register exp = r.op(ASG_EW_EXP, r.load(x, {{64, 1}}));
    r.store(r.reduce(ASG_REDUCE_SUM, exp, {1}), sums.back());
  }
  Execution run(backend, p.build());
  run.set(x, std::vector<float>(rows * 64, 0.0f)).execute();
  for (std::size_t i = 0; i < sums.size(); ++i)
    BOOST_TEST(run.get<float>(sums[i]) == std::vector<float>(rows, static_cast<float>(i + 3)));
}

// Run by the cases below in processes of their own, with ASG_CACHE_DIR set.
BOOST_AUTO_TEST_CASE(child, *boost::unit_test::disabled()) {
  // Of all threads: what else the machine does is not in it.
  const std::clock_t start = std::clock();
  LoadedBackend backend(ASG_TEST_VULKAN);
  const std::vector<float> y = Model().run(backend);
  run_many_kernels(backend);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  BOOST_TEST(close(y, expected()));
  if (const char* file = std::getenv("ASG_TEST_START"))
    std::ofstream(file) << seconds << ' ' << counters(backend).shaders_compiled;
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

// What a second process finds it does not compile again. How much faster it starts is printed, and
// judged by nobody: that is the machine's.
BOOST_AUTO_TEST_CASE(a_second_process_compiles_nothing) {
  const Folder folder;
  const Variable cache("ASG_CACHE_DIR", (folder.path() / "asg").string()),
      mesa("MESA_SHADER_CACHE_DIR", (folder.path() / "mesa").string()),
      nvidia("__GL_SHADER_DISK_CACHE_PATH", (folder.path() / "nvidia").string()),
      start("ASG_TEST_START", (folder.path() / "start").string());
  double seconds[2] = {};
  std::uint64_t compiled[2] = {};
  for (const int process : {0, 1}) {
    BOOST_TEST(finish(start_case("device/child")) == 0);
    std::ifstream file(folder.path() / "start");
    BOOST_TEST(static_cast<bool>(file >> seconds[process] >> compiled[process]));
  }
  std::cout << "start of the first process " << seconds[0] << " s, of the second " << seconds[1]
            << " s\n";
  BOOST_TEST(compiled[0] > 20u);
  BOOST_TEST(compiled[1] == 0u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace asg::testing
