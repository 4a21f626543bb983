#include <cmath>

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/loss.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/loss_rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

bool is_index(DType dtype) { return dtype == i32 || dtype == i64; }

// Inputs log_probabilities, targets, input_lengths, target_lengths.
Types ctc_loss_infer(const Signature& call) {
  call.require_type(is_float(call.dtype(0)), "log_probabilities must be float");
  for (std::size_t i = 1; i < 4; ++i)
    call.require_type(is_index(call.dtype(i)), "targets and lengths must be i32 or i64");
  const Shape& scores = call.shape(0);
  call.require(scores.rank() == 3, "log_probabilities must be [T, N, C]");
  call.require(scores[0] >= 1, "there must be at least one step");
  call.require(call.shape(1).rank() == 2 && call.shape(1)[0] == scores[1],
               "targets must be [N, S]");
  const Shape batch = {scores[1]};
  call.require(call.shape(2) == batch && call.shape(3) == batch, "lengths must be [N]");
  const std::int64_t blank = call.attributes.integer("blank");
  call.require_type(blank >= 0 && blank < scores[2], "blank must be one of the classes");
  return {{call.dtype(0), batch}};
}

// log(exp(a) + exp(b) + exp(c)), also where all are -inf: the slope is 0 there.
Tensor log_sum(const Tensor& a, const Tensor& b, const Tensor& c) {
  const Tensor largest = stop_gradient(maximum(maximum(a, b), c));
  const Tensor some = ne(largest, -INFINITY);
  const Tensor base = where(some, largest, 0.0);
  const Tensor total = exp(a - base) + exp(b - base) + exp(c - base);
  return where(some, log(where(some, total, 1.0)) + base, -INFINITY);
}

// x [N, L] moved by some places along its last axis; -inf comes in.
Tensor moved(const Tensor& x, std::int64_t places) {
  return slice(pad(x, {0, places}, {0, 0}, -INFINITY), 1, 0, x.size(1));
}

// The labels of a target with a blank before, between and behind them: [N, 2 S + 1].
Tensor with_blanks(const Tensor& targets, std::int64_t blank) {
  const std::int64_t batch = targets.size(0), size = targets.size(1);
  const Tensor pairs = stack({full_like(targets, static_cast<double>(blank)), targets}, 2);
  return concat({reshape(pairs, {batch, 2 * size}),
                 full(targets.graph(), {batch, 1}, static_cast<double>(blank), targets.dtype())},
                1);
}

// alpha[s] is the log-probability of all ways to have come to label s so far. A way stays, takes
// the next label, or skips a blank between two labels that differ.
Tensors ctc_loss_body(const OpCall& call) {
  const Tensor& scores = call.in(0);
  const std::int64_t blank = call.attributes.integer("blank");
  const std::int64_t steps = scores.size(0), batch = scores.size(1);
  const Tensor lengths = cast(call.in(3), i64);
  // What stands behind a target's end is never read, but must be a class.
  const std::int64_t size = call.in(1).size(1);
  const Tensor used = iota(scores.graph(), {1, size}, 1) < unsqueeze(lengths, 1);
  const Tensor labels = with_blanks(where(used, cast(call.in(1), i64), blank), blank);
  const std::int64_t count = labels.size(1);
  const Tensor place = iota(scores.graph(), {1, count}, 1);
  // The scores of the labels at each step, taken at once: [T, N, 2 S + 1].
  const Tensor all =
      take_along_dim(scores, broadcast_to(unsqueeze(labels, 0), {steps, batch, count}), 2);

  Tensor skips = broadcast_to(place < 0, {batch, count});
  if (count > 2) {
    const Tensor before = slice(labels, 1, 0, count - 2), here = slice(labels, 1, 2, count);
    const Tensor differ = logical_and(ne(here, before), ne(here, blank));
    skips = concat({slice(skips, 1, 0, 2), differ}, 1);
  }
  Tensor alpha = where(place < 2, select(all, 0, 0), -INFINITY);
  for (std::int64_t t = 1; t < steps; ++t) {
    const Tensor skipping = where(skips, moved(alpha, 2), -INFINITY);
    const Tensor next = log_sum(alpha, moved(alpha, 1), skipping) + select(all, 0, t);
    alpha = where(unsqueeze(call.in(2) > t, 1), next, alpha);
  }
  const Tensor last = unsqueeze(2 * lengths, 1);
  const auto at = [&](const Tensor& label) {
    return max(where(eq(place, label), alpha, -INFINITY), 1);
  };
  const Tensor nothing = full(scores.graph(), {batch}, -INFINITY, scores.dtype());
  const Tensor loss = -log_sum(at(last), at(last - 1), nothing);
  // Without a step there is one way to no label, and none to any.
  const Tensor of_none = where(lengths < 1, zeros_like(loss), INFINITY);
  return {where(call.in(2) < 1, of_none, loss)};
}

