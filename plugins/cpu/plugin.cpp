#include <asg/sdk/host_backend.hpp>

#include "blas.hpp"
#include "device.hpp"
#include "kernels.hpp"

namespace asg::cpu {

namespace {

class CpuBackend final : public sdk::HostBackend {
 public:
  static const asg_backend_info info;

  CpuBackend(const asg_host&, const sdk::Options& options) : HostBackend(all_kernels(nullptr)) {
    options.accept_only({"threads"});
    if (const char* text = options.find("threads")) threads_ = parse_threads(text);
    use_one_blas_thread();
  }

  void describe(uint32_t index, asg_device_info& out) const override {
    HostBackend::describe(index, out);
    describe_processor(out);
  }

  std::unique_ptr<sdk::Device> open(uint32_t, const sdk::Options& options) override {
    options.accept_only({"threads"});
    const char* text = options.find("threads");
    const uint32_t threads = text != nullptr ? parse_threads(text) : threads_;
    return std::make_unique<CpuDevice>(threads == 0 ? available_threads() : threads);
  }

 private:
  uint32_t threads_ = 0;
};

const asg_backend_info CpuBackend::info =
    sdk::backend_info("cpu", "0.1.0", "asg", "OpenBLAS and SIMD loops on the processor's cores",
                      "threads=0  threads that compute; 0: as many as the process may use\n");

}  // namespace

}  // namespace asg::cpu

ASG_BACKEND(asg::cpu::CpuBackend)
