// The measure of results by which `asg check` judges backends, with the reference of this build.
#pragma once
#include <optional>

#include "check/rounding.hpp"
#include "ops/support.hpp"

namespace ops_test {

using asg::proof::beyond_rounding, asg::proof::Truth;

inline std::optional<Truth> truth_of(const asg::Graph& graph, const asg::Tensors& outputs,
                                     const Arrays& inputs) {
  return asg::proof::truth_of(graph, outputs, inputs, reference());
}

}  // namespace ops_test
