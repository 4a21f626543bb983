// The order in which kernels run. Internal to the passes.
#pragma once
#include <cstdint>
#include <vector>

#include "passes/kernels.hpp"
#include "passes/layout.hpp"

namespace asg {

/// The kernels' numbers in an order that keeps every dependency; of several, the one that has the
/// least memory alive at its worst moment.
[[nodiscard]] std::vector<std::uint32_t> schedule(const Layout& layout, const Fused& fused,
                                                  const PassContext& context);

}  // namespace asg
