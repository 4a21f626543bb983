// asg/sdk/backend.hpp - header-only C++17 glue over asg/sdk/backend.h: derive from Backend,
// Device, Buffer and Executable, write ASG_BACKEND(YourBackend), and the C table is there.
// Nothing here crosses the boundary: virtual calls, exceptions and containers stay inside.
//
// A plugin that works in host memory derives from HostBackend instead: asg/sdk/host_backend.hpp.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <asg/sdk/backend.h>
#include <asg/sdk/error.hpp>
#include <asg/sdk/program_copy.hpp>

namespace asg::sdk {

#if defined(__has_feature)
#define ASG_HAS_FEATURE(x) __has_feature(x)
#else
#define ASG_HAS_FEATURE(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || ASG_HAS_FEATURE(address_sanitizer)
inline constexpr uint32_t address_sanitizer = ASG_SANITIZE_ADDRESS;
#else
inline constexpr uint32_t address_sanitizer = 0;
#endif
#if defined(__SANITIZE_THREAD__) || ASG_HAS_FEATURE(thread_sanitizer)
inline constexpr uint32_t thread_sanitizer = ASG_SANITIZE_THREAD;
#else
inline constexpr uint32_t thread_sanitizer = 0;
#endif
#undef ASG_HAS_FEATURE

/// Fills an asg_backend_info with what the compiler and this header know.
/// `options` is an array that lives as long as the program.
template <std::size_t n>
constexpr asg_backend_info backend_info(const char* name, const char* version, const char* vendor,
                                        const char* description,
                                        const asg_option_info (&options)[n]) {
  return {sizeof(asg_backend_info),
          ASG_OPSET,
          0,
          name,
          version,
          vendor,
          description,
          {options, static_cast<uint32_t>(n), sizeof(asg_option_info)},
          address_sanitizer | thread_sanitizer,
          0};
}
/// A backend without options.
constexpr asg_backend_info backend_info(const char* name, const char* version, const char* vendor,
                                        const char* description) {
  return {sizeof(asg_backend_info),
          ASG_OPSET,
          0,
          name,
          version,
          vendor,
          description,
          {nullptr, 0, sizeof(asg_option_info)},
          address_sanitizer | thread_sanitizer,
          0};
}

/// Options given by the user, valid during the call.
class Options {
 public:
  Options() = default;
  explicit Options(const asg_span& given) : given_(given) {}
  Span<asg_option>::Iterator begin() const { return given_.begin(); }
  Span<asg_option>::Iterator end() const { return given_.end(); }
  /// The value of that option, or nullptr.
  const char* find(const char* key) const {
    for (const asg_option& option : *this)
      if (std::strcmp(option.key, key) == 0) return option.value;
    return nullptr;
  }

 private:
  Span<asg_option> given_ = asg_span{nullptr, 0, sizeof(asg_option)};
};

/// The host's services.  Threads: any.
class Host {
 public:
  explicit Host(const asg_host& host) : host_(&host) {}
  const asg_host& get() const { return *host_; }
  void log(uint32_t level, const std::string& message) const {
    host_->log(host_->ctx, level, message.c_str());
  }
  const void* extension(const char* id) const { return host_->get_extension(host_->ctx, id); }

