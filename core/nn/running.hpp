// What the layers with running statistics share.
#pragma once
#include <cstdint>
#include <string_view>

#include <asg/nn/parameter.hpp>

namespace asg::nn {

/// Errors   ShapeError that names the layer and the caller's line when x has not so many axes, or
///          axis 1 not so many channels.
void check_channels(std::string_view layer, const Tensor& x, std::int64_t channels, int least_rank,
                    int most_rank);

/// After the run the buffer holds (1 - share) of what it would hold and the share of `value`.
void move_towards(const Parameter& buffer, const Tensor& value, const Operand& share);

}  // namespace asg::nn
