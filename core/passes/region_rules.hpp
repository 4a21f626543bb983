// What a device limits of regions: the one table by which groups are joined, finished programs are
// checked and refusals are worded. Internal to the passes.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <asg/passes/target.hpp>

namespace asg {

/// What one region asks of a device.
struct RegionNeeds {
  std::uint64_t rank = 0;
  std::uint64_t buffers = 0;
  std::uint64_t insts = 0;
  bool bounds = false;
  bool phases = false;
  bool instances = false;
};

struct RegionRule {
  std::string_view limit;    ///< as asg/sdk/backend.h calls it
  std::string_view needed;   ///< "axes": what is counted, or what is there or not
  std::string_view way_out;  ///< what a user may do
};

/// In the order of the fields of RegionLimits and RegionNeeds.
inline constexpr std::array region_rules{
    RegionRule{"max_rank", "axes", "join axes with reshape"},
    RegionRule{"max_region_buffers", "values", "store what it reads in fewer tensors"},
    RegionRule{"max_region_insts", "instructions", "take another backend"},
    RegionRule{"ASG_CAP_BOUNDS", "accesses with bounds", "concat parts in place of padding"},
    RegionRule{"ASG_CAP_PHASES", "several phases", "take another backend"},
    RegionRule{"ASG_CAP_INSTANCES", "instances", "take another backend"}};

/// The first rule that the region breaks, as a place in the table.
[[nodiscard]] std::optional<std::size_t> broken_rule(const RegionNeeds& needs,
                                                     const RegionLimits& limits);

/// "it needs 4 axes, and the device allows 2 (max_rank); join axes with reshape"
[[nodiscard]] std::string describe_rule(std::size_t rule, const RegionNeeds& needs,
                                        const RegionLimits& limits);

}  // namespace asg
