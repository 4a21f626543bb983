// State: the variables of a model, on a device, apart from the programs that use them.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <asg/graph/array.hpp>
#include <asg/runtime/device.hpp>

namespace asg {

/// Named tensors in device memory. Training, evaluation and generation share one State.
/// Errors   StateError from every function of one that was moved from.
/// Memory   owns its buffers; movable, not copyable (copy with clone).
/// Threads  one at a time.
class State {
 public:
  /// Errors   DeviceError when the device is empty.
  explicit State(Device device);
  State(State&& other) noexcept;
  State& operator=(State&& other) noexcept;

  [[nodiscard]] const Device& device() const;
  [[nodiscard]] bool has(std::string_view name) const;
  /// Sorted.
  [[nodiscard]] std::vector<std::string> names() const;
  /// Errors   StateError naming what there is when the name is unknown (for all functions below).
  [[nodiscard]] const TensorType& type(std::string_view name) const;
  /// Whether a tensor has elements of that type.
  [[nodiscard]] bool has_elements(DType dtype) const;
  /// A copy in host memory.
  [[nodiscard]] Array get(std::string_view name) const;
  /// Creates the tensor or overwrites it.
  /// Errors   StateError when it exists with another type.
  void set(std::string_view name, const Array& value);
  void erase(std::string_view name);
  [[nodiscard]] const Buffer& buffer(std::string_view name) const;
  /// Everything in host memory, by name.
  [[nodiscard]] std::map<std::string, Array> to_host() const;
  /// The same tensors in memory of their own, on this or another device.
  [[nodiscard]] State clone(const Device& device) const;
  /// Bytes of all tensors.
  [[nodiscard]] std::uint64_t size_bytes() const;

  /// Changes whenever a name gets another buffer: programs keep their bindings until then.
  [[nodiscard]] std::uint64_t version() const {
    require_made();
    return version_;
  }

 private:
  struct Entry {
    TensorType type;
    Buffer buffer;
  };
  [[nodiscard]] const Entry& find(std::string_view name) const;
  void touch();
  void require_made() const {
    if (version_ == 0) throw_empty();
  }
  [[noreturn]] static void throw_empty();

  Device device_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::uint64_t version_ = 0;  // 0 when it was moved from
};

}  // namespace asg
