// Puts a compute shader together: buffers, functions of the prelude that are used, the body.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "glsl/iterations.hpp"
#include "kernel.hpp"

namespace asg::vulkan {

/// offset + sum(strides[d] * names[d]) in 32-bit arithmetic, which wraps: what indexes a buffer
/// does not leave it, whatever the parts do.
std::string affine(int64_t offset, const int64_t* strides, const std::vector<std::string>& names);

class Shader {
 public:
  Shader(const StepContext& context, uint32_t group_size)
      : context_(context), group_size_(group_size) {}

  /// A buffer, and the number of the value's element 0 in it.
  struct Elements {
    std::string name;
    int64_t base;
    uint32_t dtype;
    std::string start = {};  ///< an expression that is added to every index
    bool kept = false;       ///< nothing is stored after a report of a wrong index
    /// The element, as a register has it.
    std::string load(const std::string& index) const;
    std::string store(const std::string& index, const std::string& value) const;
  };
  /// A part of the step's temporary memory, an array of uint.
  struct Words {
    std::string name;
    uint32_t dtype;
    /// The element, as a register has it.
    std::string load(const std::string& number) const;
    std::string store(const std::string& number, const std::string& value) const;
  };
  /// The value for reading or for writing; asked twice, it is the same buffer.
  /// Errors: ASG_UNSUPPORTED when the value spans more bytes than the device's shaders reach.
  Elements value(uint32_t index, bool writes);
  /// Whether the value is part of the state, in a program that may meet a wrong index: then it
  /// stays as it is from the first report on.
  bool keeps(uint32_t value) const;
  /// The range of a value that shaders see, and the number of its element 0 there.
  RegionInstance::Place place_of(uint32_t value) const;
  /// The values that all instances have in one place; `start` is where the instance's one begins.
  Elements place(uint32_t number, uint32_t dtype, const std::string& start, bool writes,
                 bool keeps);
  /// The words that say which instance a workgroup serves, and where its values begin; see
  /// RegionInstance.
  std::string table();
  Words temporary(const Temporary& memory, bool writes);
  /// A statement that reports an index outside [0, extent) when `condition` is true.
  std::string report(const std::string& condition, const std::string& index, uint32_t dtype,
                     int64_t extent);

  /// Adds GLSL to main: as it stands or, with arguments, as fmt puts them in the place of each {}.
  void print(std::string_view glsl) { append(body_, glsl); }
  template <class First, class... Rest>
  void print(fmt::format_string<First, Rest...> glsl, First&& first, Rest&&... rest) {
    append(body_, fmt::format(glsl, std::forward<First>(first), std::forward<Rest>(rest)...));
  }
  /// Adds GLSL before main.
  void global(std::string_view glsl) { append(globals_, glsl); }

  /// The finished shader.  Its threads have `group` (of all dispatches together) and `thread`.
  /// Errors: ASG_UNSUPPORTED when its loops may run more often than the device is trusted with.
  Dispatch finish(uint64_t groups, bool barrier);
  /// How often they run at most, as far as they are printed.
  uint64_t iterations() const { return vulkan::iterations(program()); }

  const StepContext& context() const { return context_; }
  uint32_t group_size() const { return group_size_; }

 private:
  std::string add(Binding binding, const std::string& element, bool writes);
  void check_range(const Binding& binding) const;
  std::string program() const;
  static void append(std::string& to, std::string_view glsl) { (to += glsl) += '\n'; }

  const StepContext& context_;
  uint32_t group_size_;
  struct Buffer {
    Binding binding;
    std::string element;
  };
  std::vector<Buffer> buffers_;
  bool errors_ = false, keeps_ = false;
  std::string globals_, body_;
};

}  // namespace asg::vulkan
