#include "autodiff/parts.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include <asg/graph/build.hpp>
#include <asg/graph/op.hpp>
#include <asg/ops/creation.hpp>
#include <asg/ops/elementwise.hpp>
#include <asg/ops/movement.hpp>

namespace asg {
namespace {

// So many pieces are padded and added up by one kernel, without a copy of each.
constexpr std::size_t few = 4;

// Sums pairwise: a balanced tree keeps the sum of a hub's many users shallow.
Tensor sum_of(Tensors parts) {
  while (parts.size() > 1) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2) parts[kept++] = parts[i] + parts[i + 1];
    if (parts.size() % 2 != 0) parts[kept++] = parts.back();
    parts.resize(kept);
  }
  return parts[0];
}

// ---- pieces ------------------------------------------------------------------

struct Piece {
  Tensor value;
  Place at;

  [[nodiscard]] std::int64_t size(int axis) const { return value.shape()[axis]; }
  [[nodiscard]] std::int64_t end(int axis) const {
    return at.starts[axis] + (size(axis) - 1) * at.strides[axis] + 1;
  }
};
using Pieces = std::vector<Piece>;

// Where the piece stands, but for one axis; -1 for all of them.
using Key = std::vector<std::int64_t>;
Key key_of(const Piece& piece, int without) {
  Key key;
  for (int axis = 0; axis < piece.at.starts.rank(); ++axis)
    if (axis != without)
      key.insert(key.end(), {piece.at.starts[axis], piece.at.strides[axis], piece.size(axis)});
  return key;
}

// Groups of pieces with equal keys, in the order of their first.
std::vector<Pieces> grouped(const Pieces& pieces, int without) {
  std::vector<Pieces> groups;
  std::map<Key, std::size_t> known;
  for (const Piece& piece : pieces) {
    const auto [at, fresh] = known.try_emplace(key_of(piece, without), groups.size());
    if (fresh) groups.emplace_back();
    groups[at->second].push_back(piece);
  }
  return groups;
}

Pieces without_repetitions(const Pieces& pieces) {
  Pieces result;
  for (const Pieces& group : grouped(pieces, -1)) {
    Tensors values;
    for (const Piece& piece : group) values.push_back(piece.value);
    result.push_back({sum_of(std::move(values)), group[0].at});
  }
  return result;
}

Tensor padded(const Piece& piece, const Shape& whole) {
  if (piece.value.shape() == whole) return piece.value;
  return apply(find_op("slice_backward"), {piece.value},
               {{"starts", piece.at.starts.to_vector()},
                {"strides", piece.at.strides.to_vector()},
                {"shape", whole.to_vector()}});
}

// One after the other, with zeros between them; they do not overlap and are in order.
Tensor in_a_row(const Pieces& pieces, int axis, std::int64_t begin) {
  Tensors row;
  for (const Piece& piece : pieces) {
    if (const std::int64_t gap = piece.at.starts[axis] - begin; gap > 0) {
      Shape shape = piece.value.shape();
      shape[axis] = gap;
      row.push_back(zeros(piece.value.graph(), shape, piece.value.dtype()));
    }
    row.push_back(piece.value);
    begin = piece.end(axis);
  }
  return concat(row, axis);
}

// Each row is added to where it came from, whatever they share.
Tensor row_by_row(const Pieces& pieces, int axis, std::int64_t begin, std::int64_t end) {
  Tensors rows;
  std::vector<std::int64_t> positions;
  for (const Piece& piece : pieces) {
    rows.push_back(piece.value);
    for (std::int64_t i = 0; i < piece.size(axis); ++i)
      positions.push_back(piece.at.starts[axis] + i * piece.at.strides[axis] - begin);
  }
  Shape shape = rows[0].shape();
  shape[axis] = end - begin;
  const Array indices({static_cast<std::int64_t>(positions.size())}, positions);
  Graph& graph = rows[0].graph();
  return apply(find_op("gather_backward"), {concat(rows, axis), graph.constant(indices)},
               {{"axis", std::int64_t{axis}},
                {"batch_dims", std::int64_t{0}},
                {"shape", shape.to_vector()}});
}

// Pieces that differ along one axis only, as one.
Piece joined(Pieces pieces, int axis) {
  std::stable_sort(pieces.begin(), pieces.end(), [&](const Piece& a, const Piece& b) {
    return a.at.starts[axis] < b.at.starts[axis];
  });
  const std::int64_t begin = pieces[0].at.starts[axis];
  std::int64_t end = begin;
  bool apart = true;
  for (const Piece& piece : pieces) {
    apart = apart && piece.at.strides[axis] == 1 && piece.at.starts[axis] >= end;
    end = std::max(end, piece.end(axis));
  }
  Place at = pieces[0].at;
  at.starts[axis] = begin;
  at.strides[axis] = 1;
  return {apart ? in_a_row(pieces, axis, begin) : row_by_row(pieces, axis, begin, end), at};
}

// Joins what agrees on all other axes, unless that would make much of little.
Pieces joined_along(int axis, const Pieces& pieces) {
  constexpr std::int64_t most_zeros = 4;
  Pieces result;
  const std::vector<Pieces> groups = grouped(pieces, axis);
  for (const Pieces& group : groups) {
    std::int64_t begin = group[0].at.starts[axis], end = begin, rows = 0;
    for (const Piece& piece : group) {
      begin = std::min(begin, piece.at.starts[axis]);
      end = std::max(end, piece.end(axis));
      rows += piece.size(axis);
    }
    if (group.size() > 1 && (groups.size() == 1 || end - begin <= most_zeros * rows))
      result.push_back(joined(group, axis));
    else
      result.insert(result.end(), group.begin(), group.end());
  }
  return result;
}

