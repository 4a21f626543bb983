#include <boost/test/unit_test.hpp>

#include <array>
#include <atomic>
#include <thread>

#include "fixture.hpp"
#include "hand_program.hpp"

using namespace plugin_tests;

// A test asks for more memory than there is, which the sanitizers would take for an error.
extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }
extern "C" const char* __tsan_default_options() { return "allocator_may_return_null=1"; }

namespace {

asg::Device open(const Directory& directory, const std::string& name) {
  directory.add(name);
  return asg::open_device(name, directory.options());
}

template <class T>
asg::Binding upload(const asg::Device& device, const std::vector<T>& values) {
  asg::Buffer buffer = device.allocate(values.size() * sizeof(T));
  buffer.upload(0, values.data(), values.size() * sizeof(T));
  return {buffer};
}

std::vector<float> download(const asg::Binding& binding) {
  std::vector<float> values(binding.buffer.size() / sizeof(float));
  binding.buffer.download(0, values.data(), binding.buffer.size());
  return values;
}

// a [2, 3] times b [3, 2], b a constant of the program when `constant`.
HandProgram product(const float* constant = nullptr) {
  HandProgram program;
  const auto a = program.add(ASG_SLOT_INPUT, ASG_F32, {2, 3}, "a");
  const auto b = program.add(constant != nullptr ? ASG_SLOT_CONST : ASG_SLOT_INPUT, ASG_F32, {3, 2},
                             "b", constant);
  const auto y = program.add(ASG_SLOT_OUTPUT, ASG_F32, {2, 2}, "y");
  program.step(ASG_OP_MATMUL, {a, b}, y, "matmul", "train.cpp:12, in blocks.0");
  return program;
}

HandProgram gather() {
  HandProgram program;
  const auto x = program.add(ASG_SLOT_INPUT, ASG_F32, {4}, "x");
  const auto indices = program.add(ASG_SLOT_INPUT, ASG_I64, {3}, "indices");
  const auto y = program.add(ASG_SLOT_OUTPUT, ASG_F32, {3}, "y");
  program.step(ASG_OP_GATHER, {x, indices}, y, "gather", "train.cpp:33");
  return program;
}

template <class E, class F>
void check_message(F&& action, std::string_view expected) {
  BOOST_TEST(message_of<E>(action) == expected);
}

const std::vector<float> a = {1, 2, 3, 4, 5, 6};
const std::vector<float> b = {1, 0, 0, 1, 2, -1};
const std::vector<float> a_times_b = {7, -1, 16, -1};

}  // namespace

BOOST_AUTO_TEST_SUITE(device)

BOOST_AUTO_TEST_CASE(a_plugin_in_plain_c_runs_a_program) {
  Directory directory;
  const asg::Device device = open(directory, "plain");
  BOOST_TEST(device.limits().offset_alignment == 16u);
  BOOST_TEST(device.limits().max_buffer_size == 1048576u);
  BOOST_TEST(device.limits().opset == 1u);
  const asg::Executable run = device.compile(product().get());
  const std::array bindings = {upload(device, a), upload(device, b),
                               upload(device, std::vector<float>(4))};
  run.run(bindings);
  BOOST_TEST(download(bindings[2]) == a_times_b, boost::test_tools::per_element());
  BOOST_TEST(run.profile(bindings).empty());  // it has no events
}

BOOST_AUTO_TEST_CASE(a_plugin_made_with_the_glue_runs_a_program) {
  Directory directory;
  const asg::Device device = open(directory, "tiny");
  const asg::Executable run = device.compile(gather().get());
  const std::array bindings = {upload<float>(device, {10, 11, 12, 13}),
                               upload<std::int64_t>(device, {3, 0, 3}),
                               upload(device, std::vector<float>(3))};
  run.run(bindings);
  const std::vector<float> expected = {13, 10, 13};
  BOOST_TEST(download(bindings[2]) == expected, boost::test_tools::per_element());
  const std::vector<asg::StepTime> times = run.profile(bindings);
  BOOST_REQUIRE(times.size() == 1u);
  BOOST_TEST(times[0].step == 0u);
  BOOST_TEST(times[0].begin_ns <= times[0].end_ns);
}

BOOST_AUTO_TEST_CASE(a_failing_step_names_its_op_and_the_users_line) {
  Directory directory;
  const asg::Device device = open(directory, "tiny");
  const asg::Executable run = device.compile(gather().get());
  const std::array bindings = {upload<float>(device, {1, 2, 3, 4}),
                               upload<std::int64_t>(device, {0, 4, 0}),
                               upload(device, std::vector<float>(3))};
  check_message<asg::DeviceError>(
      [&] { run.run(bindings); },
      "gather of train.cpp:33: index 4 is outside [0, 4) (backend tiny, device host memory)");
  bindings[1].buffer.upload(8, std::array<std::int64_t, 1>{3}.data(), 8);
  BOOST_CHECK_NO_THROW(run.run(bindings));
}

