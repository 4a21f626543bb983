// A backend made with the SDK's glue: gathers from f32 vectors, and claims a composite op.
#include <asg/sdk/host_backend.hpp>

#include <cstdio>
#include <cstdlib>

namespace {

using namespace asg::sdk;

// Calls into the plugin after this object is gone would use what is no longer there.
struct Alive {
  ~Alive() { gone = true; }
  static bool gone;
};
bool Alive::gone = false;
Alive alive;

void gather(const Call& call) {
  const Tensor x = call.input(0), indices = call.input(1), y = call.output(0);
  for (int64_t i = 0; i < indices.size(0); ++i) {
    const int64_t index = indices.as<int64_t>()[i * indices.stride(0)];
    if (index < 0 || index >= x.size(0))
      throw Error(ASG_INVALID_ARGUMENT, "index " + std::to_string(index) + " is outside [0, " +
                                            std::to_string(x.size(0)) + ")");
    y.as<float>()[i * y.stride(0)] = x.as<float>()[index * x.stride(0)];
  }
}

std::vector<Kernel> kernels() {
  const uint64_t f32 = ASG_DTYPE_BIT(ASG_F32), i64 = ASG_DTYPE_BIT(ASG_I64);
  Kernel twice;
  twice.claimed_op = "twice";
  twice.prepare = [](const ProgramCopy&, const asg_step&) {
    return Run([](const Call& call) {
      const Tensor x = call.input(0), y = call.output(0);
      for (int64_t i = 0; i < x.count(); ++i) y.as<float>()[i] = 2 * x.as<float>()[i];
    });
  };
  twice.claim = [](const asg_step_request& request, asg_claim_reply& reply) {
    reply.accepted = type_of(request, 0).dtype == ASG_F32;
    reply.scratch_bytes = 32;
  };
  Capability row;
  row.op = ASG_OP_GATHER;
  row.flags = ASG_CAP_STRIDED;
  row.max_rank = 1;
  row.dtypes = {f32, i64, f32};
  return {plain_kernel(row, gather), twice};
}

class TinyDevice final : public HostDevice {
 public:
  TinyDevice(const std::vector<Kernel>& kernels, uint32_t threads)
      : HostDevice(kernels), threads_(threads) {}
  void describe(asg_device_info& info) const override { info.threads = threads_; }
  ~TinyDevice() override {
    if (Alive::gone) std::abort();
  }
  std::unique_ptr<Buffer> create_buffer(uint64_t size) override {
    static const Alive made_late;  // as drivers' layers do at some call or other
    return HostDevice::create_buffer(size);
  }

 private:
  uint32_t threads_;
};

class Tiny final : public HostBackend {
 public:
  static constexpr asg_option_info options[] = {{"threads", "1", "the number that is asked for"}};
  static constexpr asg_backend_info info = backend_info("tiny", "3.1", "tests", "gathers", options);

  explicit Tiny(const asg_host& host) : HostBackend(::kernels()), host_(host) {}
  std::unique_ptr<Device> open(uint32_t, const Options& given) override {
    const char* const threads = given.find("threads");
    host_.log(ASG_LOG_INFO, std::string("threads=") + (threads != nullptr ? threads : "none"));
    const uint32_t count = threads != nullptr ? static_cast<uint32_t>(std::atoi(threads)) : 1;
    return std::make_unique<TinyDevice>(HostBackend::kernels(), count);
  }

 private:
  Host host_;
};

}  // namespace

ASG_BACKEND(Tiny)