// Pieces of any kind, element by element.
Tensor element_by_element(const Pieces& pieces, const Shape& whole) {
  const Shape steps = row_major_strides(whole);
  Tensors values, positions;
  for (const Piece& piece : pieces) {
    const Shape shape = piece.value.shape();
    Tensor position;
    std::int64_t first = 0;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      first += piece.at.starts[axis] * steps[axis];
      const Tensor moved =
          iota(piece.value.graph(), shape, axis) * (piece.at.strides[axis] * steps[axis]);
      position = position.defined() ? position + moved : moved;
    }
    values.push_back(reshape(piece.value, {shape.numel()}));
    positions.push_back(reshape(position + first, {shape.numel()}));
  }
  const Tensor flat = apply(find_op("gather_backward"), {concat(values, 0), concat(positions, 0)},
                            {{"axis", std::int64_t{0}},
                             {"batch_dims", std::int64_t{0}},
                             {"shape", std::vector<std::int64_t>{whole.numel()}}});
  return reshape(flat, whole);
}

// The sum of the pieces, padded.
Tensor joined(Pieces pieces, const Shape& whole) {
  pieces = without_repetitions(pieces);
  for (std::size_t before = 0; pieces.size() > few && before != pieces.size();) {
    before = pieces.size();
    for (int axis = whole.rank(); axis-- > 0 && pieces.size() > 1;)
      pieces = joined_along(axis, pieces);
  }
  if (pieces.size() > few) return element_by_element(pieces, whole);
  Tensors summands;
  for (const Piece& piece : pieces) summands.push_back(padded(piece, whole));
  return sum_of(std::move(summands));
}

// ---- rows that were read at computed positions -------------------------------

bool is_read_rows(const Tensor& t) {
  const std::string_view name = t.graph().node(t.value().node).op.name;
  return name == "gather_backward" || name == "embedding_backward";
}

// The gradients of several reads of one table as one, of all that was read.
Tensor joined_reads(const Tensors& reads) {
  if (reads.size() == 1) return reads[0];
  Graph& graph = reads[0].graph();
  const auto operand = [&](const Tensor& read, std::size_t i) {
    return graph.tensor(graph.node(read.value().node).operands[i]);
  };
  const OpDef& op = graph.node(reads[0].value().node).op;
  const Attributes how = graph.node(reads[0].value().node).attributes;
  const int axis = how.has("axis") ? how.axis("axis") : 0;
  const int batch = how.has("batch_dims") ? how.axis("batch_dims") : 0;
  Tensors rows, positions;
  for (const Tensor& read : reads) {
    const Tensor dy = operand(read, 0), indices = operand(read, 1);
    const Shape at = indices.shape();
    Shape flat = at.slice(0, batch), wide = dy.shape();
    flat.push_back(at.slice(batch, at.rank()).numel());
    for (int d = batch; d < at.rank(); ++d) wide.erase(axis);
    wide.insert(axis, flat.back());
    rows.push_back(reshape(dy, wide));
    positions.push_back(reshape(indices, flat));
  }
  return apply(op, {concat(rows, axis), concat(positions, batch)}, how);
}

}  // namespace

bool reads_pieces(const OpDef& op) {
  return op.lowering.view != nullptr || op.name == "gather" || op.name == "embedding";
}

Part part_of(const Tensor& cotangent) {
  Graph& graph = cotangent.graph();
  const Node node = graph.node(cotangent.value().node);
  if (node.op.name != "slice_backward") return {cotangent};
  const Attributes& how = node.attributes;
  return through_slice({graph.tensor(node.operands[0])}, how);
}

Part through_slice(Part part, const Attributes& slice) {
  Place at{slice.shape("starts"), slice.shape("strides")};
  const Shape sizes = part.value.shape();
  for (int axis = 0; axis < sizes.rank(); ++axis) {
    if (part.place != nullptr) {
      at.starts[axis] += part.place->starts[axis] * at.strides[axis];
      // A step that is never taken may be too large to multiply.
      if (sizes[axis] > 1) at.strides[axis] *= part.place->strides[axis];
    }
    if (sizes[axis] <= 1) at.strides[axis] = 1;
  }
  return {part.value, std::make_unique<const Place>(at)};
}

Tensor total(Graph& graph, const Parts& parts, const TensorType& whole) {
  Tensors summands;
  Pieces pieces;
  std::vector<std::pair<const Attributes*, Tensors>> reads;  // of one kind each
  for (const Part& part : parts) {
    if (part.place != nullptr) {
      if (part.value.numel() > 0) pieces.push_back({part.value, *part.place});
      continue;
    }
    if (parts.size() == 1 || !is_read_rows(part.value)) {
      summands.push_back(part.value);
      continue;
    }
    const Attributes& how = graph.node(part.value.value().node).attributes;
    const auto known = std::find_if(reads.begin(), reads.end(), [&](const auto& group) {
      return &graph.node(group.second[0].value().node).op ==
                 &graph.node(part.value.value().node).op &&
             *group.first == how;
    });
    if (known != reads.end())
      known->second.push_back(part.value);
    else
      reads.emplace_back(&how, Tensors{part.value});
  }
  for (const auto& [how, group] : reads) summands.push_back(joined_reads(group));
  if (!pieces.empty()) summands.push_back(joined(std::move(pieces), whole.shape));
  return summands.empty() ? zeros(graph, whole.shape, whole.dtype) : sum_of(std::move(summands));
}

}  // namespace asg
