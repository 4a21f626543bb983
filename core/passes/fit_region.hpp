// Regions of no more axes than a device has. Internal to the passes.
#pragma once
#include <vector>

#include <asg/passes/program.hpp>

namespace asg {

/// The region as it is when it has at most `rank` axes. Else axes that all of it runs through as
/// through one are joined; if that is not enough, it is cut along axes that it does not reduce, as
/// long as there are few parts. What it computes is the same, bit by bit, the parts one after the
/// other.
[[nodiscard]] std::vector<Region> fit_rank(Region region, int rank);

}  // namespace asg
