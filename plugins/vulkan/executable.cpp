#include "executable.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "buffer.hpp"
#include "capabilities.hpp"
#include "event.hpp"

namespace asg::vulkan {
ErrorCell::ErrorCell(VulkanDevice& device)
    : device_(device), memory_(device.memory().allocate(16, Memory::Use::host)) {
  std::memset(memory_.mapped, 0, 16);
}
ErrorCell::~ErrorCell() {
  if (!device_.closed()) device_.memory().free(memory_);
}

void ErrorCell::raise() {
  uint32_t words[4];
  std::memcpy(words, memory_.mapped, sizeof words);
  if (words[0] == 0) return;
  std::memset(memory_.mapped, 0, sizeof words);
  constexpr uint32_t overrun = 0x80000000u;
  if ((words[0] & overrun) != 0)
    throw sdk::Error(
        ASG_INTERNAL,
        fmt::format("a loop ran {} times, where its shader says {} at most", words[1], words[3]),
        (words[0] & ~overrun) - 1);
  const auto index = static_cast<int64_t>(uint64_t{words[2]} << 32 | words[1]);
  throw sdk::Error(ASG_INVALID_ARGUMENT,
                   fmt::format("index {} is outside [0, {})", index, words[3]), words[0] - 1);
}

VulkanExecutable::VulkanExecutable(VulkanDevice& device, const asg_program& program)
    : device_(device),
      program_(program, sdk::Constants::drop),
      steps_(program_.steps().size()),
      needed_(program_.slots().size()) {
  for (const asg_value& value : program_.values())
    if (value.extent_begin < value.extent_end)
      needed_[value.slot] = std::max(needed_[value.slot], value.extent_end);
  KernelNames names{program_.get().name, {}};
  for (const asg_step& step : program_.steps()) names.steps.emplace_back(step.name);
  names_ = std::make_shared<const KernelNames>(std::move(names));
  const std::vector<sdk::Capability> rows = all_capabilities(device.physical().traits);
  for (uint32_t i = 0; i < steps_.size(); ++i) {
    try {
      plan_step(i, rows);
    } catch (const sdk::Error& e) {
      throw sdk::Error(e.code(), e.what(), e.step() == ASG_NO_STEP ? i : e.step());
    }
  }
  try {
    place_temporaries();
    errors_ = std::make_shared<ErrorCell>(device_);
    upload_constants(program);
  } catch (...) {
    for (const Allocation& constant : constants_) device_.memory().free(constant);
    device_.memory().free(temporaries_);
    throw;
  }
}

VulkanExecutable::~VulkanExecutable() {
  if (device_.closed() || forked()) return;
  try {
    device_.wait_all();
  } catch (...) {
    // A lost device uses nothing any more.
  }
  for (Recording& recording : recordings_) forget(recording);
  for (const Allocation& constant : constants_) device_.memory().free(constant);
  device_.memory().free(temporaries_);
}

void VulkanExecutable::plan_step(uint32_t index, const std::vector<sdk::Capability>& rows) {
  const asg_step& step = program_.steps()[index];
  const Traits& traits = device_.physical().traits;
  const StepContext context{traits, program_, step};
  StepPlan plan{traits.offset_alignment, {}};
  find_kernel(rows, program_, step).plan(context, plan);
  Planned& planned = steps_[index];
  for (Dispatch& dispatch : plan.dispatches) {
    if (dispatch.groups == 0) continue;
    planned.pipelines.push_back(&device_.pipelines().get(dispatch));
    // Pipelines are found by their sources once; the text is of no use afterwards.
    dispatch.source.clear();
    planned.dispatches.push_back(std::move(dispatch));
  }
  planned.temporary = plan.temporary_bytes;
}

// Steps of different stages may use the same bytes.
void VulkanExecutable::place_temporaries() {
  uint64_t next = 0, most = 0;
  uint32_t stage = 0;
  const uint64_t alignment = device_.physical().traits.offset_alignment;
  for (uint32_t i = 0; i < steps_.size(); ++i) {
    if (i == 0 || program_.steps()[i].stage != stage) next = 0;
    stage = program_.steps()[i].stage;
    const uint64_t bytes = (steps_[i].temporary + alignment - 1) / alignment * alignment;
    steps_[i].temporary = next;
    next += bytes;
    most = std::max(most, next);
  }
  if (most > 0) temporaries_ = device_.memory().allocate(most, Memory::Use::device);
}

void VulkanExecutable::upload_constants(const asg_program& program) {
  const sdk::Span<asg_slot> given = program.slots;
  constants_.resize(given.size());
  for (uint32_t i = 0; i < given.size(); ++i) {
    const asg_slot& slot = given[i];
    if (slot.role != ASG_SLOT_CONST || slot.size == 0) continue;
    constants_[i] = device_.memory().allocate(slot.size, Memory::Use::device);
    device_.fill(constants_[i], slot.host_data, slot.size);
  }
}

std::vector<Range> VulkanExecutable::bind(const sdk::ExecArgs& args,
                                          std::vector<uint64_t>& signature) const {
  const sdk::Span<asg_slot> slots = program_.slots();
  require(args.bindings.count == slots.size(),
          fmt::format("{} bindings for {} slots", args.bindings.count, slots.size()));
  std::vector<Range> ranges(slots.size());
  for (uint32_t i = 0; i < slots.size(); ++i) {
    if (slots[i].role == ASG_SLOT_CONST) {
      ranges[i] = {constants_[i].buffer, constants_[i].offset};
      continue;
    }
    if (needed_[i] == 0) continue;
    const asg_binding& binding = *ASG_AT(asg_binding, args.bindings, i);
    const std::string name = fmt::format("slot {} '{}'", i, slots[i].name);
    require(binding.buffer != nullptr, name + " is not bound");
    require(binding.size >= needed_[i], fmt::format("{} is bound to {} bytes, its values need {}",
                                                    name, binding.size, needed_[i]));
    const auto& buffer = static_cast<const VulkanBuffer&>(*sdk::buffer_of(binding));
    buffer.check_range(binding.offset, binding.size);
    const uint64_t alignment =
        std::max(slots[i].alignment, device_.physical().traits.offset_alignment);
    require(binding.offset % alignment == 0,
            fmt::format("{} is bound at offset {}, which is not aligned to {} bytes", name,
                        binding.offset, alignment));
    ranges[i] = {buffer.allocation().buffer, buffer.allocation().offset + binding.offset};
    signature.push_back(buffer.serial());
    signature.push_back(binding.offset);
  }
  return ranges;
}

std::unique_ptr<sdk::Event> VulkanExecutable::execute(const sdk::ExecArgs& args) {
  return translated("running a program", [&]() -> std::unique_ptr<sdk::Event> {
    std::vector<uint64_t> signature;
    const std::vector<Range> slots = bind(args, signature);
    const bool timed =
        (args.flags & ASG_EXEC_PROFILE) != 0 && device_.physical().timestamp_bits > 0;
    Recording& recording = recorded(slots, std::move(signature), timed);
    if (recording.commands.empty()) return nullptr;
    try {
      recording.submission = device_.submit(recording.commands);
    } catch (const vk::DeviceLostError& e) {
      throw sdk::Error(ASG_DEVICE_LOST, fmt::format("the device is lost ({}) {}", e.what(),
                                                    names_->last(0, names_->steps.size())));
    }
    auto event = std::make_unique<VulkanEvent>(device_, recording.submission, errors_,
                                               VulkanEvent::Work{names_, recording.first_steps});
    if (timed) event->time(recording.times, steps_.size());
    device_.instance().messages().raise();
    return event;
  });
}

}  // namespace asg::vulkan
