#include <asg/runtime/device.hpp>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/sdk/program.hpp>

#include "runtime/abi_program.hpp"
#include "runtime/descriptors.hpp"
#include "runtime/device_call.hpp"
#include "runtime/device_impl.hpp"
#include "runtime/plugin_call.hpp"
#include "runtime/refusal.hpp"
#include "runtime/work.hpp"

namespace asg {

struct SlotFacts {
  std::string name;
  std::uint64_t size = 0;
  bool bound = true;  // constants live in the executable
};

namespace {

using loader::PluginFailure;

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

}  // namespace

struct BufferImpl {
  explicit BufferImpl(std::shared_ptr<DeviceImpl> owner) : device(std::move(owner)) {}
  ~BufferImpl() { release(*device, "buffer_destroy", device->api().buffer_destroy, handle); }

  void resize(std::uint64_t bytes);
  void check_range(const char* what, std::uint64_t offset, std::uint64_t bytes) const {
    if (offset > size || bytes > size - offset)
      throw DeviceError(fmt::format("cannot {} {} bytes at offset {} of a buffer of {} bytes ({})",
                                    what, bytes, offset, size, place_of(*device)));
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
  /// nullptr when the work is over.
  [[nodiscard]] asg_event* execute(std::span<const Binding> bindings, bool timed);
  [[nodiscard]] std::vector<StepTime> times_of(asg_event* event);

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
                                  bytes, limits.max_buffer_size, place_of(*device)));
  const asg_backend_api& api = device->api();
  size = 0;
  release(*device, "buffer_destroy", api.buffer_destroy, std::exchange(handle, nullptr));
  // Backends need not know of empty buffers.
  asg_buffer_args args{};
  args.struct_size = sizeof args;
  args.size = std::max<std::uint64_t>(bytes, 1);
  call_device(*device, "buffer_create", api.buffer_create, device->handle, &args, &handle);
  check_handle(*device, "buffer_create", handle);
  size = bytes;
}

void resize_buffer(const Buffer& buffer, std::uint64_t bytes) { buffer.impl()->resize(bytes); }

std::uint64_t Buffer::size() const { return impl_ == nullptr ? 0 : impl_->size; }

namespace {

// An upload only reads what it is given, as the header of the ABI says.
template <class Transfer>
void transfer(const std::shared_ptr<BufferImpl>& buffer, const char* name, Transfer function,
              std::uint64_t offset, const void* host, std::uint64_t size, asg_event** done) {
  if (buffer == nullptr)
    throw DeviceError(
        fmt::format("cannot {} an empty buffer handle",
                    std::string_view(name) == "upload" ? "upload to" : "download from"));
  buffer->check_range(name, offset, size);
  asg_transfer_args args{};
  args.struct_size = sizeof args;
  args.offset = offset;
  args.size = size;
  args.host = const_cast<void*>(host);
  DeviceImpl& device = *buffer->device;
  call_device(device, name, device.api().*function, buffer->handle, &args, done);
}

template <class Transfer>
Work submit(const std::shared_ptr<BufferImpl>& buffer, const char* name, Transfer function,
            std::uint64_t offset, const void* host, std::uint64_t size) {
  if (size == 0) return {};
  asg_event* event = nullptr;
  transfer(buffer, name, function, offset, host, size,
           buffer != nullptr && buffer->device->finishes_late() ? &event : nullptr);
  if (event == nullptr) return {};
  auto work =
      std::make_shared<WorkImpl>(buffer->device, name, event, buffer, std::span<const StepNames>());
  buffer->device->note(work);
  return Work(std::move(work));
}

}  // namespace

// Through the event of a backend that finishes late, so that its time is limited.
void Buffer::upload(std::uint64_t offset, const void* from, std::uint64_t size) const {
  submit_upload(offset, from, size).wait();
}

void Buffer::download(std::uint64_t offset, void* to, std::uint64_t size) const {
  submit_download(offset, to, size).wait();
}

