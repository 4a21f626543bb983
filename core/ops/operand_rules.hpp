// What functions that users call refuse of their operands, since C++ or promotion would make
// something else of them than was meant.
#pragma once
#include <initializer_list>
#include <string_view>

#include <asg/graph/build.hpp>

namespace asg::operands {

/// Call::promoted, for functions where data meets a model: f32 and f64 together are a mistake
/// there, which would be computed in f64 without a word. Errors   TypeError when two tensors have
/// different float types.
Tensors of_one_float(std::string_view function, const Call& call,
                     std::initializer_list<Operand> operands);

/// Matrices whose leading axes have been broadcast to common ones.
/// Errors   ShapeError when they do not broadcast, or there would be too many.
Tensors with_common_batch(const Call& call, const Tensor& a, const Tensor& b);

/// For the ordering operators: a TypeError when an operand is bool, which is what a chain like
/// 1 < x < 3 makes of its first half.
void refuse_chain(std::string_view operator_name, const Operand& a, const Operand& b);

/// Errors   TypeError when the option is no number from 0 to 1.
void require_probability(std::string_view function, const Call& call, std::string_view option,
                         double p);

/// Errors   TypeError when the option is not above 0.
void require_positive(std::string_view function, const Call& call, std::string_view option,
                      double number);

}  // namespace asg::operands
