// Program: what lowering makes of a graph and a backend executes - steps over planned buffers.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include <asg/sdk/backend.h>
#include <asg/graph/attributes.hpp>
#include <asg/graph/graph.hpp>
#include <asg/graph/view.hpp>

namespace asg {

/// A buffer binding: the arena, or one input, output, variable or constant.
struct Slot {
  std::uint32_t role = 0;  ///< ASG_SLOT_*
  std::string name;
  TensorType type;  ///< of all but the arena
  std::uint64_t size_bytes = 0;
  Array constant;  ///< of ASG_SLOT_CONST
};

/// A tensor at a place in a slot.
struct Placed {
  DType dtype = f32;
  Shape shape;
  Shape strides;  ///< in elements
  std::uint32_t slot = 0;
  std::uint64_t offset = 0;        ///< bytes from the slot's start to element 0
  std::uint64_t extent_begin = 0;  ///< bytes of the slot that may be touched
  std::uint64_t extent_end = 0;
};

struct Access {
  std::uint32_t value = 0;
  std::int64_t offset = 0;
  Shape strides;
  std::vector<Bound> bounds;
  std::uint64_t fill = 0;
};

/// One run of a region with instances.
struct Instance {
  std::int64_t length = 0;
  std::vector<std::uint32_t> values;  ///< one for each access of the region
};

/// A loop nest over element-by-element instructions; see the SDK's backend.h.
struct Region {
  Shape dims;
  std::vector<asg_inst> insts;
  std::vector<Access> accesses;
  std::vector<asg_reduction> reductions;
  std::vector<asg_store> stores;
  std::vector<asg_phase> phases;
  std::vector<Instance> instances;
};

/// One kernel.
struct Step {
  std::uint32_t op = 0;     ///< ASG_OP_*
  std::uint32_t stage = 0;  ///< steps of one stage may run at once
  std::string name;
  std::string origin;                 ///< the user's line and module path
  NodeId node = 0;                    ///< of the lowered graph
  std::vector<std::uint32_t> inputs;  ///< indices into Program::values
  std::vector<std::uint32_t> outputs;
  Attributes attributes;
  std::uint64_t strided_inputs = 0;  ///< of what is claimed, as in the Claim
  std::uint64_t strided_outputs = 0;
  int region = -1;
  int scratch = -1;  ///< index into Program::values
};

/// A piece of the arena, and when it is used.
struct ArenaBuffer {
  std::uint64_t bytes = 0;
  std::uint64_t offset = 0;
  std::uint32_t first = 0;  ///< the first step that uses it
  std::uint32_t last = 0;
  std::string name;  ///< the op that makes what it holds first
  std::string origin;
};

struct Program {
  std::string name;
  std::vector<Slot> slots;  ///< slot 0 is the arena
  std::vector<Placed> values;
  std::vector<Step> steps;  ///< in order of execution
  std::vector<Region> regions;
  std::vector<std::uint32_t> inputs;       ///< slot of each graph input
  std::vector<std::uint32_t> outputs;      ///< slot of each output
  std::vector<ArenaBuffer> arena;          ///< buffers alive at one step never overlap
  std::uint64_t liveness_bound_bytes = 0;  ///< no plan of this order fits into less
  std::uint32_t peak_step = 0;             ///< where that much is alive
};

}  // namespace asg