Work Buffer::submit_upload(std::uint64_t offset, const void* from, std::uint64_t size) const {
  return submit(impl_, "upload", &asg_backend_api::upload, offset, from, size);
}

Work Buffer::submit_download(std::uint64_t offset, void* to, std::uint64_t size) const {
  return submit(impl_, "download", &asg_backend_api::download, offset, to, size);
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

asg_event* ExecutableImpl::execute(std::span<const Binding> bindings, bool timed) {
  require_not_given_up(*device);
  const std::lock_guard lock(device->mutex);
  bind(bindings);
  asg_exec_args args{};
  args.struct_size = sizeof args;
  args.flags = timed ? ASG_EXEC_PROFILE : 0;
  args.bindings = span_of(bound);
  asg_event* event = nullptr;
  try {
    // Looking at descriptors takes as long as a small step: a program is watched once.
    std::optional<Watch> watch;
    if (!std::exchange(has_run, true)) watch.emplace("execute");
    loader::call_checked("execute", device->api().execute, handle, &args,
                         device->finishes_late() ? &event : nullptr);
    if (watch) watch->check();
  } catch (const PluginFailure& failure) {
    raise(*device, failure, steps);
  }
  return event;
}

std::vector<StepTime> ExecutableImpl::times_of(asg_event* event) {
  const asg_backend_api& api = device->api();
  if (event == nullptr || api.event_profile == nullptr) return {};
  std::vector<asg_step_time> times(steps.size());
  const asg_room room{times.data(), static_cast<std::uint32_t>(times.size()),
                      sizeof(asg_step_time)};
  const std::uint32_t count = loader::call("event_profile", api.event_profile, event, &room);
  times.resize(std::min<std::size_t>(count, times.size()));
  std::vector<StepTime> result;
  for (const asg_step_time& time : times) result.push_back({time.step, time.begin_ns, time.end_ns});
  return result;
}

void Executable::run(std::span<const Binding> bindings) const { submit(bindings).wait(); }

Work Executable::submit(std::span<const Binding> bindings) const {
  if (impl_ == nullptr) throw DeviceError("cannot run an empty program handle");
  asg_event* const event = impl_->execute(bindings, false);
  if (event == nullptr) return {};
  auto work = std::make_shared<WorkImpl>(impl_->device, "execute", event, impl_, impl_->steps);
  impl_->device->note(work);
  return Work(std::move(work));
}

std::vector<StepTime> Executable::profile(std::span<const Binding> bindings) const {
  if (impl_ == nullptr) throw DeviceError("cannot run an empty program handle");
  asg_event* const event = impl_->execute(bindings, true);
  if (event == nullptr) return {};
  const auto work =
      std::make_shared<WorkImpl>(impl_->device, "execute", event, impl_, impl_->steps);
  impl_->device->note(work);
  std::vector<StepTime> times;
  work->wait([&](asg_event* over) { times = impl_->times_of(over); });
  return times;
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

asg_claim_reply Device::claim(const asg_step_request& request) const {
  DeviceImpl& device = impl();
  asg_claim_reply reply{};
  reply.struct_size = sizeof reply;
  if (device.api().claim == nullptr) return reply;
  call_device(device, "claim", device.api().claim, device.handle, &request, &reply);
  return reply;
}

std::string Device::refusal(const asg_step_request& request) const {
  DeviceImpl& device = impl();
  if (device.api().supports == nullptr) return {};
  try {
    const std::lock_guard lock(device.mutex);
    loader::call_checked("supports", device.api().supports, device.handle, &request);
    return {};
  } catch (const PluginFailure& failure) {
    if (failure.code == ASG_UNSUPPORTED) return failure.message;
    raise(device, failure);
  }
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
    asg_compile_args args{};
    args.struct_size = sizeof args;
    args.program = &program;
    loader::call_checked("compile", api.compile, device.handle, &args, &executable->handle);
    watch.check();
  } catch (const PluginFailure& failure) {
    raise(device, failure, executable->steps);
  }
  check_handle(device, "compile", executable->handle);
  return Executable(std::move(executable));
}

}  // namespace asg
