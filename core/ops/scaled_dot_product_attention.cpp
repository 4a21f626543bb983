#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <asg/graph/error.hpp>
#include <asg/ops/attention.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/random.hpp>
#include <asg/ops/reduction.hpp>
#include <asg/sdk/composites.hpp>

#include "ops/operand_rules.hpp"
#include "ops/rules.hpp"
#include "ops/samples.hpp"

namespace asg {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr const char* forward_name = "scaled_dot_product_attention";
constexpr const char* backward_name = "scaled_dot_product_attention_backward";
constexpr const char* dropout_name = "scaled_dot_product_attention_dropout";
constexpr const char* dropout_backward_name = "scaled_dot_product_attention_dropout_backward";

// There are four ops: attention, attention whose weights are dropped at random, and the gradients
// of both. They differ in name, so that a backend that claims the first is never asked for the
// second. Dropout adds two operands, seed and step, which stand before the mask.
template <bool drops>
constexpr std::size_t mask_after(std::size_t others) {
  return others + (drops ? 2 : 0);
}

// Checks query, key, value, which stand from q on, and the mask.
void require_operands(const Signature& call, std::size_t q, std::size_t mask) {
  const Shape& query = call.shape(q);
  const Shape& key = call.shape(q + 1);
  const Shape& value = call.shape(q + 2);
  const int rank = query.rank();
  for (std::size_t i = 0; i < q + 3; ++i)
    call.require_type(is_float(call.dtype(i)) && call.dtype(i) == call.dtype(0),
                      "query, key and value must have one float type");
  call.require(rank >= 2 && key.rank() == rank && value.rank() == rank,
               "query, key and value need one rank, at least 2");
  call.require(query.slice(0, rank - 2) == key.slice(0, rank - 2) &&
                   query.slice(0, rank - 2) == value.slice(0, rank - 2),
               "query, key and value must have the same leading axes");
  call.require(query.back() == key.back(), "query and key must have the same last axis");
  call.require(key.at(-2) == value.at(-2), "key and value must have the same length");
  if (!call.has(mask)) return;
  call.require_type(call.dtype(mask) == boolean || call.dtype(mask) == call.dtype(0),
                    "the mask must be bool or have the type of the query");
  Shape scores = query;
  scores[rank - 1] = key.at(-2);
  call.require(broadcastable(call.shape(mask), scores),
               "the mask must broadcast to [..., query length, key length]");
}

template <bool drops>
Types scaled_dot_product_attention_infer(const Signature& call) {
  using namespace sdk::composites::scaled_dot_product_attention;
  if (drops) rules::dropout(call, mask);
  require_operands(call, query, mask_after<drops>(mask));
  Shape result = call.shape(query);
  result[result.rank() - 1] = call.shape(value).back();
  return {{call.dtype(query), result}, {call.dtype(query), result.slice(0, result.rank() - 1)}};
}

// What an attention has beside queries, keys and values.
struct Form {
  Tensor mask;  // or none
  bool causal = false;
  double scale = 1;
  double p = 0;  // of dropout
  RandomKey random;
  std::uint64_t stream = 0;
};

// `next` is where the operands stand that not every attention has.
template <bool drops>
Form form_of(const Tensors& inputs, std::size_t next, const Attributes& attributes) {
  Form form;
  form.causal = attributes.flag("causal");
  form.scale = attributes.number("scale");
  if (drops) {
    form.p = attributes.number("p");
    form.stream = static_cast<std::uint64_t>(attributes.integer("stream"));
    form.random = {inputs[next], inputs[next + 1]};
  }
  const std::size_t mask = mask_after<drops>(next);
  if (mask < inputs.size()) form.mask = inputs[mask];
  return form;
}

// Dropout of the weights, or of their cotangents: it is linear and its own adjoint.
Tensor dropped(const Tensor& x, const Form& form) {
  return form.random.seed.defined() ? dropout(x, form.p, form.random, form.stream) : x;
}

// Which pairs of a query and a key see each other, shaped as the scores; none where all do. A
// number of -inf in a mask hides a key as false does.
Tensor seen_by(const Tensor& query, const Tensor& key, const Form& form) {
  Shape shape = query.shape();
  shape[shape.rank() - 1] = key.size(-2);
  const Tensor& mask = form.mask;
  Tensor seen;
  if (mask.defined()) seen = mask.dtype() == boolean ? mask : ne(mask, -infinity);
  if (form.causal) {
    const Tensor row = iota(query.graph(), {shape.at(-2), 1}, 0, i32);
    const Tensor column = iota(query.graph(), {1, shape.at(-1)}, 1, i32);
    seen = seen.defined() ? logical_and(seen, row >= column) : row >= column;
  }
  return seen.defined() && seen.shape() != shape ? broadcast_to(seen, shape) : seen;
}

// What is hidden plays no part, not even NaN: products are taken of what is seen.
Tensor weighted_sum(const Tensor& weight, const Tensor& x, const Tensor& seen) {
  return seen.defined() ? masked_matmul(weight, x, seen) : matmul(weight, x);
}
Tensor products(const Tensor& a, const Tensor& b, const Tensor& seen) {
  return seen.defined() ? sampled_matmul(a, b, seen) : matmul(a, transpose(b));
}
Tensor if_seen(const Tensor& x, const Tensor& seen, double otherwise) {
  return seen.defined() ? where(seen, x, otherwise) : x;
}
Tensor turned(const Tensor& seen) { return seen.defined() ? transpose(seen) : seen; }

Tensor scores(const Tensor& query, const Tensor& key, const Tensor& seen, const Form& form) {
  Tensor s = products(query * form.scale, key, seen);
  if (form.mask.defined() && form.mask.dtype() != boolean) s = s + form.mask;
  return if_seen(s, seen, -infinity);
}

// What to subtract from a row: where all of it is -inf, nothing.
Tensor shift_of(const Tensor& x) { return where(eq(x, -infinity), 0, x); }
// A sum to divide by: a row that is masked everywhere has none, and gives 0.
Tensor divisor_of(const Tensor& total) { return where(eq(total, 0), 1, total); }

// The masked softmax of asg. Dropping e in place of e / total drops the same weights; lse is that
// of all scores.
template <bool drops>
Tensors scaled_dot_product_attention_body(const OpCall& call) {
  namespace at = sdk::composites::scaled_dot_product_attention;
  const Tensor &query = call.in(at::query), &key = call.in(at::key);
  const Form form = form_of<drops>(call.inputs, at::mask, call.attributes);
  const Tensor seen = seen_by(query, key, form);
  const Tensor s = scores(query, key, seen, form);
  const Tensor shift = shift_of(stop_gradient(max(s, -1, true)));
  const Tensor e = exp(s - shift);
  const Tensor total = sum(e, -1, true);
  return {weighted_sum(dropped(e, form), call.in(at::value), seen) / divisor_of(total),
          squeeze(log(total) + shift, -1)};
}

// The probabilities from the scores and their logsumexp. Dividing by the sum again makes up for
// what the logsumexp of large scores has lost in rounding.
Tensor probabilities(const Tensor& s, const Tensor& lse, const Tensor& seen) {
  const Tensor e = if_seen(exp(s - unsqueeze(shift_of(lse), -1)), seen, 0);
  return e / divisor_of(sum(e, -1, true));
}

Tensor score_gradient(const Tensor& p, const Tensor& dy, const Tensor& value, const Tensor& delta,
                      const Tensor& seen, const Form& form) {
  const Tensor dp = dropped(products(dy, value, seen), form);
  return if_seen(p * (dp - unsqueeze(delta, -1)), seen, 0);
}

// Sums over the axes along which a tensor of the given shape was repeated.
Tensor sum_to(const Tensor& x, const Shape& shape) {
  const int extra = x.rank() - shape.rank();
  Axes axes;
  for (int axis = 0; axis < x.rank(); ++axis)
    if (axis < extra || (shape[axis - extra] == 1 && x.size(axis) != 1)) axes.push_back(axis);
  return reshape(axes.empty() ? x : sum(x, axes), shape);
}

// delta, the sum of dy * y over a row, carries the cotangent of lse as well: the derivative of lse
// by the scores is the probabilities, so both meet in p * (dy value^T - delta).
template <bool drops>
Tensors scaled_dot_product_attention_gradient(const GradientCall& call) {
  namespace at = sdk::composites::scaled_dot_product_attention;
  const Tensor &query = call.in(at::query), &key = call.in(at::key);
  const Tensor& value = call.in(at::value);
  const Tensor &y = call.out(at::y), &lse = call.out(at::lse);
  const Form form = form_of<drops>(call.inputs, at::mask, call.attributes);
  const Tensor &mask = form.mask, &dlse = call.dy(at::lse);
  const Tensor dy = call.dy(at::y).defined() ? call.dy(at::y) : zeros_like(y);
  Tensor delta = sum(dy * y, -1);
  if (dlse.defined()) delta = delta - dlse;
  Tensors inputs = {dy, query, key, value, lse, delta};
  inputs.insert(inputs.end(), call.inputs.begin() + at::mask, call.inputs.end());
  Tensors result = query.graph().add(find_op(drops ? dropout_backward_name : backward_name), inputs,
                                     call.attributes);
  result.resize(mask_after<drops>(at::mask));       // none for seed and step
  if (mask.defined() && mask.dtype() != boolean) {  // dead unless the mask is learned
    const Shape shape = mask.shape();
    const Tensor seen = seen_by(query, key, form);
    const Tensor p = probabilities(scores(query, key, seen, form), lse, seen);
    result.push_back(sum_to(score_gradient(p, dy, value, delta, seen, form), shape));
  }
  return result;
}

template <bool drops>
Types scaled_dot_product_attention_infer_backward(const Signature& call) {
  using namespace sdk::composites::scaled_dot_product_attention_backward;
  if (drops) rules::dropout(call, mask);
  require_operands(call, query, mask_after<drops>(mask));
  Shape y = call.shape(query);
  const int rank = y.rank();
  y[rank - 1] = call.shape(value).back();
  call.require(call.shape(dy) == y, "dy must be [..., query length, size of value]");
  for (const std::size_t i : {lse, delta})
    call.require(call.in(i) == TensorType{call.dtype(0), y.slice(0, rank - 1)},
                 "lse and delta must be [..., query length]");
  return {call.in(query), call.in(key), call.in(value)};
}

template <bool drops>
Tensors scaled_dot_product_attention_backward(const OpCall& call) {
  namespace at = sdk::composites::scaled_dot_product_attention_backward;
  const Tensor &dy = call.in(at::dy), &query = call.in(at::query), &key = call.in(at::key);
  const Form form = form_of<drops>(call.inputs, at::mask, call.attributes);
  const Tensor seen = seen_by(query, key, form);
  const Tensor p = probabilities(scores(query, key, seen, form), call.in(at::lse), seen);
  const Tensor ds = score_gradient(p, dy, call.in(at::value), call.in(at::delta), seen, form);
  return {weighted_sum(ds, key, seen) * form.scale,
          weighted_sum(transpose(ds), query * form.scale, turned(seen)),
          weighted_sum(transpose(dropped(p, form)), dy, turned(seen))};
}

Attributes scaled_dot_product_attention_options(bool causal, double scale) {
  return {{"causal", static_cast<std::int64_t>(causal)}, {"scale", scale}};
}

// The definition with loops; `allowed` and `bias` may be empty.
std::vector<Array> scaled_dot_product_attention_expected(const Array& q, const Array& k,
                                                         const Array& v, const Array& mask,
                                                         bool causal, double scale) {
  const int rank = q.shape().rank();
  const std::int64_t tq = q.shape().at(-2), d = q.shape().at(-1);
  const std::int64_t tk = k.shape().at(-2), dv = v.shape().at(-1);
  Shape shape = q.shape();
  shape[rank - 1] = dv;
  Array y = Array::zeros(f64, shape);
  Array lse(f64, shape.slice(0, rank - 1));
  for (std::int64_t r = 0; r < lse.numel(); ++r) {
    const std::int64_t batch = r / tq, i = r % tq;
    std::vector<double> s(static_cast<std::size_t>(tk), -infinity);
    double total = 0;
    for (std::int64_t j = 0; j < tk; ++j) {
      double& score = s[static_cast<std::size_t>(j)];
      if (causal && j > i) continue;
      const std::int64_t place = mask.numel() == 0 ? 0 : (r * tk + j) % mask.numel();
      const bool flags = mask.numel() > 0 && mask.dtype() == boolean;
      if (flags && mask.get(place) == 0) continue;
      score = mask.numel() > 0 && !flags ? mask.get(place) : 0;
      double dot = 0;
      for (std::int64_t c = 0; c < d; ++c)
        dot += q.get(r * d + c) * k.get((batch * tk + j) * d + c);
      score += dot * scale;
      total += std::exp(score);
    }
    lse.set(r, std::log(total));
    for (std::int64_t j = 0; j < tk && total > 0; ++j)
      for (std::int64_t c = 0; c < dv; ++c)
        y.set(r * dv + c, y.get(r * dv + c) + std::exp(s[static_cast<std::size_t>(j)]) / total *
                                                  v.get((batch * tk + j) * dv + c));
  }
  return {y, lse};
}

std::vector<Sample> scaled_dot_product_attention_samples() {
  struct Case {
    Shape query, key, value;
    Array mask;
    bool causal;
  };
  const Array none(f64, {0});
  const Array lengths({2, 1, 3}, std::vector<bool>{true, true, false, false, true, true});
  const Array square({3, 3},
                     std::vector<bool>{true, false, true, true, true, false, true, true, true});
  std::vector<Sample> result;
  for (const Case& c :
       std::vector<Case>{{{2, 3}, {4, 3}, {4, 2}, none, false},
                         {{1, 1}, {1, 1}, {1, 1}, none, true},
                         {{2, 3, 4}, {2, 3, 4}, {2, 3, 5}, none, true},
                         {{1, 2, 3, 2}, {1, 2, 5, 2}, {1, 2, 5, 2}, spread({3, 5}, -1, 1, 9), true},
                         {{2, 2, 3, 2}, {2, 2, 3, 2}, {2, 2, 3, 1}, square, false},
                         {{2, 0, 2}, {2, 3, 2}, {2, 3, 2}, none, false},
                         {{0, 2, 2}, {0, 3, 2}, {0, 3, 2}, none, true}}) {
    Sample sample{
        .inputs = {spread(c.query, -1, 1, 1), spread(c.key, -1, 1, 2), spread(c.value, -1, 1, 3)},
        .attributes = scaled_dot_product_attention_options(c.causal, 0.7)};
    sample.outputs = scaled_dot_product_attention_expected(sample.inputs[0], sample.inputs[1],
                                                           sample.inputs[2], c.mask, c.causal, 0.7);
    if (c.mask.numel() > 0) sample.inputs.push_back(c.mask);
    result.push_back(sample);
  }
  // Padding of different lengths in one batch.
  result.push_back({.inputs = {spread({2, 3, 2}, -1, 1, 1), spread({2, 3, 2}, -1, 1, 2),
                               spread({2, 3, 2}, -1, 1, 3), lengths},
                    .attributes = scaled_dot_product_attention_options(false, 1.0)});
  // A query that sees nothing, one that sees one key.
  Sample blind =
      kink({Array({2, 1}, {1.0, 2.0}), Array({2, 1}, {3.0, 4.0}), Array({2, 1}, {5.0, 6.0}),
            Array({2, 2}, std::vector<bool>{false, false, false, true})},
           Array({2, 1}, {0.0, 6.0}));
  blind.outputs.push_back(Array({2}, {-infinity, 8.0}));
  blind.attributes = scaled_dot_product_attention_options(false, 1.0);
  result.push_back(blind);
  return result;
}

std::vector<Sample> scaled_dot_product_attention_backward_samples() {
  std::vector<Sample> result;
  for (const bool causal : {false, true})
    for (const Shape& leading : std::vector<Shape>{{}, {2}, {1, 2}}) {
      const auto with = [&](std::int64_t rows, std::int64_t columns, int seed) {
        Shape shape = leading;
        shape.push_back(rows);
        if (columns > 0) shape.push_back(columns);
        return spread(shape, -1, 1, seed);
      };
      result.push_back({.inputs = {with(3, 2, 1), with(3, 4, 2), with(3, 4, 3), with(3, 2, 4),
                                   with(3, 0, 5), with(3, 0, 6)},
                        .attributes = scaled_dot_product_attention_options(causal, 0.5)});
    }
  return result;
}

// What dropout adds to the samples: seed and step, before a mask.
std::vector<Sample> with_dropout(std::vector<Sample> plain, std::size_t seed, double p) {
  for (Sample& sample : plain) {
    sample.inputs.insert(sample.inputs.begin() + static_cast<std::ptrdiff_t>(seed),
                         {Array(std::int64_t{1}), Array(std::int64_t{2})});
    sample.attributes.set("p", p);
    sample.attributes.set("stream", std::int64_t{3});
  }
  return plain;
}

// Nothing is dropped, all is, or some of it: which, the tests of models know.
std::vector<Sample> scaled_dot_product_attention_dropout_samples() {
  std::vector<Sample> result = with_dropout(scaled_dot_product_attention_samples(), 3, 0);
  for (Sample& all : with_dropout(scaled_dot_product_attention_samples(), 3, 1)) {
    if (!all.outputs.empty()) all.outputs[0] = Array::zeros(f64, all.outputs[0].shape());
    result.push_back(std::move(all));
  }
  for (Sample& some : with_dropout(scaled_dot_product_attention_samples(), 3, 0.4)) {
    some.outputs.clear();
    result.push_back(std::move(some));
  }
  return result;
}

std::vector<Sample> scaled_dot_product_attention_dropout_backward_samples() {
  return with_dropout(scaled_dot_product_attention_backward_samples(), 6, 0.4);
}

Tensor with_leading(const Tensor& x, const Shape& leading) {
  const Shape own = x.shape();
  Shape shape = leading;
  shape.push_back(own.at(-2));
  shape.push_back(own.at(-1));
  return own == shape ? x : broadcast_to(x, shape);
}

// Splits the heads of the query into groups [..., Hk, G, Tq, D], each of which meets one head
// [..., Hk, 1, Tk, D] of keys and values, and the mask as them.
void group_heads(const Call& call, Tensors& t, Tensor& mask) {
  const Shape query = t[0].shape();
  call.require(query.rank() >= 3 && t[1].rank() >= 3 && t[2].rank() >= 3,
               "grouped queries need an axis of heads: [..., heads, length, size]");
  const std::int64_t heads = query.at(-3), shared = t[1].size(-3);
  call.require(shared > 0 && t[2].size(-3) == shared && heads % shared == 0,
               fmt::format("{} heads of queries cannot share {} of keys and {} of values", heads,
                           shared, t[2].size(-3)));
  const auto grouped = [&](const Tensor& x) {
    Shape shape = x.shape().slice(0, x.rank() - 3);
    for (const std::int64_t size : {shared, heads / shared, x.size(-2), x.size(-1)})
      shape.push_back(size);
    return reshape(x, shape);
  };
  t[0] = grouped(t[0]);
  t[1] = unsqueeze(t[1], -3);
  t[2] = unsqueeze(t[2], -3);
  if (!mask.defined() || mask.rank() < 3) return;
  call.require(mask.size(-3) == 1 || mask.size(-3) == heads,
               "the mask's axis of heads must be that of the queries, or 1");
  mask = mask.size(-3) == heads ? grouped(mask) : unsqueeze(mask, -3);
}

// Query, key and value of one float type and with the same leading axes, and the mask of that type.
struct Prepared {
  Tensors operands;
  Tensor mask;
  double scale = 1;
};

Prepared prepared(const Call& call, std::initializer_list<Operand> operands,
                  const AttentionOptions& how) {
  Prepared result{operands::of_one_float(forward_name, call, operands), how.mask, 1};
  Tensors& t = result.operands;
  operands::require_probability(forward_name, call, "dropout", how.dropout);
  for (Tensor& x : t) {
    x = call.as_float(x);
    call.require(x.rank() >= 2, "query, key and value need at least two axes: [..., length, size]");
  }
  if (how.enable_gqa) group_heads(call, t, result.mask);
  Shape leading;
  for (const Tensor& x : t) {
    const Shape own = x.shape().slice(0, x.rank() - 2);
    if (broadcastable(own, leading)) continue;
    try {
      leading = broadcast_shapes(leading, own);
    } catch (const ShapeError&) {
      call.fail("the leading axes of query, key and value do not broadcast");
    }
  }
  for (Tensor& x : t) x = with_leading(x, leading);
  const DType type = t[0].dtype();
  if (how.mask.defined() && is_float(how.mask.dtype()) && how.mask.dtype() != type)
    result.mask = cast(result.mask, type);
  const auto size = static_cast<double>(std::max<std::int64_t>(t[0].size(-1), 1));
  result.scale = how.scale.value_or(1 / std::sqrt(size));
  return result;
}

// The heads that group_heads has split, in one axis again.
Tensor ungrouped(const Tensor& x, const AttentionOptions& how) {
  return how.enable_gqa ? flatten(x, -4, -3) : x;
}

}  // namespace

