#include "ops/loss_rules.hpp"
#include "ops/operand_rules.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

namespace asg {

Shape losses::result(const Signature& call, const Shape& elements) {
  const std::string& reduction = call.attributes.text("reduction");
  call.require_type(reduction == "none" || reduction == "mean" || reduction == "sum",
                    "reduction is \"none\", \"mean\" or \"sum\"");
  return reduction == "none" ? elements : Shape{};
}

Tensor losses::reduced(const Tensor& elements, const Attributes& how) {
  const std::string& reduction = how.text("reduction");
  if (reduction == "none") return elements;
  return reduction == "sum" ? sum(elements) : mean(elements);
}

Tensor losses::spread_back(const Tensor& dy, const Shape& elements, const Attributes& how) {
  return how.text("reduction") == "mean" ? dy / static_cast<double>(elements.numel()) : dy;
}

Types losses::elementwise(const Signature& call) {
  call.require_same_types();
  call.require_type(is_float(call.dtype(0)), "needs float elements");
  call.require(call.shape(0) == call.shape(1), "input and target must have one shape");
  return {{call.dtype(0), result(call, call.shape(0))}};
}

Tensor losses::make_elementwise(const Call& call, std::string_view op, const Operand& input,
                                const Operand& target, std::string_view reduction,
                                Attributes attributes) {
  attributes.set("reduction", std::string(reduction));
  return call.make_all(op, matched(op, call, input, target), std::move(attributes))[0];
}

Tensors losses::matched(std::string_view function, const Call& call, const Operand& input,
                        const Operand& target) {
  Tensors t = operands::of_one_float(function, call, {input, target});
  for (Tensor& x : t) x = call.as_float(x);
  call.require(t[0].shape() == t[1].shape() || t[1].rank() == 0,
               "input and target must have one shape, or the target must be a scalar; broadcasting "
               "here most often hides a mistake");
  return call.broadcast(t);
}

Tensor losses::weighed(std::string_view function, const Call& call, const Tensor& elements,
                       const Tensor& weight) {
  if (!weight.defined()) return elements;
  (void)operands::of_one_float(function, call, {elements, weight});
  if (!broadcastable(weight.shape(), elements.shape()))
    call.fail(fmt::format("a weight of shape {} does not broadcast to losses of shape {}",
                          to_string(weight.shape()), to_string(elements.shape())));
  return elements * weight;
}

Tensor losses::reduced_as(std::string_view function, const Call& call, const Tensor& elements,
                          std::string_view reduction) {
  if (reduction == "none") return elements;
  if (reduction == "mean") return mean(elements);
  if (reduction == "sum") return sum(elements);
  throw TypeError(fmt::format("{}: reduction is \"none\", \"mean\" or \"sum\", not \"{}\"\n  at {}",
                              function, reduction,
                              to_string(call.graph().origin_now(call.where()))));
}

Shape losses::class_elements(const Signature& call, std::size_t i) {
  const Shape& scores = call.shape(i);
  const std::int64_t axis = call.attributes.integer("axis");
  call.require_type(is_float(call.dtype(i)), "the scores of the classes must be float");
  call.require_type(call.dtype(i + 1) == i32 || call.dtype(i + 1) == i64,
                    "the target must be i32 or i64: the number of the class");
  call.require(axis >= 0 && axis < scores.rank(), "the axis of the classes does not exist");
  call.require(scores[static_cast<int>(axis)] >= 1, "there must be at least one class");
  Shape elements = scores;
  elements.erase(static_cast<int>(axis));
  call.require(call.shape(i + 1) == elements,
               "the target must have the shape of the scores without the axis of the classes");
  return elements;
}

Tensor losses::counted(const Tensor& target, const Attributes& how) {
  return ne(target, how.integer("ignore_index"));
}

Tensor losses::at_target(const Tensor& scores, const Tensor& target, const Attributes& how) {
  const int axis = how.axis("axis");
  const Tensor place = where(counted(target, how), target, 0);
  return squeeze(take_along_dim(scores, unsqueeze(place, axis), axis), axis);
}

Tensor losses::reduced_counted(const Tensor& elements, const Tensor& counted,
                               const Attributes& how) {
  const std::string& reduction = how.text("reduction");
  const Tensor kept = where(counted, elements, 0);
  if (reduction == "none") return kept;
  if (reduction == "sum") return sum(kept);
  return sum(kept) / sum(cast(counted, elements.dtype()));
}

Tensor losses::spread_back_counted(const Tensor& dy, const Tensor& counted, DType dtype,
                                   const Attributes& how) {
  const bool averaged = how.text("reduction") == "mean";
  return where(counted, averaged ? dy / sum(cast(counted, dtype)) : dy, 0);
}

Tensor losses::of_target(const Tensor& weight, const Tensor& target, std::int64_t ignore_index) {
  const Tensor counts = ne(target, ignore_index);
  return where(counts, gather(weight, where(counts, target, 0), 0), 0);
}

Tensor losses::reduced_by(std::string_view function, const Call& call, const Tensor& elements,
                          const Tensor& weights, std::string_view reduction) {
  if (reduction == "mean") return sum(elements) / sum(weights);
  return reduced_as(function, call, elements, reduction);
}

Tensor losses::over_classes(std::string_view function, const Call& call, const Tensor& classes,
                            const Tensor& scores, int axis) {
  (void)operands::of_one_float(function, call, {scores, classes});
  Shape shape(Ints(static_cast<std::size_t>(scores.rank()), 1));
  shape[axis] = scores.size(axis);
  if (classes.shape() != Shape{shape[axis]})
    call.fail(fmt::format("the weight has shape {}; it needs one value for each of {} classes",
                          to_string(classes.shape()), shape[axis]));
  return reshape(classes, shape);
}

int losses::class_axis(const Call& call, int axis, int rank) {
  return call.axis(rank == 1 && axis == 1 ? 0 : axis, rank);
}

}  // namespace asg