 private:
  const asg_host* host_;
};

// --------------------------------------------------------- what a plugin derives from

/// Work under way.  A synchronous plugin has none and returns nullptr wherever one is asked for.
class Event {
 public:
  virtual ~Event() = default;
  /// Waits; false when the time is over first.  Throws what went wrong in the work.  Threads: any.
  virtual bool wait(uint64_t timeout_ns) = 0;
  /// Times of the steps of an execution that ran with ASG_EXEC_PROFILE and is over.
  virtual std::vector<asg_step_time> profile() { return {}; }
};

class Buffer {
 public:
  virtual ~Buffer() = default;
  /// Errors: ASG_INVALID_ARGUMENT for a range outside the buffer.
  virtual std::unique_ptr<Event> upload(uint64_t offset, const void* from, uint64_t size) = 0;
  virtual std::unique_ptr<Event> download(uint64_t offset, void* to, uint64_t size) = 0;
};

/// asg_exec_args with the fields that an older host does not know set to zero.
using ExecArgs = asg_exec_args;

class Executable {
 public:
  virtual ~Executable() = default;
  /// Returns nullptr when the work is done, an event when it is under way.
  virtual std::unique_ptr<Event> execute(const ExecArgs& args) = 0;
};

class Device {
 public:
  virtual ~Device() = default;
  virtual std::unique_ptr<Buffer> create_buffer(uint64_t size) = 0;
  /// `program` lives for the call only: keep a ProgramCopy.
  virtual std::unique_ptr<Executable> compile(const asg_program& program) = 0;
  /// Sets reply.accepted for a composite that compile takes as one step; a pure function.
  virtual void claim(const asg_step_request&, asg_claim_reply&) const {}
  /// Throws ASG_UNSUPPORTED for a step that the rows accept and that is too much all the same.
  virtual void supports(const asg_step_request&) const {}
  /// Corrects what Backend::describe has said, where the options it was opened with change that.
  virtual void describe(asg_device_info&) const {}
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual uint32_t device_count() const { return 1; }
  virtual void describe(uint32_t index, asg_device_info& info) const = 0;
  virtual std::unique_ptr<Device> open(uint32_t index, const Options& options) = 0;
  virtual const void* extension(const char*) { return nullptr; }
};

inline Buffer* buffer_of(const asg_binding& binding) {
  return reinterpret_cast<Buffer*>(binding.buffer);
}

// ----------------------------------------------------------------- the C table

/// An open device and what it was opened as.
struct OpenDevice {
  std::unique_ptr<Device> device;
  const Backend* backend;
  uint32_t index;
};

/// The function table for B, a Backend with `static const asg_backend_info info` and a constructor
/// B(const asg_host&).
template <class B>
class Table {
 public:
  static constexpr asg_backend_api api();

 private:
  // Handles are pointers to the base classes above, never to B or its own classes.
  template <class Handle, class T>
  static Handle* give(std::unique_ptr<T> object) {
    return reinterpret_cast<Handle*>(object.release());
  }
  static Backend* get(asg_backend* p) { return reinterpret_cast<Backend*>(p); }
  static OpenDevice* opened(asg_device* p) { return reinterpret_cast<OpenDevice*>(p); }
  static Device* get(asg_device* p) { return opened(p)->device.get(); }
  static Buffer* get(asg_buffer* p) { return reinterpret_cast<Buffer*>(p); }
  static Executable* get(asg_executable* p) { return reinterpret_cast<Executable*>(p); }
  static Event* get(asg_event* p) { return reinterpret_cast<Event*>(p); }

  /// Copies the part of `from` that fits into the host's struct and says how much that was.
  template <class T>
  static void fill(T* to, T from) {
    from.struct_size = std::min<uint32_t>(to->struct_size, sizeof(T));
    std::memcpy(static_cast<void*>(to), &from, from.struct_size);
  }
  template <class T>
  static T read(const T* from) {
    T copy{};
    std::memcpy(static_cast<void*>(&copy), from,
                std::min<std::size_t>(from->struct_size, sizeof copy));
    copy.struct_size = sizeof copy;
    return copy;
  }
  /// The arguments of a call, once none of them is beyond this plugin.
  template <class T>
  static T arguments(const T* from) {
    T copy = read(from);
    if ((copy.features & ~B::info.features) != 0)
      throw Error(ASG_INCOMPATIBLE, "the call uses features that this plugin does not know");
    return copy;
  }
  static void finish(std::unique_ptr<Event> event, asg_event** done) {
    if (done != nullptr)
      *done = give<asg_event>(std::move(event));
    else if (event != nullptr && !event->wait(UINT64_MAX))
      throw Error(ASG_TIMEOUT, "the work did not finish");
  }

