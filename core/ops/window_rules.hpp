// What the ops that slide a window over [..., H, W] share: the attributes stride, padding and
// dilation, each {height, width}.
#pragma once
#include <asg/graph/op.hpp>
#include <asg/ops/convolution.hpp>
#include <asg/ops/movement.hpp>

#include "ops/rules.hpp"

namespace asg::windows {

inline Ints list(Pair pair) { return {pair.height, pair.width}; }

/// The window of the given size; dilation is 1 where the op has no such attribute.
Window window(const Attributes& attributes, const Ints& size);
/// How many positions the window has over [..., H, W], as {OH, OW}; checks the attributes.
Ints positions(const Signature& call, const Shape& x, const Ints& size);
/// x with other last two axes.
Shape resized(const Shape& x, const Ints& last);
/// The last two axes.
Ints image(const Shape& x);

}  // namespace asg::windows
