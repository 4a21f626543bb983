// Devices, their memory and the programs compiled for them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <asg/runtime/backends.hpp>
#include <asg/runtime/capabilities.hpp>

// The structs of asg/sdk/backend.h, which only code that makes programs needs.
extern "C" {
struct asg_step_request;
struct asg_claim_reply;
struct asg_program;
}

namespace asg {

struct DeviceImpl;
struct BufferImpl;
struct ExecutableImpl;
class WorkImpl;

struct DeviceOptions {
  int threads = 0;  ///< the most threads to compute with; 0: ASG_NUM_THREADS, or what it prefers
  PluginSearch search;
  /// Of the backend: {"timeout", "5"}. Which it has, BackendListing::options and `asg backends`
  /// say.
  std::vector<std::pair<std::string, std::string>> options = {};
  /// Seconds that work under way may take before the device is given up; 0: ASG_DEVICE_SECONDS, or
  /// 3600. Only work that a backend finishes after the call that asked for it can be given up.
  int time_limit = 0;
};

/// What the planner of programs must respect.
struct DeviceLimits {
  std::uint64_t offset_alignment = 1;    ///< of values in their slots, in bytes
  std::uint64_t max_buffer_size = 0;     ///< bytes; 0 unknown
  std::uint64_t max_value_range = 0;     ///< bytes one value may span; 0 any
  std::uint32_t max_region_buffers = 0;  ///< values one region may touch; 0 any
  std::uint32_t max_region_insts = 0;    ///< 0 any
  std::uint32_t opset = 0;               ///< the highest a program may have
  std::uint64_t features = 0;            ///< the bits a program may set
};

/// Work that was submitted to a device and may not be over. Copies share it; the last one waits
/// when it goes. Work of one device is done in the order in which it was submitted, and so is what
/// the calls do that return when they are done. Threads  any.
class Work {
 public:
  /// Of which nothing is left to do.
  Work() = default;
  explicit Work(std::shared_ptr<WorkImpl> impl) : impl_(std::move(impl)) {}

  /// Errors   DeviceError, and PluginError, of the work; each call throws it. DeviceError when it
  ///          takes longer than DeviceOptions::time_limit: then the device is given up, and every
  ///          later call on it throws.
  void wait() const;

 private:
  std::shared_ptr<WorkImpl> impl_;
};

/// A block of device memory. Copies share it; it keeps its device open.
/// Errors   DeviceError from every function when the device fails or a range lies outside.
/// Threads  any; calls that share a device run one after another.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::shared_ptr<BufferImpl> impl) : impl_(std::move(impl)) {}

  [[nodiscard]] explicit operator bool() const { return impl_ != nullptr; }
  /// Bytes.
  [[nodiscard]] std::uint64_t size() const;
  /// Copies bytes from host memory; done on return.
  void upload(std::uint64_t offset, const void* from, std::uint64_t size) const;
  /// Copies bytes to host memory; done on return.
  void download(std::uint64_t offset, void* to, std::uint64_t size) const;
  /// The same, done when the work is over; until then the host memory must stay as it is.
  [[nodiscard]] Work submit_upload(std::uint64_t offset, const void* from,
                                   std::uint64_t size) const;
  [[nodiscard]] Work submit_download(std::uint64_t offset, void* to, std::uint64_t size) const;
  [[nodiscard]] const std::shared_ptr<BufferImpl>& impl() const { return impl_; }

 private:
  std::shared_ptr<BufferImpl> impl_;
};

/// The part of a buffer that a program's slot is bound to.
struct Binding {
  Buffer buffer;  ///< may be empty for slots with constants, whose bindings are ignored
  std::uint64_t offset = 0;
  std::uint64_t size = 0;  ///< 0: up to the end of the buffer
};

struct StepTime {
  std::uint32_t step = 0;
  std::uint64_t begin_ns = 0;
  std::uint64_t end_ns = 0;
};

/// A program compiled for a device. Copies share it; it keeps its device open.
/// Threads  as for Buffer.
class Executable {
 public:
  Executable() = default;
  explicit Executable(std::shared_ptr<ExecutableImpl> impl) : impl_(std::move(impl)) {}

  [[nodiscard]] explicit operator bool() const { return impl_ != nullptr; }
  /// Runs the program to its end with one binding for each slot.
  /// Errors   DeviceError naming the op and the user's line when the device fails or an index is
  ///          out of range; then the contents of bound buffers are undefined.
  void run(std::span<const Binding> bindings) const;
  /// The same, done when the work is over. An error of the run is one of the work.
  [[nodiscard]] Work submit(std::span<const Binding> bindings) const;
  /// As run, and returns when each step began and ended; nothing when the backend cannot tell.
  [[nodiscard]] std::vector<StepTime> profile(std::span<const Binding> bindings) const;

 private:
  std::shared_ptr<ExecutableImpl> impl_;
};

/// An open device. Copies share it; it closes when the last copy, buffer and executable is gone,
/// and its backend with the last of its devices.
/// Errors   DeviceError from every function of one that was moved from.
/// Threads  any; calls that share a device run one after another.
class Device {
 public:
  explicit Device(std::shared_ptr<DeviceImpl> impl) : impl_(std::move(impl)) {}

  /// False for one that was moved from.
  [[nodiscard]] explicit operator bool() const { return impl_ != nullptr; }
  /// "cpu"
  [[nodiscard]] const std::string& backend_name() const;
  /// The plugin's file.
  [[nodiscard]] const std::filesystem::path& backend_file() const;
  [[nodiscard]] const DeviceDescription& description() const;
  [[nodiscard]] const DeviceLimits& limits() const;
  [[nodiscard]] const Capabilities& capabilities() const;

  /// Memory with undefined contents; `bytes` may be 0.
  /// Errors   DeviceError when there is not enough.
  [[nodiscard]] Buffer allocate(std::uint64_t bytes) const;
  /// Whether and how the backend takes a composite op as one step. Backends that claim nothing
  /// accept nothing.
  [[nodiscard]] asg_claim_reply claim(const asg_step_request& request) const;
  /// Why the backend does not take a step that is no composite and that its capabilities accept, in
  /// its own words; empty when it does.
  [[nodiscard]] std::string refusal(const asg_step_request& request) const;
  /// Compiles a program, of which it keeps nothing.
  /// Errors   PluginError naming the op and the user's line when the backend cannot.
  [[nodiscard]] Executable compile(const asg_program& program) const;

  /// Whether both are the same open device, so that buffers of one fit programs of the other.
  friend bool operator==(const Device& a, const Device& b) { return a.impl_ == b.impl_; }

 private:
  [[nodiscard]] DeviceImpl& impl() const;
  std::shared_ptr<DeviceImpl> impl_;
};

/// Opens a device of a backend: "cpu", "vulkan:1" (by index), "vulkan:0000:01:00.0" (by id), or
/// with the path of a plugin in place of its name. Options of the backend may follow after commas:
/// "vulkan:1,cache=off". Nothing stands for ASG_BACKEND, or "cpu" when that is not set. No
/// other plugin is loaded.
/// Errors   PluginError saying what was searched and why each candidate was refused, or which
///          options the backend has.
[[nodiscard]] Device open_device(std::string_view spec = {}, const DeviceOptions& options = {});

}  // namespace asg