std::vector<Sample> ctc_loss_samples() {
  const auto ints = [](const Shape& shape, std::vector<std::int64_t> values) {
    return Array(shape, values);
  };
  const Attributes blank = {{"blank", std::int64_t{0}}};
  // One step, one label: its own probability. No label: that of blanks alone.
  std::vector<Sample> result = {
      {.inputs = {Array({1, 2, 2}, {-0.5, -1.0, -2.0, -0.25}), ints({2, 1}, {1, 1}),
                  ints({2}, {1, 1}), ints({2}, {1, 0})},
       .attributes = blank,
       .outputs = {Array({2}, {1.0, 2.0})}},
      {.inputs = {spread({4, 2, 3}, -3, 0), ints({2, 2}, {1, 2, 2, 2}), ints({2}, {4, 3}),
                  ints({2}, {2, 2})},
       .attributes = blank},
      {.inputs = {spread({3, 1, 3}, -3, 0), Array({1, 2}, std::vector<std::int32_t>{1, 0}),
                  Array({1}, std::vector<std::int32_t>{3}),
                  Array({1}, std::vector<std::int32_t>{1})},
       .attributes = {{"blank", std::int64_t{2}}}},
      {.inputs = {Array(f64, {2, 0, 3}), ints({0, 2}, {}), ints({0}, {}), ints({0}, {})},
       .attributes = blank,
       .outputs = {Array(f64, {0})}}};
  // Two equal labels need a blank between them, for which there is no step.
  Sample impossible =
      kink({spread({2, 1, 2}, -3, 0), ints({1, 2}, {1, 1}), ints({1}, {2}), ints({1}, {2})},
           Array({1}, {HUGE_VAL}));
  impossible.attributes = blank;
  // Log-probabilities far below all exponents.
  Sample far =
      kink({Array({1, 1, 2}, {-1e30, -2e30}), ints({1, 1}, {1}), ints({1}, {1}), ints({1}, {1})},
           Array({1}, {2e30}));
  far.attributes = blank;
  result.push_back(impossible);
  result.push_back(far);
  return result;
}

}  // namespace

Tensor ctc_loss(const Operand& log_probabilities, const Operand& targets,
                const Operand& input_lengths, const Operand& target_lengths,
                const CtcOptions& how) {
  const Call call("ctc_loss", {log_probabilities, targets, input_lengths, target_lengths});
  Tensor loss = call.make("ctc_loss",
                          {call.as_float(call.tensor(log_probabilities)), call.tensor(targets, i64),
                           call.tensor(input_lengths, i64), call.tensor(target_lengths, i64)},
                          {{"blank", how.blank}});
  if (how.zero_infinity) loss = where(eq(loss, INFINITY), 0.0, loss);
  if (how.reduction == "mean")
    loss = loss / maximum(cast(call.tensor(target_lengths, i64), loss.dtype()), 1);
  return losses::reduced_as("ctc_loss", call, loss, how.reduction);
}

namespace ops {
std::vector<OpDef> ctc_loss() {
  return {{
      .name = "ctc_loss",
      .summary = "Minus the log-probability of each target over all its alignments with the steps.",
      .inputs = {{"log_probabilities", "[T, N, C]", "float"},
                 {"targets", "[N, S]", "i32 or i64"},
                 {"input_lengths", "[N]", "i32 or i64"},
                 {"target_lengths", "[N]", "i32 or i64"}},
      .outputs = {{"loss", "[N]", "as log_probabilities"}},
      .attributes = {{"blank", AttributeType::integer, "the class of no label"}},
      .infer = ctc_loss_infer,
      .decompose = ctc_loss_body,
      .source = "https://www.cs.toronto.edu/~graves/icml_2006.pdf",
      .samples = ctc_loss_samples,
  }};
}
}  // namespace ops

}  // namespace asg
