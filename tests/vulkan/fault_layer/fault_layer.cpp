// A Vulkan layer that makes calls fail as a device in trouble would.  ASG_TEST_FAULT, read at every
// call, says which:
//
//   submit  the device is lost when work is submitted
//   wait    the device is lost while work runs
//   part    the same, with the last two command buffers not over
//   hang    work never ends
//   memory  there is no room for anything
//   shader  no pipeline is made
//   stored  no stored pipelines are taken
//
// ASG_TEST_FAULT_COUNT, if set, says how many times.
#include <vulkan/vk_layer.h>
#include <vulkan/vulkan.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>

namespace {

// Of the layer below, for every instance and device, which their first word identifies.
std::mutex lock;
std::map<void*, PFN_vkGetInstanceProcAddr> instances;
struct Device {
  PFN_vkGetDeviceProcAddr get;
  PFN_vkQueueSubmit submit;
  PFN_vkWaitSemaphores wait;
  PFN_vkGetSemaphoreCounterValue counter;
  PFN_vkAllocateMemory allocate;
  PFN_vkCreateComputePipelines pipelines;
  PFN_vkCreatePipelineCache cache;
};
std::map<void*, Device> devices;

void* key_of(void* handle) { return *static_cast<void**>(handle); }
Device device_of(void* handle) {
  const std::lock_guard guard(lock);
  return devices.at(key_of(handle));
}

bool fails(const char* kind) {
  const char* fault = std::getenv("ASG_TEST_FAULT");
  if (fault == nullptr || std::strcmp(fault, kind) != 0) return false;
  const char* count = std::getenv("ASG_TEST_FAULT_COUNT");
  if (count == nullptr) return true;
  const int left = std::atoi(count);
  if (left <= 0) return false;
  setenv("ASG_TEST_FAULT_COUNT", std::to_string(left - 1).c_str(), 1);
  return true;
}

VKAPI_ATTR VkResult VKAPI_CALL queue_submit(VkQueue queue, uint32_t count,
                                            const VkSubmitInfo* submits, VkFence fence) {
  if (fails("submit")) return VK_ERROR_DEVICE_LOST;
  return device_of(queue).submit(queue, count, submits, fence);
}

VKAPI_ATTR VkResult VKAPI_CALL wait_semaphores(VkDevice device, const VkSemaphoreWaitInfo* info,
                                               uint64_t timeout) {
  const bool lost = fails("wait") || fails("part"), hangs = fails("hang");
  // The work does end, so that what it uses may be given back.
  const VkResult result =
      device_of(device).wait(device, info, lost || hangs ? UINT64_MAX : timeout);
  if (lost) return VK_ERROR_DEVICE_LOST;
  return hangs ? VK_TIMEOUT : result;
}

VKAPI_ATTR VkResult VKAPI_CALL get_counter(VkDevice device, VkSemaphore semaphore,
                                           uint64_t* value) {
  const VkResult result = device_of(device).counter(device, semaphore, value);
  if (fails("part") && *value >= 2) *value -= 2;
  return result;
}

VKAPI_ATTR VkResult VKAPI_CALL allocate_memory(VkDevice device, const VkMemoryAllocateInfo* info,
                                               const VkAllocationCallbacks* callbacks,
                                               VkDeviceMemory* memory) {
  if (fails("memory")) return VK_ERROR_OUT_OF_DEVICE_MEMORY;
  return device_of(device).allocate(device, info, callbacks, memory);
}

VKAPI_ATTR VkResult VKAPI_CALL create_pipelines(VkDevice device, VkPipelineCache cache,
                                                uint32_t count,
                                                const VkComputePipelineCreateInfo* infos,
                                                const VkAllocationCallbacks* callbacks,
                                                VkPipeline* pipelines) {
  if (fails("shader")) return VK_ERROR_INITIALIZATION_FAILED;
  return device_of(device).pipelines(device, cache, count, infos, callbacks, pipelines);
}

VKAPI_ATTR VkResult VKAPI_CALL create_cache(VkDevice device, const VkPipelineCacheCreateInfo* info,
                                            const VkAllocationCallbacks* callbacks,
                                            VkPipelineCache* cache) {
  if (info->initialDataSize > 0 && fails("stored")) return VK_ERROR_INITIALIZATION_FAILED;
  return device_of(device).cache(device, info, callbacks, cache);
}

/// The loader's link to the layer below, in the chain of what a thing is created from.
template <class Info>
Info* link_of(const void* chain, VkStructureType type) {
  auto* info = static_cast<Info*>(const_cast<void*>(chain));
  while (info != nullptr && !(info->sType == type && info->function == VK_LAYER_LINK_INFO))
    info = static_cast<Info*>(const_cast<void*>(info->pNext));
  return info;
}

VKAPI_ATTR VkResult VKAPI_CALL create_instance(const VkInstanceCreateInfo* info,
                                               const VkAllocationCallbacks* callbacks,
                                               VkInstance* instance) {
  auto* link = link_of<VkLayerInstanceCreateInfo>(info->pNext,
                                                  VK_STRUCTURE_TYPE_LOADER_INSTANCE_CREATE_INFO);
  if (link == nullptr) return VK_ERROR_INITIALIZATION_FAILED;
  const auto get = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  const auto create =
      reinterpret_cast<PFN_vkCreateInstance>(get(VK_NULL_HANDLE, "vkCreateInstance"));
  const VkResult result = create(info, callbacks, instance);
  if (result != VK_SUCCESS) return result;
  const std::lock_guard guard(lock);
  instances[key_of(*instance)] = get;
  return result;
}

VKAPI_ATTR VkResult VKAPI_CALL create_device(VkPhysicalDevice physical,
                                             const VkDeviceCreateInfo* info,
                                             const VkAllocationCallbacks* callbacks,
                                             VkDevice* device) {
  auto* link =
      link_of<VkLayerDeviceCreateInfo>(info->pNext, VK_STRUCTURE_TYPE_LOADER_DEVICE_CREATE_INFO);
  if (link == nullptr) return VK_ERROR_INITIALIZATION_FAILED;
  const auto get_instance = link->u.pLayerInfo->pfnNextGetInstanceProcAddr;
  const auto get = link->u.pLayerInfo->pfnNextGetDeviceProcAddr;
  link->u.pLayerInfo = link->u.pLayerInfo->pNext;
  const auto create =
      reinterpret_cast<PFN_vkCreateDevice>(get_instance(VK_NULL_HANDLE, "vkCreateDevice"));
  const VkResult result = create(physical, info, callbacks, device);
  if (result != VK_SUCCESS) return result;
  const auto find = [&](const char* name) { return get(*device, name); };
  const std::lock_guard guard(lock);
  devices[key_of(*device)] = {
      get,
      reinterpret_cast<PFN_vkQueueSubmit>(find("vkQueueSubmit")),
      reinterpret_cast<PFN_vkWaitSemaphores>(find("vkWaitSemaphores")),
      reinterpret_cast<PFN_vkGetSemaphoreCounterValue>(find("vkGetSemaphoreCounterValue")),
      reinterpret_cast<PFN_vkAllocateMemory>(find("vkAllocateMemory")),
      reinterpret_cast<PFN_vkCreateComputePipelines>(find("vkCreateComputePipelines")),
      reinterpret_cast<PFN_vkCreatePipelineCache>(find("vkCreatePipelineCache"))};
  return result;
}

PFN_vkVoidFunction own(const char* name);

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_device(VkDevice device, const char* name) {
  const PFN_vkVoidFunction found = own(name);
  return found != nullptr ? found : device_of(device).get(device, name);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL get_instance(VkInstance instance, const char* name) {
  if (const PFN_vkVoidFunction found = own(name)) return found;
  if (instance == VK_NULL_HANDLE) return nullptr;
  PFN_vkGetInstanceProcAddr next;
  {
    const std::lock_guard guard(lock);
    next = instances.at(key_of(instance));
  }
  return next(instance, name);
}

PFN_vkVoidFunction own(const char* name) {
  static const std::map<std::string, PFN_vkVoidFunction> functions = {
      {"vkGetInstanceProcAddr", reinterpret_cast<PFN_vkVoidFunction>(get_instance)},
      {"vkGetDeviceProcAddr", reinterpret_cast<PFN_vkVoidFunction>(get_device)},
      {"vkCreateInstance", reinterpret_cast<PFN_vkVoidFunction>(create_instance)},
      {"vkCreateDevice", reinterpret_cast<PFN_vkVoidFunction>(create_device)},
      {"vkQueueSubmit", reinterpret_cast<PFN_vkVoidFunction>(queue_submit)},
      {"vkWaitSemaphores", reinterpret_cast<PFN_vkVoidFunction>(wait_semaphores)},
      {"vkGetSemaphoreCounterValue", reinterpret_cast<PFN_vkVoidFunction>(get_counter)},
      {"vkAllocateMemory", reinterpret_cast<PFN_vkVoidFunction>(allocate_memory)},
      {"vkCreateComputePipelines", reinterpret_cast<PFN_vkVoidFunction>(create_pipelines)},
      {"vkCreatePipelineCache", reinterpret_cast<PFN_vkVoidFunction>(create_cache)}};
  const auto found = functions.find(name);
  return found == functions.end() ? nullptr : found->second;
}

}  // namespace

extern "C" __attribute__((visibility("default"))) VKAPI_ATTR VkResult VKAPI_CALL
vkNegotiateLoaderLayerInterfaceVersion(VkNegotiateLayerInterface* version) {
  if (version->loaderLayerInterfaceVersion < 2) return VK_ERROR_INITIALIZATION_FAILED;
  version->loaderLayerInterfaceVersion = 2;
  version->pfnGetInstanceProcAddr = get_instance;
  version->pfnGetDeviceProcAddr = get_device;
  version->pfnGetPhysicalDeviceProcAddr = nullptr;
  return VK_SUCCESS;
}
