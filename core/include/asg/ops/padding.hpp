// Padding with what the tensor itself holds.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include <asg/graph/tensor.hpp>

namespace asg {

/// `low[i]` elements before and `high[i]` behind axis i, one entry for each axis: "reflect" mirrors
/// x at its first and last element, which it does not repeat; "replicate" repeats those; "circular"
/// goes on at the other end. A number is padded with by the other `pad`.
/// Types    any.
/// Errors   ShapeError when an axis has fewer elements than are taken from it; TypeError for
/// another
///          mode.
/// Cost     one copy for each padded axis.
/// Source   https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
[[nodiscard]] Tensor pad(const Operand& x, const std::vector<std::int64_t>& low,
                         const std::vector<std::int64_t>& high, std::string_view mode);

}  // namespace asg
