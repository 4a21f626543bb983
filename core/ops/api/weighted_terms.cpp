#include "ops/weighted_terms.hpp"

#include <algorithm>

#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/indexing.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/reduction.hpp>

#include "ops/rules.hpp"

namespace asg {
namespace {

// A table of rows: row k has term k of each new element, or none.
struct TermTable {
  std::int64_t rows = 0, columns, terms = 0;
  bool full = true, plain = true;  // no gaps; all weights are 1

  explicit TermTable(const terms::Terms& all) : columns(static_cast<std::int64_t>(all.size())) {
    for (const std::vector<terms::Term>& of_one : all) {
      const auto count = static_cast<std::int64_t>(of_one.size());
      full = full && (&of_one == &all.front() || count == rows);
      rows = std::max(rows, count);
      terms += count;
      for (const terms::Term& term : of_one) plain = plain && term.weight == 1;
    }
  }
  [[nodiscard]] bool is_dense() const { return rows * columns <= 4 * terms + 4096; }
};

// For an axis in front of `behind` others.
Tensor term_constant(Graph& graph, const Array& values, int behind) {
  Shape shape = values.shape();
  for (int i = 0; i < behind; ++i) shape.push_back(1);
  return reshape(graph.constant(values), shape);
}

Tensor weighed_table(const Tensor& x, int axis, const terms::Terms& terms, const TermTable& table) {
  const Shape shape = {table.rows, table.columns};
  Ints places;
  Array weights(x.dtype(), shape), used(boolean, shape);
  for (std::int64_t row = 0; row < table.rows; ++row)
    for (const std::vector<terms::Term>& of_one : terms) {
      const auto at = static_cast<std::int64_t>(places.size());
      const bool any = row < std::ssize(of_one);
      const terms::Term term = any ? of_one[static_cast<std::size_t>(row)] : terms::Term{0, 0};
      places.push_back(term.element);
      weights.set(at, term.weight);
      used.set(at, any ? 1 : 0);
    }
  Graph& graph = x.graph();
  const int behind = x.rank() - 1 - axis;
  const Tensor all = gather(x, graph.constant(Array(shape, places)), axis);
  const Tensor weight = term_constant(graph, weights, behind),
               any = term_constant(graph, used, behind);
  const auto weighed = [&](Tensor parts, const Tensor& by, const Tensor& where_any) {
    if (!table.plain) parts = parts * by;
    return table.full ? parts : where(where_any, parts, 0);
  };
  constexpr std::int64_t most_loads = 8;
  if (table.rows > most_loads) return sum(weighed(all, weight, any), {axis});
  Tensor y;
  for (std::int64_t row = 0; row < table.rows; ++row) {
    const Tensor part =
        weighed(select(all, axis, row), select(weight, 0, row), select(any, 0, row));
    y = y.defined() ? y + part : part;
  }
  return y;
}

// One term after the other: few elements have most of them.
Tensor weighed_list(const Tensor& x, int axis, const terms::Terms& all, std::int64_t count) {
  Ints places, owners;
  Array weights(x.dtype(), {count});
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const terms::Term& term : all[i]) {
      weights.set(static_cast<std::int64_t>(places.size()), term.weight);
      places.push_back(term.element);
      owners.push_back(static_cast<std::int64_t>(i));
    }
  Graph& graph = x.graph();
  const Tensor parts = gather(x, graph.constant(Array({count}, places)), axis) *
                       term_constant(graph, weights, x.rank() - 1 - axis);
  Shape shape = x.shape();
  shape[axis] = static_cast<std::int64_t>(all.size());
  return scatter(zeros(graph, shape, x.dtype()), graph.constant(Array({count}, owners)), parts,
                 axis, "add");
}

}  // namespace

Tensor terms::sums(const Tensor& x, int axis, const Terms& all) {
  const TermTable table(all);
  return table.rows > 0 && table.is_dense() ? weighed_table(x, axis, all, table)
                                            : weighed_list(x, axis, all, table.terms);
}

terms::Terms terms::adjoint(const Terms& all, std::int64_t elements) {
  Terms result(static_cast<std::size_t>(elements));
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const Term& term : all[i])
      result[static_cast<std::size_t>(term.element)].push_back(
          {static_cast<std::int64_t>(i), term.weight});
  return result;
}

}  // namespace asg
