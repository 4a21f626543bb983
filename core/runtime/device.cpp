#include <asg/runtime/device.hpp>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/sdk/program.hpp>

#include "runtime/descriptors.hpp"
#include "runtime/device_impl.hpp"
#include "runtime/plugin_call.hpp"
#include "runtime/refusal.hpp"

namespace asg {

struct StepNames {
  std::string op;
  std::string origin;
};

struct SlotFacts {
  std::string name;
  std::uint64_t size = 0;
  bool bound = true;  // constants live in the executable
};

namespace {

using loader::PluginFailure;

std::string place(const DeviceImpl& device) {
  return fmt::format("backend {}, device {}", device.backend->plugin().name,
                     device.facts.description.name);
}

// Failures of what was asked for are the plugin's; failures of the machine are the device's.
[[noreturn]] void raise(const DeviceImpl& device, const PluginFailure& failure,
                        std::span<const StepNames> steps = {}) {
  std::string text = failure.message;
  if (failure.code == ASG_DEVICE_LOST) text += "; open the device again to go on";
  if (failure.step < steps.size()) {
    const StepNames& step = steps[failure.step];
    text = fmt::format("{}{}{}: {} ({})", step.op, step.origin.empty() ? "" : " of ", step.origin,
                       text, place(device));
  } else {
    text = fmt::format("{}: {}", place(device), text);
  }
  switch (failure.code) {
    case ASG_UNSUPPORTED:
    case ASG_COMPILE_FAILED:
    case ASG_UNAVAILABLE:
    case ASG_INCOMPATIBLE:
      throw PluginError(text);
    default:
      throw DeviceError(text);
  }
}

// Of the program's descriptors during a call.
class Watch {
 public:
  explicit Watch(const char* function) : function_(function) {}
  void check() const {
    try {
      descriptors_.check(function_);
    } catch (const loader::Refusal& refusal) {
      throw PluginFailure(ASG_INTERNAL, ASG_NO_STEP, refusal.what());
    }
  }

 private:
  const char* function_;
  loader::DescriptorWatch descriptors_;
};

// Calls a [device] function, one at a time.
template <class Fn, class... A>
void call_device(DeviceImpl& device, const char* name, Fn function, A... arguments) {
  try {
    const std::lock_guard lock(device.mutex);
    loader::call_checked(name, function, arguments...);
  } catch (const PluginFailure& failure) {
    raise(device, failure);
  }
}

template <class Fn, class Handle>
void release(DeviceImpl& device, const char* name, Fn function, Handle handle) {
  if (handle == nullptr) return;
  if (loader::process_is_ending()) return loader::abandon(handle);
  const std::lock_guard lock(device.mutex);
  loader::call_quietly(device.backend->plugin().name, name, function, handle);
}

void check_handle(const DeviceImpl& device, std::string_view function, const void* handle) {
  if (handle == nullptr)
    raise(device, {ASG_INTERNAL, ASG_NO_STEP,
                   fmt::format("{} reported success but gave nothing", function)});
}

}  // namespace

struct BufferImpl {
  explicit BufferImpl(std::shared_ptr<DeviceImpl> owner) : device(std::move(owner)) {}
  ~BufferImpl() { release(*device, "buffer_destroy", device->api().buffer_destroy, handle); }

  void resize(std::uint64_t bytes);
  void check_range(const char* what, std::uint64_t offset, std::uint64_t bytes) const {
    if (offset > size || bytes > size - offset)
      throw DeviceError(fmt::format("cannot {} {} bytes at offset {} of a buffer of {} bytes ({})",
                                    what, bytes, offset, size, place(*device)));
  }

  std::shared_ptr<DeviceImpl> device;
  asg_buffer* handle = nullptr;
  std::uint64_t size = 0;
};

struct ExecutableImpl {
  explicit ExecutableImpl(std::shared_ptr<DeviceImpl> owner) : device(std::move(owner)) {}
  ~ExecutableImpl() {
    release(*device, "executable_destroy", device->api().executable_destroy, handle);
  }

  void bind(std::span<const Binding> bindings);
  std::vector<asg_binding> bound;  // of the run in progress; the device's mutex guards it
  [[nodiscard]] std::vector<StepTime> execute(std::span<const Binding> bindings, bool timed);

