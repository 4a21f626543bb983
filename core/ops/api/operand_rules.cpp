#include "ops/operand_rules.hpp"

#include <string>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/ops/movement.hpp>

namespace asg {
namespace {

std::string here(const Call& call) {
  return "\n  at " + to_string(call.graph().origin_now(call.where()));
}

}  // namespace

Tensors operands::of_one_float(std::string_view function, const Call& call,
                               std::initializer_list<Operand> operands) {
  bool single = false, twice = false;
  std::string types;
  for (const Operand& operand : operands) {
    if (!operand.is_tensor()) continue;
    const TensorType& type = operand.tensor().type();
    single = single || type.dtype == f32;
    twice = twice || type.dtype == f64;
    types += "\n  operand: " + to_string(type);
  }
  if (single && twice)
    throw TypeError(fmt::format(
        "{}: f32 meets f64, and nothing is widened here without being told. Feed data of the "
        "model's type (array.to(f32)), give the model that of the data (model.to(f64)), or cast "
        "one{}{}",
        function, types, here(call)));
  return call.promoted(operands);
}

Tensors operands::with_common_batch(const Call& call, const Tensor& a, const Tensor& b) {
  const Shape of_a = a.shape().slice(0, a.rank() - 2), of_b = b.shape().slice(0, b.rank() - 2);
  Shape batch;
  try {
    batch = broadcast_shapes(of_a, of_b);
  } catch (const ShapeError&) {
    call.fail(
        fmt::format("the batch axes {} and {} do not broadcast", to_string(of_a), to_string(of_b)));
  }
  call.require(batch.rank() <= max_rank - 2, "the result would have too many axes");
  const auto with_batch = [&](const Tensor& x) {
    Shape shape = batch;
    shape.push_back(x.size(-2));
    shape.push_back(x.size(-1));
    return broadcast_to(x, shape);
  };
  return {with_batch(a), with_batch(b)};
}

void operands::refuse_chain(std::string_view operator_name, const Operand& a, const Operand& b) {
  const auto is_bool = [](const Operand& operand) {
    return operand.is_tensor() && operand.tensor().dtype() == boolean;
  };
  const Call call(operator_name, {a, b});
  if (!is_bool(a) && !is_bool(b)) return;
  throw TypeError(fmt::format(
      "operator{0}: an operand is bool. A chain of comparisons compares what the first one gave: "
      "in place of a {0} x {0} b write a {0} x && x {0} b. To order bools call lt, le, "
      "gt or ge{1}",
      operator_name, here(call)));
}

void operands::require_probability(std::string_view function, const Call& call,
                                   std::string_view option, double p) {
  if (p >= 0 && p <= 1) return;
  throw TypeError(
      fmt::format("{}: {} is {}; it must be in [0, 1]{}", function, option, p, here(call)));
}

void operands::require_positive(std::string_view function, const Call& call,
                                std::string_view option, double number) {
  if (number > 0) return;
  throw TypeError(
      fmt::format("{}: {} is {}; it must be above 0{}", function, option, number, here(call)));
}

}  // namespace asg
