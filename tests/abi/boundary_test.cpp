// The boundary itself: what a host may do, what it may not, and structs of other ages.
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <asg/sdk/host_backend.hpp>

#include "loaded_backend.hpp"
#include "support/messages.hpp"

using namespace asg::testing;
using test_support::contains;

namespace {

const LoadedBackend& backend() {
  static const auto& loaded = kept<LoadedBackend>(ASG_TEST_PLUGIN);
  return loaded;
}

bool says(const Failure& e, asg_status status, const std::string& text) {
  BOOST_TEST_INFO("message: " << e.what());
  return e.status == status && contains(e.what(), text);
}

/// y = exp(x) over four numbers.
struct Exponential {
  ProgramBuilder p;
  ValueId x = p.input(ASG_F32, {4}), y = p.output(ASG_F32, {4});
  RegionBuilder& region = p.region({4});
  Exponential() { region.store(region.op(ASG_EW_EXP, region.load(x)), y); }
};

/// Compiles a program after `spoil` and expects the message.
void refused(asg_status status, const std::string& text,
             const std::function<void(ProgramBuilder&)>& build) {
  ProgramBuilder p;
  build(p);
  BOOST_CHECK_EXCEPTION(Execution(backend(), p.build()), Failure,
                        [&](const Failure& e) { return says(e, status, text); });
}

/// The elements of a span copied with another stride: a host with shorter or longer structs.
struct Restrided {
  std::vector<std::vector<char>> storage;
  asg_span operator()(const asg_span& span, uint32_t stride) {
    storage.emplace_back(static_cast<std::size_t>(span.count) * stride, '\x5a');
    for (uint32_t i = 0; i < span.count; ++i)
      std::memcpy(storage.back().data() + static_cast<std::size_t>(i) * stride,
                  ASG_AT(char, span, i), std::min(stride, span.stride));
    return {storage.back().data(), span.count, stride};
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(boundary)

BOOST_AUTO_TEST_CASE(the_table_is_complete) {
  const asg_backend_api& api = backend().api();
  BOOST_TEST(api.struct_size == sizeof api);
  BOOST_TEST(std::string(api.info->name) == "reference");
  BOOST_TEST(api.info->opset == ASG_OPSET);
  for (std::size_t at = offsetof(asg_backend_api, create); at < sizeof api; at += sizeof(void*)) {
    void* function = nullptr;
    std::memcpy(&function, reinterpret_cast<const char*>(&api) + at, sizeof function);
    BOOST_TEST(function != nullptr, "function at byte " << at);
  }
  BOOST_TEST(api.device_count(backend().backend()) == 1u);
}

BOOST_AUTO_TEST_CASE(backends_come_and_go) {
  const LoadedBackend second(ASG_TEST_PLUGIN), third(ASG_TEST_PLUGIN);
  Exponential e;
  Execution run(third, e.p.build());
  BOOST_TEST(run.set(e.x, std::vector<float>(4, 0)).execute().get<float>(e.y)[3] == 1.0f);
}

BOOST_AUTO_TEST_CASE(device_info_fits_a_shorter_struct) {
  const asg_device_info full = backend().info();
  BOOST_TEST(full.struct_size == sizeof full);
  BOOST_TEST(std::string(full.id) == "cpu");
  BOOST_TEST(full.offset_alignment == 64u);
  BOOST_TEST(full.op_caps.count > 8u);
  asg_device_info shorter{};
  std::memset(&shorter, 0x5a, sizeof shorter);
  shorter.struct_size = offsetof(asg_device_info, memory_total);
  checked([&](asg_error* e) {
    return backend().api().device_info(backend().backend(), 0, &shorter, e);
  });
  BOOST_TEST(shorter.struct_size == offsetof(asg_device_info, memory_total));
  BOOST_TEST(std::string(shorter.name) == full.name);
  BOOST_TEST(shorter.memory_total == 0x5a5a5a5a5a5a5a5au);
}

BOOST_AUTO_TEST_CASE(a_short_error_gets_a_short_message) {
  const auto call = [](asg_error* error) {
    asg_device* device = nullptr;
    asg_open_args args{};
    args.struct_size = sizeof args;
    args.index = 7;
    return backend().api().device_open(backend().backend(), &args, &device, error);
  };
  asg_error error = empty_error();
  BOOST_TEST(call(&error) == ASG_INVALID_ARGUMENT);
  BOOST_TEST(error.code == ASG_INVALID_ARGUMENT);
  BOOST_TEST(std::string(error.message) == "device 7 of 1 does not exist");
  std::memset(&error, 0x5a, sizeof error);
  error.struct_size = offsetof(asg_error, message) + 9;
  BOOST_TEST(call(&error) == ASG_INVALID_ARGUMENT);
  BOOST_TEST(std::string(error.message) == "device 7");
  BOOST_TEST(error.message[9] == 0x5a);
  BOOST_TEST(call(nullptr) == ASG_INVALID_ARGUMENT);
}

BOOST_AUTO_TEST_CASE(unknown_options_are_named) {
  const asg_option option{"thread", "2"};
  BOOST_CHECK_EXCEPTION(
      checked([&](asg_error* e) {
        asg_device* device = nullptr;
        asg_open_args args{};
        args.struct_size = sizeof args;
        args.options = {&option, 1, sizeof option};
        return backend().api().device_open(backend().backend(), &args, &device, e);
      }),
      Failure,
      [](const Failure& e) { return says(e, ASG_INVALID_ARGUMENT, "unknown option 'thread'"); });
}

BOOST_AUTO_TEST_CASE(structs_of_another_age) {
  // Longer elements carry fields that this plugin does not know, and must skip.
  Exponential e;
  const asg_program& now = e.p.build();
  Restrided longer;
  asg_program later = now;
  std::vector<asg_step> steps{*ASG_AT(asg_step, now.steps, 0)};
  std::vector<asg_region> regions{*ASG_AT(asg_region, now.regions, 0)};
  asg_region& region = regions[0];
  region.insts = longer(region.insts, sizeof(asg_inst) + 8);
  region.accesses = longer(region.accesses, sizeof(asg_access) + 16);
  region.stores = longer(region.stores, sizeof(asg_store) + 8);
  region.phases = longer(region.phases, sizeof(asg_phase) + 8);
  later.slots = longer(now.slots, sizeof(asg_slot) + 24);
  later.values = longer(now.values, sizeof(asg_value) + 8);
  later.steps = longer({steps.data(), 1, sizeof(asg_step)}, sizeof(asg_step) + 8);
  later.regions = longer({regions.data(), 1, sizeof(asg_region)}, sizeof(asg_region) + 8);
  Execution run(backend(), later);
  BOOST_TEST(run.set(e.x, std::vector<float>(4, 0)).execute().get<float>(e.y)[3] == 1.0f);

  // Shorter ones lack the last field; what it meant is then "not set".
  Restrided shorter;
  asg_program earlier = now;
  earlier.slots = shorter(now.slots, offsetof(asg_slot, name));
  earlier.steps = shorter(now.steps, offsetof(asg_step, bodies));
  Execution old(backend(), earlier);
  BOOST_TEST(old.set(e.x, std::vector<float>(4, 0)).execute().get<float>(e.y)[3] == 1.0f);
}

BOOST_AUTO_TEST_CASE(opsets_and_features_are_checked) {
  Exponential e;
  asg_program program = e.p.build();
  program.opset = ASG_OPSET + 1;
  const auto incompatible = [](const Failure& f) { return f.status == ASG_INCOMPATIBLE; };
  BOOST_CHECK_EXCEPTION(Execution(backend(), program), Failure, incompatible);
  program.opset = ASG_OPSET;
  program.features = 1;
  BOOST_CHECK_EXCEPTION(Execution(backend(), program), Failure, incompatible);
}

// A bit that a plugin does not know stands for something that it must not ignore.
BOOST_AUTO_TEST_CASE(features_of_every_call_are_checked) {
  const asg_backend_api& api = backend().api();
  const auto incompatible = [](const auto& call) {
    BOOST_CHECK_EXCEPTION(checked(call), Failure,
                          [](const Failure& f) { return f.status == ASG_INCOMPATIBLE; });
  };
  const auto with_feature = [](auto args) {
    args.struct_size = sizeof args;
    args.features = uint64_t{1} << 40;
    return args;
  };
  Exponential e;
  Execution run(backend(), e.p.build());
  const auto open = with_feature(asg_open_args{});
  asg_device* device = nullptr;
  incompatible(
      [&](asg_error* x) { return api.device_open(backend().backend(), &open, &device, x); });
  auto compile = with_feature(asg_compile_args{});
  compile.program = &e.p.build();
  asg_executable* executable = nullptr;
  incompatible(
      [&](asg_error* x) { return api.compile(backend().device(), &compile, &executable, x); });
  auto memory = with_feature(asg_buffer_args{});
  memory.size = 16;
  asg_buffer* buffer = nullptr;
  incompatible(
      [&](asg_error* x) { return api.buffer_create(backend().device(), &memory, &buffer, x); });
  auto transfer = with_feature(asg_transfer_args{});
  char bytes[4] = {};
  transfer.host = bytes;
  transfer.size = sizeof bytes;
  buffer = run.bindings[0].buffer;
  incompatible([&](asg_error* x) { return api.upload(buffer, &transfer, nullptr, x); });
  incompatible([&](asg_error* x) { return api.download(buffer, &transfer, nullptr, x); });
  auto execute = with_feature(asg_exec_args{});
  execute.bindings = {run.bindings.data(), 2, sizeof(asg_binding)};
  incompatible([&](asg_error* x) { return api.execute(run.executable(), &execute, nullptr, x); });
  auto request = with_feature(asg_step_request{});
  request.name = "softmax";
  asg_claim_reply reply{};
  reply.struct_size = sizeof reply;
  incompatible([&](asg_error* x) { return api.claim(backend().device(), &request, &reply, x); });
  incompatible([&](asg_error* x) { return api.supports(backend().device(), &request, x); });
}

BOOST_AUTO_TEST_CASE(buffers_check_ranges) {
  const asg_backend_api& api = backend().api();
  asg_buffer* buffer = backend().create_buffer(100);
  char bytes[200] = {};
  const auto outside = [](const Failure& e) {
    return says(e, ASG_INVALID_ARGUMENT, "leave a buffer of 100 bytes");
  };
  for (const auto& range : std::vector<std::pair<uint64_t, uint64_t>>{
           {0, 101}, {101, 0}, {50, 51}, {UINT64_MAX, 2}, {1, UINT64_MAX}}) {
    // A lambda may not capture a structured binding.
    const uint64_t offset = range.first, size = range.second;
    BOOST_CHECK_EXCEPTION(backend().upload(buffer, offset, bytes, size), Failure, outside);
    BOOST_CHECK_EXCEPTION(backend().download(buffer, offset, bytes, size), Failure, outside);
  }
  asg_event* done = reinterpret_cast<asg_event*>(bytes);
  backend().upload(buffer, 100, bytes, 0, &done);
  BOOST_TEST(done == nullptr);
  api.buffer_destroy(buffer);
  const auto fails = [](asg_status status) {
    return [status](const Failure& e) { return e.status == status; };
  };
  BOOST_CHECK_EXCEPTION(backend().create_buffer(0), Failure, fails(ASG_INVALID_ARGUMENT));
  BOOST_CHECK_EXCEPTION(backend().create_buffer(UINT64_MAX), Failure, fails(ASG_OUT_OF_MEMORY));
}

BOOST_AUTO_TEST_CASE(bindings_are_checked) {
  Exponential e;
  Execution run(backend(), e.p.build());
  const std::vector<asg_binding> good = run.bindings;
  const auto fails_with = [&](const std::string& text) {
    BOOST_CHECK_EXCEPTION(run.execute(), Failure,
                          [&](const Failure& f) { return says(f, ASG_INVALID_ARGUMENT, text); });
    run.bindings = good;
  };
  run.bindings.pop_back();
  fails_with("1 bindings for 2 slots");
  run.bindings[1].buffer = nullptr;
  fails_with("is not bound");
  run.bindings[0].size = 15;
  fails_with("is bound to 15 bytes, its values need 16");
  run.bindings[0].size = 17;
  fails_with("leave a buffer of 16 bytes");
  run.execute();
}

BOOST_AUTO_TEST_CASE(programs_are_checked) {
  const auto malformed = [](const std::string& text,
                            const std::function<void(Exponential&)>& spoil) {
    Exponential e;
    spoil(e);
    BOOST_CHECK_EXCEPTION(Execution(backend(), e.p.build()), Failure,
                          [&](const Failure& f) { return says(f, ASG_INVALID_ARGUMENT, text); });
  };
  malformed("value 0 reaches outside its extent",
            [](Exponential& e) { e.p.value(e.x).shape[0] = 5; });
  malformed("value 0 reaches outside its extent",
            [](Exponential& e) { e.p.value(e.x).strides[0] = -1; });
  malformed("value 0 reaches outside its extent",
            [](Exponential& e) { e.p.value(e.x).strides[0] = INT64_MAX; });
  malformed("value 0 reaches outside its slot",
            [](Exponential& e) { e.p.value(e.x).extent_end = 17; });
  malformed("value 0 is not aligned", [](Exponential& e) {
    e.p.value(e.x).shape[0] = 3;
    e.p.value(e.x).offset = 2;
  });
  malformed("names a slot that does not exist", [](Exponential& e) { e.p.value(e.x).slot = 2; });
  malformed("more than 8 axes", [](Exponential& e) { e.p.value(e.x).rank = 9; });
  malformed("reads a register that is not earlier", [](Exponential& e) {
    e.region.op(ASG_EW_NEG, e.region.add({ASG_EW_NEG, ASG_F32, 9, 0, 0, 0, 0}));
  });
  malformed("operands of another type", [](Exponential& e) {
    const Register a = e.region.imm(1.0f);
    e.region.op(ASG_EW_ADD, a, e.region.imm(1.0));
  });
  malformed("reads a register that is not earlier in its phase", [](Exponential& e) {
    const Register a = e.region.imm(1.0f);
    e.region.next_phase();
    e.region.op(ASG_EW_NEG, a);
  });
  malformed("not of an earlier phase", [](Exponential& e) {
    e.region.reduced(e.region.reduce(ASG_REDUCE_SUM, e.region.imm(1.0f), {0}));
  });
  malformed("reduces an axis that does not exist",
            [](Exponential& e) { e.region.reduce(ASG_REDUCE_SUM, e.region.imm(1.0f), {1}); });
  malformed("moves along an axis that its reduction removed", [](Exponential& e) {
    e.region.store(e.region.reduce(ASG_REDUCE_SUM, e.region.imm(1.0f), {0}), e.y, {{1}});
  });
  malformed("another type than the value",
            [](Exponential& e) { e.region.store(e.region.imm(1.0), e.y); });
}

BOOST_AUTO_TEST_CASE(only_some_steps_have_regions) {
  Exponential e;
  asg_program program = e.p.build();
  asg_step step = *ASG_AT(asg_step, program.steps, 0);
  program.steps.data = &step;
  const auto malformed = [&](const std::string& text) {
    BOOST_CHECK_EXCEPTION(Execution(backend(), program), Failure,
                          [&](const Failure& f) { return says(f, ASG_INVALID_ARGUMENT, text); });
  };
  step.op = ASG_OP_GATHER;
  malformed("the step cannot have a region");
  step.op = ASG_OP_REGION;
  step.region = 0;
  malformed("the step has no region");
  step.region = 2;
  malformed("the step's region does not exist");
}

BOOST_AUTO_TEST_CASE(an_access_outside_its_value_is_refused) {
  for (const int64_t offset : {1, -1}) {
    ProgramBuilder p;
    const ValueId x = p.input(ASG_F32, {4}), y = p.output(ASG_F32, {4});
    RegionBuilder& r = p.region({4});
    r.store(r.load(x, {{1}, offset}), y);
    Execution run(backend(), p.build());
    BOOST_CHECK_EXCEPTION(run.execute(), Failure, [](const Failure& e) {
      return says(e, ASG_INVALID_ARGUMENT, "outside the extent of value 0") && e.step == 0;
    });
  }
}

BOOST_AUTO_TEST_CASE(what_no_row_promises_is_unsupported) {
  refused(ASG_UNSUPPORTED, "no kernel accepts 'matmul' (op 2) on f16 f16 -> f16",
          [](ProgramBuilder& p) {
            const ValueId a = p.input(ASG_F16, {2, 2}), c = p.output(ASG_F16, {2, 2});
            p.step(ASG_OP_MATMUL, "matmul", {a, a}, {c});
          });
  refused(ASG_UNSUPPORTED, "no kernel accepts 'matmul'", [](ProgramBuilder& p) {
    const ValueId a = p.input(ASG_F32, {2, 2}), b = p.input(ASG_F64, {2, 2});
    p.step(ASG_OP_MATMUL, "matmul", {a, b}, {p.output(ASG_F32, {2, 2})});
  });
  refused(ASG_UNSUPPORTED, "no kernel accepts 'region'", [](ProgramBuilder& p) {
    RegionBuilder& r = p.region({2});
    r.op(ASG_EW_EXP, r.imm(int32_t{1}));
  });
  refused(ASG_UNSUPPORTED, "no kernel accepts 'softmax' (op 9)", [](ProgramBuilder& p) {
    const ValueId x = p.input(ASG_F32, {2, 2});
    p.step(ASG_OP_CLAIMED, "softmax", {x}, {p.output(ASG_F32, {2, 2})});
  });
  refused(ASG_UNSUPPORTED, "no kernel accepts 'region'", [](ProgramBuilder& p) {
    RegionBuilder& r = p.region({2});
    r.op(ASG_EW_ERF, r.imm(int32_t{1}));
  });
  refused(ASG_UNSUPPORTED, "no kernel accepts 'tomorrow' (op 77)",
          [](ProgramBuilder& p) { p.step(77, "tomorrow", {}, {}); });
}

BOOST_AUTO_TEST_CASE(kernels_check_their_operands) {
  const auto bad = [](const std::string& text, const std::function<void(ProgramBuilder&)>& build) {
    refused(ASG_INVALID_ARGUMENT, text, build);
  };
  bad("matmul: shapes do not fit", [](ProgramBuilder& p) {
    const ValueId a = p.input(ASG_F32, {2, 3}), b = p.input(ASG_F32, {4, 2});
    p.step(ASG_OP_MATMUL, "matmul", {a, b}, {p.output(ASG_F32, {2, 2})});
  });
  bad("matmul: wrong number of inputs", [](ProgramBuilder& p) {
    const ValueId a = p.input(ASG_F32, {2, 2});
    p.step(ASG_OP_MATMUL, "matmul", {a}, {p.output(ASG_F32, {2, 2})});
  });
  bad("attribute 'axis' is missing", [](ProgramBuilder& p) {
    const ValueId x = p.input(ASG_F32, {2}), i = p.input(ASG_I64, {2});
    p.step(ASG_OP_GATHER, "gather", {x, i}, {p.output(ASG_F32, {2})});
  });
  bad("gather: axis 1 of 1", [](ProgramBuilder& p) {
    const ValueId x = p.input(ASG_F32, {2}), i = p.input(ASG_I64, {2});
    p.step(ASG_OP_GATHER, "gather", {x, i}, {p.output(ASG_F32, {2})}, Attrs{}.set("axis", 1));
  });
  bad("scatter: unknown mode 'mul'", [](ProgramBuilder& p) {
    const ValueId x = p.input(ASG_F32, {2}), i = p.input(ASG_I64, {2});
    p.step(ASG_OP_SCATTER, "scatter", {x, i, x}, {p.output(ASG_F32, {2})},
           Attrs{}.set("axis", 0).set("mode", "mul"));
  });
  bad("attribute 'mode' has kind 1", [](ProgramBuilder& p) {
    const ValueId x = p.input(ASG_F32, {2});
    p.step(ASG_OP_CUMULATIVE, "cumulative", {x}, {p.output(ASG_F32, {2})},
           Attrs{}.set("axis", 0).set("mode", 1));
  });
  bad("fold: strides and dilations must be positive", [](ProgramBuilder& p) {
    const ValueId x = p.input(ASG_F32, {2, 2});
    p.step(ASG_OP_FOLD, "fold", {x}, {p.output(ASG_F32, {3})},
           Attrs{}.ints("strides", {0}).ints("dilations", {1}).ints("pads", {0}));
  });
}

BOOST_AUTO_TEST_CASE(a_profiled_run_has_a_time_for_each_step) {
  ProgramBuilder p;
  const ValueId x = p.input(ASG_F32, {64, 64}), y = p.scratch(ASG_F32, {64, 64});
  const ValueId z = p.output(ASG_F32, {64, 64});
  p.step(ASG_OP_MATMUL, "matmul", {x, x}, {y});
  p.step(ASG_OP_MATMUL, "matmul", {y, x}, {z});
  Execution run(backend(), p.build());
  run.set(x, std::vector<float>(64 * 64, 1));
  asg_event* done = nullptr;
  run.execute(&done);
  BOOST_TEST(done == nullptr);
  run.execute(&done, ASG_EXEC_PROFILE);
  BOOST_REQUIRE(done != nullptr);
  const asg_backend_api& api = backend().api();
  checked([&](asg_error* e) { return api.event_wait(done, 0, e); });
  std::vector<asg_step_time> times(2);
  const asg_room one{times.data(), 1, sizeof times[0]}, both{times.data(), 2, sizeof times[0]};
  BOOST_TEST(api.event_profile(done, &one) == 2u);
  BOOST_TEST(api.event_profile(done, &both) == 2u);
  for (uint32_t i = 0; i < 2; ++i) {
    BOOST_TEST(times[i].step == i);
    BOOST_TEST(times[i].begin_ns < times[i].end_ns);
  }
  BOOST_TEST(times[0].end_ns <= times[1].begin_ns);
  api.event_destroy(done);
  run.execute(nullptr, ASG_EXEC_PROFILE);
}

BOOST_AUTO_TEST_CASE(nothing_is_claimed) {
  asg_step_request request{};
  request.struct_size = sizeof request;
  request.op = ASG_OP_CLAIMED;
  request.name = "softmax";
  asg_claim_reply reply{};
  reply.struct_size = sizeof reply;
  checked(
      [&](asg_error* e) { return backend().api().claim(backend().device(), &request, &reply, e); });
  BOOST_TEST(reply.accepted == 0u);
}

// The copy owns everything: the host's program may be overwritten after compile.
BOOST_AUTO_TEST_CASE(a_compiled_program_needs_its_host_no_more) {
  std::vector<float> constant{1, 2, 3, 4};
  auto p = std::make_unique<ProgramBuilder>();
  const ValueId c = p->constant(constant, {4}), x = p->input(ASG_F32, {4});
  const ValueId y = p->output(ASG_F32, {4});
  RegionBuilder& r = p->region({4});
  const Register a = r.load(c, {{1}, 0, {{0, 3, {1}}}, bits_of(40.0f)});
  r.store(r.op(ASG_EW_ADD, a, r.load(x)), y);
  const asg_backend_api& api = backend().api();
  asg_executable* executable = backend().compile(p->build());
  p.reset();
  asg_buffer* buffer = backend().create_buffer(128);
  const std::vector<float> ones(4, 1);
  backend().upload(buffer, 0, ones.data(), 16);
  const asg_binding bindings[] = {{nullptr, 0, 0}, {buffer, 0, 16}, {buffer, 64, 16}};
  const asg_exec_args args{sizeof args, 0, 0, {bindings, 3, sizeof bindings[0]}};
  checked([&](asg_error* e) { return api.execute(executable, &args, nullptr, e); });
  std::vector<float> got(4);
  backend().download(buffer, 64, got.data(), 16);
  const std::vector<float> expected{2, 3, 4, 41};
  BOOST_TEST(got == expected, boost::test_tools::per_element());
  api.executable_destroy(executable);
  api.buffer_destroy(buffer);
}

BOOST_AUTO_TEST_SUITE_END()
