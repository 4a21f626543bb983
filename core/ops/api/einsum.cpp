// einsum in permutations, reshapes and products: a label for each axis, and pairs of operands that
// are contracted from left to right, each by one batched matrix product.
#include <algorithm>
#include <cctype>
#include <map>

#include <fmt/format.h>

#include <asg/graph/build.hpp>
#include <asg/graph/error.hpp>
#include <asg/ops/diagonal.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/linalg.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

namespace asg {
namespace {

// A letter, or for an axis of "..." its negative distance from the end of those: -1 is the last.
using Labels = std::vector<int>;

bool holds(const Labels& labels, int label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}
std::size_t place_of(const Labels& labels, int label) {
  return static_cast<std::size_t>(std::find(labels.begin(), labels.end(), label) - labels.begin());
}
Labels joined_labels(std::initializer_list<Labels> parts) {
  Labels all;
  for (const Labels& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

struct Term {
  Tensor tensor;
  Labels labels;

  [[nodiscard]] std::int64_t size(int label) const {
    return tensor.size(static_cast<int>(place_of(labels, label)));
  }
  [[nodiscard]] std::int64_t size(const Labels& of) const {
    std::int64_t product = 1;
    for (const int label : of) product *= size(label);
    return product;
  }
  // The axes in another order, which names all of them.
  [[nodiscard]] Tensor in_order(const Labels& order) const {
    Axes axes;
    for (const int label : order) axes.push_back(static_cast<int>(place_of(labels, label)));
    return order == labels ? tensor : permute(tensor, axes);
  }
};

// The equation, cut into labels; "..." of operand k stands for as many axes as it leaves.
class Equation {
 public:
  Equation(const Call& call, std::string_view text, const std::vector<Tensor>& operands)
      : call_(call) {
    std::string equation;
    for (const char c : text)
      if (c != ' ') equation += c;
    const std::size_t arrow = equation.find("->");
    std::size_t start = 0;
    const std::string left = equation.substr(0, arrow);
    for (const Tensor& operand : operands) {
      if (start > left.size()) wrong_count(operands.size());
      const std::size_t end = std::min(left.find(',', start), left.size());
      terms.push_back({operand, labels(left.substr(start, end - start), operand.rank())});
      start = end + 1;
    }
    if (start <= left.size()) wrong_count(operands.size());
    output = arrow == std::string::npos ? implied() : labels(equation.substr(arrow + 2), -1);
    for (std::size_t i = 0; i < output.size(); ++i) {
      if (std::count(output.begin(), output.end(), output[i]) > 1)
        fail("the result names '{}' twice", output[i]);
      if (std::none_of(terms.begin(), terms.end(),
                       [&](const Term& term) { return holds(term.labels, output[i]); }))
        fail("the result names '{}', which no operand has", output[i]);
    }
  }

  std::vector<Term> terms;
  Labels output;

 private:
  const Call& call_;
  int ellipsis_ = 0;  // the most axes that "..." stands for

  void fail(fmt::format_string<char> text, int label) const {
    call_.fail(fmt::format(text, static_cast<char>(label)));
  }
  void wrong_count(std::size_t operands) const {
    call_.fail(fmt::format("the equation must name as many operands as there are, {}", operands));
  }

  // Of an operand with `rank` axes, or of the result (-1).
  Labels labels(const std::string& text, int rank) {
    const std::size_t dots = text.find("...");
    const std::string before = text.substr(0, dots);
    const std::string behind = dots == std::string::npos ? "" : text.substr(dots + 3);
    for (const char c : before + behind)
      call_.require(std::isalpha(static_cast<unsigned char>(c)) != 0,
                    "an equation has letters, commas, '...' once for each operand, and one '->'");
    const int named = static_cast<int>(before.size() + behind.size());
    if (rank >= 0 && (dots == std::string::npos ? named != rank : named > rank))
      call_.fail(fmt::format("'{}' does not fit an operand of rank {}", text, rank));
    Labels result(before.begin(), before.end());
    if (dots != std::string::npos) {
      const int count = rank < 0 ? ellipsis_ : rank - named;
      ellipsis_ = std::max(ellipsis_, count);
      for (int i = -count; i < 0; ++i) result.push_back(i);
    }
    result.insert(result.end(), behind.begin(), behind.end());
    return result;
  }

  // What "->" would say: "..." and the letters that occur once, in alphabetical order.
  [[nodiscard]] Labels implied() const {
    std::map<int, int> seen;
    for (const Term& term : terms)
      for (const int label : term.labels) ++seen[label];
    Labels result;
    for (const auto& [label, count] : seen)
      if (label < 0 || count == 1) result.push_back(label);
    return result;
  }
};

// A label that an operand has twice becomes its diagonal, the last axis.
Term without_repeats(const Call& call, Term term) {
  for (std::size_t i = 0; i < term.labels.size();) {
    const int label = term.labels[i];
    const auto again = std::find(term.labels.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                 term.labels.end(), label);
    if (again == term.labels.end()) {
      ++i;
      continue;
    }
    const auto j = static_cast<int>(again - term.labels.begin());
    if (term.tensor.size(static_cast<int>(i)) != term.tensor.size(j))
      call.fail(fmt::format("'{}' stands for axes of size {} and {} of one operand",
                            static_cast<char>(label), term.tensor.size(static_cast<int>(i)),
                            term.tensor.size(j)));
    term.tensor = diagonal(term.tensor, 0, static_cast<int>(i), j);
    term.labels.erase(again);
    term.labels.erase(term.labels.begin() + static_cast<std::ptrdiff_t>(i));
    term.labels.push_back(label);
  }
  return term;
}

// Axes of size 1 whose label is larger elsewhere have no part in anything and go.
void drop_broadcast(const Call& call, std::vector<Term>& terms) {
  std::map<int, std::int64_t> sizes;
  for (const Term& term : terms)
    for (const int label : term.labels) {
      const std::int64_t size = term.size(label);
      const auto [known, first] = sizes.emplace(label, size);
      if (!first && known->second == 1) known->second = size;
      if (size != 1 && size != known->second)
        call.fail(fmt::format("{} stands for axes of size {} and {}",
                              label < 0 ? "'...'" : fmt::format("'{}'", static_cast<char>(label)),
                              known->second, size));
    }
  for (Term& term : terms) {
    Labels kept;
    Axes gone;
    for (std::size_t i = 0; i < term.labels.size(); ++i)
      if (term.size(term.labels[i]) == 1 && sizes[term.labels[i]] != 1)
        gone.push_back(static_cast<std::int64_t>(i));
      else
        kept.push_back(term.labels[i]);
    if (!gone.empty()) term = {squeeze(term.tensor, gone), kept};
  }
}

// The sum over the axes that nothing else needs.
Term summed(const Term& term, const Labels& needed) {
  Labels kept;
  Axes gone;
  for (std::size_t i = 0; i < term.labels.size(); ++i)
    if (holds(needed, term.labels[i]))
      kept.push_back(term.labels[i]);
    else
      gone.push_back(static_cast<std::int64_t>(i));
  return gone.empty() ? term : Term{sum(term.tensor, gone), kept};
}

// Both operands' axes in four groups: shared and needed later, shared and summed, and those of one.
Term contracted(const Term& left, const Term& right, const Labels& needed) {
  const Term a = summed(left, joined_labels({right.labels, needed}));
  const Term b = summed(right, joined_labels({left.labels, needed}));
  Labels batch, inner, rows, columns;
  for (const int label : a.labels)
    (!holds(b.labels, label) ? rows : holds(needed, label) ? batch : inner).push_back(label);
  for (const int label : b.labels)
    if (!holds(a.labels, label)) columns.push_back(label);

  const std::int64_t each = a.size(batch), k = a.size(inner), m = a.size(rows), n = b.size(columns);
  const Tensor x = a.in_order(joined_labels({batch, rows, inner}));
  const Tensor y = b.in_order(joined_labels({batch, inner, columns}));
  Tensor product;
  if (inner.empty())
    product = reshape(x, {each, m, 1}) * reshape(y, {each, 1, n});
  else if (rows.empty() && columns.empty())
    product = sum(reshape(x, {each, k}) * reshape(y, {each, k}), 1);
  else if (batch.empty())
    product = matmul(reshape(x, {m, k}), reshape(y, {k, n}));
  else
    product = matmul(reshape(x, {each, m, k}), reshape(y, {each, k, n}));

  Shape shape;
  for (const int label : joined_labels({batch, rows})) shape.push_back(a.size(label));
  for (const int label : columns) shape.push_back(b.size(label));
  return {reshape(product, shape), joined_labels({batch, rows, columns})};
}

void require_one_float(const Call& call, const std::vector<Tensor>& operands) {
  if (operands.size() == 1) return;
  for (const Tensor& operand : operands)
    if (operand.dtype() != operands[0].dtype() || !is_float(operand.dtype()))
      throw TypeError(
          fmt::format("einsum: several operands must have one float type; {} meets {}"
                      "\n  at {}",
                      to_string(operands[0].type()), to_string(operand.type()),
                      to_string(call.graph().origin_now(call.where()))));
}

}  // namespace

Tensor einsum(std::string_view equation, const std::vector<Tensor>& operands, Where where) {
  if (operands.empty())
    throw TypeError(
        fmt::format("einsum: needs at least one Tensor\n  at {}:{}", where.file, where.line));
  for (const Tensor& operand : operands)
    (void)Call("einsum", {Operand(operands[0], where), Operand(operand, where)});
  const Call call("einsum", {Operand(operands[0], where)});
  require_one_float(call, operands);
  Equation parsed(call, equation, operands);
  for (Term& term : parsed.terms) term = without_repeats(call, term);
  drop_broadcast(call, parsed.terms);

  Term result = parsed.terms[0];
  for (std::size_t i = 1; i < parsed.terms.size(); ++i) {
    Labels needed = parsed.output;
    for (std::size_t j = i + 1; j < parsed.terms.size(); ++j)
      needed.insert(needed.end(), parsed.terms[j].labels.begin(), parsed.terms[j].labels.end());
    result = contracted(result, parsed.terms[i], needed);
  }
  return summed(result, parsed.output).in_order(parsed.output);
}

}  // namespace asg
