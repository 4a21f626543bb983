// The geometry that gather and scatter share.
#pragma once
#include <asg/graph/op.hpp>

namespace asg {

/// The shape of gather's result and of scatter's updates; checks x, indices and the attributes.
Shape gather_shape(const Signature& call);

}  // namespace asg
