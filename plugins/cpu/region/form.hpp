// A region with its domain simplified: no axes of one point, and neighbouring axes that every
// access walks as one joined into one.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <asg/sdk/program_copy.hpp>

namespace asg::cpu {

using Coefficients = std::array<int64_t, ASG_MAX_RANK>;

/// base + sum(coefficients[d] * i[d])
struct Affine {
  int64_t base = 0;
  Coefficients coefficients{};
  bool operator==(const Affine&) const = default;
};

struct Bound {
  Affine position;
  int64_t extent = 0;
  bool operator==(const Bound&) const = default;
};

/// Where memory is touched: a value of the program, or a reduction kept in scratch memory.
struct Access {
  enum class Place : uint8_t { none, value, scratch };
  Place place = Place::none;
  uint32_t index = 0;  // of the value or of the reduction
  uint32_t dtype = 0;  // of its elements
  Affine element;
  std::vector<Bound> bounds;
  uint64_t fill = 0;
  uint32_t first_axes = 0;  // of a store: made at index 0 of these axes only, along which it rests
  bool streamed = false;    // of a store: written past the caches
  // In a region with instances: the value that each of them touches; `index` is then the number of
  // the first access with the same values.
  std::vector<uint32_t> instances;
  bool operator==(const Access&) const = default;
};

struct Reduction {
  uint32_t kind, dtype, source;
  uint32_t axes;  // mask over the simplified axes
};

struct Form {
  std::vector<int64_t> dims;     // with instances: the longest
  std::vector<int64_t> lengths;  // of the instances; empty when there are none
  std::vector<asg_inst> insts;
  std::vector<Access> accesses;
  std::vector<Reduction> reductions;
  std::vector<asg_store> stores;
  std::vector<asg_phase> phases;

  uint32_t rank() const { return static_cast<uint32_t>(dims.size()); }
  /// The first instruction, reduction and store of a phase.
  asg_phase begin_of(uint32_t phase) const { return phase == 0 ? asg_phase{} : phases[phase - 1]; }
  /// Points that differ in these axes only.
  int64_t points(uint32_t axes) const {
    int64_t count = 1;
    for (uint32_t d = 0; d < rank(); ++d)
      if ((axes >> d & 1) != 0) count *= dims[d];
    return count;
  }
};

/// Errors: ASG_INVALID_ARGUMENT when the region breaks the contract.
Form simplify(const sdk::ProgramCopy& program, const asg_step& step);

/// The epilogue of a product, with all its axes.
/// Errors: ASG_INVALID_ARGUMENT when the region breaks the contract.
Form epilogue_form(const sdk::ProgramCopy& program, const asg_step& step);

/// True when the accesses may touch common bytes.
bool may_overlap(const sdk::ProgramCopy& program, const Access& a, const Access& b);

/// True when both touch the same element at the same point of the domain.
bool same_map(const sdk::ProgramCopy& program, const Access& a, const Access& b);

}  // namespace asg::cpu