BOOST_AUTO_TEST_CASE(a_program_that_a_backend_cannot_compile_is_its_error) {
  Directory directory;
  const asg::Device device = open(directory, "plain");
  HandProgram program = product();
  program.step(ASG_OP_GATHER, {0, 1}, 2, "gather", "");
  check_message<asg::PluginError>(
      [&] { static_cast<void>(device.compile(program.get())); },
      "gather: only matrix products are implemented (backend plain, device plain C number 0)");
  asg_program newer = product().get();
  newer.opset = 2;
  check_message<asg::PluginError>(
      [&] { static_cast<void>(device.compile(newer)); },
      "backend plain, device plain C number 0: the program needs opset 2 "
      "and features 0x0, the plugin has opset 1 and features 0x0");
}

BOOST_AUTO_TEST_CASE(bindings_are_checked_before_the_plugin_sees_them) {
  Directory directory;
  const asg::Device device = open(directory, "plain");
  const asg::Device other = asg::open_device("plain:1", directory.options());
  const asg::Executable run = device.compile(product(b.data()).get());
  // A constant needs no buffer.
  std::array<asg::Binding, 3> bindings = {upload(device, a), asg::Binding{},
                                          upload(device, std::vector<float>(4))};
  run.run(bindings);
  const asg::Binding good = bindings[0];
  const auto check = [&](const asg::Binding& binding, std::string_view expected) {
    bindings[0] = binding;
    check_message<asg::DeviceError>([&] { run.run(bindings); }, expected);
  };
  check({}, "the binding of slot 0 'a' has no buffer");
  check(upload(other, a), "the binding of slot 0 'a' is a buffer of another device");
  check({good.buffer, 16, 0}, "the binding of slot 0 'a' has 8 bytes, and the slot needs 24");
  check({good.buffer, 16, 24}, "the binding of slot 0 'a' leaves its buffer");
  check({device.allocate(64), 4, 24},
        "the binding of slot 0 'a' begins at byte 4, which is no multiple of 16");
  check_message<asg::DeviceError>([&] { run.run(std::span(bindings).first(2)); },
                                  "a program of 3 slots cannot run with 2 bindings");
  check_message<asg::DeviceError>([&] { asg::Executable().run(bindings); },
                                  "cannot run an empty program handle");
}

