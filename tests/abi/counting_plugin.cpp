// A backend that keeps in the host's cache how often its device was opened, and says so in its
// name.
#include <asg/sdk/blob_cache.hpp>
#include <asg/sdk/host_backend.hpp>

#include <cstdio>
#include <cstring>

namespace {

using namespace asg::sdk;

class CountingDevice final : public HostDevice {
 public:
  CountingDevice(const std::vector<Kernel>& kernels, std::string name)
      : HostDevice(kernels), name_(std::move(name)) {}
  void describe(asg_device_info& info) const override {
    std::snprintf(info.name, sizeof info.name, "%s", name_.c_str());
  }

 private:
  std::string name_;
};

class Counting final : public HostBackend {
 public:
  static const asg_backend_info info;

  explicit Counting(const asg_host& host) : HostBackend({}), cache_(Host(host)) {}
  std::unique_ptr<Device> open(uint32_t, const Options&) override {
    unsigned count = 0;
    const auto stored = cache_.load(key());
    if (stored && stored->size() == sizeof count) std::memcpy(&count, stored->data(), sizeof count);
    const std::string name = "opened " + std::to_string(count++) + " times before";
    const bool kept = cache_.store(key(), &count, sizeof count);
    return std::make_unique<CountingDevice>(kernels(), name + (kept ? "" : ", forgotten"));
  }

 private:
  // Any bytes: the zero is one of them.
  static std::string_view key() { return {"how often\0opened", 16}; }

  BlobCache cache_;
};

const asg_backend_info Counting::info =
    backend_info("counting", "0.1", "asg", "no kernels and a good memory");

}  // namespace

ASG_BACKEND(Counting)
