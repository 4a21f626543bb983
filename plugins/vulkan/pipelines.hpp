// From sources of shaders to pipelines, each made once for a device.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include <asg/sdk/blob_cache.hpp>

#include "api.hpp"
#include "counters.hpp"
#include "instance.hpp"
#include "kernel.hpp"

namespace asg::vulkan {

/// The push constants of every shader.
struct PushConstants {
  uint32_t base, count, step, part;
};

struct Pipeline {
  vk::Pipeline handle;
  vk::PipelineLayout layout;
  vk::DescriptorSetLayout set_layout;
};

class Pipelines {
 public:
  Pipelines(const PhysicalDevice& physical, vk::Device device, const sdk::BlobCache& cache,
            Counters& counters);
  ~Pipelines();
  Pipelines(const Pipelines&) = delete;
  Pipelines& operator=(const Pipelines&) = delete;

  /// Errors: ASG_COMPILE_FAILED when glslang or the driver refuses the shader.
  const Pipeline& get(const Dispatch& dispatch);
  /// Has the driver's part kept when something was added to it.
  void save();

 private:
  struct Layout {
    vk::DescriptorSetLayout set;
    vk::PipelineLayout pipeline;
  };
  const Layout& layout(std::size_t buffers);
  /// The shader as the cache has it; nothing when it has none.
  std::vector<uint32_t> stored(const std::string& source);
  std::vector<uint32_t> compiled(const std::string& source);
  vk::Pipeline make(const std::vector<uint32_t>& code, const Layout& layout);

  const PhysicalDevice& physical_;
  vk::Device device_;
  sdk::BlobCache cache_;
  Counters& counters_;
  vk::PipelineCache driver_cache_;
  std::unordered_map<std::string, Pipeline> pipelines_;
  std::unordered_map<std::size_t, Layout> layouts_;
  bool changed_ = false;
};

}  // namespace asg::vulkan
