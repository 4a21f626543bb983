#include "pipelines.hpp"

#include <fmt/core.h>

#include <cstring>

#include "glslang.hpp"

namespace asg::vulkan {
namespace {

constexpr uint32_t spirv_magic = 0x07230203;

std::string key_of(const std::string& source) {
  return "SPIR-V of glslang " + glslang_version() + "\n" + source;
}
std::string key_of_pipelines(const PhysicalDevice& device) {
  return "pipelines of " + device.cache_key;
}

/// Whether the driver does not like what it was given, rather than being in trouble itself.
bool is_refusal(const vk::Error& error) {
  return dynamic_cast<const vk::DeviceLostError*>(&error) == nullptr &&
         dynamic_cast<const vk::OutOfDeviceMemoryError*>(&error) == nullptr &&
         dynamic_cast<const vk::OutOfHostMemoryError*>(&error) == nullptr;
}

}  // namespace

Pipelines::Pipelines(const PhysicalDevice& physical, vk::Device device, const sdk::BlobCache& cache,
                     Counters& counters)
    : physical_(physical), device_(device), cache_(cache), counters_(counters) {
  const auto stored = cache_.load(key_of_pipelines(physical_));
  vk::PipelineCacheCreateInfo info{};
  if (stored) {
    info.initialDataSize = stored->size();
    info.pInitialData = stored->data();
  }
  try {
    driver_cache_ = device_.createPipelineCache(info);
  } catch (const vk::Error& e) {
    if (!stored || !is_refusal(e)) throw;
    driver_cache_ = device_.createPipelineCache({});
  }
}

Pipelines::~Pipelines() {
  for (const auto& [source, pipeline] : pipelines_) device_.destroyPipeline(pipeline.handle);
  for (const auto& [buffers, layout] : layouts_) {
    device_.destroyPipelineLayout(layout.pipeline);
    device_.destroyDescriptorSetLayout(layout.set);
  }
  device_.destroyPipelineCache(driver_cache_);
}

const Pipelines::Layout& Pipelines::layout(std::size_t buffers) {
  const auto found = layouts_.find(buffers);
  if (found != layouts_.end()) return found->second;
  std::vector<vk::DescriptorSetLayoutBinding> bindings;
  for (uint32_t i = 0; i < buffers; ++i)
    bindings.push_back({.binding = i,
                        .descriptorType = vk::DescriptorType::eStorageBuffer,
                        .descriptorCount = 1,
                        .stageFlags = vk::ShaderStageFlagBits::eCompute});
  Layout made;
  made.set =
      device_.createDescriptorSetLayout(vk::DescriptorSetLayoutCreateInfo{}.setBindings(bindings));
  const vk::PushConstantRange push{
      .stageFlags = vk::ShaderStageFlagBits::eCompute, .offset = 0, .size = sizeof(PushConstants)};
  made.pipeline = device_.createPipelineLayout({.setLayoutCount = 1,
                                                .pSetLayouts = &made.set,
                                                .pushConstantRangeCount = 1,
                                                .pPushConstantRanges = &push});
  return layouts_.emplace(buffers, made).first->second;
}

std::vector<uint32_t> Pipelines::stored(const std::string& source) {
  const auto bytes = cache_.load(key_of(source));
  if (!bytes || bytes->size() % 4 != 0 || bytes->empty()) return {};
  std::vector<uint32_t> words(bytes->size() / 4);
  std::memcpy(words.data(), bytes->data(), bytes->size());
  if (words[0] != spirv_magic) return {};
  return words;
}

std::vector<uint32_t> Pipelines::compiled(const std::string& source) {
  std::vector<uint32_t> words = compile_glsl(source);
  ++counters_.shaders_compiled;
  cache_.store(key_of(source), words.data(), words.size() * 4);
  return words;
}

vk::Pipeline Pipelines::make(const std::vector<uint32_t>& code, const Layout& layout) {
  const vk::UniqueShaderModule module =
      device_.createShaderModuleUnique({.codeSize = code.size() * 4, .pCode = code.data()});
  const vk::ComputePipelineCreateInfo info{
      .stage = {.stage = vk::ShaderStageFlagBits::eCompute, .module = *module, .pName = "main"},
      .layout = layout.pipeline};
  return device_.createComputePipeline(driver_cache_, info).value;
}

const Pipeline& Pipelines::get(const Dispatch& dispatch) {
  const auto found = pipelines_.find(dispatch.source);
  if (found != pipelines_.end()) return found->second;
  if (dispatch.bindings.size() > physical_.traits.max_buffers)
    throw sdk::Error(ASG_UNSUPPORTED,
                     fmt::format("a shader would need {} buffers, this device allows {}",
                                 dispatch.bindings.size(), physical_.traits.max_buffers));
  const Layout& shared = layout(dispatch.bindings.size());
  const std::vector<uint32_t> known = stored(dispatch.source);
  vk::Pipeline made;
  try {
    made = make(known.empty() ? compiled(dispatch.source) : known, shared);
  } catch (const vk::Error& e) {
    // What the cache holds may be another driver's, or nothing that a driver takes.
    if (known.empty() || !is_refusal(e)) throw;
    made = make(compiled(dispatch.source), shared);
  }
  ++counters_.pipelines;
  changed_ = true;
  const Pipeline pipeline{made, shared.pipeline, shared.set};
  return pipelines_.emplace(dispatch.source, pipeline).first->second;
}

void Pipelines::save() {
  if (!changed_) return;
  changed_ = false;
  const std::vector<uint8_t> data = device_.getPipelineCacheData(driver_cache_);
  cache_.store(key_of_pipelines(physical_), data.data(), data.size());
}

}  // namespace asg::vulkan
