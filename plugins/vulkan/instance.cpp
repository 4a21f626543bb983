#include "instance.hpp"

#include <dlfcn.h>
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "layer_messages.hpp"

VULKAN_HPP_DEFAULT_DISPATCH_LOADER_DYNAMIC_STORAGE

namespace asg::vulkan {
namespace {

constexpr uint32_t needed_version = VK_API_VERSION_1_2;
constexpr const char* validation_layer = "VK_LAYER_KHRONOS_validation";

std::atomic<pid_t> started{0};  // the process that first started Vulkan

VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT,
                                          VkDebugUtilsMessageTypeFlagsEXT,
                                          const VkDebugUtilsMessengerCallbackDataEXT* data,
                                          void* messages) {
  const auto text = [](const char* given) { return std::string(given == nullptr ? "" : given); };
  const std::string id = text(data->pMessageIdName), message = text(data->pMessage);
  if (!about_the_layer(id, message)) static_cast<Messages*>(messages)->add(id, message);
  return VK_FALSE;
}

Traits read_traits(vk::PhysicalDevice device) {
  const auto features =
      device.getFeatures2<vk::PhysicalDeviceFeatures2, vk::PhysicalDeviceVulkan12Features>();
  const auto& basic = features.get<vk::PhysicalDeviceFeatures2>().features;
  const auto& more = features.get<vk::PhysicalDeviceVulkan12Features>();
  const auto properties =
      device.getProperties2<vk::PhysicalDeviceProperties2, vk::PhysicalDeviceVulkan12Properties,
                            vk::PhysicalDeviceSubgroupProperties>();
  const auto& limits = properties.get<vk::PhysicalDeviceProperties2>().properties.limits;
  const auto& floats = properties.get<vk::PhysicalDeviceVulkan12Properties>();
  Traits traits;
  traits.software = properties.get<vk::PhysicalDeviceProperties2>().properties.deviceType ==
                    vk::PhysicalDeviceType::eCpu;
  const auto& subgroup = properties.get<vk::PhysicalDeviceSubgroupProperties>();
  const bool shuffles = (subgroup.supportedStages & vk::ShaderStageFlagBits::eCompute) &&
                        (subgroup.supportedOperations & vk::SubgroupFeatureFlagBits::eShuffle);
  if (traits.software && shuffles && subgroup.subgroupSize <= 16)
    traits.lanes = subgroup.subgroupSize;
  traits.int64 = basic.shaderInt64;
  traits.float64 = basic.shaderFloat64;
  traits.storage8 = more.storageBuffer8BitAccess;
  traits.nan_preserve32 = floats.shaderSignedZeroInfNanPreserveFloat32;
  traits.nan_preserve64 = traits.float64 && floats.shaderSignedZeroInfNanPreserveFloat64;
  const bool all = floats.roundingModeIndependence == vk::ShaderFloatControlsIndependence::eAll;
  traits.round_even32 = floats.shaderRoundingModeRTEFloat32 && all;
  traits.round_even64 = traits.float64 && floats.shaderRoundingModeRTEFloat64 && all;
  const bool free_denorm =
      floats.denormBehaviorIndependence == vk::ShaderFloatControlsIndependence::eAll;
  traits.denorm_preserve32 = floats.shaderDenormPreserveFloat32 && free_denorm;
  traits.denorm_preserve64 = traits.float64 && floats.shaderDenormPreserveFloat64 && free_denorm;
  traits.max_buffers =
      std::min(limits.maxPerStageDescriptorStorageBuffers, limits.maxDescriptorSetStorageBuffers);
  traits.max_buffers = std::min<uint32_t>(traits.max_buffers, 64);
  traits.max_invocations =
      std::min(limits.maxComputeWorkGroupInvocations, limits.maxComputeWorkGroupSize[0]);
  traits.shared_bytes = limits.maxComputeSharedMemorySize;
  // More would do on most devices; a limit that all share is one that the tests reach.
  traits.max_groups = std::min<uint32_t>(limits.maxComputeWorkGroupCount[0], 65535);
  traits.max_range = limits.maxStorageBufferRange;
  // llvmpipe ends loops after 65535, and other software devices may have a limit of theirs.
  if (traits.software) traits.max_iterations = 60000;
  traits.offset_alignment = std::max<uint64_t>(limits.minStorageBufferOffsetAlignment, 64);
  return traits;
}

std::string hex(const uint8_t* bytes, std::size_t count) {
  std::string text;
  char digits[3];
  for (std::size_t i = 0; i < count; ++i) {
    std::snprintf(digits, sizeof digits, "%02x", bytes[i]);
    text += digits;
  }
  return text;
}

bool has_extension(vk::PhysicalDevice device, const char* name) {
  for (const auto& extension : device.enumerateDeviceExtensionProperties())
    if (std::strcmp(extension.extensionName, name) == 0) return true;
  return false;
}

std::string identity(vk::PhysicalDevice device, const uint8_t* uuid) {
  if (has_extension(device, VK_EXT_PCI_BUS_INFO_EXTENSION_NAME)) {
    const auto chain = device.getProperties2<vk::PhysicalDeviceProperties2,
                                             vk::PhysicalDevicePCIBusInfoPropertiesEXT>();
    const auto& pci = chain.get<vk::PhysicalDevicePCIBusInfoPropertiesEXT>();
    char text[40];
    std::snprintf(text, sizeof text, "%04x:%02x:%02x.%x", pci.pciDomain, pci.pciBus, pci.pciDevice,
                  pci.pciFunction);
    return text;
  }
  return hex(uuid, 16);
}

// What makes a device usable is asked for when it is opened, too.
bool usable(vk::PhysicalDevice device, PhysicalDevice& result) {
  result.properties = device.getProperties();
  if (result.properties.apiVersion < needed_version) return false;
  const auto features =
      device.getFeatures2<vk::PhysicalDeviceFeatures2, vk::PhysicalDeviceVulkan12Features>();
  if (!features.get<vk::PhysicalDeviceVulkan12Features>().timelineSemaphore) return false;
  const auto families = device.getQueueFamilyProperties();
  // A family for computing alone runs beside the one that draws.
  int best = -1;
  for (uint32_t i = 0; i < families.size(); ++i) {
    if (!(families[i].queueFlags & vk::QueueFlagBits::eCompute)) continue;
    const bool alone = !(families[i].queueFlags & vk::QueueFlagBits::eGraphics);
    if (best < 0 || alone) best = static_cast<int>(i);
    if (alone) break;
  }
  if (best < 0) return false;
  result.queue_family = static_cast<uint32_t>(best);
  result.timestamp_bits = families[result.queue_family].timestampValidBits;
  return true;
}

}  // namespace

