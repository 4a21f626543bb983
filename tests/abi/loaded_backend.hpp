// Loads a plugin with dlopen and runs programs on its first device.
//
//   LoadedBackend backend(path);
//   Execution run(backend, program.build());
//   run.set(x, std::vector<float>{...});
//   run.execute();
//   std::vector<float> y = run.get<float>(y);
#pragma once

#include <dlfcn.h>

#include <cstdint>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <asg/sdk/backend.h>
#include <asg/sdk/program.hpp>

#include "check/program_builder.hpp"

namespace asg::testing {

using namespace proof;  // programs made by hand

/// A call into the plugin that failed.
struct Failure : std::runtime_error {
  explicit Failure(asg_status code, const asg_error& error)
      : std::runtime_error(error.message), status(code), step(error.step) {}
  asg_status status;
  uint32_t step;
};

inline asg_error empty_error() {
  asg_error error{};
  error.struct_size = sizeof error;
  error.step = ASG_NO_STEP;
  return error;
}

/// Makes a call that takes an asg_error* and throws when it fails.
template <class F>
void checked(F&& call) {
  asg_error error = empty_error();
  const asg_status status = call(&error);
  if (status != ASG_OK) throw Failure(status, error);
}

/// What the host has beyond the contract.
struct Services {
  void* ctx = nullptr;
  ASG_FN(const void*, extension, void* ctx, const char* id) = nothing;

  static const void* ASG_CALL nothing(void*, const char*) ASG_NOEXCEPT { return nullptr; }
  /// Those of tests that say nothing else: none, where a program has no others.
  static Services& usual() {
    static Services services;
    return services;
  }
};

class LoadedBackend {
 public:
  explicit LoadedBackend(const std::string& path, const std::vector<asg_option>& options = {},
                         const Services& services = Services::usual()) {
    host_.ctx = services.ctx;
    host_.get_extension = services.extension;
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) throw std::runtime_error(dlerror());
    auto entry = reinterpret_cast<asg_backend_entry>(dlsym(library, ASG_ENTRY_SYMBOL));
    if (entry == nullptr) throw std::runtime_error(path + " has no " ASG_ENTRY_SYMBOL);
    asg_error error = empty_error();
    api_ = entry(&host_, &error);
    if (api_ == nullptr) throw std::runtime_error(error.message);
    checked([&](asg_error* e) { return api_->create(&host_, &backend_, e); });
    try {
      if (api_->device_count(backend_) == 0) throw Failure(ASG_UNAVAILABLE, error);
      asg_open_args args{};
      args.struct_size = sizeof args;
      args.options = {options.data(), static_cast<uint32_t>(options.size()), sizeof(asg_option)};
      checked([&](asg_error* e) { return api_->device_open(backend_, &args, &device_, e); });
    } catch (...) {
      api_->destroy(backend_);
      throw;
    }
  }
  LoadedBackend(const LoadedBackend&) = delete;
  LoadedBackend& operator=(const LoadedBackend&) = delete;
  ~LoadedBackend() {
    api_->device_close(device_);
    api_->destroy(backend_);
  }

  const asg_backend_api& api() const { return *api_; }
  asg_backend* backend() const { return backend_; }
  asg_device* device() const { return device_; }
  const asg_host& host() const { return host_; }
  asg_device_info info() const {
    asg_device_info info{};
    info.struct_size = sizeof info;
    checked([&](asg_error* e) { return api_->device_info(backend_, 0, &info, e); });
    return info;
  }

  asg_buffer* create_buffer(uint64_t size) const {
    asg_buffer_args args{};
    args.struct_size = sizeof args;
    args.size = size;
    asg_buffer* buffer = nullptr;
    checked([&](asg_error* e) { return api_->buffer_create(device_, &args, &buffer, e); });
    return buffer;
  }
  void upload(asg_buffer* buffer, uint64_t offset, const void* from, uint64_t size,
              asg_event** done = nullptr) const {
    const asg_transfer_args args = transfer(offset, const_cast<void*>(from), size);
    checked([&](asg_error* e) { return api_->upload(buffer, &args, done, e); });
  }
  void download(asg_buffer* buffer, uint64_t offset, void* to, uint64_t size,
                asg_event** done = nullptr) const {
    const asg_transfer_args args = transfer(offset, to, size);
    checked([&](asg_error* e) { return api_->download(buffer, &args, done, e); });
  }
  asg_executable* compile(const asg_program& program) const {
    asg_compile_args args{};
    args.struct_size = sizeof args;
    args.program = &program;
    asg_executable* executable = nullptr;
    checked([&](asg_error* e) { return api_->compile(device_, &args, &executable, e); });
    return executable;
  }

