// What a step becomes: dispatches of generated shaders.  Nothing of Vulkan's own types.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <asg/sdk/backend.h>
#include <asg/sdk/host_kernel.hpp>
#include <asg/sdk/program_copy.hpp>
#include <asg/sdk/step_forms.hpp>

#include "traits.hpp"

namespace asg::vulkan {

/// A range of memory that a shader sees as one storage buffer.
struct Binding {
  /// `place`: what holds the values that all instances have in one place of theirs; `table`: where
  /// these lie in it.
  enum class Kind : uint8_t { value, temporary, errors, place, table };
  Kind kind = Kind::value;
  uint32_t slot = 0;  ///< of a value; the number of a place
  uint64_t begin = 0, size = 0;
  bool writes = false;
  bool operator==(const Binding&) const = default;
};

/// One run of a shader that serves many, each over values of its own.  Its row of the table is:
/// its first workgroup, its length, the element of each place's binding where its value begins.
inline constexpr uint32_t instance_header = 2;
struct RegionInstance {
  struct Place {
    Binding range;  ///< of the value
    int64_t base;   ///< the number of element 0 in it
    uint32_t element_size;
  };
  uint32_t length = 0;  ///< points
  std::vector<Place> places;
};

/// One shader run over a number of workgroups.
struct Dispatch {
  std::string source;
  std::vector<Binding> bindings;
  uint64_t groups = 0;
  uint32_t count = 0;    ///< the push constant `count`, for shaders that serve several sizes
  uint32_t part = 0;     ///< the push constant `part`; see glsl/parts.hpp
  bool barrier = false;  ///< it reads what an earlier dispatch of the same step wrote
  uint32_t group_size = 0;
  /// Where there are any, the dispatch is made of them, and `count` is how many there are.
  std::vector<RegionInstance> instances;
};

/// A part of a step's temporary memory, elements in words of 32 bits.
struct Temporary {
  uint32_t dtype = 0;
  uint64_t begin = 0, bytes = 0;
};

/// The dispatches of one step, and the temporary memory that they share.
struct StepPlan {
  uint64_t alignment;  ///< of the beginning of a descriptor's range
  std::vector<Dispatch> dispatches;
  uint64_t temporary_bytes = 0;

  /// Room for so many elements.
  Temporary allocate(uint32_t dtype, uint64_t count) {
    const uint64_t begin = (temporary_bytes + alignment - 1) / alignment * alignment,
                   bytes = count * std::max(sdk::dtype_size(dtype), 4u);
    temporary_bytes = begin + bytes;
    return {dtype, begin, bytes};
  }
  /// Adds a dispatch that is run so many times, part by part.
  void add(Dispatch dispatch, uint64_t runs = 1) {
    for (; dispatch.part < runs; ++dispatch.part) {
      dispatches.push_back(dispatch);
      dispatch.barrier = true;
    }
  }
};

struct StepContext {
  const Traits& traits;
  const sdk::ProgramCopy& program;
  const asg_step& step;

  const asg_value& input(uint32_t i) const { return program.input(step, i); }
  const asg_value& output(uint32_t i) const { return program.output(step, i); }
};

/// A kind of step: what is accepted on a device, and how it is planned.
struct KernelMaker {
  uint32_t op;
  std::vector<sdk::Capability> (*capabilities)(const Traits&);
  /// Errors: ASG_INVALID_ARGUMENT for a step that breaks the contract, ASG_UNSUPPORTED for one that
  /// no shader can express.
  void (*plan)(const StepContext&, StepPlan&);
  /// Of kernels of claimed composites, which have no capabilities: the op, and what accepts it.
  const char* claimed_op = nullptr;
  void (*claim)(const Traits&, const asg_step_request&, asg_claim_reply&) = nullptr;
};

using sdk::require, sdk::same;

}  // namespace asg::vulkan
