#include <asg/sdk/host_backend.hpp>

#include "blas.hpp"
#include "device.hpp"
#include "kernels.hpp"

namespace asg::cpu {

namespace {

class CpuBackend final : public sdk::HostBackend {
 public:
  static const asg_backend_info info;

  explicit CpuBackend(const asg_host&) : HostBackend(all_kernels(nullptr)) {
    use_one_blas_thread();
  }

  void describe(uint32_t index, asg_device_info& out) const override {
    HostBackend::describe(index, out);
    describe_processor(out);
  }

  std::unique_ptr<sdk::Device> open(uint32_t, const sdk::Options& options) override {
    return std::make_unique<CpuDevice>(parse_settings(options));
  }
};

const asg_backend_info CpuBackend::info = sdk::backend_info(
    "cpu", "0.1.0", "asg", "SIMD loops and OpenBLAS on the processor's cores", option_list);

}  // namespace

}  // namespace asg::cpu

ASG_BACKEND(asg::cpu::CpuBackend)
