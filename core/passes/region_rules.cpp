#include "passes/region_rules.hpp"

#include <fmt/format.h>

namespace asg {
namespace {

constexpr std::uint64_t any = UINT64_MAX;

using Amounts = std::array<std::uint64_t, region_rules.size()>;

// The names of all fields, so that one more does not compile before it has its row.
Amounts amounts_of(const RegionLimits& limits) {
  const auto& [rank, buffers, insts, bounds, phases, instances] = limits;
  const auto number = [](std::uint32_t limit) { return limit == 0 ? any : limit; };
  const auto flag = [](bool has) { return has ? any : 0; };
  return {static_cast<std::uint64_t>(rank),
          number(buffers),
          number(insts),
          flag(bounds),
          flag(phases),
          flag(instances)};
}
Amounts amounts_of(const RegionNeeds& needs) {
  const auto& [rank, buffers, insts, bounds, phases, instances] = needs;
  return {rank, buffers, insts, bounds, phases, instances};
}

}  // namespace

std::optional<std::size_t> broken_rule(const RegionNeeds& needs, const RegionLimits& limits) {
  const Amounts asked = amounts_of(needs), allowed = amounts_of(limits);
  for (std::size_t rule = 0; rule < asked.size(); ++rule)
    if (asked[rule] > allowed[rule]) return rule;
  return {};
}

std::string describe_rule(std::size_t rule, const RegionNeeds& needs, const RegionLimits& limits) {
  const RegionRule& row = region_rules[rule];
  const std::uint64_t asked = amounts_of(needs)[rule], allowed = amounts_of(limits)[rule];
  // Capabilities have names of macros, limits those of fields.
  const bool flag = row.limit.starts_with("ASG_");
  return flag ? fmt::format("it needs {}, which the device does not have ({}); {}", row.needed,
                            row.limit, row.way_out)
              : fmt::format("it needs {} {}, and the device allows {} ({}); {}", asked, row.needed,
                            allowed, row.limit, row.way_out);
}

}  // namespace asg
