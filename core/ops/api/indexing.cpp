// Reading and writing along one axis as PyTorch does it, over gather and scatter.
#include <asg/ops/indexing.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <asg/graph/build.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>
#include <asg/ops/ordering.hpp>

#include "ops/rules.hpp"

namespace asg {
namespace {

// x with the axis last; what stands along it are rows. Done twice it changes nothing.
Tensor as_rows(const Tensor& x, int axis) {
  return axis == x.rank() - 1 ? x : transpose(x, axis, -1);
}

// One index of each row.
Tensor read_rows(const Tensor& x, const Tensor& index) {
  return gather(x, index, x.rank() - 1, x.rank() - 1);
}
Tensor write_rows(const Tensor& x, const Tensor& index, const Operand& src, std::string_view mode) {
  return scatter(x, index, src, x.rank() - 1, mode, x.rank() - 1);
}

// The first elements of all axes but one, as many as `sizes` says.
Tensor cut_to(const Tensor& x, Shape sizes, int but) {
  Tensor part = x;
  for (int d = 0; d < x.rank(); ++d)
    if (d != but && x.size(d) != sizes[d]) part = slice(part, d, 0, sizes[d]);
  return part;
}

// x with `part` in place of its first elements.
Tensor put_back(const Tensor& x, const Tensor& part) {
  Tensor whole = part;
  for (int d = 0; d < x.rank(); ++d) {
    if (whole.size(d) == x.size(d)) continue;
    // What is behind on this axis; axes that have not grown yet are as long as the part.
    const Shape sizes = whole.shape();
    whole = concat({whole, slice(cut_to(x, sizes, d), d, sizes[d], x.size(d))}, d);
  }
  return whole;
}

void require_index(const Call& call, const Tensor& x, const Tensor& index, int axis) {
  call.require(index.rank() == x.rank(), "index must have as many axes as x");
  for (int d = 0; d < x.rank(); ++d)
    call.require(d == axis || index.size(d) <= x.size(d),
                 "index must not be larger than x on the axes that it does not index");
}

// The product of each row's elements that have one index, where there is one; 1 elsewhere. In the
// order of the indices a product is a scan: after k passes an element is the product of the 2^k
// last ones with its index, and the last of them is the whole.
Tensor products_by_index(const Tensor& index, const Tensor& src, const Tensor& ones) {
  const Positioned order = sort(index);
  const int last = src.rank() - 1;
  const std::int64_t count = src.size(last);
  Tensor product = read_rows(src, order.positions);
  Ints low(static_cast<std::size_t>(src.rank()), 0);
  const Ints none = low;
  for (std::int64_t step = 1; step < count; step *= 2) {
    low.back() = step;
    const Tensor before = pad(slice(product, last, 0, count - step), low, none, 1);
    const Tensor at = pad(slice(order.values, last, 0, count - step), low, none, -1);
    product = product * where(eq(at, order.values), before, 1);
  }
  return write_rows(ones, order.values, product, "set");
}

// What `reduce` begins with where it leaves x's own element out.
Array neutral(std::string_view reduce, DType dtype) {
  const bool largest = reduce == "amax";
  if (!largest && reduce != "amin") return Array::full(dtype, {}, reduce == "prod" ? 1 : 0);
  if (dtype == i64) {  // no double is the largest of these
    using Limits = std::numeric_limits<std::int64_t>;
    return Array(largest ? Limits::min() : Limits::max());
  }
  if (is_float(dtype)) return Array::full(dtype, {}, largest ? -INFINITY : INFINITY);
  if (dtype == u32) return Array::full(dtype, {}, largest ? 0 : 0xffffffffp0);
  return Array::full(dtype, {}, largest ? -0x1p31 : 0x7fffffffp0);
}

// x with the neutral element wherever an index points.
Tensor without_own(const Tensor& x, const Tensor& index, std::string_view reduce) {
  const Tensor value = x.graph().constant(neutral(reduce, x.dtype()));
  return write_rows(x, index, broadcast_to(value, index.shape()), "set");
}

Tensor reduced_rows(const Tensor& x, const Tensor& index, const Tensor& src,
                    std::string_view reduce, bool include_self) {
  const Tensor base = include_self ? x : without_own(x, index, reduce);
  if (reduce == "amax") return write_rows(base, index, src, "max");
  if (reduce == "amin") return write_rows(base, index, src, "min");
  if (reduce == "prod") return base * products_by_index(index, src, ones_like(x));
  const Tensor total = write_rows(base, index, src, "add");
  if (reduce == "sum") return total;
  const Tensor count = write_rows(full_like(x, include_self ? 1 : 0), index, 1, "add");
  return total / maximum(count, 1);
}

void require_reduction(const Call& call, std::string_view reduce, DType dtype) {
  const std::string_view known[] = {"sum", "prod", "mean", "amax", "amin"};
  if (std::find(std::begin(known), std::end(known), reduce) == std::end(known))
    call.fail(
        fmt::format("there is no reduction {}; those are sum, prod, mean, amax and amin", reduce));
  call.require(reduce != "mean" || is_float(dtype), "mean needs float elements");
  call.require(dtype != boolean, "needs numbers, not bool; cast first");
}

// Writes the elements of src where index points, with `write` for rows.
template <class Write>
Tensor written_along(const Call& call, const Operand& x, Axis axis, const Operand& index,
                     const Operand& src, const Write& write) {
  const Tensors values = call.promoted({x, src});
  const Tensor& target = values[0];
  const Tensor at = call.tensor(index, i64);
  const int along = call.axis(axis, target.rank());
  require_index(call, target, at, along);
  Tensor from = values[1];
  if (src.is_tensor()) {
    call.require(from.rank() == target.rank(), "src must have as many axes as x");
    for (int d = 0; d < at.rank(); ++d)
      call.require(at.size(d) <= from.size(d), "src must have an element for each index");
    from = cut_to(from, at.shape(), -1);
  } else {
    from = broadcast_to(from, at.shape());
  }
  const Tensor part = cut_to(target, at.shape(), along);
  const Tensor written = write(as_rows(part, along), as_rows(at, along), as_rows(from, along));
  return put_back(target, as_rows(written, along));
}

// A list of positions; a scalar is one.
Tensor as_list(const Call& call, const Operand& index) {
  const Tensor list = call.tensor(index, i64);
  call.require(list.rank() <= 1, "index must be a scalar or have one axis");
  return list.rank() == 0 ? reshape(list, {1}) : list;
}

}  // namespace

Tensor take_along_dim(const Operand& x, const Operand& indices, Axis axis) {
  const Call call("take_along_dim", {x, indices});
  Tensor from = call.tensor(x);
  Tensor at = call.tensor(indices, i64);
  const int along = call.axis(axis, from.rank());
  call.require(at.rank() == from.rank(), "indices must have as many axes as x");
  Shape wide = from.shape(), places = at.shape();
  for (int d = 0; d < from.rank(); ++d) {
    if (d == along) continue;
    call.require(
        wide[d] == places[d] || wide[d] == 1 || places[d] == 1,
        "indices must have x's sizes, or one of both 1, on all axes but the one they index");
    wide[d] = places[d] = wide[d] == 1 ? places[d] : wide[d];
  }
  // All other axes are batch axes once the indexed one stands last.
  from = as_rows(broadcast_to(from, wide), along);
  return as_rows(read_rows(from, as_rows(broadcast_to(at, places), along)), along);
}

Tensor gather(const Operand& x, Axis axis, const Operand& index) {
  const Call call("gather", {x, index});
  const Tensor from = call.tensor(x);
  const Tensor at = call.tensor(index, i64);
  const int along = call.axis(axis, from.rank());
  require_index(call, from, at, along);
  return take_along_dim(cut_to(from, at.shape(), along), at, along);
}

Tensor index_select(const Operand& x, Axis axis, const Operand& index) {
  const Call call("index_select", {x, index});
  return gather(call.tensor(x), as_list(call, index), axis);
}

Tensor scatter(const Operand& x, Axis axis, const Operand& index, const Operand& src) {
  const Call call("scatter", {x, index, src});
  return written_along(call, x, axis, index, src,
                       [](const Tensor& target, const Tensor& at, const Tensor& from) {
                         return write_rows(target, at, from, "set");
                       });
}

Tensor scatter_add(const Operand& x, Axis axis, const Operand& index, const Operand& src) {
  const Call call("scatter_add", {x, index, src});
  return written_along(call, x, axis, index, src,
                       [](const Tensor& target, const Tensor& at, const Tensor& from) {
                         return write_rows(target, at, from, "add");
                       });
}

Tensor scatter_reduce(const Operand& x, Axis axis, const Operand& index, const Operand& src,
                      std::string_view reduce, bool include_self) {
  const Call call("scatter_reduce", {x, index, src});
  require_reduction(call, reduce, call.promoted({x, src})[0].dtype());
  return written_along(call, x, axis, index, src,
                       [&](const Tensor& target, const Tensor& at, const Tensor& from) {
                         return reduced_rows(target, at, from, reduce, include_self);
                       });
}

Tensor index_add(const Operand& x, Axis axis, const Operand& index, const Operand& source,
                 double alpha) {
  const Call call("index_add", {x, index, source});
  const Tensor list = as_list(call, index);
  if (alpha == 1) return scatter(x, list, source, axis, "add");
  // A whole number leaves integers what they are.
  const bool whole = alpha == std::floor(alpha) && std::abs(alpha) < 0x1p53;
  const Operand factor = whole ? Operand(static_cast<std::int64_t>(alpha)) : Operand(alpha);
  return scatter(x, list, mul(source, factor), axis, "add");
}

Tensor index_copy(const Operand& x, Axis axis, const Operand& index, const Operand& source) {
  const Call call("index_copy", {x, index, source});
  return scatter(x, as_list(call, index), source, axis, "set");
}

Tensor index_fill(const Operand& x, Axis axis, const Operand& index, const Operand& value) {
  const Call call("index_fill", {x, index, value});
  const Tensors both = call.promoted({x, value});
  call.require(both[1].rank() == 0, "value must be a scalar");
  const Tensor list = as_list(call, index);
  const Shape shape = gather(both[0], list, axis).shape();
  return scatter(both[0], list, broadcast_to(both[1], shape), axis, "set");
}

Tensor index_reduce(const Operand& x, Axis axis, const Operand& index, const Operand& source,
                    std::string_view reduce, bool include_self) {
  const Call call("index_reduce", {x, index, source});
  const Tensor list = as_list(call, index);
  const Shape shape = source.tensor().shape();
  const int along = call.axis(axis, shape.rank());
  call.require(shape[along] == list.numel(), "source must have one position for each index");
  Shape wide = shape;
  for (int d = 0; d < wide.rank(); ++d) wide[d] = d == along ? list.numel() : 1;
  call.require(gather(x, list, along).shape() == shape,
               "source must have x's sizes on the axes that are not indexed");
  return scatter_reduce(x, along, broadcast_to(reshape(list, wide), shape), source, reduce,
                        include_self);
}

}  // namespace asg
