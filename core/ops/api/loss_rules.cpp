#include "ops/loss_rules.hpp"
#include "ops/operand_rules.hpp"

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
                                const Operand& target, std::string_view reduction) {
  Tensors t = operands::of_one_float(op, call, {input, target});
  for (Tensor& x : t) x = call.as_float(x);
  call.require(t[0].shape() == t[1].shape() || t[1].rank() == 0,
               "input and target must have one shape, or the target must be a scalar; broadcasting "
               "here most often hides a mistake");
  return call.make_all(op, call.broadcast(t), {{"reduction", std::string(reduction)}})[0];
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

int losses::class_axis(const Call& call, int axis, int rank) {
  return call.axis(rank == 1 && axis == 1 ? 0 : axis, rank);
}

}  // namespace asg
