// Random regions of what the rows promise: several phases, any strides, bounds, reductions, memory
// that is read and written.
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "check/kind.hpp"
#include "check/offer.hpp"
#include "check/random_region.hpp"
#include "check/session.hpp"
#include "check/verdict.hpp"

namespace asg::proof {
namespace {

void try_region(Session& session, const RegionOffer& offer, std::uint64_t seed,
                std::int64_t points) {
  Random random(seed);
  Case c;
  const int rank = session.bare().facts().capabilities.max_region_rank();
  const Shape dims = random_dims(random, points, std::min(rank, 5));
  RandomRegion(random, c, dims, offer).build();
  if (!fits(session.bare(), c)) return session.refused();
  session.attempt(
      fmt::format("region {} over {} points at most, domain {}", seed, points, text_of(dims)),
      [&] { judge_case(session, c, "a fused region"); });
}

void try_instances(Session& session, std::uint64_t seed, std::int64_t longest) {
  Random random(seed);
  Case c;
  build_instances(random, c, longest);
  session.attempt(fmt::format("instances {} of {} points at most", seed, longest),
                  [&] { judge_case(session, c, "a region with instances"); });
}

// What build_instances makes its regions of.
bool can_update(const BareDevice& device) {
  return regions_have(device, ASG_CAP_INSTANCES) && can_load(device, ASG_F32) &&
         can_load(device, ASG_BOOL) && has_instruction(device, ASG_EW_MUL, ASG_F32) &&
         has_instruction(device, ASG_EW_ADD, ASG_F32) &&
         has_instruction(device, ASG_EW_SUB, ASG_F32) &&
         has_instruction(device, ASG_EW_GT, ASG_F32) &&
         (device.facts().limits.max_region_buffers == 0 ||
          device.facts().limits.max_region_buffers >= 7);
}

void check_random_regions(Session& session) {
  const RegionOffer offer = common_offer(session.bare(), session.bare_reference());
  if (offer.dtypes().empty()) return session.note("it has no regions");
  const std::uint64_t seeds = session.effort(400, 60);
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) try_region(session, offer, seed, 600);
  for (std::uint64_t seed = 1; seed <= seeds / 4; ++seed) try_region(session, offer, seed, 6000);
  for (std::uint64_t seed = 1; seed <= seeds / 20; ++seed) try_region(session, offer, seed, 60000);
  if (!can_update(session.bare())) return session.refused();
  for (std::uint64_t seed = 1; seed <= seeds / 10; ++seed) {
    try_instances(session, seed, 30);
    try_instances(session, seed, 3000);
  }
}

}  // namespace

Kind check_regions() {
  return {"random fused regions, to the bit", Kind::Phase::numbers, check_random_regions};
}

}  // namespace asg::proof
