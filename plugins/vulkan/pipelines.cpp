#include "pipelines.hpp"

#include <cstring>

#include "glslang.hpp"

namespace asg::vulkan {
namespace {

constexpr const char* pipeline_file = "pipelines.bin";

}  // namespace

Pipelines::Pipelines(const PhysicalDevice& physical, vk::Device device, DiskCache& cache,
                     Counters& counters)
    : physical_(physical), device_(device), cache_(cache), counters_(counters) {
  const auto stored = cache_.read(physical_.cache_key + "/" + pipeline_file, physical_.cache_key);
  vk::PipelineCacheCreateInfo info{};
  if (stored) {
    info.initialDataSize = stored->size();
    info.pInitialData = stored->data();
  }
  driver_cache_ = device_.createPipelineCache(info);
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

std::vector<uint32_t> Pipelines::words(const std::string& source) {
  const std::string key = "glslang " + glslang_version() + "\n" + source;
  const std::string name = "spirv/" + hash_text(key) + ".spv";
  if (const auto stored = cache_.read(name, key)) {
    std::vector<uint32_t> words(stored->size() / 4);
    std::memcpy(words.data(), stored->data(), words.size() * 4);
    return words;
  }
  std::vector<uint32_t> words = compile_glsl(source);
  ++counters_.shaders_compiled;
  cache_.write(name, key, words.data(), words.size() * 4);
  return words;
}

const Pipeline& Pipelines::get(const Dispatch& dispatch) {
  const auto found = pipelines_.find(dispatch.source);
  if (found != pipelines_.end()) return found->second;
  if (dispatch.bindings.size() > physical_.traits.max_buffers)
    throw sdk::Error(ASG_UNSUPPORTED, "a shader would need " +
                                          std::to_string(dispatch.bindings.size()) +
                                          " buffers, this device allows " +
                                          std::to_string(physical_.traits.max_buffers));
  const std::vector<uint32_t> code = words(dispatch.source);
  const Layout& shared = layout(dispatch.bindings.size());
  const vk::UniqueShaderModule module =
      device_.createShaderModuleUnique({.codeSize = code.size() * 4, .pCode = code.data()});
  const vk::ComputePipelineCreateInfo info{
      .stage = {.stage = vk::ShaderStageFlagBits::eCompute, .module = *module, .pName = "main"},
      .layout = shared.pipeline};
  const auto made = device_.createComputePipeline(driver_cache_, info);
  ++counters_.pipelines;
  changed_ = true;
  const Pipeline pipeline{made.value, shared.pipeline, shared.set};
  return pipelines_.emplace(dispatch.source, pipeline).first->second;
}

void Pipelines::save() {
  if (!changed_) return;
  changed_ = false;
  const std::vector<uint8_t> data = device_.getPipelineCacheData(driver_cache_);
  cache_.write(physical_.cache_key + "/" + pipeline_file, physical_.cache_key, data.data(),
               data.size());
}

}  // namespace asg::vulkan