BOOST_AUTO_TEST_CASE(a_binding_may_be_a_part_of_a_buffer) {
  Directory directory;
  const asg::Device device = open(directory, "plain");
  const asg::Executable run = device.compile(product(b.data()).get());
  const asg::Buffer all = device.allocate(64);
  all.upload(32, a.data(), 24);
  const std::array<asg::Binding, 3> bindings = {{{all, 32, 24}, {}, {all, 0, 16}}};
  run.run(bindings);
  std::vector<float> y(4);
  all.download(0, y.data(), 16);
  BOOST_TEST(y == a_times_b, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(copies_outside_of_a_buffer_are_refused) {
  Directory directory;
  const asg::Device device = open(directory, "plain");
  const asg::Buffer buffer = device.allocate(8);
  std::array<char, 16> bytes{};
  check_message<asg::DeviceError>([&] { buffer.upload(4, bytes.data(), 5); },
                                  "cannot upload 5 bytes at offset 4 of a buffer of 8 bytes "
                                  "(backend plain, device plain C number 0)");
  check_message<asg::DeviceError>([&] { buffer.download(9, bytes.data(), 1); },
                                  "cannot download 1 bytes at offset 9 of a buffer of 8 bytes "
                                  "(backend plain, device plain C number 0)");
  BOOST_CHECK_THROW(buffer.upload(UINT64_MAX, bytes.data(), 2), asg::DeviceError);
  BOOST_CHECK_NO_THROW(buffer.upload(100, nullptr, 0));
  check_message<asg::DeviceError>([&] { asg::Buffer().upload(0, bytes.data(), 1); },
                                  "cannot upload to an empty buffer handle");
  check_message<asg::DeviceError>([&] { static_cast<void>(device.allocate(1048577)); },
                                  "a buffer of 1048577 bytes exceeds the 1048576 that one may have "
                                  "(backend plain, device plain C number 0)");
  BOOST_TEST(device.allocate(0).size() == 0u);
}

BOOST_AUTO_TEST_CASE(running_out_of_memory_is_an_error) {
  Directory directory;
  const asg::Device device = open(directory, "tiny");
  const std::string message = message_of<asg::DeviceError>(
      [&] { static_cast<void>(device.allocate(std::uint64_t{1} << 60)); });
  BOOST_TEST(contains(message, "backend tiny, device host memory: no host memory for a buffer"));
}

BOOST_AUTO_TEST_CASE(exceptions_that_leave_a_plugin_are_errors) {
  Directory directory;
  const asg::Device device = open(directory, "throws_in_execute");
  const asg::Executable run = device.compile(product(b.data()).get());
  const std::array<asg::Binding, 3> bindings = {{{device.allocate(24)}, {}, {device.allocate(16)}}};
  check_message<asg::DeviceError>([&] { run.run(bindings); },
                                  "backend throws_in_execute, device stub: execute threw an "
                                  "exception of an unknown type");
}

BOOST_AUTO_TEST_CASE(composites_can_be_claimed) {
  Directory directory;
  const asg::Device device = open(directory, "tiny");
  asg_type types[2] = {};
  types[0].dtype = types[1].dtype = ASG_F32;
  asg_step_request request{};
  request.struct_size = sizeof request;
  request.op = ASG_OP_CLAIMED;
  request.n_inputs = 1;
  request.name = "twice";
  request.types = {types, 2, sizeof types[0]};
  const asg_claim_reply reply = device.claim(request);
  BOOST_TEST(reply.accepted == 1u);
  BOOST_TEST(reply.scratch_bytes == 32u);
  types[0].dtype = ASG_F64;
  BOOST_TEST(device.claim(request).accepted == 0u);
  types[0].dtype = ASG_F32;
  request.name = "thrice";
  BOOST_TEST(device.claim(request).accepted == 0u);
  BOOST_TEST(open(directory, "plain").claim(request).accepted == 0u);
}

BOOST_AUTO_TEST_CASE(capabilities_answer_what_the_rows_say) {
  Directory directory;
  const asg::Capabilities plain = open(directory, "plain").capabilities();
  const std::array three_f32 = {asg::f32, asg::f32, asg::f32};
  const std::array mixed = {asg::f32, asg::f64, asg::f32};
  BOOST_TEST(plain.accepts_kernel(ASG_OP_MATMUL, three_f32, 2));
  BOOST_TEST(!plain.accepts_kernel(ASG_OP_MATMUL, three_f32, 3));
  BOOST_TEST(!plain.accepts_kernel(ASG_OP_MATMUL, mixed, 2));
  BOOST_TEST(!plain.accepts_kernel(ASG_OP_GATHER, three_f32, 1));
  BOOST_TEST(!plain.accepts_kernel(ASG_OP_MATMUL, three_f32, 2, ASG_CAP_STRIDED));
  BOOST_TEST(plain.max_region_rank() == 0);

  const asg::Capabilities tiny = open(directory, "tiny").capabilities();
  const std::array gathered = {asg::f32, asg::i64, asg::f32};
  BOOST_TEST(tiny.accepts_kernel(ASG_OP_GATHER, gathered, 1, ASG_CAP_STRIDED));
  BOOST_TEST(tiny.rows().size() == 1u);
}

BOOST_AUTO_TEST_CASE(capabilities_of_regions) {
  using Row = asg::Capabilities::Row;
  const std::uint64_t floats = ASG_DTYPE_BIT(ASG_F32) | ASG_DTYPE_BIT(ASG_F64);
  const asg::Capabilities none;
  BOOST_TEST(!none.regions_have(ASG_CAP_BOUNDS));
  const asg::Capabilities some(
      {Row{ASG_OP_REGION,
           ASG_CAP_BOUNDS | ASG_CAP_FIXED_TREE,
           4,
           {floats},
           {std::uint64_t{1} << ASG_EW_ADD, std::uint64_t{1} << (ASG_EW_LT - 64)},
           std::uint64_t{1} << ASG_REDUCE_SUM},
       Row{ASG_OP_REGION,
           ASG_CAP_BOUNDS,
           6,
           {ASG_DTYPE_BIT(ASG_I64)},
           {std::uint64_t{1} << ASG_EW_ADD, 0},
           0}});
  BOOST_TEST(some.accepts_instruction(ASG_EW_ADD, asg::f64));
  BOOST_TEST(some.accepts_instruction(ASG_EW_ADD, asg::i64));
  BOOST_TEST(!some.accepts_instruction(ASG_EW_ADD, asg::i32));
  BOOST_TEST(some.accepts_instruction(ASG_EW_LT, asg::f32));
  BOOST_TEST(!some.accepts_instruction(ASG_EW_LT, asg::i64));
  BOOST_TEST(!some.accepts_instruction(ASG_EW_COUNT, asg::f32));
  BOOST_TEST(some.accepts_reduction(ASG_REDUCE_SUM, asg::f32));
  BOOST_TEST(!some.accepts_reduction(ASG_REDUCE_SUM, asg::i64));
  BOOST_TEST(!some.accepts_reduction(ASG_REDUCE_MAX, asg::f32));
  BOOST_TEST(some.regions_have(ASG_CAP_BOUNDS));
  BOOST_TEST(some.regions_have(ASG_CAP_FIXED_TREE));  // the row without it has no reductions
  BOOST_TEST(!some.regions_have(ASG_CAP_PHASES));
  BOOST_TEST(some.max_region_rank() == 4);
}

BOOST_AUTO_TEST_CASE(threads_may_share_a_device_and_open_their_own) {
  Directory directory;
  const asg::Device shared = open(directory, "plain");
  const asg::Executable run = shared.compile(product(b.data()).get());
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const std::array<asg::Binding, 3> bindings = {
            {upload(shared, a), {}, {shared.allocate(16)}}};
        run.run(bindings);
        if (download(bindings[2]) != a_times_b) ++wrong;
        const asg::Device own = asg::open_device("plain:1", directory.options());
        if (own.allocate(16).size() != 16) ++wrong;
      }
    });
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_SUITE_END()
