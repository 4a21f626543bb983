#include <asg/ops/padding.hpp>

#include <fmt/format.h>

#include <asg/graph/build.hpp>
#include <asg/graph/error.hpp>
#include <asg/ops/movement.hpp>

namespace asg {
namespace {

enum class PadMode { reflect, replicate, circular };

PadMode pad_mode(const Call& call, std::string_view mode) {
  if (mode == "reflect") return PadMode::reflect;
  if (mode == "replicate") return PadMode::replicate;
  if (mode == "circular") return PadMode::circular;
  throw TypeError(
      fmt::format("pad: no mode '{}'; there are reflect, replicate and circular\n  at {}", mode,
                  to_string(call.graph().origin_now(call.where()))));
}

// What stands before (or behind) an axis: `count` elements taken from x.
Tensor pad_taken(const Tensor& x, int axis, std::int64_t count, bool before, PadMode mode) {
  const std::int64_t size = x.size(axis);
  if (mode == PadMode::reflect)
    return flip(before ? slice(x, axis, 1, count + 1) : slice(x, axis, size - 1 - count, size - 1),
                axis);
  if (mode == PadMode::circular)
    return before ? slice(x, axis, size - count, size) : slice(x, axis, 0, count);
  Shape shape = x.shape();
  shape[axis] = count;
  return broadcast_to(before ? slice(x, axis, 0, 1) : slice(x, axis, size - 1, size), shape);
}

}  // namespace

Tensor pad(const Operand& x, const std::vector<std::int64_t>& low,
           const std::vector<std::int64_t>& high, std::string_view mode) {
  const Call call("pad", {x});
  const PadMode how = pad_mode(call, mode);
  Tensor y = x.tensor();
  const auto rank = static_cast<std::size_t>(y.rank());
  call.require(low.size() == rank && high.size() == rank,
               "low and high need one entry for each axis");
  for (int axis = 0; axis < y.rank(); ++axis) {
    const std::int64_t before = low[static_cast<std::size_t>(axis)],
                       behind = high[static_cast<std::size_t>(axis)], size = y.size(axis);
    call.require(before >= 0 && behind >= 0, "pads must not be negative; slice cuts");
    const std::int64_t most = how == PadMode::reflect                 ? size - 1
                              : how == PadMode::circular || size == 0 ? size
                                                                      : INT64_MAX;
    if ((before > 0 && before > most) || (behind > 0 && behind > most))
      call.fail(fmt::format("mode {} takes {} elements from an axis of {}", mode,
                            std::max(before, behind), size));
    std::vector<Tensor> parts = {y};
    if (before > 0) parts.insert(parts.begin(), pad_taken(y, axis, before, true, how));
    if (behind > 0) parts.push_back(pad_taken(y, axis, behind, false, how));
    if (parts.size() > 1) y = concat(parts, axis, call.where());
  }
  return y;
}

}  // namespace asg
