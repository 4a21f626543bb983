#include <asg/sdk/host_backend.hpp>

#include "kernels.hpp"

namespace asg::reference {
namespace {

class ReferenceBackend final : public sdk::HostBackend {
 public:
  static const asg_backend_info info;

  ReferenceBackend(const asg_host&, const sdk::Options& options) : HostBackend(all_kernels()) {
    options.accept_only({});
  }
};

const asg_backend_info ReferenceBackend::info = sdk::backend_info(
    "reference", "0.1.0", "asg", "plain loops, the numbers that other backends are compared with");

}  // namespace
}  // namespace asg::reference

ASG_BACKEND(asg::reference::ReferenceBackend)
