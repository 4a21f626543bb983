// Hosts of other ages: structs and arrays that are longer than the plugin's header has them, with
// anything behind what it knows; errors that are shorter; programs of a newer opset.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <asg/sdk/program.hpp>

#include "check/compare.hpp"
#include "check/kind.hpp"
#include "check/offer.hpp"
#include "check/session.hpp"
#include "check/verdict.hpp"
#include "runtime/plugin_call.hpp"

namespace asg::proof {
namespace {

constexpr std::uint32_t more = 24;  // bytes that a newer header may have added
constexpr char filler = '\x5a';

// A struct of a newer host: what the plugin knows, and something behind it.
template <class T>
struct Longer {
  alignas(8) char bytes[sizeof(T) + more];
  explicit Longer(const T& known) {
    std::memset(bytes, filler, sizeof bytes);
    std::memcpy(bytes, &known, sizeof known);
    reinterpret_cast<T*>(bytes)->struct_size = sizeof bytes;
  }
  T* get() { return reinterpret_cast<T*>(bytes); }
  [[nodiscard]] bool is_whole() const {
    return std::all_of(bytes + sizeof(T), bytes + sizeof bytes,
                       [](char byte) { return byte == filler; });
  }
};

// Arrays whose elements are longer.
class Restrided {
 public:
  asg_span operator()(const asg_span& span) {
    const std::uint32_t stride = span.stride + more;
    std::vector<char>& copy =
        storage_.emplace_back(static_cast<std::size_t>(span.count) * stride, filler);
    for (std::uint32_t i = 0; i < span.count; ++i)
      std::memcpy(copy.data() + static_cast<std::size_t>(i) * stride, ASG_AT(char, span, i),
                  span.stride);
    return {copy.data(), span.count, stride};
  }

 private:
  std::deque<std::vector<char>> storage_;
};

// A copy with bounds, which has every array but reductions, instances and attributes.
struct BoundedCopy {
  Case c;
  explicit BoundedCopy(const BareDevice& device, std::uint32_t dtype) {
    Random random(3);
    const ValueId x = c.input(random, dtype, {9}), y = c.output(dtype, {9});
    RegionBuilder& r = c.program.region({9});
    Access access{{1}};
    if (regions_have(device, ASG_CAP_BOUNDS)) {
      asg_bound bound{};
      bound.extent = 5;
      bound.coef[0] = 1;
      access.bounds = {bound};
    }
    r.store(r.load(x, access), y);
  }
};

std::uint32_t copied_type(const BareDevice& device) {
  for (const std::uint32_t dtype : region_dtypes())
    if (can_load(device, dtype)) return dtype;
  return 0;
}

// The program with all of its arrays longer, and itself.
struct NewerProgram {
  Restrided longer;
  std::vector<asg_region> regions;
  std::vector<std::vector<char>> accesses;
  Longer<asg_program> program;