  std::shared_ptr<DeviceImpl> device;
  asg_executable* handle = nullptr;
  bool has_run = false;  // the device's mutex guards it
  std::vector<StepNames> steps;
  std::vector<SlotFacts> slots;
};

DeviceImpl::~DeviceImpl() {
  if (handle != nullptr) release(*this, "device_close", api().device_close, handle);
}

// ----------------------------------------------------------------------------------------- buffer

void BufferImpl::resize(std::uint64_t bytes) {
  const DeviceLimits& limits = device->facts.limits;
  if (limits.max_buffer_size != 0 && bytes > limits.max_buffer_size)
    throw DeviceError(fmt::format("a buffer of {} bytes exceeds the {} that one may have ({})",
                                  bytes, limits.max_buffer_size, place(*device)));
  const asg_backend_api& api = device->api();
  size = 0;
  release(*device, "buffer_destroy", api.buffer_destroy, std::exchange(handle, nullptr));
  // Backends need not know of empty buffers.
  call_device(*device, "buffer_create", api.buffer_create, device->handle,
              std::max<std::uint64_t>(bytes, 1), &handle);
  check_handle(*device, "buffer_create", handle);
  size = bytes;
}

void resize_buffer(const Buffer& buffer, std::uint64_t bytes) { buffer.impl()->resize(bytes); }

std::uint64_t Buffer::size() const { return impl_ == nullptr ? 0 : impl_->size; }

void Buffer::upload(std::uint64_t offset, const void* from, std::uint64_t size) const {
  if (size == 0) return;
  if (impl_ == nullptr) throw DeviceError("cannot upload to an empty buffer handle");
  impl_->check_range("upload", offset, size);
  DeviceImpl& device = *impl_->device;
  call_device(device, "upload", device.api().upload, impl_->handle, offset, from, size, nullptr);
}

void Buffer::download(std::uint64_t offset, void* to, std::uint64_t size) const {
  if (size == 0) return;
  if (impl_ == nullptr) throw DeviceError("cannot download from an empty buffer handle");
  impl_->check_range("download", offset, size);
  DeviceImpl& device = *impl_->device;
  call_device(device, "download", device.api().download, impl_->handle, offset, to, size, nullptr);
}

// ------------------------------------------------------------------------------------- executable

void ExecutableImpl::bind(std::span<const Binding> bindings) {
  if (bindings.size() != slots.size())
    throw DeviceError(fmt::format("a program of {} slots cannot run with {} bindings", slots.size(),
                                  bindings.size()));
  bound.resize(slots.size());
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const auto& [buffer, offset, size] = bindings[i];
    const SlotFacts& slot = slots[i];
    if (!slot.bound) continue;
    const auto fail = [&](std::string_view problem) {
      throw DeviceError(fmt::format("the binding of slot {} '{}' {}", i, slot.name, problem));
    };
    if (!buffer) fail("has no buffer");
    const BufferImpl& memory = *buffer.impl();
    if (memory.device != device) fail("is a buffer of another device");
    if (memory.handle == nullptr) fail("has no memory");
    if (offset > memory.size || size > memory.size - offset) fail("leaves its buffer");
    const std::uint64_t actual = size == 0 ? memory.size - offset : size;
    if (actual < slot.size)
      fail(fmt::format("has {} bytes, and the slot needs {}", actual, slot.size));
    if (offset % device->facts.limits.offset_alignment != 0)
      fail(fmt::format("begins at byte {}, which is no multiple of {}", offset,
                       device->facts.limits.offset_alignment));
    bound[i] = {memory.handle, offset, actual};
  }
}

std::vector<StepTime> ExecutableImpl::execute(std::span<const Binding> bindings, bool timed) {
  const std::lock_guard lock(device->mutex);
  bind(bindings);
  const asg_backend_api& api = device->api();
  asg_exec_args args{};
  args.struct_size = sizeof args;
  args.flags = timed ? ASG_EXEC_PROFILE : 0;
  args.bindings = bound.data();
  args.n_bindings = static_cast<std::uint32_t>(bound.size());
  const bool has_events = api.event_wait != nullptr && api.event_destroy != nullptr;
  asg_event* event = nullptr;
  std::vector<asg_step_time> times;
  try {
    // Looking at descriptors takes as long as a small step: a program is watched once.
    std::optional<Watch> watch;
    if (!std::exchange(has_run, true)) watch.emplace("execute");
    loader::call_checked("execute", api.execute, handle, &args,
                         timed && has_events ? &event : nullptr);
    if (watch) watch->check();
    if (event == nullptr) return {};
    const std::unique_ptr<asg_event, void (*)(asg_event*)> owner(
        event, static_cast<void (*)(asg_event*)>(api.event_destroy));
    loader::call_checked("event_wait", api.event_wait, event, UINT64_MAX);
    if (api.event_profile == nullptr) return {};
    times.resize(steps.size());
    const std::uint32_t count =
        loader::call("event_profile", api.event_profile, event, times.data(),
                     static_cast<std::uint32_t>(times.size()));
    times.resize(std::min<std::size_t>(count, times.size()));
  } catch (const PluginFailure& failure) {
    raise(*device, failure, steps);
  }
  std::vector<StepTime> result;
  for (const asg_step_time& time : times) result.push_back({time.step, time.begin_ns, time.end_ns});
  return result;
}

