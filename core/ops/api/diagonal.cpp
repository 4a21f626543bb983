// Triangles by masks, diagonals as every (columns + 1)th element of a matrix in one row.
#include <asg/ops/diagonal.hpp>

#include <algorithm>

#include <asg/graph/build.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>

#include "ops/rules.hpp"

namespace asg {
namespace {

// Of the last two axes: the element [i, j] where i + diagonal is not below j, or not above; else 0.
Tensor triangle(const Call& call, const Operand& x, std::int64_t diagonal, bool lower) {
  const Tensor t = call.tensor(x);
  call.require(t.rank() >= 2, "needs at least two axes");
  const std::int64_t rows = t.size(-2), columns = t.size(-1);
  const std::int64_t shift = std::clamp(diagonal, -rows, columns);
  const Tensor row = iota(call.graph(), {rows, columns}, 0) + shift;
  const Tensor column = iota(call.graph(), {rows, columns}, 1);
  return where(lower ? row >= column : row <= column, t, zeros_like(t));
}

// Where a diagonal begins and how many elements it has.
struct Line {
  std::int64_t start, length;

  Line(std::int64_t rows, std::int64_t columns, std::int64_t offset)
      : start(0),
        length(offset >= 0 ? std::min(rows, columns - std::min(offset, columns))
                           : std::min(rows + std::max(offset, -rows), columns)) {
    if (length > 0) start = offset >= 0 ? offset : -offset * columns;
  }
};

}  // namespace

Tensor tril(const Operand& x, std::int64_t diagonal) {
  return triangle(Call("tril", {x}), x, diagonal, true);
}

Tensor triu(const Operand& x, std::int64_t diagonal) {
  return triangle(Call("triu", {x}), x, diagonal, false);
}

Tensor diagonal(const Operand& x, std::int64_t offset, Axis axis_a, Axis axis_b) {
  const Call call("diagonal", {x});
  Tensor t = call.tensor(x);
  const int a = call.axis(axis_a, t.rank());
  const int b = call.axis(axis_b, t.rank());
  call.require(a != b, "a diagonal needs two different axes");
  t = movedim(t, {a, b}, {-2, -1});
  const std::int64_t rows = t.size(-2), columns = t.size(-1);
  const Line line(rows, columns, offset);
  Shape none = t.shape().slice(0, t.rank() - 2);
  none.push_back(0);
  if (line.length == 0) return reshape(slice(t, -1, 0, 0), none);
  const std::int64_t step = columns + 1;
  return slice(flatten(t, -2, -1), -1, line.start, line.start + (line.length - 1) * step + 1, step);
}

Tensor diag(const Operand& x, std::int64_t diagonal) {
  const Call call("diag", {x});
  const Tensor t = call.tensor(x);
  call.require(t.rank() == 1 || t.rank() == 2, "x must be a vector or a matrix");
  if (t.rank() == 2) return asg::diagonal(t, diagonal);
  const std::int64_t size = t.numel();
  call.require(diagonal > -(std::int64_t{1} << 31) && diagonal < (std::int64_t{1} << 31),
               "the matrix would be too large");
  const std::int64_t side = size + std::abs(diagonal);
  const Line line(side, side, diagonal);
  return reshape(call.make("slice_backward", {t},
                           {{"starts", Ints{line.start}},
                            {"strides", Ints{side + 1}},
                            {"shape", Ints{side * side}}}),
                 {side, side});
}

}  // namespace asg
