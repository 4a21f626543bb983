// Which nodes become one kernel. Internal to the passes.
#pragma once
#include "passes/kernels.hpp"
#include "passes/layout.hpp"

namespace asg {

/// Forms the kernels.
[[nodiscard]] Fused fuse(const Layout& layout, const PassContext& context);

}  // namespace asg