 private:
  static asg_transfer_args transfer(uint64_t offset, void* host, uint64_t size) {
    asg_transfer_args args{};
    args.struct_size = sizeof args;
    args.offset = offset;
    args.size = size;
    args.host = host;
    return args;
  }
  static void log(void*, uint32_t, const char*) ASG_NOEXCEPT {}

  asg_host host_{sizeof(asg_host), ASG_ABI_MINOR, 0, nullptr, "test", "0", log, nullptr};
  const asg_backend_api* api_ = nullptr;
  asg_backend* backend_ = nullptr;
  asg_device* device_ = nullptr;
};

/// What all cases of a test program share, kept until the process is gone: a device is not to be
/// closed by the destructor of a static object, because static objects that its driver or a layer
/// made at a later call are destroyed first.
template <class T, class... A>
const T& kept(A&&... arguments) {
  return *new T(std::forward<A>(arguments)...);
}

/// A compiled program with a buffer for every slot.
class Execution {
 public:
  Execution(const LoadedBackend& backend, const asg_program& program)
      : backend_(backend), api_(backend.api()), program_(program) {
    executable_ = backend.compile(program);
    for (const asg_slot& slot : sdk::Span<asg_slot>(program.slots)) {
      asg_buffer* buffer = nullptr;
      if (slot.role != ASG_SLOT_CONST && slot.size > 0) {
        buffer = backend.create_buffer(slot.size);
        // Contents of the arena and of outputs are undefined: make that visible.
        const std::vector<unsigned char> garbage(slot.size, 0xcd);
        backend.upload(buffer, 0, garbage.data(), slot.size);
      }
      bindings.push_back({buffer, 0, slot.size});
    }
  }
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;
  ~Execution() {
    for (const asg_binding& binding : bindings)
      if (binding.buffer != nullptr) api_.buffer_destroy(binding.buffer);
    if (executable_ != nullptr) api_.executable_destroy(executable_);
  }

  /// Writes the whole slot of a value; its own shape and strides play no part.
  template <class T>
  Execution& set(ValueId id, const std::vector<T>& data) {
    const std::vector<Stored<T>> bytes(data.begin(), data.end());
    const asg_binding& binding = bindings[slot_of(id)];
    if (bytes.size() * sizeof(T) != binding.size)
      throw std::logic_error("the data do not fill the slot");
    if (binding.size > 0) backend_.upload(binding.buffer, 0, bytes.data(), binding.size);
    return *this;
  }
  Execution& execute(asg_event** done = nullptr, uint32_t flags = 0) {
    asg_exec_args args{};
    args.struct_size = sizeof args;
    args.flags = flags;
    args.bindings = {bindings.data(), static_cast<uint32_t>(bindings.size()), sizeof(asg_binding)};
    checked([&](asg_error* e) { return api_.execute(executable_, &args, done, e); });
    return *this;
  }
  /// Reads the whole slot of a value.
  template <class T>
  std::vector<T> get(ValueId id) const {
    const asg_binding& binding = bindings[slot_of(id)];
    std::vector<Stored<T>> data(binding.size / sizeof(T));
    if (binding.size > 0) backend_.download(binding.buffer, 0, data.data(), binding.size);
    return std::vector<T>(data.begin(), data.end());
  }

  asg_executable* executable() const { return executable_; }
  std::vector<asg_binding> bindings;

 private:
  // std::vector<bool> is no array of bytes.
  template <class T>
  using Stored = std::conditional_t<std::is_same_v<T, bool>, uint8_t, T>;

  uint32_t slot_of(ValueId id) const {
    return sdk::Span<asg_value>(program_.values)[id.index].slot;
  }

  const LoadedBackend& backend_;
  const asg_backend_api& api_;
  const asg_program& program_;
  asg_executable* executable_ = nullptr;
};

}  // namespace asg::testing