bool forked() {
  const pid_t process = started;
  return process != 0 && process != getpid();
}

void check_not_forked() {
  if (forked())
    throw sdk::Error(
        ASG_UNAVAILABLE,
        fmt::format("this process was forked from one that had started Vulkan (process {}), "
                    "and the driver's threads did not come along; fork before Vulkan is used, "
                    "or start a program anew (exec)",
                    started.load()));
}

void Messages::add(const std::string& id, const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (count_++ == 0) first_ = "[" + id + "] " + text;
}

void Messages::raise() {
  const std::lock_guard lock(mutex_);
  if (count_ == 0) return;
  const std::string text = fmt::format("validation: {} message(s), the first: {}", count_, first_);
  count_ = 0;
  throw sdk::Error(ASG_INTERNAL, text);
}

Instance::Instance(const sdk::Host& host) : host_(host) {
  check_not_forked();
  if (!open_loader()) {
    host_.log(ASG_LOG_INFO, "no Vulkan loader (libvulkan.so.1) on this machine, so no devices");
    return;
  }
  const char* validation = std::getenv("ASG_VULKAN_VALIDATION");
  create(validation == nullptr ? "" : validation);
  if (instance_) translated("listing the Vulkan devices", [&] { find_devices(); });
}

Instance::~Instance() { close(); }

void Instance::close() {
  if (forked()) return;
  if (messenger_) instance_.destroyDebugUtilsMessengerEXT(messenger_);
  if (instance_) instance_.destroy();
  messenger_ = nullptr;
  instance_ = nullptr;
  // The library stays: drivers do not like to be unloaded.
}

bool Instance::open_loader() {
  library_ = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  if (library_ == nullptr) return false;
  auto* get = reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library_, "vkGetInstanceProcAddr"));
  if (get == nullptr) return false;
  VULKAN_HPP_DEFAULT_DISPATCHER.init(get);
  return VULKAN_HPP_DEFAULT_DISPATCHER.vkEnumerateInstanceVersion != nullptr;
}

