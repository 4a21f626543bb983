#include "check/bare_device.hpp"

#include <utility>

#include "runtime/abi_program.hpp"
#include "runtime/plugin_call.hpp"

namespace asg::proof {

using loader::call, loader::call_checked;

namespace {

// From destructors: what a plugin does wrong there the log says, which the session listens to.
template <class Function, class Handle>
void give_back(const char* name, Function function, Handle handle) {
  if (handle != nullptr) loader::call_quietly(late_failures, name, function, handle);
}

template <class Handle>
void require_handle(const char* function, Handle handle) {
  if (handle == nullptr)
    throw loader::PluginFailure(ASG_INTERNAL, ASG_NO_STEP,
                                std::string(function) + " reported success but gave nothing");
}

asg_transfer_args transfer(std::uint64_t offset, void* host, std::uint64_t size) {
  asg_transfer_args args{};
  args.struct_size = sizeof args;
  args.offset = offset;
  args.size = size;
  args.host = host;
  return args;
}

}  // namespace

BareDevice::BareDevice(std::shared_ptr<loader::Backend> backend, std::uint32_t index,
                       const loader::OptionList& options)
    : backend_(std::move(backend)) {
  std::vector<asg_option> given;
  for (const auto& [key, value] : options) given.push_back({key.c_str(), value.c_str()});
  asg_open_args args{};
  args.struct_size = sizeof args;
  args.index = index;
  args.options = span_of(given);
  call_checked("device_open", api().device_open, backend_->handle(), &args, &handle_);
  require_handle("device_open", handle_);
  facts_ = loader::read_device(*backend_, index, handle_);
}

BareDevice::~BareDevice() { give_back("device_close", api().device_close, handle_); }

BareBuffer::BareBuffer(const BareDevice& device, std::uint64_t size)
    : device_(&device), size_(size) {
  asg_buffer_args args{};
  args.struct_size = sizeof args;
  args.size = size;
  call_checked("buffer_create", device.api().buffer_create, device.handle(), &args, &handle_);
  require_handle("buffer_create", handle_);
}

BareBuffer::~BareBuffer() { give_back("buffer_destroy", device_->api().buffer_destroy, handle_); }

asg_event* BareBuffer::upload(std::uint64_t offset, const void* from, std::uint64_t size,
                              bool may_go_on) const {
  // Only read, as the header says.
  const asg_transfer_args args = transfer(offset, const_cast<void*>(from), size);
  asg_event* event = nullptr;
  call_checked("upload", device_->api().upload, handle_, &args, may_go_on ? &event : nullptr);
  return event;
}

asg_event* BareBuffer::download(std::uint64_t offset, void* to, std::uint64_t size,
                                bool may_go_on) const {
  const asg_transfer_args args = transfer(offset, to, size);
  asg_event* event = nullptr;
  call_checked("download", device_->api().download, handle_, &args, may_go_on ? &event : nullptr);
  return event;
}

BareExecutable::BareExecutable(const BareDevice& device, const asg_program& program)
    : device_(&device) {
  asg_compile_args args{};
  args.struct_size = sizeof args;
  args.program = &program;
  call_checked("compile", device.api().compile, device.handle(), &args, &handle_);
  require_handle("compile", handle_);
}

BareExecutable::~BareExecutable() {
  give_back("executable_destroy", device_->api().executable_destroy, handle_);
}

asg_event* BareExecutable::execute(const std::vector<asg_binding>& bindings, bool may_go_on,
                                   std::uint32_t flags) const {
  asg_exec_args args{};
  args.struct_size = sizeof args;
  args.flags = flags;
  args.bindings = span_of(bindings);
  asg_event* event = nullptr;
  call_checked("execute", device_->api().execute, handle_, &args, may_go_on ? &event : nullptr);
  return event;
}

}  // namespace asg::proof
