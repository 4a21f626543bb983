// Spellings of reshape, permute, broadcast_to, slice and concat.
#include <asg/ops/movement.hpp>

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include <asg/graph/build.hpp>
#include <asg/ops/indexing.hpp>

#include "ops/rules.hpp"

namespace asg {
namespace {

// x as [outer, times, inner], where every [inner] of the `outer` stands `times` times, under the
// shape of x but for one axis.
Tensor repeated_blocks(const Tensor& x, std::int64_t outer, std::int64_t times, int axis) {
  Shape shape = x.shape();
  const std::int64_t inner = outer == 0 ? 0 : shape.numel() / outer;
  shape[axis] *= times;
  return reshape(broadcast_to(reshape(x, {outer, 1, inner}), {outer, times, inner}), shape);
}

// One row, rolled by a shift in [0, size].
Tensor rolled(const Tensor& x, int axis, std::int64_t shift) {
  const std::int64_t size = x.size(axis);
  if (size == 0 || shift % size == 0) return x;
  const std::int64_t first = size - (shift % size + size) % size;
  return concat({slice(x, axis, first, size), slice(x, axis, 0, first)}, axis);
}

void require_counts(const Call& call, const std::vector<std::int64_t>& times) {
  for (const std::int64_t count : times)
    call.require(count >= 0, "nothing can be repeated a negative number of times");
}

}  // namespace

std::vector<Tensor> split(const Operand& x, std::int64_t size, Axis axis) {
  const Call call("split", {x});
  const int along = call.axis(axis, x.tensor().rank());
  const std::int64_t whole = x.tensor().size(along);
  call.require(size >= 1, "parts need at least one element");
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  do {  // of no elements one part of none
    const std::int64_t end = start + std::min(size, whole - start);
    parts.push_back(slice(x, along, start, end));
    start = end;
  } while (start < whole);
  return parts;
}

std::vector<Tensor> split(const Operand& x, const std::vector<std::int64_t>& sizes, Axis axis) {
  const Call call("split", {x});
  const int along = call.axis(axis, x.tensor().rank());
  const std::int64_t whole = x.tensor().size(along);
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  for (const std::int64_t size : sizes) {
    call.require(size >= 0 && size <= whole - start,
                 "sizes must not be negative, and their sum must be that of the axis");
    parts.push_back(slice(x, along, start, start + size));
    start += size;
  }
  if (start != whole)
    call.fail(fmt::format("the sizes add up to {}, but axis {} has {}", start, along, whole));
  return parts;
}

std::vector<Tensor> unbind(const Operand& x, Axis axis) {
  const Call call("unbind", {x});
  const int along = call.axis(axis, x.tensor().rank());
  std::vector<Tensor> result;
  for (std::int64_t i = 0; i < x.tensor().size(along); ++i) result.push_back(select(x, along, i));
  return result;
}

Tensor expand(const Operand& x, const std::vector<std::int64_t>& sizes) {
  const Call call("expand", {x});
  const Shape from = x.tensor().shape();
  const auto added = static_cast<std::int64_t>(sizes.size()) - from.rank();
  call.require(added >= 0, "needs a size for each axis of x");
  std::vector<std::int64_t> whole = sizes;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (whole[i] != -1) continue;
    const auto axis = static_cast<std::int64_t>(i) - added;
    call.require(axis >= 0, "-1 keeps a size, but a new axis has none");
    whole[i] = from[static_cast<int>(axis)];
  }
  call.require(whole.size() <= static_cast<std::size_t>(max_rank), "there are too many axes");
  return broadcast_to(x, Shape(whole));
}

Tensor movedim(const Operand& x, const Axes& source, const Axes& destination) {
  const Call call("movedim", {x});
  const int rank = x.tensor().rank();
  call.require(source.size() == destination.size(), "each axis that moves needs a destination");
  std::vector<std::int64_t> order(static_cast<std::size_t>(rank), -1);
  std::vector<bool> moved(order.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    const auto from = static_cast<std::size_t>(call.axis(static_cast<int>(source[i]), rank));
    const auto to = static_cast<std::size_t>(call.axis(static_cast<int>(destination[i]), rank));
    call.require(!moved[from] && order[to] == -1, "an axis or a destination is repeated");
    moved[from] = true;
    order[to] = static_cast<std::int64_t>(from);
  }
  std::size_t next = 0;
  for (std::int64_t& axis : order) {
    if (axis != -1) continue;
    while (moved[next]) ++next;
    axis = static_cast<std::int64_t>(next++);
  }
  return permute(x, Axes(order));
}