Tensor scaled_dot_product_attention(const Operand& query, const Operand& key, const Operand& value,
                                    const AttentionOptions& how) {
  const Call call(forward_name, {query, key, value});
  Prepared in = prepared(call, {query, key, value}, how);
  Attributes attributes = scaled_dot_product_attention_options(how.causal, in.scale);
  const bool drops = how.dropout > 0 && call.graph().training();
  if (drops) {
    const RandomKey random = random_key(call.graph());
    in.operands.insert(in.operands.end(), {random.seed, random.step});
    attributes.set("p", how.dropout);
    attributes.set("stream", static_cast<std::int64_t>(call.graph().next_stream()));
  }
  if (in.mask.defined()) in.operands.push_back(in.mask);
  return ungrouped(call.make_all(drops ? dropout_name : forward_name, in.operands, attributes)[0],
                   how);
}

std::pair<Tensor, Tensor> scaled_dot_product_attention_with_weights(const Operand& query,
                                                                    const Operand& key,
                                                                    const Operand& value,
                                                                    const AttentionOptions& how) {
  const Call call(forward_name, {query, key, value});
  Prepared in = prepared(call, {query, key, value}, how);
  const Tensor q = in.operands[0], k = in.operands[1], v = in.operands[2];
  if (in.mask.defined()) in.operands.push_back(in.mask);
  // The op checks what it is given; nobody reads this node, so that no program has it.
  (void)call.make_all(forward_name, in.operands,
                      scaled_dot_product_attention_options(how.causal, in.scale));
  Form form;
  form.mask = in.mask;
  form.causal = how.causal;
  form.scale = in.scale;
  const Tensor seen = seen_by(q, k, form);
  const Tensor s = scores(q, k, seen, form);
  const Tensor e = exp(s - shift_of(stop_gradient(max(s, -1, true))));
  const Tensor weights = dropout(e / divisor_of(sum(e, -1, true)), how.dropout);
  return {ungrouped(weighted_sum(weights, v, seen), how), ungrouped(weights, how)};
}

