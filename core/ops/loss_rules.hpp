// What the losses share: the attribute reduction, and targets that are class numbers.
#pragma once
#include <cstdint>
#include <string_view>

#include <asg/graph/build.hpp>
#include <asg/graph/op.hpp>

#include "ops/rules.hpp"

namespace asg::losses {

/// The shape of a loss whose elements have the given shape; checks the attribute.
Shape result(const Signature& call, const Shape& elements);
/// All elements, their sum, or their mean.
Tensor reduced(const Tensor& elements, const Attributes& how);
/// The cotangent of each element, given that of the result: it broadcasts to the elements.
Tensor spread_back(const Tensor& dy, const Shape& elements, const Attributes& how);

/// Two tensors of one float type and shape, the operands of an elementwise loss.
Types elementwise(const Signature& call);
/// A node of such an op: the target may be a scalar. `attributes` are those beside the reduction.
Tensor make_elementwise(const Call& call, std::string_view op, const Operand& input,
                        const Operand& target, std::string_view reduction,
                        Attributes attributes = {});

// For losses that are functions of other ops.

/// Input and target as tensors of one float type and shape; the target may be a scalar.
Tensors matched(std::string_view function, const Call& call, const Operand& input,
                const Operand& target);
/// The elements times weights, which must broadcast to them; an empty Tensor weighs nothing.
Tensor weighed(std::string_view function, const Call& call, const Tensor& elements,
               const Tensor& weight);
/// All elements, their sum, or their mean.
/// Errors   TypeError for another reduction.
Tensor reduced_as(std::string_view function, const Call& call, const Tensor& elements,
                  std::string_view reduction);

/// Type rule for operands i (scores, classes along the attribute axis) and i + 1 (targets).
Shape class_elements(const Signature& call, std::size_t i);
/// Whether a target counts: bool, shaped as the targets.
Tensor counted(const Tensor& target, const Attributes& how);
/// The scores of the targets; of one that does not count, that of class 0.
Tensor at_target(const Tensor& scores, const Tensor& target, const Attributes& how);
/// The reduction over the elements that count; the others are 0.
Tensor reduced_counted(const Tensor& elements, const Tensor& counted, const Attributes& how);
/// The cotangent of each element: 0 where it does not count.
Tensor spread_back_counted(const Tensor& dy, const Tensor& counted, DType dtype,
                           const Attributes& how);
/// The weight of each target's class; 0 where the target does not count.
Tensor of_target(const Tensor& weight, const Tensor& target, std::int64_t ignore_index);
/// As reduced_as, but the mean is divided by the sum of the weights.
Tensor reduced_by(std::string_view function, const Call& call, const Tensor& elements,
                  const Tensor& weights, std::string_view reduction);
/// Values of classes in the shape that meets scores: 1 on all axes but that of the classes.
/// Errors   ShapeError or TypeError when they do not fit the scores.
Tensor over_classes(std::string_view function, const Call& call, const Tensor& classes,
                    const Tensor& scores, int axis);
/// The axis of the classes as users give it: 1 counts as 0 for scores without a batch.
int class_axis(const Call& call, int axis, int rank);

}  // namespace asg::losses