  explicit NewerProgram(const asg_program& now) : program(now) {
    asg_program& later = *program.get();
    for (const asg_region& region : sdk::Span<asg_region>(now.regions)) {
      asg_region copy = region;
      copy.accesses = longer(region.accesses);
      for (std::uint32_t i = 0; i < copy.accesses.count; ++i) {
        auto* const access = const_cast<asg_access*>(ASG_AT(asg_access, copy.accesses, i));
        access->bounds = longer(access->bounds);
      }
      copy.insts = longer(region.insts);
      copy.stores = longer(region.stores);
      copy.phases = longer(region.phases);
      copy.struct_size = sizeof(asg_region) + more;
      regions.push_back(copy);
    }
    later.regions =
        longer({regions.data(), static_cast<std::uint32_t>(regions.size()), sizeof(asg_region)});
    later.slots = longer(now.slots);
    later.values = longer(now.values);
    later.steps = longer(now.steps);
  }
};

void try_newer_structs(Session& session, std::uint32_t dtype) {
  const BareDevice& device = session.bare();
  const asg_backend_api& api = device.api();
  BoundedCopy copy(device, dtype);
  const CaseResult expected = run_case(session.bare_reference(), copy.c);
  NewerProgram program(copy.c.program.build());
  asg_compile_args compile{};
  compile.program = program.program.get();
  Longer<asg_compile_args> newer_compile(compile);
  asg_executable* executable = nullptr;
  loader::call_checked("compile", api.compile, device.handle(), newer_compile.get(), &executable);

  const ValueId x = copy.c.inputs[0].first, y = copy.c.outputs[0];
  const Bytes& data = copy.c.inputs[0].second;
  const auto create = [&](std::uint64_t size) {
    asg_buffer_args args{};
    args.size = size;
    Longer<asg_buffer_args> newer(args);
    asg_buffer* buffer = nullptr;
    loader::call_checked("buffer_create", api.buffer_create, device.handle(), newer.get(), &buffer);
    return buffer;
  };
  const auto transfer = [](void* host, std::uint64_t size) {
    asg_transfer_args args{};
    args.size = size;
    args.host = host;
    return Longer<asg_transfer_args>(args);
  };
  asg_buffer *const in = create(data.size()), *const out = create(data.size());
  Bytes sent = data, zeros(data.size()), got(data.size());
  auto up = transfer(sent.data(), sent.size()), clear = transfer(zeros.data(), zeros.size()),
       down = transfer(got.data(), got.size());
  loader::call_checked("upload", api.upload, in, up.get(), nullptr);
  loader::call_checked("upload", api.upload, out, clear.get(), nullptr);
  std::vector<asg_binding> bound(2);
  bound[copy.c.program.slot_of(x)] = {in, 0, data.size()};
  bound[copy.c.program.slot_of(y)] = {out, 0, data.size()};
  Restrided longer;
  asg_exec_args args{};
  args.bindings = longer({bound.data(), 2, sizeof(asg_binding)});
  Longer<asg_exec_args> newer_args(args);
  loader::call_checked("execute", api.execute, executable, newer_args.get(), nullptr);
  loader::call_checked("download", api.download, out, down.get(), nullptr);
  if (const auto wrong = first_mismatch(dtype, got, expected.outputs[0]))
    session.wrong(
        "a newer host, with longer structs, gets wrong results: it reads arrays by the "
        "size of its own structs and not by their stride",
        wrong->text());
  loader::call("executable_destroy", api.executable_destroy, executable);
  loader::call("buffer_destroy", api.buffer_destroy, in);
  loader::call("buffer_destroy", api.buffer_destroy, out);
}

void try_newer_info(Session& session) {
  const loader::Backend& backend = session.bare().backend();
  Longer<asg_device_info> newer{asg_device_info{}};
  loader::call_checked("device_info", backend.api().device_info, backend.handle(), 0u, newer.get());
  if (!newer.is_whole())
    session.wrong("device_info writes behind what it knows of a newer host's struct");
  if (newer.get()->struct_size > sizeof(asg_device_info) + more)
    session.wrong("device_info says that it has filled more than the struct has",
                  fmt::format("{} bytes", newer.get()->struct_size));
}

void try_newer_claim(Session& session) {
  const BareDevice& device = session.bare();
  if (device.api().claim == nullptr) return session.refused();
  asg_step_request request{};
  request.op = ASG_OP_CLAIMED;
  request.name = "no_such_op";
  request.version = 1;
  Longer<asg_step_request> newer(request);
  Longer<asg_claim_reply> reply{asg_claim_reply{}};
  loader::call_checked("claim", device.api().claim, device.handle(), newer.get(), reply.get());
  if (!reply.is_whole())
    session.wrong("claim writes behind what it knows of a newer host's struct");
  if (reply.get()->accepted != 0) session.wrong("it claims an op that it cannot know");
}

// Compiles something that is refused for certain; gives the status.
asg_status refuse_with(const BareDevice& device, asg_error* error) {
  ProgramBuilder p;
  p.step(1000, "tomorrow", {p.input(ASG_F32, {3})}, {p.output(ASG_F32, {3})});
  asg_compile_args args{};
  args.struct_size = sizeof args;
  args.program = &p.build();
  asg_executable* executable = nullptr;
  return loader::call("compile", device.api().compile, device.handle(), &args, &executable, error);
}

void try_errors(Session& session) {
  const BareDevice& device = session.bare();
  if (refuse_with(device, nullptr) == ASG_OK)
    session.wrong("without a struct for the error a refusal is none");
  asg_error error;
  std::memset(&error, filler, sizeof error);
  error.struct_size = offsetof(asg_error, message) + 9;
  const asg_status status = refuse_with(device, &error);
  if (status == ASG_OK) session.wrong("with a short struct for the error a refusal is none");
  if (error.code != status)
    session.wrong("the code of an error is not what the function returned",
                  fmt::format("{} and {}", error.code, status));
  if (std::find(error.message, error.message + 9, '\0') == error.message + 9)
    session.wrong("a message is not cut to the struct that it is written to: it has no end");
  if (error.message[9] != filler)
    session.wrong("a message is written beyond the end of the struct that the host gave");
}

void try_incompatible(Session& session, std::uint32_t dtype) {
  BoundedCopy copy(session.bare(), dtype);
  const asg_program& now = copy.c.program.build();
  const auto expect = [&](const char* what, asg_program program) {
    try {
      const BareExecutable accepted(session.bare(), program);
      session.wrong("it compiles a program that asks for what it cannot know", what);
    } catch (const loader::PluginFailure& failure) {
      if (failure.code != ASG_INCOMPATIBLE)
        session.wrong("a program for newer plugins is refused, but not with ASG_INCOMPATIBLE",
                      fmt::format("{}: {}", what, loader::status_text(failure.code)));
    }
  };
  asg_program newer = now, special = now;
  newer.opset = session.bare().facts().limits.opset + 1;
  special.features = std::uint64_t{1} << 63;
  expect("a newer opset", newer);
  expect("a feature of the future", special);
}

// A second backend of the same plugin, for a host that has more to offer than today's.
void try_newer_host(Session& session) {
  const loader::Backend& first = session.bare().backend();
  Longer<asg_host> host(first.plugin().host);
  asg_backend* backend = nullptr;
  loader::call_checked("create", first.api().create, host.get(), &backend);
  if (backend == nullptr) return session.wrong("create gives no second backend");
  const std::uint32_t count = loader::call("device_count", first.api().device_count, backend);
  if (count != loader::device_count(first))
    session.wrong("a second backend has other devices than the first", fmt::format("{}", count));
  loader::call("destroy", first.api().destroy, backend);
}

void check_hosts_of_other_ages(Session& session) {
  session.attempt("a longer asg_device_info", [&] { try_newer_info(session); });
  session.attempt("a longer claim", [&] { try_newer_claim(session); });
  session.attempt("a short error, and none", [&] { try_errors(session); });
  session.attempt("a newer host", [&] { try_newer_host(session); });
  const std::uint32_t dtype = copied_type(session.bare());
  if (dtype == 0) return session.refused();
  session.attempt("longer structs and arrays", [&] { try_newer_structs(session, dtype); });
  session.attempt("a newer opset and unknown features", [&] { try_incompatible(session, dtype); });
}

}  // namespace

Kind check_hosts() {
  return {"older and newer hosts: structs of other lengths", Kind::Phase::behaviour,
          check_hosts_of_other_ages};
}

}  // namespace asg::proof
