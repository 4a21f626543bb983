// What is missing, full, lost or too large: the right result or one clear error.
#include <fstream>

#include <boost/test/unit_test.hpp>

#include "support.hpp"
#include "support/messages.hpp"

namespace asg::testing {
namespace {

namespace fs = std::filesystem;
using test_support::contains;

BOOST_AUTO_TEST_SUITE(failures)

// ---------------------------------------------------------------- nothing to run on

BOOST_AUTO_TEST_CASE(without_a_driver_there_are_no_devices) {
  const Variable none("VK_ICD_FILENAMES", "/nonexistent/driver.json");
  const Variable none_new("VK_DRIVER_FILES", "/nonexistent/driver.json");
  BOOST_TEST(device_count() == 0u);
}

// Run by the case below in a process of its own.
BOOST_AUTO_TEST_CASE(child_without_a_loader, *boost::unit_test::disabled()) {
  BOOST_TEST_REQUIRE(dlopen("libvulkan.so.1", RTLD_NOW) == nullptr);
  BOOST_TEST(device_count() == 0u);
}

BOOST_AUTO_TEST_CASE(without_a_loader_there_are_no_devices) {
  const Folder folder;
  // Found before the real one, and no library.
  std::ofstream(folder.path() / "libvulkan.so.1") << "no loader";
  const Variable path("LD_LIBRARY_PATH", folder.path().string());
  BOOST_TEST(finish(start_case("failures/child_without_a_loader")) == 0);
}

// ---------------------------------------------------------------- too large

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
  asg_compile_args args{};
  args.struct_size = sizeof args;
  args.program = &p.build();
  const asg_status status = backend.api().compile(backend.device(), &args, &executable, &error);
  BOOST_TEST(status == ASG_UNSUPPORTED);
  BOOST_TEST(std::string(error.message).find("maxStorageBufferRange") != std::string::npos,
             error.message);
}

asg_status create_buffer(const LoadedBackend& backend, uint64_t size, std::string& message) {
  asg_buffer* buffer = nullptr;
  asg_error error = empty_error();
  asg_buffer_args args{};
  args.struct_size = sizeof args;
  args.size = size;
  const asg_status status = backend.api().buffer_create(backend.device(), &args, &buffer, &error);
  message = error.message;
  if (status == ASG_OK) backend.api().buffer_destroy(buffer);
  return status;
}

BOOST_AUTO_TEST_CASE(memory_that_is_not_there_is_refused) {
  LoadedBackend backend(ASG_TEST_VULKAN);
  std::string message;
  BOOST_TEST(create_buffer(backend, uint64_t{1} << 50, message) == ASG_OUT_OF_MEMORY, message);
  // The device goes on.
  BOOST_TEST(close(Model().run(backend), expected()));
}

// ---------------------------------------------------------------- a device in trouble

BOOST_AUTO_TEST_CASE(memory_that_is_short_is_asked_for_again) {
  Faults faults;
  LoadedBackend backend(ASG_TEST_VULKAN);
  std::string message;
  constexpr uint64_t large = uint64_t{32} << 20;
  faults.set("memory", 1);
  BOOST_TEST(create_buffer(backend, large, message) == ASG_OK, message);
  faults.set("memory", 2);
  BOOST_TEST(create_buffer(backend, large, message) == ASG_OUT_OF_MEMORY);
  for (const char* part : {"33554432 bytes", "are in use", "the device has"})
    BOOST_TEST(contains(message, part), message);
  faults.clear();
  BOOST_TEST(create_buffer(backend, large, message) == ASG_OK, message);
  BOOST_TEST(close(Model().run(backend), expected()));
}

/// What is said when a run ends badly, in the call or in the wait after it.
Failure failure_of(const LoadedBackend& backend, Execution& run, uint64_t timeout = UINT64_MAX) {
  asg_event* event = nullptr;
  try {
    run.execute(&event);
    checked([&](asg_error* e) { return backend.api().event_wait(event, timeout, e); });
  } catch (const Failure& failure) {
    if (event != nullptr) backend.api().event_destroy(event);
    return failure;
  }
  backend.api().event_destroy(event);
  return Failure(ASG_OK, empty_error());
}

BOOST_AUTO_TEST_CASE(a_lost_device_is_reported_with_the_last_kernels) {
  for (const char* kind : {"submit", "wait"}) {
    BOOST_TEST_INFO_SCOPE(kind);
    Faults faults;
    LoadedBackend backend(ASG_TEST_VULKAN);
    Model model;
    {
      Execution run(backend, model.p.build());
      model.fill(run);
      run.execute();
      faults.set(kind);
      const Failure lost = failure_of(backend, run);
      BOOST_TEST(lost.status == ASG_DEVICE_LOST, lost.what());
      for (const char* part : {"lost", "matmul", "softmax"})
        BOOST_TEST(contains(lost.what(), part), lost.what());
      faults.clear();
      // What is lost stays lost until it is opened again.
      BOOST_TEST(failure_of(backend, run).status == ASG_DEVICE_LOST);
    }
    asg_device* again = nullptr;
    checked([&](asg_error* e) {
      asg_open_args args{};
      args.struct_size = sizeof args;
      return backend.api().device_open(backend.backend(), &args, &again, e);
    });
    backend.api().device_close(again);
  }
}

BOOST_AUTO_TEST_CASE(work_that_never_ends_is_given_up) {
  Faults faults;
  LoadedBackend backend(ASG_TEST_VULKAN, {{"timeout", "1"}});
  Model model;
  Execution run(backend, model.p.build());
  model.fill(run);
  run.execute();
  faults.set("hang");
  // The caller's patience ends before the device's: the wait can be repeated.
  const Failure late = failure_of(backend, run, 1000);
  BOOST_TEST(late.status == ASG_TIMEOUT, late.what());
  const Failure hung = failure_of(backend, run);
  BOOST_TEST(hung.status == ASG_TIMEOUT, hung.what());
  for (const char* part : {"within 1 s", "matmul", "softmax", "'timeout'"})
    BOOST_TEST(contains(hung.what(), part), hung.what());
  faults.clear();
  BOOST_TEST(failure_of(backend, run).status == ASG_DEVICE_LOST);
}

// Of a long program only the part that was not over is named.
BOOST_AUTO_TEST_CASE(the_part_of_a_long_program_is_named) {
  Faults faults;
  LoadedBackend backend(ASG_TEST_VULKAN);
  ProgramBuilder p;
  ValueId from = p.input(ASG_F32, {4});
  constexpr int count = 300;
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back("kernel" + std::to_string(i));
  for (int i = 0; i < count; ++i) {
    const ValueId to = i + 1 < count ? p.scratch(ASG_F32, {4}) : p.output(ASG_F32, {4});
    RegionBuilder& r = p.region({4}, names[static_cast<std::size_t>(i)].c_str());
    r.store(r.op(ASG_EW_NEG, r.load(from)), to);
    from = to;
  }
  Execution run(backend, p.build());
  const vulkan::Counters& count_of = counters(backend);
  const uint64_t submissions = count_of.submissions;
  run.execute();
  BOOST_TEST(count_of.submissions == submissions + 1);
  faults.set("part");
  const Failure lost = failure_of(backend, run);
  BOOST_TEST(lost.status == ASG_DEVICE_LOST, lost.what());
  BOOST_TEST(contains(lost.what(), "steps 128 to 255"), lost.what());
  BOOST_TEST(contains(lost.what(), " kernel255"), lost.what());
  BOOST_TEST(!contains(lost.what(), " kernel256"), lost.what());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace asg::testing
