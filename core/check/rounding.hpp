// What a program means, and how far the roundings of its own element types may move each element
// of what it gives.
//
// The program is opened to primitives and computed in f64 with an error after every primitive that
// rounds: by chance, of about one unit in the last place of the original type. A sum has as many of
// these as a tree of its terms is deep, of the sum of their absolute values, which is what adding
// them up may lose. How far the results move over some runs is what roundings may do to them; an
// element that they can not move has to be right to the last bit. So a large neighbour excuses
// nothing, and a small element has to be as right as its own terms allow.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include <asg/graph/array.hpp>
#include <asg/graph/graph.hpp>
#include <asg/runtime/device.hpp>

namespace asg::proof {

using Arrays = std::vector<Array>;

/// What a program gives, in f64 (integers and bools as they are), and for each element how far from
/// it a result may be.
struct Truth {
  Arrays values;
  Arrays allowed;
};

/// The program's inputs are `inputs`, in their order; `reference` computes. Nothing where the
/// program reads the bits of f32 numbers: then all results must be the same.
[[nodiscard]] std::optional<Truth> truth_of(const Graph& graph, const Tensors& outputs,
                                            const Arrays& inputs, const Device& reference);

/// Where and how much a float result is further from the truth than roundings justify; empty where
/// it is not.
[[nodiscard]] std::string beyond_rounding(const Array& got, const Array& truth,
                                          const Array& allowed);

}  // namespace asg::proof
