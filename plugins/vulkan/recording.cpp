// Recording a program for one set of bindings.
#include <algorithm>

#include "executable.hpp"

namespace asg::vulkan {
namespace {

constexpr std::size_t most_recordings = 4;
constexpr std::size_t most_dispatches = 128;  // of one command buffer

}  // namespace

Recording& VulkanExecutable::recorded(const std::vector<Range>& slots,
                                      std::vector<uint64_t> signature, bool timed) {
  for (auto it = recordings_.begin(); it != recordings_.end(); ++it)
    if (it->signature == signature && it->timed == timed) {
      recordings_.splice(recordings_.begin(), recordings_, it);
      return *it;
    }
  if (recordings_.size() >= most_recordings) {
    device_.wait(recordings_.back().submission);
    forget(recordings_.back());
    recordings_.pop_back();
  }
  Recording& recording = recordings_.emplace_front();
  recording.signature = std::move(signature);
  recording.timed = timed;
  try {
    record(recording, slots);
  } catch (...) {
    forget(recording);
    recordings_.pop_front();
    throw;
  }
  ++device_.counters().recordings;
  return recording;
}

void VulkanExecutable::forget(Recording& recording) {
  const vk::Device device = device_.handle();
  if (!recording.commands.empty())
    device.freeCommandBuffers(device_.command_pool(), recording.commands);
  if (recording.descriptors) device.destroyDescriptorPool(recording.descriptors);
  if (recording.times) device.destroyQueryPool(recording.times);
  for (const Allocation& table : recording.tables) device_.memory().free(table);
}

VulkanExecutable::Launch VulkanExecutable::launch(const Planned& step, std::size_t index,
                                                  const std::vector<Range>& slots,
                                                  const InstanceGroup* group,
                                                  const Allocation* table) const {
  const Dispatch& dispatch = step.dispatches[index];
  Launch launch{step.pipelines[index], {}, {}, dispatch.groups, dispatch.count, dispatch.part,
                dispatch.barrier};
  if (group != nullptr) {
    launch.groups = group->groups;
    launch.count = group->instances;
  }
  const auto of = [](const Allocation& memory) {
    return Range{memory.buffer, memory.offset, memory.size};
  };
  for (const Binding& binding : dispatch.bindings) {
    Range range;
    switch (binding.kind) {
      case Binding::Kind::value:
        range = slots[binding.slot];
        range.offset += binding.begin;
        range.size = binding.size;
        break;
      case Binding::Kind::temporary:
        range = {temporaries_.buffer, temporaries_.offset + step.temporary + binding.begin,
                 binding.size};
        break;
      case Binding::Kind::errors:
        range = {errors_->memory().buffer, errors_->memory().offset, 16};
        break;
      case Binding::Kind::place:
        range = group->places[binding.slot];
        break;
      case Binding::Kind::table:
        range = of(*table);
        break;
    }
    if (!range.buffer || range.size == 0) range = of(device_.nothing());
    launch.buffers.push_back({range.buffer, range.offset, range.size});
    launch.writes.push_back(binding.writes);
  }
  return launch;
}

std::vector<VulkanExecutable::Launch> VulkanExecutable::launches_of(
    const Planned& step, Recording& recording, const std::vector<Range>& slots) {
  std::vector<Launch> launches;
  for (std::size_t d = 0; d < step.dispatches.size(); ++d) {
    const Dispatch& dispatch = step.dispatches[d];
    if (dispatch.instances.empty()) {
      launches.push_back(launch(step, d, slots, nullptr, nullptr));
      continue;
    }
    for (const InstanceGroup& group :
         group_instances(dispatch, slots, device_.physical().traits.max_range)) {
      const uint64_t bytes = group.table.size() * sizeof group.table[0];
      recording.tables.push_back(device_.memory().allocate(bytes, Memory::Use::device));
      const Allocation& table = recording.tables.back();
      device_.fill(table, group.table.data(), bytes);
      launches.push_back(launch(step, d, slots, &group, &table));
    }
  }
  return launches;
}

// What descriptors span is more than what shaders touch: they begin at aligned bytes, and those of
// instances hold what lies between the values.
void VulkanExecutable::part_from(vk::CommandBuffer commands, const Launch& launch) {
  bool apart = launch.barrier;
  for (std::size_t i = 0; i < launch.buffers.size() && !apart; ++i)
    apart = hazards_.meets(launch.buffers[i], launch.writes[i]);
  if (apart) barrier(commands);
  for (std::size_t i = 0; i < launch.buffers.size(); ++i)
    hazards_.add(launch.buffers[i], launch.writes[i]);
}

void VulkanExecutable::barrier(vk::CommandBuffer commands) {
  full_barrier(commands);
  hazards_.clear();
}

void VulkanExecutable::launch_all(vk::CommandBuffer commands, const Recording& recording,
                                  uint32_t step, const std::vector<Launch>& launches) {
  const uint64_t most = device_.physical().traits.max_groups;
  for (const Launch& launch : launches) {
    const Pipeline& pipeline = *launch.pipeline;
    const vk::DescriptorSet set =
        device_.handle().allocateDescriptorSets({.descriptorPool = recording.descriptors,
                                                 .descriptorSetCount = 1,
                                                 .pSetLayouts = &pipeline.set_layout})[0];
    std::vector<vk::WriteDescriptorSet> writes;
    for (uint32_t i = 0; i < launch.buffers.size(); ++i)
      writes.push_back({.dstSet = set,
                        .dstBinding = i,
                        .descriptorCount = 1,
                        .descriptorType = vk::DescriptorType::eStorageBuffer,
                        .pBufferInfo = &launch.buffers[i]});
    device_.handle().updateDescriptorSets(writes, {});
    part_from(commands, launch);
    commands.bindPipeline(vk::PipelineBindPoint::eCompute, pipeline.handle);
    commands.bindDescriptorSets(vk::PipelineBindPoint::eCompute, pipeline.layout, 0, set, {});
    for (uint64_t base = 0; base < launch.groups; base += most) {
      const PushConstants push{static_cast<uint32_t>(base), launch.count, step, launch.part};
      commands.pushConstants<PushConstants>(pipeline.layout, vk::ShaderStageFlagBits::eCompute, 0,
                                            push);
      commands.dispatch(static_cast<uint32_t>(std::min(launch.groups - base, most)), 1, 1);
      ++device_.counters().dispatches;
    }
  }
}

void VulkanExecutable::record(Recording& recording, const std::vector<Range>& slots) {
  const vk::Device device = device_.handle();
  std::vector<std::vector<Launch>> steps;
  uint32_t sets = 0, buffers = 0;
  for (const Planned& step : steps_) {
    steps.push_back(launches_of(step, recording, slots));
    sets += static_cast<uint32_t>(steps.back().size());
    for (const Launch& launch : steps.back())
      buffers += static_cast<uint32_t>(launch.buffers.size());
  }
  if (sets > 0) {
    const vk::DescriptorPoolSize size{vk::DescriptorType::eStorageBuffer, std::max(buffers, 1u)};
    recording.descriptors =
        device.createDescriptorPool({.maxSets = sets, .poolSizeCount = 1, .pPoolSizes = &size});
  }
  const auto count = static_cast<uint32_t>(steps.size());
  if (recording.timed && count > 0)
    recording.times =
        device.createQueryPool({.queryType = vk::QueryType::eTimestamp, .queryCount = 2 * count});
  vk::CommandBuffer commands;
  std::size_t recorded = most_dispatches;
  const auto next_buffer = [&](uint32_t step) {
    if (commands) commands.end();
    commands = device.allocateCommandBuffers({.commandPool = device_.command_pool(),
                                              .level = vk::CommandBufferLevel::ePrimary,
                                              .commandBufferCount = 1})[0];
    recording.commands.push_back(commands);
    recording.first_steps.push_back(step);
    // A second run may be submitted before the first is over.
    commands.begin({.flags = vk::CommandBufferUsageFlagBits::eSimultaneousUse});
    barrier(commands);
    recorded = 0;
  };
  for (uint32_t i = 0; i < count; ++i) {
    if (recorded >= most_dispatches)
      next_buffer(i);
    else if (program_.steps()[i].stage != program_.steps()[i - 1].stage)
      barrier(commands);
    if (i == 0 && recording.times) commands.resetQueryPool(recording.times, 0, 2 * count);
    if (recording.times)
      commands.writeTimestamp(vk::PipelineStageFlagBits::eBottomOfPipe, recording.times, 2 * i);
    launch_all(commands, recording, i, steps[i]);
    if (recording.times)
      commands.writeTimestamp(vk::PipelineStageFlagBits::eBottomOfPipe, recording.times, 2 * i + 1);
    recorded += steps[i].size();
  }
  if (!commands) return;
  full_barrier(commands);
  commands.end();
}

}  // namespace asg::vulkan