namespace ops {
std::vector<OpDef> scaled_dot_product_attention() {
  const Port y{"y", "[..., Tq, Dv]", "as query"}, lse{"lse", "[..., Tq]", "as query"};
  const Port mask{"mask", "broadcasts to [..., Tq, Tk]", "as query, or bool", true};
  const std::vector<Port> outputs = {y, lse};
  const std::vector<Port> gradients = {{"dquery", "as query", "as dy"},
                                       {"dkey", "as key", "as dy"},
                                       {"dvalue", "as value", "as dy"}};
  const std::vector<Port> inputs = {{"query", "[..., Tq, D]", "float"},
                                    {"key", "[..., Tk, D]", "as query"},
                                    {"value", "[..., Tk, Dv]", "as query"}};
  const std::vector<Port> backward_inputs = {
      {"dy", "[..., Tq, Dv]", "float"}, {"query", "[..., Tq, D]", "as dy"},
      {"key", "[..., Tk, D]", "as dy"}, {"value", "[..., Tk, Dv]", "as dy"},
      {"lse", "[..., Tq]", "as dy"},    {"delta", "[..., Tq]", "as dy"}};
  const auto ports = [&](std::vector<Port> first, bool drops) {
    if (drops) first.insert(first.end(), {{"seed", "[]", "i64"}, {"step", "[]", "i64"}});
    first.push_back(mask);
    return first;
  };
  const std::vector<AttributeDef> attributes = {
      {"causal", AttributeType::integer, "1: query i sees the keys 0..i"},
      {"scale", AttributeType::number, "what the scores are multiplied with"}};
  std::vector<AttributeDef> with_dropout = attributes;
  with_dropout.push_back({"p", AttributeType::number, "the probability that a weight is dropped"});
  with_dropout.push_back(
      {"stream", AttributeType::integer, "tells apart the random ops of one program"});
  return {
      {
          .name = forward_name,
          .summary = "softmax(query * key^T * scale + mask) * value; zeros where the mask leaves "
                     "no key. lse is the logsumexp of each row of scores.",
          .inputs = ports(inputs, false),
          .outputs = outputs,
          .attributes = attributes,
          .infer = scaled_dot_product_attention_infer<false>,
          .gradient = scaled_dot_product_attention_gradient<false>,
          .decompose = scaled_dot_product_attention_body<false>,
          .source = "https://arxiv.org/abs/1706.03762",
          .samples = scaled_dot_product_attention_samples,
      },
      {
          .name = backward_name,
          .summary = "The gradients of attention's query, key and value; the probabilities are "
                     "computed again from lse. delta is the sum of dy * y over the last axis.",
          .inputs = ports(backward_inputs, false),
          .outputs = gradients,
          .attributes = attributes,
          .infer = scaled_dot_product_attention_infer_backward<false>,
          .decompose = scaled_dot_product_attention_backward<false>,
          .source = "https://arxiv.org/abs/2205.14135",
          .samples = scaled_dot_product_attention_backward_samples,
      },
      {
          .name = dropout_name,
          .summary = "Attention in training: dropout(softmax(query * key^T * scale + mask), p) * "
                     "value.",
          .inputs = ports(inputs, true),
          .outputs = outputs,
          .attributes = with_dropout,
          .infer = scaled_dot_product_attention_infer<true>,
          .gradient = scaled_dot_product_attention_gradient<true>,
          .decompose = scaled_dot_product_attention_body<true>,
          .source = "https://arxiv.org/abs/1706.03762",
          .samples = scaled_dot_product_attention_dropout_samples,
      },
      {
          .name = dropout_backward_name,
          .summary = "The gradients of attention with dropout, which drops the same weights again. "
                     "delta is the sum of dy * y over the last axis.",
          .inputs = ports(backward_inputs, true),
          .outputs = gradients,
          .attributes = with_dropout,
          .infer = scaled_dot_product_attention_infer_backward<true>,
          .decompose = scaled_dot_product_attention_backward<true>,
          .source = "https://arxiv.org/abs/2205.14135",
          .samples = scaled_dot_product_attention_dropout_backward_samples,
      }};
}
}  // namespace ops

}  // namespace asg