Tensor unflatten(const Operand& x, Axis axis, const Shape& sizes) {
  const Call call("unflatten", {x});
  const Shape from = x.tensor().shape();
  const int along = call.axis(axis, from.rank());
  call.require(!sizes.empty(), "needs at least one size");
  call.require(from.rank() - 1 + sizes.rank() <= max_rank, "there would be too many axes");
  std::int64_t product = 1;
  int open = -1;
  for (int d = 0; d < sizes.rank(); ++d) {
    call.require(sizes[d] >= -1, "a size is negative; only -1 has a meaning");
    call.require(sizes[d] != -1 || open == -1, "only one size may be -1");
    if (sizes[d] == -1)
      open = d;
    else
      product *= sizes[d];
  }
  Shape parts = sizes;
  if (open != -1 && product > 0 && from[along] % product == 0) parts[open] = from[along] / product;
  Shape whole = from.slice(0, along);
  for (const std::int64_t size : parts) whole.push_back(size);
  for (int d = along + 1; d < from.rank(); ++d) whole.push_back(from[d]);
  if (parts.slice(0, parts.rank()).numel() != from[along] || (open != -1 && parts[open] == -1))
    call.fail(fmt::format("axis {} of size {} cannot be cut into {}", along, from[along],
                          to_string(sizes)));
  return reshape(x, whole);
}

Tensor roll(const Operand& x, std::int64_t shift) {
  const Call call("roll", {x});
  const Shape shape = x.tensor().shape();
  return reshape(rolled(reshape(x, {shape.numel()}), 0, shift), shape);
}

Tensor roll(const Operand& x, const std::vector<std::int64_t>& shifts, const Axes& axes) {
  const Call call("roll", {x});
  call.require(shifts.size() == axes.size(), "each axis needs a shift");
  Tensor y = call.tensor(x);
  for (std::size_t i = 0; i < axes.size(); ++i)
    y = rolled(y, call.axis(static_cast<int>(axes[i]), y.rank()), shifts[i]);
  return y;
}

Tensor repeat(const Operand& x, const std::vector<std::int64_t>& times) {
  const Call call("repeat", {x});
  Tensor y = call.tensor(x);
  require_counts(call, times);
  call.require(times.size() >= static_cast<std::size_t>(y.rank()),
               "needs a number for each axis; tile takes fewer");
  call.require(times.size() <= static_cast<std::size_t>(max_rank), "there would be too many axes");
  Shape wide = y.shape();
  while (wide.rank() < static_cast<int>(times.size())) wide.insert(0, 1);
  y = reshape(y, wide);
  // One axis at a time, the inner ones first: what is copied on the way is smaller than the result.
  for (int axis = y.rank() - 1; axis >= 0; --axis)
    if (const std::int64_t count = times[static_cast<std::size_t>(axis)]; count != 1)
      y = repeated_blocks(y, y.shape().slice(0, axis).numel(), count, axis);
  return y;
}

Tensor tile(const Operand& x, const std::vector<std::int64_t>& times) {
  const Call call("tile", {x});
  std::vector<std::int64_t> all = times;
  const auto rank = static_cast<std::size_t>(x.tensor().rank());
  if (all.size() < rank) all.insert(all.begin(), rank - all.size(), 1);
  return repeat(x, all);
}

Tensor repeat_interleave(const Operand& x, std::int64_t times, Axis axis) {
  const Call call("repeat_interleave", {x});
  const Tensor t = call.tensor(x);
  require_counts(call, {times});
  const int along = call.axis(axis, t.rank());
  return repeated_blocks(t, t.shape().slice(0, along + 1).numel(), times, along);
}

Tensor repeat_interleave(const Operand& x, const std::vector<std::int64_t>& times, Axis axis) {
  const Call call("repeat_interleave", {x});
  const Tensor t = call.tensor(x);
  require_counts(call, times);
  const int along = call.axis(axis, t.rank());
  call.require(static_cast<std::int64_t>(times.size()) == t.size(along),
               "needs a number for each element of the axis");
  Ints places;
  for (std::size_t i = 0; i < times.size(); ++i)
    places.insert(places.end(), static_cast<std::size_t>(times[i]), static_cast<std::int64_t>(i));
  const auto count = static_cast<std::int64_t>(places.size());
  return gather(t, call.graph().constant(Array({count}, places)), along);
}

std::vector<Tensor> meshgrid(const std::vector<Tensor>& tensors, std::string_view indexing,
                             Where where) {
  std::vector<Tensor> grid;
  if (tensors.empty()) return grid;
  const Call call("meshgrid", {Operand(tensors[0], where)});
  call.require(indexing == "ij" || indexing == "xy", "indexing must be ij or xy");
  call.require(tensors.size() <= static_cast<std::size_t>(max_rank), "there are too many axes");
  Shape shape;
  for (const Tensor& tensor : tensors) {
    const Call each("meshgrid", {Operand(tensors[0], where), Operand(tensor, where)});
    each.require(tensor.rank() <= 1, "tensors must be scalars or have one axis");
    shape.push_back(tensor.numel());
  }
  const auto count = static_cast<int>(tensors.size());
  const bool swapped = indexing == "xy" && count >= 2;
  for (int k = 0; k < count; ++k) {
    Shape along = shape;
    for (int d = 0; d < count; ++d) along[d] = d == k ? shape[d] : 1;
    const Tensor varied = broadcast_to(reshape(tensors[static_cast<std::size_t>(k)], along), shape);
    grid.push_back(swapped ? transpose(varied, 0, 1) : varied);
  }
  return grid;
}

}  // namespace asg
