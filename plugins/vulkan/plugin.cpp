#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>
#include <vector>

#include <asg/sdk/backend.hpp>

#include "capabilities.hpp"
#include "counters.hpp"
#include "device.hpp"
#include "instance.hpp"

namespace asg::vulkan {
namespace {

constexpr uint64_t second = 1'000'000'000;

template <std::size_t size>
void copy_text(char (&to)[size], const std::string& from) {
  std::strncpy(to, from.c_str(), size - 1);
  to[size - 1] = '\0';
}

/// An option's number above 0.
uint64_t number(const char* name, const char* text, const char* what) {
  uint64_t result = 0;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, result);
  require(error == std::errc() && stop == end && result > 0 && result < UINT64_MAX / second,
          std::string("option ") + name + "='" + text + "' must be " + what);
  return result;
}

/// The capability rows of one device.
struct Rows {
  std::vector<sdk::Capability> owned;
  std::vector<asg_op_cap> table;

  explicit Rows(const Traits& traits) : owned(all_capabilities(traits)) {
    for (const sdk::Capability& row : owned) table.push_back(row.row());
  }
};

class VulkanBackend final : public sdk::Backend {
 public:
  static const asg_backend_info info;

  explicit VulkanBackend(const asg_host& host) : instance_(sdk::Host(host)) {
    for (const PhysicalDevice& device : instance_.devices()) rows_.emplace_back(device.traits);
  }

  uint32_t device_count() const override {
    return static_cast<uint32_t>(instance_.devices().size());
  }

  void describe(uint32_t index, asg_device_info& out) const override {
    const PhysicalDevice& device = instance_.devices()[index];
    const Traits& traits = device.traits;
    const bool integrated = device.properties.deviceType == vk::PhysicalDeviceType::eIntegratedGpu;
    out.kind = traits.software ? ASG_DEVICE_SOFTWARE
               : integrated    ? ASG_DEVICE_IGPU
                               : ASG_DEVICE_GPU;
    copy_text(out.id, device.id);
    copy_text(out.name, device.properties.deviceName.data());
    out.memory_total = device_memory(device);
    out.memory_free = free_device_memory(device);
    out.max_buffer_size = out.memory_total;
    out.max_value_range = traits.max_range;
    out.offset_alignment = traits.offset_alignment;
    // Some are left for results of reductions and for the report of wrong indices.
    out.max_region_buffers = traits.max_buffers > 16 ? traits.max_buffers - 12 : 4;
    const Rows& rows = rows_[index];
    out.op_caps = {rows.table.data(), static_cast<uint32_t>(rows.table.size()), sizeof(asg_op_cap)};
  }

  std::unique_ptr<sdk::Device> open(uint32_t index, const sdk::Options& options) override {
    check_not_forked();
    const PhysicalDevice& device = instance_.devices()[index];
    DeviceOptions parsed{
        sdk::BlobCache(instance_.host()), (device.traits.software ? 3600 : 60) * second, {}, {}};
    if (const char* cache = options.find("cache")) {
      const std::string name = cache;
      require(name == "on" || name == "off", "option cache='" + name + "' must be on or off");
      if (name == "off") parsed.cache = {};
    }
    if (const char* text = options.find("timeout"))
      parsed.timeout_ns = number("timeout", text, "a number of seconds") * second;
    if (const char* text = options.find("loops"))
      parsed.loops = number("loops", text, "a number of iterations");
    if (const char* profile = options.find("profile")) {
      const std::string name = profile;
      require(name == "gpu" || name == "cpu" || name == "auto",
              "option profile='" + name + "' must be gpu, cpu or auto");
      if (name != "auto") parsed.software = name == "cpu";
    }
    return std::make_unique<VulkanDevice>(instance_, device, counters_, parsed);
  }

  const void* extension(const char* id) override {
    return std::strcmp(id, counters_extension) == 0 ? &counters_ : nullptr;
  }

 private:
  Instance instance_;
  Counters counters_;
  std::vector<Rows> rows_;
};

constexpr asg_option_info option_list[] = {
    {"cache", "on", "whether compiled shaders are kept for the next process: on, off"},
    {"profile", "auto", "kind of shaders: gpu, cpu (for devices that are emulated), auto"},
    {"timeout", "60",
     "seconds after which a device that does not answer is given up (software: 3600)"},
    {"loops", "",
     "iterations that the loops of one invocation may run, which are watched then; without, "
     "software devices take 60000, others have no limit"}};

const asg_backend_info VulkanBackend::info =
    sdk::backend_info("vulkan", "0.1.0", "asg",
                      "any device with Vulkan 1.2, by shaders made for each program", option_list);

}  // namespace
}  // namespace asg::vulkan

ASG_BACKEND(asg::vulkan::VulkanBackend)
