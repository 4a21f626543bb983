#include <asg/sdk/host_backend.hpp>

#include "kernels.hpp"

namespace asg::reference {
namespace {

class ReferenceBackend final : public sdk::HostBackend {
 public:
  static const asg_backend_info info;

  explicit ReferenceBackend(const asg_host&) : HostBackend(all_kernels()) {}
};

const asg_backend_info ReferenceBackend::info = sdk::backend_info(
    "reference", "0.1.0", "asg", "plain loops, the numbers that other backends are compared with");

}  // namespace
}  // namespace asg::reference

ASG_BACKEND(asg::reference::ReferenceBackend)
