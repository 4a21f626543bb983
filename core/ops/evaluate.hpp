// Results for constants, of ops that every backend must round correctly: who computes them makes no
// difference then.
#pragma once
#include <optional>
#include <span>
#include <type_traits>

#include <asg/graph/op.hpp>

namespace asg::rules {

/// Element by element, of one operand or of two, in the operands' own type.
template <class T, class Function>
Array evaluated_as(std::span<const Array> operands, const TensorType& type, Function function) {
  Array result(type.dtype, type.shape);
  const T *a = operands.front().data<T>(), *b = operands.back().data<T>();
  for (std::int64_t i = 0; i < result.numel(); ++i)
    if constexpr (std::is_invocable_v<Function, T>)
      result.data<T>()[i] = function(a[i]);
    else
      result.data<T>()[i] = function(a[i], b[i]);
  return result;
}

/// Of floats whose type the result has; nothing for all others.
template <class Function>
std::optional<Array> evaluated(std::span<const Array> operands, const TensorType& type,
                               Function function) {
  for (const Array& operand : operands)
    if (operand.type() != type) return {};
  if (type.dtype == f32) return evaluated_as<float>(operands, type, function);
  if (type.dtype == f64) return evaluated_as<double>(operands, type, function);
  return {};
}

}  // namespace asg::rules
