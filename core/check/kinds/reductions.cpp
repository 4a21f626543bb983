// Reductions of every kind and type, over axes of every sort, of nothing, and of more than a block
// of the fixed tree.
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <asg/sdk/program.hpp>

#include "check/kind.hpp"
#include "check/offer.hpp"
#include "check/session.hpp"
#include "check/verdict.hpp"
#include "passes/abi_names.hpp"

namespace asg::proof {
namespace {

struct ReducedDomain {
  Shape dims;
  std::uint32_t axes;
};

// The first few say most.
std::vector<ReducedDomain> reduced_domains(int max_rank, std::uint64_t most) {
  std::vector<ReducedDomain> all = {
      {{4097}, 1},     {{2, 33, 5}, 5}, {{4, 0}, 2},    {{1000, 3}, 1},     {{3, 1000}, 2},
      {{1}, 1},        {{17}, 1},       {{0}, 1},       {{5, 7}, 3},        {{0, 4}, 2},
      {{2, 33, 5}, 2}, {{3, 4, 5}, 7},  {{9000, 2}, 1}, {{1, 1, 1, 40}, 9}, {{2, 3, 4, 5}, 10}};
  std::vector<ReducedDomain> fitting;
  for (ReducedDomain& domain : all)
    if (static_cast<int>(domain.dims.size()) <= max_rank && fitting.size() < most)
      fitting.push_back(std::move(domain));
  return fitting;
}

void try_reduction(Session& session, std::uint32_t kind, std::uint32_t dtype,
                   const ReducedDomain& domain, bool rounds) {
  Random random(kind * 64 + dtype);
  Case c;
  const ValueId x = c.program.input(dtype, domain.dims);
  const std::int64_t count = sdk::element_count(c.program.value(x));
  // Where the tree is the backend's own affair, sums are of numbers that no order rounds.
  c.inputs.emplace_back(x, rounds ? small_data(random, dtype, count, kind == ASG_REDUCE_PROD)
                                  : random_data(random, dtype, count, false));
  Shape kept;
  for (std::size_t d = 0; d < domain.dims.size(); ++d)
    if ((domain.axes >> d & 1) == 0) kept.push_back(domain.dims[d]);
  const ValueId y = c.output(dtype, kept);
  RegionBuilder& r = c.program.region(domain.dims);
  r.store(r.reduce_mask(kind, r.load(x), domain.axes), y);
  judge_case(
      session, c,
      fmt::format("the reduction {} of {}", abi::reduction_name(kind), sdk::dtype_name(dtype)));
}

void check_reductions_of(Session& session, std::uint32_t kind, std::uint32_t dtype) {
  const auto takes = [&](const BareDevice& device) {
    return has_reduction(device, kind, dtype) && can_load(device, dtype);
  };
  if (!takes(session.bare_reference())) return;
  if (!takes(session.bare())) return session.refused();
  const bool rounds = sdk::is_float(dtype) && (kind == ASG_REDUCE_SUM || kind == ASG_REDUCE_PROD) &&
                      !regions_have(session.bare(), ASG_CAP_FIXED_TREE);
  for (const ReducedDomain& domain : reduced_domains(
           session.bare().facts().capabilities.max_region_rank(), session.effort(15, 3)))
    session.attempt(fmt::format("{} of {}{}, axes {:#b}", abi::reduction_name(kind),
                                sdk::dtype_name(dtype), text_of(domain.dims), domain.axes),
                    [&] { try_reduction(session, kind, dtype, domain, rounds); });
}

void check_all_reductions(Session& session) {
  for (std::uint32_t kind = ASG_REDUCE_SUM; kind <= ASG_REDUCE_ALL; ++kind)
    for (const std::uint32_t dtype : region_dtypes()) check_reductions_of(session, kind, dtype);
}

}  // namespace

Kind check_reductions() {
  return {"reductions over axes of every sort, of nothing and of much", Kind::Phase::numbers,
          check_all_reductions};
}

}  // namespace asg::proof