void Instance::create(const std::string& validation) {
  const vk::ApplicationInfo application{.pApplicationName = "asg",
                                        .apiVersion = VK_API_VERSION_1_3};
  std::vector<const char*> layers, extensions;
  std::vector<vk::ValidationFeatureEnableEXT> enabled;
  if (!validation.empty()) {
    layers.push_back(validation_layer);
    extensions = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME, VK_EXT_VALIDATION_FEATURES_EXTENSION_NAME};
    if (validation.find("sync") != std::string::npos)
      enabled.push_back(vk::ValidationFeatureEnableEXT::eSynchronizationValidation);
    if (validation.find("gpu") != std::string::npos) {
      enabled.push_back(vk::ValidationFeatureEnableEXT::eGpuAssisted);
      enabled.push_back(vk::ValidationFeatureEnableEXT::eGpuAssistedReserveBindingSlot);
    }
  }
  vk::ValidationFeaturesEXT features{};
  features.setEnabledValidationFeatures(enabled);
  vk::InstanceCreateInfo info{};
  info.pApplicationInfo = &application;
  info.setPEnabledLayerNames(layers).setPEnabledExtensionNames(extensions);
  if (!enabled.empty()) info.pNext = &features;
  try {
    started = getpid();
    instance_ = vk::createInstance(info);
  } catch (const vk::IncompatibleDriverError&) {
    host_.log(ASG_LOG_INFO, "the Vulkan loader finds no driver, so no devices");
    return;
  } catch (const vk::LayerNotPresentError&) {
    throw sdk::Error(ASG_UNAVAILABLE, std::string("ASG_VULKAN_VALIDATION is set, but the layer ") +
                                          validation_layer +
                                          " is not installed (vulkan-validationlayers)");
  } catch (const vk::Error& e) {
    throw sdk::Error(ASG_UNAVAILABLE, std::string("Vulkan does not start: ") + e.what());
  }
  VULKAN_HPP_DEFAULT_DISPATCHER.init(instance_);
  if (validation.empty()) return;
  using Severity = vk::DebugUtilsMessageSeverityFlagBitsEXT;
  using Type = vk::DebugUtilsMessageTypeFlagBitsEXT;
  VkDebugUtilsMessengerCreateInfoEXT messenger = static_cast<VkDebugUtilsMessengerCreateInfoEXT>(
      vk::DebugUtilsMessengerCreateInfoEXT{.messageSeverity = Severity::eWarning | Severity::eError,
                                           .messageType = Type::eValidation | Type::ePerformance});
  messenger.pfnUserCallback = on_message;
  messenger.pUserData = &messages_;
  // By the C function, because the type of the callback differs between versions of Vulkan-Hpp.
  VkDebugUtilsMessengerEXT made = VK_NULL_HANDLE;
  if (VULKAN_HPP_DEFAULT_DISPATCHER.vkCreateDebugUtilsMessengerEXT(instance_, &messenger, nullptr,
                                                                   &made) != VK_SUCCESS)
    throw sdk::Error(ASG_UNAVAILABLE, "Vulkan's validation layers take no messenger");
  messenger_ = made;
  close_at_exit();
}

void Instance::find_devices() {
  for (const vk::PhysicalDevice& handle : instance_.enumeratePhysicalDevices()) {
    PhysicalDevice device;
    device.handle = handle;
    if (!usable(handle, device)) {
      host_.log(ASG_LOG_INFO, std::string(device.properties.deviceName.data()) +
                                  " is left out: it lacks Vulkan 1.2, timeline semaphores or a "
                                  "queue that computes");
      continue;
    }
    device.memory = handle.getMemoryProperties();
    device.traits = read_traits(handle);
    device.memory_budget = has_extension(handle, VK_EXT_MEMORY_BUDGET_EXTENSION_NAME);
    const auto chain =
        handle.getProperties2<vk::PhysicalDeviceProperties2, vk::PhysicalDeviceIDProperties>();
    std::memcpy(device.uuid, chain.get<vk::PhysicalDeviceIDProperties>().deviceUUID.data(), 16);
    device.id = identity(handle, device.uuid);
    device.cache_key = fmt::format(
        "{}-{}-{}-{}", hex(device.properties.pipelineCacheUUID.data(), VK_UUID_SIZE),
        device.properties.vendorID, device.properties.deviceID, device.properties.driverVersion);
    devices_.push_back(std::move(device));
  }
  std::stable_sort(devices_.begin(), devices_.end(), [](const auto& a, const auto& b) {
    const auto order = [](const PhysicalDevice& device) {
      if (device.traits.software) return 3;
      if (device.properties.deviceType == vk::PhysicalDeviceType::eDiscreteGpu) return 0;
      return device.properties.deviceType == vk::PhysicalDeviceType::eVirtualGpu ? 1 : 2;
    };
    return order(a) < order(b);
  });
  // Two drivers for one device, or one driver named twice: ids must still tell them apart.
  for (std::size_t i = 0; i < devices_.size(); ++i) {
    std::size_t twins = 0;
    for (std::size_t j = 0; j < i; ++j) twins += devices_[j].id == devices_[i].id ? 1 : 0;
    if (twins > 0) devices_[i].id += fmt::format("#{}", twins);
  }
}

}  // namespace asg::vulkan