void Executable::run(std::span<const Binding> bindings) const {
  if (impl_ == nullptr) throw DeviceError("cannot run an empty program handle");
  static_cast<void>(impl_->execute(bindings, false));
}

std::vector<StepTime> Executable::profile(std::span<const Binding> bindings) const {
  if (impl_ == nullptr) throw DeviceError("cannot run an empty program handle");
  return impl_->execute(bindings, true);
}

// ----------------------------------------------------------------------------------------- device

DeviceImpl& Device::impl() const {
  if (impl_ == nullptr)
    throw DeviceError(
        "this Device is empty, it was moved from or made without one; open_device opens one");
  return *impl_;
}

const std::string& Device::backend_name() const { return impl().backend->plugin().name; }
const std::filesystem::path& Device::backend_file() const { return impl().backend->plugin().file; }
const DeviceDescription& Device::description() const { return impl().facts.description; }
const DeviceLimits& Device::limits() const { return impl().facts.limits; }
const Capabilities& Device::capabilities() const { return impl().facts.capabilities; }

Buffer Device::allocate(std::uint64_t bytes) const {
  static_cast<void>(impl());
  auto buffer = std::make_shared<BufferImpl>(impl_);
  buffer->resize(bytes);
  return Buffer(std::move(buffer));
}

asg_claim_reply Device::claim(const asg_claim_request& request) const {
  DeviceImpl& device = impl();
  asg_claim_reply reply{};
  reply.struct_size = sizeof reply;
  if (device.api().claim == nullptr) return reply;
  call_device(device, "claim", device.api().claim, device.handle, &request, &reply);
  constexpr std::uint32_t most = sizeof reply.in_place / sizeof reply.in_place[0];
  bool valid = reply.n_in_place <= most;
  for (std::uint32_t i = 0; valid && i < reply.n_in_place; ++i)
    valid = reply.in_place[i][0] < request.n_inputs && reply.in_place[i][1] < request.n_outputs;
  if (!valid)
    raise(device, {ASG_INTERNAL, ASG_NO_STEP,
                   fmt::format("its claim of {} pairs inputs and outputs that do not exist",
                               loader::clean_text(request.op))});
  return reply;
}

Executable Device::compile(const asg_program& program) const {
  DeviceImpl& device = impl();
  const DeviceLimits& limits = device.facts.limits;
  if (program.opset > limits.opset || (program.features & ~limits.features) != 0)
    raise(device,
          {ASG_INCOMPATIBLE, ASG_NO_STEP,
           fmt::format("the program needs opset {} and features {:#x}, the plugin has opset "
                       "{} and features {:#x}",
                       program.opset, program.features, limits.opset, limits.features)});
  auto executable = std::make_shared<ExecutableImpl>(impl_);
  for (const asg_step& step : sdk::Span<asg_step>(program.steps))
    executable->steps.push_back({loader::clean_text(step.name), loader::clean_text(step.origin)});
  for (const asg_slot& slot : sdk::Span<asg_slot>(program.slots))
    executable->slots.push_back(
        {loader::clean_text(slot.name), slot.size, slot.role != ASG_SLOT_CONST});
  const asg_backend_api& api = device.api();
  try {
    const std::lock_guard lock(device.mutex);
    const Watch watch("compile");
    loader::call_checked("compile", api.compile, device.handle, &program, nullptr, 0u,
                         &executable->handle);
    watch.check();
  } catch (const PluginFailure& failure) {
    raise(device, failure, executable->steps);
  }
  check_handle(device, "compile", executable->handle);
  return Executable(std::move(executable));
}

}  // namespace asg
