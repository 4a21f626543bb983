#include <asg/nn/padding.hpp>

#include <array>

#include <fmt/format.h>

#include <asg/graph/build.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/padding.hpp>

#include "nn/sizes.hpp"

namespace asg::nn {

template <int axes, PadMode mode>
PadNd<axes, mode>::PadNd(std::int64_t all, double value, Where where)
    : PadNd(std::vector<std::int64_t>(std::size_t{2} * axes, all), value, where) {}

template <int axes, PadMode mode>
PadNd<axes, mode>::PadNd(const std::vector<std::int64_t>& sides, double value, Where where)
    : sides_(sides), value_(value) {
  const std::string layer = fmt::format("Pad{}d", axes);
  if (sides.size() != std::size_t{2} * axes)
    fail_shape(layer,
               fmt::format("{} numbers were given; it must be two for each of the {} axes",
                           sides.size(), axes),
               where);
  for (const std::int64_t side : sides) check_sizes(layer, {{"padding", side}}, 0, where);
}

template <int axes, PadMode mode>
Tensor PadNd<axes, mode>::forward(const Tensor& x) const {
  const Call call("pad", {x});
  const auto rank = static_cast<std::size_t>(x.rank());
  call.require(rank >= axes, fmt::format("x must have {} axes or more", axes));
  std::vector<std::int64_t> low(rank, 0), high(rank, 0);
  for (std::size_t i = 0; i < axes; ++i) {
    low[rank - 1 - i] = sides_[2 * i];
    high[rank - 1 - i] = sides_[2 * i + 1];
  }
  if constexpr (mode == PadMode::constant) return pad(x, low, high, value_);
  constexpr std::array<std::string_view, 4> names = {"", "reflect", "replicate", "circular"};
  return pad(x, low, high, names[static_cast<std::size_t>(mode)]);
}

template class PadNd<1, PadMode::constant>;
template class PadNd<2, PadMode::constant>;
template class PadNd<3, PadMode::constant>;
template class PadNd<1, PadMode::reflect>;
template class PadNd<2, PadMode::reflect>;
template class PadNd<3, PadMode::reflect>;
template class PadNd<1, PadMode::replicate>;
template class PadNd<2, PadMode::replicate>;
template class PadNd<3, PadMode::replicate>;
template class PadNd<1, PadMode::circular>;
template class PadNd<2, PadMode::circular>;
template class PadNd<3, PadMode::circular>;

}  // namespace asg::nn