  static asg_status ASG_CALL create(const asg_host* host, asg_backend** out,
                                    asg_error* err) noexcept {
    return guard(err, [&] {
      std::unique_ptr<Backend> backend = std::make_unique<B>(*host);
      *out = give<asg_backend>(std::move(backend));
    });
  }
  static void ASG_CALL destroy(asg_backend* p) noexcept { delete get(p); }
  static const void* ASG_CALL get_extension(asg_backend* p, const char* id) noexcept {
    const void* result = nullptr;
    guard(nullptr, [&] { result = get(p)->extension(id); });
    return result;
  }
  static uint32_t ASG_CALL device_count(asg_backend* p) noexcept {
    uint32_t count = 0;
    guard(nullptr, [&] { count = get(p)->device_count(); });
    return count;
  }
  static void check_device(asg_backend* p, uint32_t index) {
    const uint32_t count = get(p)->device_count();
    if (index >= count)
      throw Error(ASG_INVALID_ARGUMENT, "device " + std::to_string(index) + " of " +
                                            std::to_string(count) + " does not exist");
  }
  static asg_status ASG_CALL device_info(asg_backend* p, uint32_t index, asg_device_info* out,
                                         asg_error* err) noexcept {
    return guard(err, [&] {
      check_device(p, index);
      asg_device_info info{};
      get(p)->describe(index, info);
      fill(out, info);
    });
  }
  static asg_status ASG_CALL device_open(asg_backend* p, const asg_open_args* args,
                                         asg_device** out, asg_error* err) noexcept {
    return guard(err, [&] {
      const asg_open_args open = arguments(args);
      check_device(p, open.index);
      const Options options(open.options);
      check_options(options);
      auto device = std::make_unique<OpenDevice>();
      *device = {get(p)->open(open.index, options), get(p), open.index};
      *out = give<asg_device>(std::move(device));
    });
  }
  /// The host has looked already; a host that has not gets the same answer.
  static void check_options(const Options& options) {
    const Span<asg_option_info> known(B::info.options);
    for (const asg_option& option : options) {
      std::string list;
      bool found = false;
      for (const asg_option_info& info : known) {
        found |= std::strcmp(option.key, info.key) == 0;
        list += (list.empty() ? "" : ", ") + std::string(info.key);
      }
      if (!found)
        throw Error(ASG_INVALID_ARGUMENT, std::string("unknown option '") + option.key +
                                              "'; this backend knows " +
                                              (list.empty() ? "no options" : list));
    }
  }
  static void ASG_CALL device_close(asg_device* p) noexcept { delete opened(p); }
  static asg_status ASG_CALL opened_info(asg_device* p, asg_device_info* out,
                                         asg_error* err) noexcept {
    return guard(err, [&] {
      asg_device_info info{};
      opened(p)->backend->describe(opened(p)->index, info);
      get(p)->describe(info);
      fill(out, info);
    });
  }
  static asg_status ASG_CALL claim(asg_device* p, const asg_step_request* request,
                                   asg_claim_reply* reply, asg_error* err) noexcept {
    return guard(err, [&] {
      asg_claim_reply full{};
      get(p)->claim(arguments(request), full);
      fill(reply, full);
    });
  }
  static asg_status ASG_CALL supports(asg_device* p, const asg_step_request* request,
                                      asg_error* err) noexcept {
    return guard(err, [&] { get(p)->supports(arguments(request)); });
  }
  static asg_status ASG_CALL compile(asg_device* p, const asg_compile_args* args,
                                     asg_executable** out, asg_error* err) noexcept {
    return guard(err, [&] {
      const asg_program& program = *arguments(args).program;
      if (program.opset > B::info.opset)
        throw Error(ASG_INCOMPATIBLE, "the program needs opset " + std::to_string(program.opset) +
                                          ", this plugin knows " + std::to_string(B::info.opset));
      if ((program.features & ~B::info.features) != 0)
        throw Error(ASG_INCOMPATIBLE, "the program uses features unknown to this plugin");
      *out = give<asg_executable>(get(p)->compile(program));
    });
  }
  static void ASG_CALL executable_destroy(asg_executable* p) noexcept { delete get(p); }
  static asg_status ASG_CALL buffer_create(asg_device* p, const asg_buffer_args* args,
                                           asg_buffer** out, asg_error* err) noexcept {
    return guard(err, [&] {
      const uint64_t size = arguments(args).size;
      if (size == 0) throw Error(ASG_INVALID_ARGUMENT, "a buffer must have at least one byte");
      *out = give<asg_buffer>(get(p)->create_buffer(size));
    });
  }
  static void ASG_CALL buffer_destroy(asg_buffer* p) noexcept { delete get(p); }
  static asg_status ASG_CALL upload(asg_buffer* p, const asg_transfer_args* args, asg_event** done,
                                    asg_error* err) noexcept {
    if (done != nullptr) *done = nullptr;
    return guard(err, [&] {
      const asg_transfer_args copy = arguments(args);
      finish(get(p)->upload(copy.offset, copy.host, copy.size), done);
    });
  }
  static asg_status ASG_CALL download(asg_buffer* p, const asg_transfer_args* args,
                                      asg_event** done, asg_error* err) noexcept {
    if (done != nullptr) *done = nullptr;
    return guard(err, [&] {
      const asg_transfer_args copy = arguments(args);
      finish(get(p)->download(copy.offset, copy.host, copy.size), done);
    });
  }
  static asg_status ASG_CALL execute(asg_executable* p, const asg_exec_args* args, asg_event** done,
                                     asg_error* err) noexcept {
    if (done != nullptr) *done = nullptr;
    return guard(err, [&] { finish(get(p)->execute(arguments(args)), done); });
  }
  static asg_status ASG_CALL event_wait(asg_event* p, uint64_t timeout_ns,
                                        asg_error* err) noexcept {
    return guard(err, [&] {
      if (!get(p)->wait(timeout_ns)) throw Error(ASG_TIMEOUT, "the work is not finished yet");
    });
  }
  static uint32_t ASG_CALL event_profile(asg_event* p, const asg_room* out) noexcept {
    uint32_t count = 0;
    guard(nullptr, [&] {
      const std::vector<asg_step_time> times = get(p)->profile();
      count = static_cast<uint32_t>(times.size());
      const std::size_t known = std::min<std::size_t>(out->stride, sizeof(asg_step_time));
      for (uint32_t i = 0; i < std::min(count, out->count); ++i)
        std::memcpy(static_cast<char*>(out->data) + std::size_t{i} * out->stride, &times[i], known);
    });
    return count;
  }
  static void ASG_CALL event_destroy(asg_event* p) noexcept { delete get(p); }
};

template <class B>
constexpr asg_backend_api Table<B>::api() {
  return {sizeof(asg_backend_api),
          ASG_ABI_MINOR,
          &B::info,
          create,
          destroy,
          get_extension,
          device_count,
          device_info,
          device_open,
          device_close,
          opened_info,
          claim,
          supports,
          compile,
          executable_destroy,
          buffer_create,
          buffer_destroy,
          upload,
          download,
          execute,
          event_wait,
          event_profile,
          event_destroy};
}

}  // namespace asg::sdk

/// Exports the entry point of the plugin whose backend class is B.
#define ASG_BACKEND(B)                                                                            \
  extern "C" ASG_EXPORT const asg_backend_api* ASG_CALL asg_backend_v1(const asg_host*,           \
                                                                       asg_error*) ASG_NOEXCEPT { \
    static constexpr asg_backend_api api = ::asg::sdk::Table<B>::api();                           \
    return &api;                                                                                  \
  }
