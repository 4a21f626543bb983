// The reference backend with one thing wrong with it, which `asg check` has to find and to name.
#include <cfenv>
#include <chrono>
#include <clocale>
#include <cmath>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <asg/sdk/host_backend.hpp>

#include "fault.hpp"
#include "kernels.hpp"

namespace asg::faulty {
namespace {

bool is(std::string_view name) { return name == fault; }

// ------------------------------------------------------------- what goes wrong when a region runs

// Of every sum of two i32 that is stored.
void add_one(const sdk::Call& call) {
  const asg_region& region = *call.program.region(call.step);
  const sdk::Span<asg_inst> insts = region.insts;
  const sdk::Span<asg_access> accesses = region.accesses;
  for (const asg_store& store : sdk::Span<asg_store>(region.stores)) {
    if (store.kind != ASG_STORE_REGISTER || insts[store.source].op != ASG_EW_ADD ||
        insts[store.source].dtype != ASG_I32)
      continue;
    const sdk::Tensor out = call.value(accesses[store.access].value);
    for (int64_t i = 0; i < out.count(); ++i) out.as<int32_t>()[i] += 1;
  }
}

void write_past_end(const sdk::Call& call) {
  const sdk::Tensor out = call.output(0);
  if (out.count() == 0) return;
  std::byte* const end = out.data + (out.value->extent_end - out.value->offset);
  std::memset(end, 0x11, sdk::dtype_size(out.dtype()));
}

template <class T>
void lose_signs_of_zero(const sdk::Tensor& out) {
  for (int64_t i = 0; i < out.count(); ++i)
    if (out.as<T>()[i] == 0) out.as<T>()[i] = 0;
}

// Results go through memory that all devices share, and time passes meanwhile.
void race(const sdk::Call& call) {
  static std::byte shared[1024];
  const sdk::Tensor out = call.output(0);
  const auto bytes = static_cast<std::size_t>(out.value->extent_end - out.value->extent_begin);
  if (out.count() == 0 || bytes > sizeof shared) return;
  std::byte* const begin = out.data - (out.value->offset - out.value->extent_begin);
  std::memcpy(shared, begin, bytes);
  std::this_thread::sleep_for(std::chrono::microseconds(100));
  std::memcpy(begin, shared, bytes);
}

void leak() {
  void* volatile lost = std::malloc(100);
  static_cast<void>(lost);
}

void after_region(const sdk::Call& call) {
  if (is("adds_one")) add_one(call);
  if (is("writes_past_end")) write_past_end(call);
  if (is("races")) race(call);
  if (is("leaks")) leak();
  if (is("prints")) std::puts("a region has run");
  if (is("changes_rounding")) std::fesetround(FE_UPWARD);
  if (is("changes_locale")) std::setlocale(LC_ALL, "C.UTF-8");
  if (is("takes_signals")) std::signal(SIGUSR1, SIG_IGN);
  if (is("exits")) std::exit(0);
  for (uint32_t i = 0; is("loses_zero_signs") && i < call.step.n_outputs; ++i) {
    const sdk::Tensor out = call.output(i);
    if (out.dtype() == ASG_F32) lose_signs_of_zero<float>(out);
    if (out.dtype() == ASG_F64) lose_signs_of_zero<double>(out);
  }
}

bool before_region(const sdk::Call& call) {
  const asg_region& region = *call.program.region(call.step);
  if (is("crashes_on_nothing") && sdk::point_count(region) == 0) {
    int* volatile nowhere = nullptr;
    *nowhere = 1;
  }
  if (is("hangs_on_long_axes") && region.rank == 1 && region.dims[0] == 4097)
    for (;;) std::this_thread::sleep_for(std::chrono::seconds(1));
  if (is("reads_old_memory") && call.output(0).count() > 0)
    return std::to_integer<int>(*call.output(0).data) == 0x5a;
  return is("does_nothing");
}

// -------------------------------------------------------------------- what it accepts and promises

void before_compile(const sdk::ProgramCopy& program, const asg_step& step) {
  const asg_region& region = *program.region(step);
  if (is("lies_about_limits") && region.insts.count > 20)
    throw sdk::Error(ASG_UNSUPPORTED, "more than 20 instructions");
  for (const asg_inst& inst : sdk::Span<asg_inst>(region.insts))
    if (is("breaks_promises") && inst.op == ASG_EW_MUL && inst.dtype == ASG_I64)
      throw sdk::Error(ASG_UNSUPPORTED, "no products of i64");
}

sdk::Kernel faulty_region(sdk::Kernel kernel) {
  kernel.prepare = [prepare = kernel.prepare](const sdk::ProgramCopy& program,
                                              const asg_step& step) -> sdk::Run {
    before_compile(program, step);
    return [run = prepare(program, step)](const sdk::Call& call) {
      if (before_region(call)) return;
      run(call);
      after_region(call);
    };
  };
  return kernel;
}

// A claim of softmax that no kernel keeps, or one that copies.
sdk::Kernel false_claim() {
  sdk::Kernel kernel;
  kernel.claimed_op = "softmax";
  kernel.claim = [](const auto&, asg_claim_reply& reply) { reply.accepted = 1; };
  kernel.prepare = [](const sdk::ProgramCopy&, const asg_step&) -> sdk::Run {
    if (is("breaks_claims")) throw sdk::Error(ASG_UNSUPPORTED, "no softmax after all");
    return [](const sdk::Call& call) {
      const sdk::Tensor x = call.input(0), y = call.output(0);
      if (y.count() > 0)
        std::memcpy(y.data, x.data,
                    static_cast<std::size_t>(y.count()) * sdk::dtype_size(y.dtype()));
    };
  };
  return kernel;
}

std::vector<sdk::Kernel> faulty_kernels() {
  std::vector<sdk::Kernel> kernels;
  for (sdk::Kernel& kernel : reference::all_kernels()) {
    const bool region = kernel.capabilities.front().op == ASG_OP_REGION;
    kernels.push_back(region ? faulty_region(std::move(kernel)) : std::move(kernel));
  }
  if (is("breaks_claims") || is("claims_nonsense")) kernels.push_back(false_claim());
  return kernels;
}

class FaultyBackend final : public sdk::HostBackend {
 public:
  static const asg_backend_info info;

  explicit FaultyBackend(auto&&...) : HostBackend(faulty_kernels()) {
    // Its rows are some of those of its kernels, which go on accepting the rest.
    for (const sdk::Kernel& kernel : kernels())
      for (const sdk::Capability& row : kernel.capabilities)
        if (row.op != ASG_OP_SORT) rows_.push_back(row.row());
  }
  void describe(uint32_t index, asg_device_info& out) const override {
    HostBackend::describe(index, out);
    if (is("accepts_too_much"))
      out.op_caps = {rows_.data(), static_cast<uint32_t>(rows_.size()), sizeof(asg_op_cap)};
  }

 private:
  std::vector<asg_op_cap> rows_;
};

const asg_backend_info FaultyBackend::info =
    sdk::backend_info(fault, "0.1.0", "asg", "the reference backend with something wrong");

}  // namespace
}  // namespace asg::faulty

ASG_BACKEND(asg::faulty::FaultyBackend)
